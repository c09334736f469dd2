"""Fixtures: the chat over a scripted engine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fake_engine import FakeEngine

from tieout_tui.app import ChatApp
from tieout_tui.engine import SessionInfo


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def app(engine: FakeEngine) -> ChatApp:
    return ChatApp(engine)


@pytest.fixture
def stored_sessions() -> list[SessionInfo]:
    day = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    return [SessionInfo("abc", "Training cost of a 13B model", 2, day)]
