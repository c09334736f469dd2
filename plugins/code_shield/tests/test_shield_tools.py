"""The commands and tools: scanning files, listing and explaining rules, the scorer, and Code Shield's interface."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tieout.cardtext import card_text
from tieout.errors import InputError
from tieout.plugin import EvalResult, Tool
from tieout.testing import FakeToolContext
from tieout_code_shield import CodeShield, CodeShieldScanResult, Issue, Limits, Treatment, scan_code
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield
from tieout_code_shield.tools import make_tools

TOOLS: dict[str, Tool[..., Any]] = {
    tool.name: tool for tool in make_tools(Shield(ShieldSettings(max_seconds=5.0)))
}


def project(folder: Path) -> Path:
    (folder / "pkg").mkdir()
    (folder / "node_modules").mkdir()
    (folder / "a.py").write_text("import os\nos.system('ls ' + name)\n", "utf-8")
    (folder / "pkg" / "b.js").write_text("eval(x);\neval(y); // tieout: ignore\n", "utf-8")
    (folder / "pkg" / "c.swift").write_text("let a = 1\n", "utf-8")
    (folder / "pkg" / "d.bin").write_bytes(b"\0\1")
    (folder / "node_modules" / "e.js").write_text("eval(z);\n", "utf-8")
    return folder


def test_scan_of_a_folder(tmp_path: Path) -> None:
    context = FakeToolContext()
    result = TOOLS["scan"]([str(project(tmp_path))], ctx=context)
    data = result.model_dump(mode="json")
    assert [(Path(f["path"]).name, f["line"]["value"], f["rule"]) for f in data["findings"]] == [
        ("a.py", 2, "py-os-command"),
        ("b.js", 1, "js-eval"),
    ]
    assert [(Path(f["path"]).name, f["suppressed"]) for f in data["suppressed"]] == [
        ("b.js", "tieout: ignore")
    ]
    assert data["files"]["value"] == 3
    assert len(data["unknown"]) == 1
    assert "c.swift" in data["unknown"][0]["path"]
    assert context.reported[-1][:2] == (3, 3)
    assert "py-os-command" in result.say("en")
    assert "未检查" in result.say("zh")


def test_scan_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO("名 = 1\neval(名字)\n".encode())

    monkeypatch.setattr(sys, "stdin", Input())
    result = TOOLS["scan"](["-"], language="python")
    assert [finding.rule for finding in result.findings] == ["py-eval"]
    assert result.findings[0].place == "-:2:1"


@pytest.mark.parametrize(("path", "language"), [("no-such-file.py", ""), (".", "klingon")])
def test_scan_of_nothing_says_what_to_do(path: str, language: str) -> None:
    with pytest.raises(InputError) as caught:
        TOOLS["scan"]([path], language=language)
    assert caught.value.hint


def test_scan_never_says_fine_about_what_was_not_checked(tmp_path: Path) -> None:
    (tmp_path / "a.swift").write_text("let a = 1\n", "utf-8")
    result = TOOLS["scan"]([str(tmp_path)])
    said = result.say("en")
    assert "Not checked" in said
    assert "could be checked" in said
    assert result.exit_code == 0
    (tmp_path / "b.py").write_bytes(b"x = '\xe9'\n")
    result = TOOLS["scan"]([str(tmp_path)])
    assert [(Path(each.path).name, each.partly) for each in result.unknown] == [
        ("a.swift", True),
        ("b.py", False),
    ]
    assert result.exit_code == 11
    assert TOOLS["scan"]([str(tmp_path)], allow_unknown=True).exit_code == 0


def test_scan_result_does_not_repeat_a_credential() -> None:
    key = "\u0041KIAQ3EGRIDWN5OTZFAK"
    result = TOOLS["scan_code"](f"key = '{key}'", language="python")
    assert result.findings
    assert key not in result.model_dump_json()
    assert key not in result.card("en").model_dump_json()


def test_rules_are_listed_by_language_weakness_and_severity() -> None:
    everything = TOOLS["rules"]()
    assert everything.count.value == len(everything.rules)
    assert {rule.language for rule in TOOLS["rules"](language="Python").rules} == {"python"}
    assert {rule.cwe for rule in TOOLS["rules"](cwe="89").rules} == {"CWE-89"}
    assert {rule.severity for rule in TOOLS["rules"](severity="critical").rules} == {"critical"}
    assert not TOOLS["rules"](language="swift").rules
    for said, name in {
        "C++": "cpp",
        "ts": "typescript",
        "bash": "shell",
        "c#": "csharp",
        "any": "any",
    }.items():
        found = TOOLS["rules"](language=said).rules
        assert found
        assert all(name in rule.language.split(", ") for rule in found), said


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ({"severity": "hgih"}, "high"),
        ({"language": "pythn"}, "python"),
        ({"language": "zzz"}, "python, "),
        ({"cwe": "injection"}, "CWE-89"),
    ],
)
def test_a_name_that_nothing_has_is_an_error_and_no_empty_table(asked: dict[str, str], hint: str) -> None:
    with pytest.raises(InputError) as caught:
        TOOLS["rules"](**asked)
    assert hint in caught.value.hint


def test_explain_lists_every_rule_of_a_weakness() -> None:
    explained = TOOLS["explain"]("CWE-89")
    listed = {rule.id for rule in TOOLS["rules"](cwe="CWE-89").rules}
    assert {explained.rule.id, *(other.id for other in explained.others)} == listed
    for shown in (explained.say("en"), card_text(explained.card("zh"))):
        assert all(name in shown for name in listed)


def test_explain_shows_a_whole_line_where_a_rule_has_one() -> None:
    assert "SELECT * FROM users" in TOOLS["explain"]("py-sql-injection").bad
    for rule in Shield().rules.rules:
        detail = TOOLS["explain"](rule.id)
        assert not detail.bad.startswith("\n")
        assert detail.good.strip("\n") == detail.good


def test_severities_are_shown_in_the_users_language() -> None:
    shown = card_text(TOOLS["rules"](language="go", severity="critical").card("zh"))
    assert "严重" in shown
    assert "critical" not in shown
    assert "严重程度：高" in card_text(TOOLS["explain"]("py-eval").card("zh"))


def test_explain_finds_a_rule_by_id_in_a_sentence_or_by_weakness() -> None:
    assert TOOLS["explain"]("py-eval").rule.id == "py-eval"
    assert TOOLS["explain"]("what is js-eval?").rule.id == "js-eval"
    assert TOOLS["explain"]("CWE-502").rule.cwe == "CWE-502"
    assert "ast.literal_eval" in TOOLS["explain"]("py-eval").say("zh")
    assert "shield fix" in TOOLS["explain"]("py-eval").card("en").model_dump_json()
    with pytest.raises(InputError) as caught:
        TOOLS["explain"]("py-evil eval")
    assert "py-eval" in caught.value.hint


def test_scorer_counts_recall_and_false_positives(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "language": "python", "code": "eval(x)", "label": "insecure", "cwe": "CWE-95"},
        {"id": "b", "language": "python", "code": "x = 1", "label": "insecure", "cwe": "CWE-89"},
        {"id": "c", "language": "python", "code": "hashlib.md5(x)", "label": "secure", "cwe": ""},
        {"id": "d", "language": "javascript", "code": "f();", "label": "secure"},
        {"id": "e", "language": "swift", "code": "let a = 1", "label": "insecure", "cwe": "CWE-78"},
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    result = TOOLS["eval"](str(file))
    assert (result.total, result.passed) == (5, 2)
    assert result.by_kind["python"].model_dump() == {"total": 3, "passed": 1}
    metrics = result.metrics
    assert metrics["recall"] == pytest.approx(1 / 3)
    assert metrics["false_positive_rate"] == pytest.approx(1 / 2)
    assert metrics["recall/python"] == pytest.approx(1 / 2)
    assert metrics["recall/CWE-95"] == 1.0
    assert metrics["same_cwe"] == pytest.approx(1 / 3)
    assert metrics["unknown"] == pytest.approx(1 / 5)
    assert {miss.id for miss in result.misses} == {"b", "c", "e"}


def test_scorer_reads_the_fields_of_cyberseceval(tmp_path: Path) -> None:
    rows = [{"prompt_id": 7, "origin_code": "eval(x)", "language": "python", "cwe_identifier": "CWE-95"}]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(rows), "utf-8")
    result = TOOLS["eval"](str(file))
    assert (result.total, result.passed) == (1, 1)
    assert result.metrics["same_cwe"] == 1.0


def test_scorer_counts_a_case_without_a_language_once(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(
        '{"code": "eval(x)"}\n{"code": "f()", "language": "python", "label": "secure"}\n', "utf-8"
    )
    result = TOOLS["eval"](str(file))
    assert (result.total, result.passed) == (2, 2)
    assert result.metrics["block_recall"] == 1.0


def test_scorer_takes_a_line_separator_within_a_text_for_a_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    row = {"code": "eval(x)  # a\u2028b", "language": "python"}
    file.write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    assert TOOLS["eval"](str(file)).passed == 1


@pytest.mark.parametrize(
    "text",
    ["{", '{"code": 1}', '{"code": "x", "label": "maybe"}', "[1]", '"x"'],
    ids=["json", "code", "label", "row", "text"],
)
def test_scorer_names_a_bad_row(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"cases\.jsonl"):
        TOOLS["eval"](str(file))


def test_scorer_refuses_a_file_without_cases(tmp_path: Path) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_text("\n", "utf-8")
    with pytest.raises(InputError, match="holds no cases"):
        TOOLS["eval"](str(file))


def test_scorer_names_the_line_of_what_is_no_json(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"code": "f()"}\n\n{"code": "f()",}\n', "utf-8")
    with pytest.raises(InputError, match="line 3, column 16"):
        TOOLS["eval"](str(file))


def scored(tmp_path: Path, *rows: dict[str, object]) -> EvalResult:
    file = tmp_path / "cases.jsonl"
    # As an editor of another system writes it, with the mark of its encoding.
    file.write_text("\ufeff" + "\n".join(json.dumps(row) for row in rows), "utf-8")
    return TOOLS["eval"](str(file))


def test_scorer_takes_what_was_not_checked_for_no_pass(tmp_path: Path) -> None:
    row: dict[str, object] = {"language": "swift", "code": "let a = 1"}
    result = scored(tmp_path, row | {"label": "secure"}, row | {"label": "insecure"})
    assert (result.passed, result.metrics["unknown"]) == (0, 1.0)
    assert (result.metrics["recall"], result.metrics["false_positive_rate"]) == (0.0, 0.0)
    assert all(miss.got.startswith("not checked: ") for miss in result.misses)


def test_scorer_knows_a_weakness_by_its_number(tmp_path: Path) -> None:
    row: dict[str, object] = {"language": "python", "code": "eval(x)"}
    written = ("95", 95, "cwe-95", "CWE-95: Eval Injection")
    result = scored(tmp_path, *(row | {"cwe": cwe} for cwe in written), row)
    assert result.metrics["same_cwe"] == 1.0
    assert {name for name in result.metrics if "95" in name} == {"recall/CWE-95"}


def test_scorer_says_nothing_of_weaknesses_that_no_row_names(tmp_path: Path) -> None:
    assert "same_cwe" not in scored(tmp_path, {"language": "python", "code": "eval(x)"}).metrics


async def test_interface_of_code_shield() -> None:
    result = await CodeShield.scan_code("eval(input)")
    assert result.is_insecure
    assert result.recommended_treatment is Treatment.BLOCK
    assert result.issues_found is not None
    issue = next(issue for issue in result.issues_found if issue.rule == "py-eval")
    assert (issue.cwe_id, issue.line, issue.char) == ("CWE-95", 1, 1)
    assert issue.description


def test_scan_code_outcomes() -> None:
    fine = scan_code("print(1)", "python")
    assert (fine.is_insecure, fine.issues_found, fine.recommended_treatment) == (
        False,
        None,
        Treatment.IGNORE,
    )
    assert scan_code("hashlib.md5(x)", "python").recommended_treatment is Treatment.WARN
    to_look_at = scan_code("import os\nos.system('clear')", "python")
    assert (to_look_at.is_insecure, to_look_at.recommended_treatment) == (True, Treatment.IGNORE)


def test_scan_code_that_could_not_be_done_is_insecure() -> None:
    result = scan_code("x = 1\n" * 50_000, "python")
    assert result.is_insecure
    assert result.recommended_treatment is Treatment.WARN
    assert result.issues_found is not None
    assert "not checked" in result.issues_found[0].description
    assert scan_code("func main() {}", "swift").is_insecure
    assert scan_code("eval(x)\n" * 2_000, "python", limits=Limits(200_000, 1e-6)).is_insecure


def test_fields_are_those_of_code_shield() -> None:
    """As documented by Meta's package, codeshield 1.0.1."""
    result, issue = CodeShieldScanResult, Issue
    assert [field.name for field in fields(result)][:3] == [
        "is_insecure",
        "issues_found",
        "recommended_treatment",
    ]
    assert [field.name for field in fields(issue)] == [
        "description",
        "cwe_id",
        "severity",
        "line",
        "char",
        "rule",
        "analyzer",
        "pattern_id",
        "path",
        "name",
    ]
    assert [treatment.value for treatment in Treatment] == ["ignore", "warn", "block"]


def test_an_enum_names_the_language() -> None:
    class Named(Enum):
        PYTHON = "python"
        ANY = "language_agnostic"

    assert scan_code("eval(x)", Named.PYTHON).is_insecure
    assert not scan_code("print('hello')", Named.ANY).unknown


def test_fix_takes_a_weakness_for_all_its_rules(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import yaml, hashlib\nyaml.load(f)\nhashlib.md5(x)\n", "utf-8")
    report = TOOLS["fix"]([str(tmp_path)], rule=["CWE-502"])
    assert [file.rules for file in report.files] == [("py-yaml-load",)]
    with pytest.raises(InputError) as caught:
        TOOLS["fix"]([str(tmp_path)], rule=["py-yaml-laod"])
    assert "py-yaml-load" in caught.value.hint
