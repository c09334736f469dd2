"""What commands print: tables on a terminal and in a pipe, and errors that say what there is."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click
import pytest

from tieout.cli.app import run
from tieout.cli.output import show_table
from tieout.cli.wrapping import display_width
from tieout.errors import ExitCode
from tieout.i18n import use_language

ROWS = [
    ("alpha", "12", "a source that is told in many words and does not fit"),
    ("数据", "3", "来源说明很长" * 6),
]


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    show_table(("Name", "Rows", "Source"), ROWS)
    return click.unstyle(capsys.readouterr().out).splitlines()


def test_a_pipe_gets_one_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(shown(capsys)) == 3


@pytest.mark.parametrize("columns", [24, 40, 60])
def test_a_terminal_gets_the_last_column_wrapped(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    lines = shown(capsys)
    assert max(map(display_width, lines)) <= columns
    words = " ".join(" ".join(lines).split())
    assert "a source that is told in many words and does not fit" in words
    assert words.replace(" ", "").count("来源说明很长") == 6


def test_a_plugin_that_is_not_there_cannot_be_switched_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "tieout.toml"
    monkeypatch.setenv("TIEOUT_CONFIG", str(file))
    assert run(["plugins", "enable", "nosuch"]) == ExitCode.PLUGIN
    assert "There is no plugin named 'nosuch'" in capsys.readouterr().err
    assert not file.exists()
    file.write_text('[plugins]\ndisabled = ["gone"]\n', encoding="utf-8")
    assert run(["plugins", "enable", "gone"]) == ExitCode.OK  # what is left of one that was removed
    assert "gone" not in file.read_text("utf-8")


def test_a_wrong_profile_or_command_says_what_there_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "tieout.toml"))
    (tmp_path / "tieout.toml").touch()
    assert run(["--profile", "nosuch", "models"]) == ExitCode.SETTINGS
    assert "Write [profiles.NAME]" in capsys.readouterr().err
    run(["help"])
    assert "`tieout --help` lists the commands" in capsys.readouterr().err
    with use_language("zh"):
        run(["nosuch"])
    assert "没有命令 'nosuch'。可用" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_no_fault_of_the_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert run(["data", "status"]) == ExitCode.FAILURE
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    shown = capsys.readouterr().err
    assert shown.startswith("Error [output-failed]: The output cannot be written: No space left")
    assert "internal" not in shown
