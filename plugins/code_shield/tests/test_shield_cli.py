"""The commands as a user or a CI job runs them: exit codes, printouts, pipes, and a git hook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tieout_code_shield.listing import listing
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield
from tieout_code_shield.tools import make_tools

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command line in a folder with its own home."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "work").mkdir()
    base = {
        **os.environ,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "NO_COLOR": "1",
    }

    def call(
        *words: str, given: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tieout", *words],
            cwd=tmp_path / "work",
            env={**base, **(env or {})},
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


def write(run: Run, tmp_path: Path, **files: str) -> None:
    for name, text in files.items():
        (tmp_path / "work" / name.replace("_", ".")).write_text(text, "utf-8")


@pytest.mark.slow
def test_exit_codes_for_ci(run: Run, tmp_path: Path) -> None:
    write(
        run,
        tmp_path,
        clean_py="x = 1\n",
        high_py="eval(x)\n",
        low_py="hashlib.md5(x)\n",
        odd_py="eval\0",
        page_sql="SELECT 1;\n",
        key_sql="-- \u0041KIAQ3EGRIDWN5OTZFAK\n",
    )
    assert run("shield", "scan", "clean.py").returncode == 0
    assert run("shield", "scan", "high.py", "clean.py").returncode == 10
    assert run("shield", "scan", "low.py", "--fail-on", "high").returncode == 0
    assert run("shield", "scan", "low.py", "--fail-on", "medium").returncode == 10
    assert run("shield", "scan", "high.py", "--fail-on", "never").returncode == 0
    assert run("shield", "scan", "odd.py").returncode == 11
    assert run("shield", "scan", "odd.py", "--allow-unknown").returncode == 0
    assert run("shield", "scan", "odd.py", "high.py").returncode == 10
    # A language without rules is told of, and fails nothing: what every text is read for was looked for.
    without_rules = run("shield", "scan", "page.sql")
    assert without_rules.returncode == 0
    assert "Not checked: page.sql: there are no rules for sql yet" in without_rules.stdout
    assert run("shield", "scan", "page.sql", "odd.py").returncode == 11
    assert run("shield", "scan", "key.sql").returncode == 10
    assert run("shield", "scan", "gone.py").returncode == 2
    assert run("shield", "scan").returncode == 2
    assert run("shield", "scan", "clean.py", "--fail-on", "dreadful").returncode == 2
    assert run("shield", "scan", "-", given="eval(x)\n").returncode == 10


@pytest.mark.slow
def test_output_as_json_and_as_a_file(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path, a_py="eval(x)\n")
    printed = json.loads(run("shield", "scan", "a.py", "--json").stdout)
    assert printed["findings"][0]["rule"] == "py-eval"
    assert "page" not in printed
    done = run("shield", "scan", "a.py", "--format", "sarif", "--output", "out.sarif")
    assert (done.returncode, done.stdout) == (10, "")
    log = json.loads((tmp_path / "work" / "out.sarif").read_text("utf-8"))
    assert log["version"] == "2.1.0"
    both = run("shield", "scan", "a.py", "--format", "sarif", "--json")
    assert (both.returncode, both.stdout) == (2, "")
    assert "--json and --format sarif" in both.stderr
    assert run("shield", "scan", "a.py", "--format", "text", "--json").returncode == 10


RULE = """
id = "any-word"
language = "any"
category = "abuse"
severity = "low"
must_hit = ["zebra a", "zebra b"]
must_miss = ["horse", "mule"]
[message]
en = "Zebra."
[advice]
en = "None."
[[match]]
regex = 'zebra'
"""


@pytest.mark.slow
@pytest.mark.parametrize("given", ["rules", "~/rules"])
def test_a_rules_folder_is_found_from_the_settings_or_the_home(run: Run, tmp_path: Path, given: str) -> None:
    home = tmp_path / ("home" if given[0] == "~" else "settings")
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "word.toml").write_text(RULE, "utf-8")
    config = home / "mine.toml"
    config.write_text(f'[plugins.shield]\nrules = "{given}"\n', "utf-8")
    write(run, tmp_path, a_py="# zebra\n")
    done = run("shield", "scan", "a.py", env={"TIEOUT_CONFIG": str(config)})
    assert (done.returncode, "any-word" in done.stdout) == (10, True), done.stderr


@pytest.mark.slow
def test_fix_shows_and_writes(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path, a_py="import yaml\nx = yaml.load(t)\n")
    file = tmp_path / "work" / "a.py"
    shown = run("shield", "fix", "a.py")
    assert shown.returncode == 0
    assert "+x = yaml.safe_load(t)" in shown.stdout
    assert "yaml.load" in file.read_text("utf-8")
    assert run("shield", "fix", "a.py", "--write").returncode == 0
    assert "yaml.safe_load" in file.read_text("utf-8")
    assert run("shield", "fix", "a.py", "--rule", "no-such-rule").returncode == 2


@pytest.mark.slow
def test_settings_can_deny_writing(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path, a_py="import yaml\nx = yaml.load(t)\n")
    (tmp_path / "mine.toml").write_text('[policy]\nwrite = "deny"\n', "utf-8")
    config = {"TIEOUT_CONFIG": str(tmp_path / "mine.toml")}
    assert run("shield", "fix", "a.py", env=config).returncode == 0
    denied = run("shield", "fix", "a.py", "--write", env=config)
    assert denied.returncode == 7
    assert "deny" in denied.stderr
    assert "yaml.load" in (tmp_path / "work" / "a.py").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_reader_that_leaves_early_is_no_failure(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path, a_py="eval(x)\n" * 3_000)
    line = f"{sys.executable} -m tieout shield scan a.py | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path / "work", capture_output=True, text=True, check=False, timeout=120
    )
    first, code = done.stdout.splitlines()
    assert first.startswith("a.py:1:1: high:")
    assert code in ("0", "1", "10")  # by how much of it was in the pipe when the reader left
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_git_hook_refuses_unsafe_code_and_lets_safe_code_in(run: Run, tmp_path: Path) -> None:
    work = tmp_path / "work"

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        identity = {
            f"GIT_{who}_{what}": "x@y.z" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        return subprocess.run(
            ["git", *words],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **identity},
        )

    git("init", "-q")
    # As pre-commit calls it: the entry, then the names of the files, whatever they look like.
    entry = entries()[0].removeprefix("tieout ")
    hook = work / ".git" / "hooks" / "pre-commit"
    hook.write_text(
        "#!/bin/sh\ngit diff --cached --name-only --diff-filter=ACM -z |\n"
        f"xargs -0 -r {sys.executable} -m tieout {entry}\n",
        "utf-8",
    )
    hook.chmod(0o755)
    write(run, tmp_path, a_py="eval(x)\n")
    git("add", "a.py")
    refused = git("commit", "-m", "x")
    assert refused.returncode != 0
    assert "py-eval" in refused.stdout + refused.stderr
    assert git("rev-parse", "HEAD").returncode != 0
    write(run, tmp_path, a_py="x = 1\n")
    git("add", "a.py")
    assert git("commit", "-m", "x").returncode == 0
    write(run, tmp_path, b_sql="SELECT 1;\n")
    git("add", "b.sql")
    assert git("commit", "-m", "y").returncode == 0
    for name in ("--fail-on=never", "-x.py", "fail_on=never", "--help", "-"):
        (work / name).write_text("import os\nos.system('ls ' + name)\neval(x)\n", "utf-8")
        git("add", "--", name)
        refused = git("commit", "-m", "x")
        assert refused.returncode != 0, name
        assert "py-eval" in refused.stdout + refused.stderr, name
        git("rm", "-q", "--cached", "--", name)
        (work / name).unlink()


def entries() -> list[str]:
    """What the hooks run."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    return [line.partition("entry: ")[2] for line in text.splitlines() if "entry: " in line]


