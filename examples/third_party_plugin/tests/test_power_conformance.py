"""The checks that every plugin should pass."""

from __future__ import annotations

from tieout.testing import PluginChecks, PluginUnderTest
from tieout_power_notes import plugin


class TestConformance(PluginChecks):
    """Inherits its tests."""

    subject = PluginUnderTest(
        "power",
        plugin,
        package="tieout_power_notes",
        extends=("tieout_stock_lookup",),
        calls={
            "bill": [
                {"load": "100 MW", "time": "30 days"},
                {"load": 2.5, "time": 12, "sector": "commercial", "pue": 1.1},
            ],
            "notes": [{"about": "PUE"}, {"about": "合同电价"}],
        },
        answers=["It draws 5 MW.\nThat is 5 MW per hour. No more.\n", "Nothing to see, 40 MWh."],
        searches=["PUE", "平均电价"],
    )
