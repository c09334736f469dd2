"""A fault that nobody foresaw, on the command line: one line, nothing secret, nothing that steers a terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tieout.cli.app import CliState, run
from tieout.errors import ExitCode, InputError
from tieout.i18n import use_language

SHAPED = "sk-abcdefghijklmnop1234567890"
KNOWN = "a plain passphrase"
PROBLEM = f"no reply\nto {SHAPED} \x1b[31mred\x1b]0;title\x07 {KNOWN}"


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """The loggers as they were: a log that a test began belongs to it alone."""
    names = ("tieout", "openai", "httpx2", "httpcore2", "pydantic_ai")
    found = [logging.getLogger(name) for name in names]
    before = [(logger.handlers[:], logger.propagate, logger.level) for logger in found]
    yield
    for logger, (handlers, propagate, level) in zip(found, before, strict=True):
        for handler in {*logger.handlers} - {*handlers}:
            handler.close()
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.fixture(autouse=True)
def fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every command that needs a host breaks down."""

    def boom(_self: CliState) -> None:
        raise RuntimeError(PROBLEM)

    monkeypatch.setenv("TIEOUT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SOME_SERVICE_API_KEY", KNOWN)
    monkeypatch.setattr(CliState, "host", boom)


def test_it_is_one_clean_line_and_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["models"]) == ExitCode.FAILURE
    shown = capsys.readouterr()
    assert shown.out == ""
    first, hint = shown.err.splitlines()
    assert first.startswith(
        "Error [internal]: Something went wrong inside Tieout: RuntimeError: no reply to [redacted]"
    )
    assert "--debug" in hint
    assert "repository" in hint
    assert str(tmp_path / "logs" / "tieout.log") in hint
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("option", ["--debug", "--debug-content"])
def test_the_trace_is_shown_and_logged_on_request(
    option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run([option, "models"]) == ExitCode.FAILURE
    shown = capsys.readouterr().err
    log = (tmp_path / "logs" / "tieout.log").read_text("utf-8")
    for text in (shown, log):
        assert "Traceback" in text
        assert "in boom" in text
        assert SHAPED not in text
        assert KNOWN not in text
        assert "\x1b" not in text
    assert f"Report the log ({tmp_path / 'logs' / 'tieout.log'})" in shown


def test_a_secret_at_the_end_of_what_fits_is_taken_out_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(_self: CliState) -> None:
        raise RuntimeError("x" * 270 + " " + SHAPED)

    monkeypatch.setattr(CliState, "host", boom)
    run(["models"])
    assert "sk-" not in capsys.readouterr().err


def test_an_error_that_was_foreseen_keeps_secrets_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_self: CliState) -> None:
        raise InputError(f"wrong: {KNOWN}", hint=f"not {SHAPED}")

    monkeypatch.setattr(CliState, "host", wrong)
    assert run(["models"]) == ExitCode.USAGE
    shown = capsys.readouterr().err
    assert shown.count("[redacted]") == 2
    assert KNOWN not in shown


def test_it_is_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    with use_language("zh"):
        run(["models"])
    first, hint = capsys.readouterr().err.splitlines()
    assert "Tieout 内部出错" in first
    assert "仓库" in hint


def test_an_error_has_no_colour_where_none_is_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal is pretended to; click takes colours out of what goes elsewhere."""
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_args, **_kwargs: False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    run(["models", "extra"])
    assert "\x1b[31m" in capsys.readouterr().err
    run(["--no-color", "models", "extra"])
    run(["--no-color", "models"])
    monkeypatch.setenv("NO_COLOR", "1")
    run(["models", "extra"])
    run(["--nothing"])
    assert "\x1b" not in capsys.readouterr().err
