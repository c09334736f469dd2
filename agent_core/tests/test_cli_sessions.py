"""``tieout sessions show``: a stored conversation with the source of every number."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from engine_parts import Plugin, rate

from tieout.cli.app import run
from tieout.testing import Call, FakeModel, HostMaker


@pytest.fixture
def session_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stored conversation: one number from a tool, one from nowhere."""
    monkeypatch.setenv("TIEOUT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("TIEOUT_LANG", "en")
    model = FakeModel([Call("power.rate", {"region": "Lodz"})], "It is 5.5 USD, or 77 EUR.")
    host = HostMaker(tmp_path)(
        {"power": Plugin([rate])}, models=(model,), store_path=tmp_path / "sessions.db"
    )

    async def ask() -> str:
        turn = await host.session().ask("What is the rate?")
        await host.aclose()
        return turn.session_id

    return asyncio.run(ask())


def test_show_lists_the_sources_of_each_answer(session_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--no-plugins", "sessions", "show", session_id]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "It is 5.5 USD, or 77 EUR." in lines
    sources = lines[lines.index("Sources") + 1 :]
    assert sources[0].startswith("! 77 EUR — ")
    assert sources[1].startswith("· 5.5 USD — ")
    assert "power.rate" in sources[1]


def test_json_holds_marks_and_the_evidence_they_point_at(
    session_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--no-plugins", "sessions", "show", session_id, "--json"]) == 0
    (turn,) = json.loads(capsys.readouterr().out)["turns"]
    evidence = {item["id"]: item for item in turn["evidence"]}
    tied, untied = turn["marks"]
    assert evidence[tied["evidence"]]["figure"]["value"] == 5.5
    assert turn["answer"][untied["start"] : untied["end"]] == "77 EUR"
    assert untied["status"] == "untied"
