"""What a user of the plugin would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout import Host, Session
from tieout.errors import ToolError
from tieout.testing import FakeModel, HostMaker
from tieout_power_notes import plugin
from tieout_power_notes.prices import price_of
from tieout_power_notes.settings import PowerSettings
from tieout_power_notes.tools import power_tools


def test_the_bill_of_a_month_is_computed() -> None:
    bill, _notes = power_tools(PowerSettings(pue=1.25))
    result = bill(100, 720)
    assert result.energy.value == pytest.approx(90_000)
    assert result.cost.value == pytest.approx(90_000_000 * 0.0804)
    assert list(result.cost.inputs()) == ["E", "p"]
    assert result.price == price_of("industrial")


def test_a_negative_load_is_refused() -> None:
    bill, _notes = power_tools(PowerSettings())
    with pytest.raises(ToolError, match="above zero"):
        bill(-1, 1)


async def test_an_answer_offline_has_a_source_for_every_number(session: Session) -> None:
    turn = await session.ask("What does the electricity of 100 MW cost for 30 days?")
    assert "$7.236M" in turn.text
    assert {mark.status for mark in turn.marks} <= {"computed", "tied", "user", "structural"}


async def test_the_model_of_the_package_quotes_a_note(host: Host) -> None:
    turn = await host.session(model="power-notes").ask("What is a PUE?")
    assert turn.text.startswith("> PUE is the energy of the whole site")
    assert {mark.status for mark in turn.marks} == {"quoted"}


async def test_the_guard_points_out_a_unit_that_does_not_exist(make_host: HostMaker) -> None:
    host = make_host({"power": plugin}, models=(FakeModel("It needs 5 MW per hour."),))
    events = [event async for event in host.session().stream("How much?")]
    (warning,) = [event for event in events if event.type == "guard"]
    assert warning.guard == "power-units"
    assert warning.findings[0].rule == "POWER-1"


async def test_notes_of_the_user_are_found_too(host: Host) -> None:
    folder: Path = host.plugin_dir("power")
    (folder / "mine.txt").write_text("The substation of Abilene is rated at 360 MW.\n", encoding="utf-8")
    turn = await host.session(model="power-notes").ask("substation Abilene")
    assert "360 MW" in turn.text
