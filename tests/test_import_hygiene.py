"""What starting up imports: a fresh process says which modules it holds, so that a careless import is noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = ("tieout_code_shield", "tieout_compute_estimator", "tieout_report_search", "tieout_stock_lookup")
ENGINE = (
    "pydantic_ai",
    "openai",
    "httpx2",
    "httpx",
    "numpy",
    "tantivy",
    "pypdfium2",
    "ast_grep_py",
    "llama_cpp",
)
RUN_CLI = """
from tieout.cli import main
try:
    main({words!r})
except SystemExit as left:
    assert not left.code, left.code
"""
SHOW = "\nimport sys\nprint('modules:', *sorted(sys.modules))"


def loaded_by(code: str, home: Path) -> set[str]:
    """Top-level packages in a process that ran ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code + SHOW],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env={
            "PATH": "",
            "HOME": str(home),
            "TIEOUT_CONFIG": str(home / "tieout.toml"),
            "XDG_DATA_HOME": str(home),
            "PYTHONIOENCODING": "utf-8",
        },
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("modules:"))
    return {name.partition(".")[0] for name in line.split()[1:]}


def test_import_tieout_imports_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("import tieout", tmp_path)
    assert not loaded & {"pydantic", "click", "pluggy", "textual", "platformdirs", *ENGINE, *PLUGINS}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["ask", "--help"], ["completion", "bash"]])
def test_help_imports_no_plugin_and_no_engine(words: list[str], lang: str, tmp_path: Path) -> None:
    loaded = loaded_by(RUN_CLI.format(words=["--lang", lang, *words]), tmp_path)
    assert not loaded & {"textual", "tieout_tui", *ENGINE, *PLUGINS}
    assert "pydantic" not in loaded


def test_listing_plugins_imports_none(tmp_path: Path) -> None:
    loaded = loaded_by(RUN_CLI.format(words=["plugins", "list"]), tmp_path)
    assert not loaded & {"textual", "tieout_tui", "pluggy", *ENGINE, *PLUGINS}


def test_switching_a_plugin_imports_none(tmp_path: Path) -> None:
    loaded = loaded_by(RUN_CLI.format(words=["plugins", "disable", "compute"]), tmp_path)
    assert not loaded & {"textual", "tieout_tui", "pluggy", *ENGINE, *PLUGINS}


def test_the_chat_can_paint_before_the_engine_is_loaded(tmp_path: Path) -> None:
    loaded = loaded_by("import tieout_tui, tieout_tui.app", tmp_path)
    assert "textual" in loaded
    assert not loaded & {*ENGINE, *PLUGINS}


def test_a_plugins_hooks_import_nothing_until_they_are_called(tmp_path: Path) -> None:
    loaded = loaded_by("import tieout_report_search, tieout_code_shield, tieout_stock_lookup", tmp_path)
    assert not loaded & {"pydantic_ai", "openai", "textual", "tantivy", "pypdfium2", "ast_grep_py", "numpy"}


def test_the_testing_kit_costs_nothing_until_used(tmp_path: Path) -> None:
    loaded = loaded_by("import tieout.testing", tmp_path)
    assert not loaded & {"pytest", "respx", "hypothesis", "pydantic", *ENGINE}