def test_the_hooks_for_pre_commit_name_what_exists() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    folders = [line.strip()[4:] for line in text.splitlines() if line.strip().startswith("- ./")]
    assert folders
    assert all((ROOT / folder / "pyproject.toml").exists() for folder in folders)
    members = {
        path.parent for path in [*ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
    }
    assert members == {ROOT / folder for folder in folders}
    assert entries() == ["tieout shield scan --"] * 2
    assert text.count("types: [text]\n") == 2


# The listing


def listed(tmp_path: Path, code: str, lang: str = "en") -> list[str]:
    tools = {tool.name: tool for tool in make_tools(Shield(ShieldSettings()))}
    file = tmp_path / "a.py"
    file.write_text(code, "utf-8")
    result = tools["scan"]([str(file)])
    return listing(result, "zh" if lang == "zh" else "en").replace(str(tmp_path) + "/", "").splitlines()


@pytest.mark.parametrize(
    ("code", "line", "marks"),
    [
        ("x = eval(y)\n", "x = eval(y)", "    ^^^^^^^"),
        ("if a:\n\tx = eval(y)\n", "    x = eval(y)", "        ^^^^^^^"),
        ("名字 = 1; eval(y)\n", "名字 = 1; eval(y)", "          ^^^^^^^"),
        ("eval(a +\n  b)\n", "eval(a +", "^^^^^^^^"),
        ("if a:\n  b = '\u3000'; eval(y)\n", "  b = '\\u3000'; eval(y)", "                ^^^^^^^"),
    ],
    ids=["plain", "tab", "wide", "two-lines", "unprinted"],
)
def test_a_mark_stands_under_the_place(tmp_path: Path, code: str, line: str, marks: str) -> None:
    lines = listed(tmp_path, code)
    assert lines[1].partition(" | ")[2] == line
    assert lines[2].partition(" | ")[2] == marks


def test_a_long_line_is_cut_around_the_place(tmp_path: Path) -> None:
    lines = listed(tmp_path, "a = '" + "x" * 150 + "'; eval(y)\n")
    code, marks = (text.partition(" | ")[2] for text in lines[1:3])
    assert len(code) <= 120
    assert code[marks.index("^") : marks.rindex("^") + 1] == "eval(y)"


@pytest.mark.skipif(os.name != "posix", reason="such names")
def test_a_name_forges_no_line(tmp_path: Path) -> None:
    tools = {tool.name: tool for tool in make_tools(Shield(ShieldSettings()))}
    file = tmp_path / "a\nb.py:1:1: high: forged\x1b[2J\u202e.py"
    file.write_text("import yaml\nx = yaml.load(t)\n", "utf-8")
    shown = "a\\nb.py:1:1: high: forged\\x1b[2J\\u202e.py"
    result = tools["scan"]([str(file)])
    for text in (listing(result, "en"), result.say(), tools["fix"]([str(file)]).printout("en")):
        assert not any(line.startswith("b.py") for line in text.splitlines())
        assert "\x1b" not in text
        assert shown in text
    assert result.findings[0].path == str(file)
    broken = tmp_path / "a\nb.swift"
    broken.write_text("let a = 1\n", "utf-8")
    assert "a\\nb.swift: there are no rules" in listing(tools["scan"]([str(broken)]), "en")


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    tools = {tool.name: tool for tool in make_tools(Shield(ShieldSettings()))}
    (tmp_path / "vendor").mkdir()
    (tmp_path / "a.min.js").write_text("x", "utf-8")
    result = tools["scan"]([str(tmp_path)])
    text = listing(result, "en")
    assert "Left out: 2 (1 hidden, generated or foreign folders, 1 packed scripts)." in text
    assert result.model_dump(mode="json")["left_out"] == {"folders": 1, "packed": 1}


def test_control_characters_reach_no_terminal(tmp_path: Path) -> None:
    text = "\n".join(listed(tmp_path, "eval(y) # \x1b[2J\u202e\n"))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_listing_counts_and_speaks_chinese(tmp_path: Path) -> None:
    lines = listed(tmp_path, "eval(y)\neval(z)  # nosec\nhashlib.md5(b)\n")
    assert lines[-1] == "Findings: 2 (1 high, 1 medium). Suppressed: 1. Not checked: 0. Files: 1."
    assert any("suppressed" in line and "nosec" in line for line in lines)
    chinese = "\n".join(listed(tmp_path, "eval(y)\n", "zh"))
    assert "发现" in chinese
    assert "代码" in chinese
