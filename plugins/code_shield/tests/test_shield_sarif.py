"""The SARIF log is valid, and says where, what, which weakness, how to fix it, and what was not checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tieout_code_shield.results import CodeScan, NotChecked, counted
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.sarif import sarif_log
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield
from tieout_code_shield.tools import make_tools

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8"))
TOOLS: dict[str, Any] = {tool.name: tool for tool in make_tools(Shield(ShieldSettings()))}
FILES = {
    "a b.py": "import yaml\nx = yaml.load(t)\nname = '名'; eval(x)\n",
    "pkg/b.js": "const h = crypto.createHash('md5');\neval(y); // shield: ignore[js-eval] ours\n",
    "pkg/c.swift": "let a = 1\n",
    "d.ipynb": "{",
    "n.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": "eval(x)"}]}),
    "key.yaml": "aws: \u0041KIAQ3EGRIDWN5OTZFAK\n",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("sarif")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in FILES.items():
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(text, "utf-8")
        result: CodeScan = TOOLS["scan"](["."], format="sarif")
    text = result.printout("en")
    assert text is not None
    assert text.isascii()
    return json.loads(text)


@pytest.fixture(scope="module")
def run(log: dict[str, Any]) -> dict[str, Any]:
    return log["runs"][0]


def of(run: dict[str, Any], rule: str) -> dict[str, Any]:
    (found,) = [result for result in run["results"] if result["ruleId"] == rule]
    return found


def test_the_log_is_valid(log: dict[str, Any]) -> None:
    errors = [f"{list(error.path)}: {error.message}" for error in Draft4Validator(SCHEMA).iter_errors(log)]
    assert not errors


def test_the_schema_itself_can_refuse(log: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(log))
    broken["runs"][0]["results"][0]["level"] = "dreadful"
    assert list(Draft4Validator(SCHEMA).iter_errors(broken))


def test_nothing_found_is_valid_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", "utf-8")
    text = TOOLS["scan"]([str(tmp_path)], format="sarif").printout("zh")
    log = json.loads(text)
    assert not list(Draft4Validator(SCHEMA).iter_errors(log))
    assert log["runs"][0]["results"] == []
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is True


def test_a_result_points_at_its_place_and_its_rule(run: dict[str, Any]) -> None:
    result = of(run, "py-yaml-load")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"}
    region = place["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (2, 5, 17)
    assert region["snippet"]["text"] == "yaml.load(t)"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == "py-yaml-load"
    assert rule["help"]["text"]
    assert "yaml.safe_load" in rule["help"]["markdown"]
    assert rule["properties"]["security-severity"] == "8.0"
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"].endswith("/")


def test_columns_are_counted_in_characters(run: dict[str, Any]) -> None:
    assert run["columnKind"] == "unicodeCodePoints"
    places = [
        result["locations"][0]["physicalLocation"]
        for result in run["results"]
        if result["ruleId"] == "py-eval"
    ]
    assert next(place["region"]["startColumn"] for place in places if "region" in place) == 13


def test_weaknesses_are_a_taxonomy(run: dict[str, Any]) -> None:
    taxa = run["taxonomies"][0]["taxa"]
    result = of(run, "py-yaml-load")
    named = result["taxa"][0]
    assert (named["id"], taxa[named["index"]]["id"]) == ("502", "502")
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["relationships"][0]["target"]["id"] == "502"
    assert run["tool"]["driver"]["supportedTaxonomies"][0]["name"] == "CWE"


def test_a_fix_is_a_replacement_that_works(run: dict[str, Any]) -> None:
    change = of(run, "py-yaml-load")["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == "a%20b.py"
    lines = FILES["a b.py"].split("\n")
    for replacement in reversed(change["replacements"]):
        gone = replacement["deletedRegion"]
        assert gone["startLine"] == gone["endLine"]
        line = lines[gone["startLine"] - 1]
        new = replacement["insertedContent"]["text"]
        lines[gone["startLine"] - 1] = line[: gone["startColumn"] - 1] + new + line[gone["endColumn"] - 1 :]
    assert lines[1] == "x = yaml.safe_load(t)"


def test_what_a_comment_silences_is_marked(run: dict[str, Any]) -> None:
    (suppression,) = of(run, "js-eval")["suppressions"]
    assert suppression["kind"] == "inSource"
    assert suppression["justification"] == "shield: ignore[js-eval] ours"
    assert "suppressions" not in of(run, "py-yaml-load")


def test_what_was_not_checked_is_a_notification(run: dict[str, Any]) -> None:
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 10
    told = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: each
        for each in invocation["toolExecutionNotifications"]
    }
    assert sorted(told) == ["d.ipynb", "pkg/c.swift"]
    assert "swift" in told["pkg/c.swift"]["message"]["text"]
    assert (told["d.ipynb"]["level"], told["pkg/c.swift"]["level"]) == ("error", "note")


def test_a_tool_that_failed_is_no_file() -> None:
    files = counted(0, subject="x", metric="files", tool="scan")
    failed = NotChecked(path="ruff", kind="tool", reason="ruff failed")
    scan = CodeScan(target="x", unknown=(failed,), count=files, files=files)
    (invocation,) = json.loads(sarif_log(scan, RuleSet(()), "en"))["runs"][0]["invocations"]
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "ruff: ruff failed"
    assert "locations" not in told


def test_a_finding_in_a_notebook_names_its_cell(run: dict[str, Any]) -> None:
    (result,) = [
        each
        for each in run["results"]
        if each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "n.ipynb"
    ]
    assert result["locations"][0]["logicalLocations"][0]["name"] == "cell 1"
    # The line of the notebook's file, by which a code host can show it.
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_fingerprints_and_no_credential(run: dict[str, Any], log: dict[str, Any]) -> None:
    prints = [result["partialFingerprints"]["tieoutShield/v1"] for result in run["results"]]
    assert all(len(each) == 32 for each in prints)
    assert "KIAQ3EGRIDWN5" not in json.dumps(log)
