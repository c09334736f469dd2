"""Line mode: what it answers, and what it says about what is stored."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_parts import Plugin
from test_lost_guards import Never, fails

from tieout.cli.app import CliState
from tieout.cli.plainchat import PlainChat
from tieout.host import Host
from tieout.testing import FakeModel, HostMaker

Chat = Callable[..., PlainChat]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A line-mode chat over a host, with what the user types."""

    def build(host: Host, *lines: str) -> PlainChat:
        typed = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(typed, "utf-8"))
        return PlainChat(CliState(_host=host), model=None, session_id=None)

    return build


async def test_it_answers_line_by_line_and_says_nothing_about_the_store_while_all_is_stored(
    chat: Chat, make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host(models=(FakeModel("One.", "Two."),), store_path=tmp_path / "s.db")
    assert await chat(host, "first?", "second?", "/quit", "never asked").run() == 0
    shown = capsys.readouterr()
    assert shown.out == "One.\nTwo.\n"
    assert "stored" not in shown.err


async def test_it_ends_with_what_was_not_stored(
    chat: Chat, make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.db").write_bytes(b"this is no database" * 100)
    host = make_host(models=(FakeModel("One."),), store_path=tmp_path / "s.db")
    await chat(host, "first?", "/quit").run()
    assert "Not everything was stored" in capsys.readouterr().err.splitlines()[-1]


async def test_it_names_lost_guards_with_every_answer(
    chat: Chat, make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host(
        {"watch": Plugin(guards=[Never()], lifespan=fails)},
        models=(FakeModel("One.", "Two."),),
        store_path=tmp_path / "s.db",
    )
    await chat(host, "first?", "second?").run()
    assert capsys.readouterr().err.count("no rules found") == 2


async def test_a_command_that_is_not_there_is_not_taken_for_another(
    chat: Chat, make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host(models=(FakeModel(),), store_path=tmp_path / "s.db")
    assert await chat(host, "/models", "/nosuch", "/quit").run() == 2
    shown = capsys.readouterr().err
    assert "There is no command '/models'." in shown
    assert "There is no command '/nosuch'." in shown
    assert "model 's'" not in shown
