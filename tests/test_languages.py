"""The command line in Chinese and in English: the real program, its help, its errors and its tables."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tieout.cli import main
from tieout.cli.app import CliState, root
from tieout.cli.wrapping import display_width
from tieout.i18n import translator, use_language
from tieout.loading import plugin_entries

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[a-zA-Z]+(?:[ ,;:]+[a-z]+){2,}")
"""Three words in a row, the last two not capitalised: a phrase and not a name."""
CODE = re.compile(r"`[^`]*`|\"[^\"]*\"|'[^']*'|(?<=\uff1a)tieout [a-z _]+")
"""What is typed as it stands: quoted words, and the command in the line of usage."""
TERM = re.compile(r"^\s+-?\S.*?(?:\s{2,}|$)", re.MULTILINE)
"""The first column of a list: options with their examples, and names of commands."""

WRONG_LINES = [
    ("frobnicate",),
    ("asks",),
    ("--langg", "zh"),
    ("ask", "--jsn", "why"),
    ("ask", "--json=3", "why"),
    ("ask", "--approve", "everything", "why"),
    ("completion",),
    ("completion", "tcsh"),
    ("sessions",),
    ("sessions", "lst"),
    ("sessions", "show"),
    ("sessions", "show", "one", "two"),
    ("sessions", "show", "nothing-has-this-id"),
    ("sessions", "list", "--limit"),
    ("sessions", "list", "--limit", "many"),
    ("sessions", "list", "--limit", "0"),
    ("sessions", "import", "no-such-file"),
    ("plugins", "disable", "nobody"),
    ("eval", "nobody", "no-such-file"),
    ("chat",),
    ("models", "more"),
    ("--profile", "none-of-that-name", "models"),
]


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder and settings of the test's own, and no language but the one asked for."""
    monkeypatch.setenv("TIEOUT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "tieout.toml"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("TIEOUT_LANG", raising=False)
    monkeypatch.chdir(tmp_path)


def tieout(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, without a terminal."""
    command = [sys.executable, "-m", "tieout", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str]:
    """Exit code and all output of the program, run in this process."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(SystemExit) as left:
        main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return int(left.value.code), out + err


def english_in(text: str) -> list[str]:
    return ENGLISH.findall(CODE.sub("", TERM.sub("", text)))


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("ask", "--help"), ("sessions", "--help"), ("compute", "train", "--help")],
    ids=" ".join,
)
def test_help_is_in_the_language_asked_for(arguments: tuple[str, ...]) -> None:
    chinese, english = tieout("--lang", "zh", *arguments), tieout("--lang", "en", *arguments)
    assert (chinese.returncode, english.returncode) == (0, 0)
    assert english_in(chinese.stdout) == []
    assert chinese.stdout.startswith("用法\uff1atieout")
    assert "显示本帮助并退出。" in chinese.stdout
    assert english.stdout.startswith("Usage: tieout")
    assert "Show this message and exit." in english.stdout
    assert not CHINESE.search(english.stdout.replace("中文", ""))


def test_locale_chooses_the_language_when_nothing_else_does() -> None:
    assert tieout("--help", LC_ALL="zh_CN.UTF-8").stdout.startswith("用法")
    assert tieout("--help", LC_ALL="en_US.UTF-8").stdout.startswith("Usage")
    assert tieout("--help", LC_ALL="zh_CN.UTF-8", TIEOUT_LANG="en").stdout.startswith("Usage")


def test_error_has_one_code_and_one_exit_code_in_both_languages() -> None:
    chinese = tieout("--lang", "zh", "ask", "-m", "nobody:none", "1+1")
    english = tieout("--lang", "en", "ask", "-m", "nobody:none", "1+1")
    assert chinese.returncode == english.returncode != 0
    assert "错误 [model-unknown]: 没有模型" in chinese.stderr
    assert "Error [model-unknown]: There is no model" in english.stderr


def test_doctor_speaks_chinese() -> None:
    done = tieout("--lang", "zh", "doctor")
    assert done.returncode == 0, done.stderr
    assert english_in(done.stdout) == []
    assert "离开本机的数据" in done.stdout
    assert re.search(r"compute .*正常: \d+ 个工具", done.stdout)
    assert "loaded" not in done.stdout


@pytest.mark.parametrize("arguments", [("models",), ("plugins", "list")], ids=" ".join)
def test_columns_line_up_with_wide_characters(arguments: tuple[str, ...]) -> None:
    done = tieout("--lang", "zh", *arguments)
    assert done.returncode == 0, done.stderr
    assert english_in(done.stdout) == []
    heading, *rows = done.stdout.splitlines()
    starts = {len(heading) - len(part) for part in [heading.split()[-1]]}
    (start,) = (display_width(heading[:index]) for index in starts)
    for row in rows:
        before, last = columns_before(row, start)
        assert before.endswith("  ")
        assert not last.startswith(" ")


def columns_before(line: str, columns: int) -> tuple[str, str]:
    """The line cut after so many columns of the terminal."""
    for index in range(len(line) + 1):
        if display_width(line[:index]) == columns:
            return line[:index], line[index:]
    raise AssertionError(f"no character begins at column {columns}: {line}")


@pytest.mark.parametrize("line", WRONG_LINES, ids=" ".join)
def test_wrong_line_fails_alike_in_both_languages(
    line: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, chinese = said(capsys, monkeypatch, "--lang", "zh", *line)
    english_code, english = said(capsys, monkeypatch, "--lang", "en", *line)
    assert code == english_code != 0
    assert english_in(chinese) == []
    assert CHINESE.search(chinese)
    assert not CHINESE.search(english.replace("中文", ""))
    assert re.findall(r"\[[a-z-]+\]: ", chinese) == re.findall(r"\[[a-z-]+\]: ", english)


def commands(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """The command and all below it, each with its context."""
    yield context
    if isinstance(command, click.Group):
        plugins = list(plugin_entries()) if context.parent is None else []
        for name in [*command.list_commands(context), *plugins]:
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, click_context(below, context, name))


def click_context(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    kind = command.context_class
    return kind(command, parent=parent, info_name=name, obj=parent.obj if parent else CliState())


def test_help_of_every_command_and_tool_is_chinese() -> None:
    left: dict[str, list[str]] = {}
    with use_language("zh"):
        for context in commands(root, click_context(root, None, "tieout")):
            text = context.get_help()
            if found := english_in(text):
                left[context.command_path] = found
            too_wide = [line for line in text.splitlines() if display_width(line) > 80]
            assert too_wide == []
    assert left == {}


def test_language_is_chosen_when_help_is_shown() -> None:
    context = click_context(root, None, "tieout")
    with use_language("zh"):
        assert "选项" in context.get_help()
    with use_language("en"):
        assert "Options" in context.get_help()


def test_broken_catalogue_of_a_package_costs_only_its_translation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, content in enumerate((b"", b"no catalogue at all", b"\xde\x12\x04\x95\xff")):
        name = f"package_with_a_broken_catalogue_{number}"
        folder = tmp_path / name / "locale/zh/LC_MESSAGES"
        folder.mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        (folder / f"{name}.mo").write_bytes(content)
        monkeypatch.syspath_prepend(tmp_path)
        assert translator(name)("Hello {who}", lang="zh", who="you") == "Hello you"


def test_empty_text_has_no_translation() -> None:
    # A catalogue's entry for the empty text is its header.
    assert translator("tieout")("", lang="zh") == ""
