"""Second opinions: ruff for real, opengrep and semgrep as programs that answer as they do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tieout.errors import InputError
from tieout_code_shield.files import FilesReport, Request, scan_files
from tieout_code_shield.opinions import ask_others
from tieout_code_shield.settings import ShieldSettings

CODE = """\
import subprocess
subprocess.run(f"ls {x}", shell=True)
exec(open(p).read())  # nosec
try:
    go()
except Exception:
    pass
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(CODE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(*tools: str, rules: str = "") -> FilesReport:
    request = Request(["src"])
    report = scan_files(ShieldSettings(), request)
    ask_others(report, tools, rules=rules, request=request)
    return report


def program(folder: Path, name: str, answer: Any, *, code: int = 0, said: str = "") -> None:
    """A program of that name on the search path, which notes how it was called."""
    binary = folder / "bin" / name
    binary.parent.mkdir(exist_ok=True)
    binary.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"json.dump([sys.argv[1:], dict(os.environ)], open({str(folder / 'call.json')!r}, 'w'))\n"
        f"sys.stdout.write({answer if isinstance(answer, str) else json.dumps(answer)!r})\n"
        f"sys.stderr.write({said!r})\nsys.exit({code})\n",
        "utf-8",
    )
    binary.chmod(0o755)


def test_ruff_shares_findings_and_adds_its_own(folder: Path) -> None:
    report = asked("ruff")
    by_rule = {found.rule: found for found in report.findings}
    assert "ruff S602" in by_rule["py-subprocess-shell"].also
    own = by_rule["ruff:S110"]
    assert (own.tool, own.place, own.cwe) == ("ruff", "src/a.py:6:1", "")
    assert "ruff:S602" not in by_rule


def test_comments_silence_other_tools_too(folder: Path) -> None:
    report = asked("ruff")
    silenced = {found.rule: found for found in report.suppressed}
    assert "ruff S102" in silenced["py-eval"].also
    assert not any(found.line.value == 3 for found in report.findings)


def finding(path: Path, line: int, cwe: str, severity: str = "ERROR") -> dict[str, object]:
    return {
        "check_id": "rules.mine.my-rule",
        "path": str(path),
        "start": {"line": line, "col": 1},
        "end": {"line": line, "col": 9},
        "extra": {"message": "Mine\x1b[31m.", "severity": severity, "metadata": {"cwe": [f"{cwe}: words"]}},
    }


@pytest.mark.parametrize("tool", ["opengrep", "semgrep"])
def test_users_rules_are_merged_by_line_and_weakness(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    path = folder / "src" / "a.py"
    program(folder, tool, {"results": [finding(path, 2, "CWE-78"), finding(path, 5, "CWE-400", "INFO")]})
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setenv("HTTPS_PROXY", "http://x.example")
    monkeypatch.setenv("SEMGREP_APP_TOKEN", "x")
    (folder / "mine.yaml").write_text("rules: []\n", "utf-8")
    report = asked(tool, rules="mine.yaml")
    by_rule = {found.rule: found for found in report.findings}
    assert by_rule["py-subprocess-shell"].also == (f"{tool} my-rule",)
    own = by_rule[f"{tool}:my-rule"]
    assert (own.severity, own.cwe, own.line.value) == ("low", "CWE-400", 5)
    assert "\x1b" not in own.message["en"]
    words, environment = json.loads((folder / "call.json").read_text("utf-8"))
    assert words[words.index("--config") + 1] == str(folder / "mine.yaml")
    assert words[words.index("--metrics") + 1] == "off" if tool == "semgrep" else "--metrics" not in words
    assert "HTTPS_PROXY" not in environment
    assert "SEMGREP_APP_TOKEN" not in environment


@pytest.mark.parametrize(
    ("tool", "rules", "said"),
    [("bandit", "", "bandit"), ("opengrep", "", "needs rules"), ("semgrep", "p/security", "needs rules")],
)
def test_what_cannot_be_asked_is_said_at_once(folder: Path, tool: str, rules: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        asked(tool, rules=rules)
    assert caught.value.hint


def test_a_tool_that_is_not_installed_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    (folder / "mine.yaml").write_text("rules: []\n", "utf-8")
    with pytest.raises(InputError, match="opengrep is not installed"):
        asked("opengrep", rules="mine.yaml")


@pytest.mark.parametrize(("answer", "code"), [("not json", 0), ("", 2)])
def test_a_tool_that_fails_makes_the_check_unknown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    program(folder, "opengrep", answer, code=code, said="no\x1b[2J")
    monkeypatch.setenv("PATH", str(folder / "bin"))
    (folder / "mine.yaml").write_text("rules: []\n", "utf-8")
    report = asked("opengrep", rules="mine.yaml")
    assert [each.path for each in report.unknown] == ["opengrep"]
    assert "\x1b" not in report.unknown[0].reason
    assert {found.tool for found in report.findings} == {"tieout"}
