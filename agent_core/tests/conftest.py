"""Plugins and scripted models that the engine's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine_parts import Engine

from tieout.testing import HostMaker


@pytest.fixture
def engine(make_host: HostMaker, tmp_path: Path) -> Callable[..., Engine]:
    """Makes a conversation with a scripted model and the plugins that a test needs."""

    def build(*responses: Any, **options: Any) -> Engine:
        return Engine(make_host, tmp_path, *responses, **options)

    return build
