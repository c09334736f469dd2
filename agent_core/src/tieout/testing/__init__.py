"""What a plugin package needs for its own tests; comes with ``pip install tieout-core[testing]``.

The fixtures ``http``, ``network_guard``, ``make_host``, ``host`` and ``session`` are there by themselves in every
pytest run (see :mod:`tieout.testing.plugin`). Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.testing.conformance import PluginChecks, PluginUnderTest, check_plugin
    from tieout.testing.fake_context import FakeToolContext
    from tieout.testing.fake_model import FakeModel
    from tieout.testing.hosts import HostMaker
    from tieout.testing.http import streamed
    from tieout.testing.network import NetworkGuard, NetworkRefused
    from tieout.testing.script import Call, Cut, Fail, Hang, Step

__all__ = [
    "Call",
    "Cut",
    "Fail",
    "FakeModel",
    "FakeToolContext",
    "Hang",
    "HostMaker",
    "NetworkGuard",
    "NetworkRefused",
    "PluginChecks",
    "PluginUnderTest",
    "Step",
    "check_plugin",
    "streamed",
]

_HOMES = {
    "conformance": ("PluginChecks", "PluginUnderTest", "check_plugin"),
    "fake_context": ("FakeToolContext",),
    "fake_model": ("FakeModel",),
    "hosts": ("HostMaker",),
    "http": ("streamed",),
    "network": ("NetworkGuard", "NetworkRefused"),
    "script": ("Call", "Cut", "Fail", "Hang", "Step"),
}


def __getattr__(name: str) -> object:
    """Import on first use: the pytest plugin of this package is loaded into every test run."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"tieout.testing.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
