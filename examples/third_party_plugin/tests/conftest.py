"""The plugin, for the fixtures of tieout.testing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tieout_power_notes import plugin


@pytest.fixture
def tieout_plugins() -> Mapping[str, object]:
    """The fixtures `host` and `session` have this plugin and no other."""
    return {"power": plugin}
