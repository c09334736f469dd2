"""A plugin's tool as a command: exit codes, printouts, files, lists of words, and effects that an option brings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click import Context
from engine_parts import Plugin, Rate

from tieout.cardtext import card_text
from tieout.cli.app import CliState
from tieout.cli.groups import run_tool, tool_command
from tieout.errors import ApprovalNeeded, ExitCode, InputError, ToolError
from tieout.host import Host
from tieout.i18n import Language
from tieout.plugin import EvalMiss, EvalResult, EvalTally, Figure, Result, tool
from tieout.slash import bind_words
from tieout.testing import HostMaker


class Checked(Result):
    """A check that may fail."""

    files: list[str]
    bad: bool = False

    @property
    def exit_code(self) -> int:
        return ExitCode.CHECK_FAILED if self.bad else 0

    def printout(self, lang: Language = "en") -> str | None:
        return "\n".join(f"{name}: seen" for name in self.files) if self.files else None


@tool(effects_when={"write": "write"})
def look(files: list[str], bad: bool = False, write: bool = False) -> Checked:
    """Look at files.

    Args:
        files: Which.
        bad: Whether to fail.
        write: Whether to change them.
    """
    return Checked(files=files, bad=bad)


def test_printout_replaces_the_card_and_the_result_decides_the_exit_code(
    make_host: HostMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host({"t": Plugin([look])})
    code = run_tool(host, host.tool("t.look"), {"files": ["a", "b"], "bad": True}, as_json=False)
    assert code == ExitCode.CHECK_FAILED
    assert capsys.readouterr().out == "a: seen\nb: seen\n"


def test_without_a_printout_the_card_is_shown(
    make_host: HostMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host({"t": Plugin([look])})
    assert run_tool(host, host.tool("t.look"), {"files": []}, as_json=False) == 0
    assert "Checked" in capsys.readouterr().out


@tool(name="eval", faces=("cli", "slash"))
def score(file: str) -> EvalResult:
    """Score a file."""
    return EvalResult(
        total=2,
        passed=1,
        by_kind={"power": EvalTally(total=2, passed=1)},
        metrics={"recall": 0.5},
        misses=[EvalMiss(id="b", kind="power", expected="700 W", got="70 W")],
        notes=("One source is old.",),
    )


def test_an_evaluation_prints_its_scores_wherever_it_is_asked_for(
    make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host({"t": Plugin([score])})
    assert run_tool(host, host.tool("t.eval"), {"file": "x"}, as_json=False) == 0
    printed = capsys.readouterr().out
    for line in ("1 of 2 passed", "power: 1/2", "recall = 0.5", "✗ b (power): expected 700 W, got 70 W"):
        assert line in printed
    assert "One source is old." in printed
    shown = card_text(EvalResult.card(score("x")))
    assert [line.strip() for line in printed.splitlines()] == [shown.splitlines()[0], *shown.splitlines()[2:]]


@pytest.mark.parametrize("as_json", [False, True])
def test_output_goes_to_a_file(
    make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    host = make_host({"t": Plugin([look])})
    file = tmp_path / "out.txt"
    run_tool(host, host.tool("t.look"), {"files": ["名"]}, as_json=as_json, output=str(file))
    text = file.read_text("utf-8")
    assert capsys.readouterr().out == ""
    assert json.loads(text)["files"] == ["名"] if as_json else text == "名: seen\n"


def test_output_that_cannot_be_written_is_named(make_host: HostMaker, tmp_path: Path) -> None:
    host = make_host({"t": Plugin([look])})
    with pytest.raises(InputError, match="no folder") as caught:
        run_tool(
            host,
            host.tool("t.look"),
            {"files": ["a"]},
            as_json=False,
            output=str(tmp_path / "no folder" / "x"),
        )
    assert caught.value.hint


def test_a_list_takes_every_word() -> None:
    assert bind_words(look, ["a", "b", "c"]) == {"files": ["a", "b", "c"]}
    assert bind_words(look, ["a", "bad=true", "c"]) == {"files": ["a", "c"], "bad": "true"}
    assert bind_words(look, ["a", "--", "bad=true", "--bad", "--"]) == {
        "files": ["a", "bad=true", "--bad", "--"]
    }


def test_an_argument_can_bring_an_effect(make_host: HostMaker) -> None:
    host = make_host({"t": Plugin([look])})
    assert run_tool(host, host.tool("t.look"), {"files": ["a"]}, as_json=False) == 0
    host = make_host({"t": Plugin([look])})
    with pytest.raises(ApprovalNeeded):
        run_tool(host, host.tool("t.look"), {"files": ["a"], "write": True}, as_json=False)


@pytest.mark.parametrize("permission", ["ask", "deny"])
def test_who_types_the_option_has_approved_but_settings_can_deny(
    make_host: HostMaker, permission: str
) -> None:
    host = make_host({"t": Plugin([look])}, settings={"policy": {"write": permission}})

    class State(CliState):
        def host(self) -> Host:
            return host

    command = tool_command(host.tool("t.look"))
    assert command.callback is not None
    context = Context(command, obj=State(None, None, None, True, False, False, False))
    with context.scope():
        arguments: dict[str, Any] = {
            "_words": ("a",),
            "_as_json": True,
            "_output": None,
            "_approve": (),
            "write": True,
        }
        if permission == "deny":
            with pytest.raises(ToolError, match="deny"):
                context.invoke(command.callback, **arguments)
        else:
            assert context.invoke(command.callback, **arguments) == 0


@tool
def serve(output: float = 1) -> Rate:
    """Serve.

    Args:
        output: Tokens of an answer.
    """
    return Rate(rate=Figure(value=output, unit="token"))


def test_an_argument_named_output_keeps_its_option(
    make_host: HostMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host({"t": Plugin([serve])})
    command = tool_command(host.tool("t.serve"))
    state = CliState(_host=host)
    command.main(["--output", "500"], standalone_mode=False, obj=state)
    assert "500" in capsys.readouterr().out
    file = tmp_path / "answer.txt"
    command.main(["--output", "500", "--output-file", str(file)], standalone_mode=False, obj=state)
    assert "500" in file.read_text("utf-8")
    assert capsys.readouterr().out == ""
