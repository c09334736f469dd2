"""What is read out of a list or dictionary that the text writes out is what stands under that key, and no more."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

CASES = {
    "python, another key": (
        "python",
        "d = {'mode': 'fast'}\nd['seen'] = request.args['s']\nos.system(f\"tool {d['%s']}\")",
        "mode",
        "seen",
    ),
    "python, in front": (
        "python",
        "parts = ['list']\nparts.insert(0, request.args['s'])\nos.system('tool ' + parts[%s])",
        "1",
        "0",
    ),
    "python, taken out": (
        "python",
        "parts = ['list', request.args['s'], 'all']\nparts.remove('list')\nos.system('tool ' + parts[%s])",
        "1",
        "0",
    ),
    "python, from the end": (
        "python",
        "p = ['list']\np.append(request.args['s'])\np.append('all')\nos.system('tool ' + p[len(p) - %s])",
        "3",
        "2",
    ),
    "javascript, in front": (
        "javascript",
        "const parts = ['list'];\nparts.unshift(req.query.s);\nchild_process.exec('tool ' + parts[%s]);",
        "1",
        "0",
    ),
    "php, another key": (
        "php",
        "<?php\n$d = ['mode' => 'fast'];\n$d['seen'] = $_GET['s'];\nsystem('tool ' . $d['%s']);",
        "mode",
        "seen",
    ),
    "php, behind the last": (
        "php",
        "<?php\n$d = ['list'];\n$d[] = $_GET['s'];\n$d[] = 'all';\nsystem('tool ' . $d[%s]);",
        "2",
        "1",
    ),
    "php, put under it in a branch": (
        "php",
        "<?php\n$d = ['size' => ''];\nif ($x) {\n    $d['seen'] = $_GET['s'];\n}\nsystem('tool ' . $d['%s']);",
        "size",
        "seen",
    ),
    "ruby, another key": (
        "ruby",
        "d = { 'mode' => 'fast' }\nd['seen'] = params[:s]\nsystem(\"tool #{d['%s']}\")",
        "mode",
        "seen",
    ),
    "ruby, taken by name": (
        "ruby",
        "d = { mode: 'fast', seen: params[:s] }\nsystem(\"tool #{d.fetch(:%s)}\")",
        "mode",
        "seen",
    ),
    "ruby, in front": (
        "ruby",
        "parts = ['list']\nparts.unshift(params[:s])\nsystem('tool ' + parts.%s)",
        "last",
        "first",
    ),
}


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


@pytest.mark.parametrize("name", CASES)
def test_an_item_is_what_was_put_there(scanner: Scanner, name: str) -> None:
    language, code, harmless, dangerous = CASES[name]
    before = "import os\n" if language == "python" else ""
    before += "const child_process = require('child_process');\n" if language == "javascript" else ""
    assert not [
        issue.rule.id
        for issue in scanner.scan(before + code % harmless, language).issues
        if issue.rule.cwe == "CWE-78" and issue.severity in ("medium", "high")
    ]
    assert any(
        issue.rule.cwe == "CWE-78" for issue in scanner.scan(before + code % dangerous, language).issues
    )


@pytest.mark.parametrize(
    "code",
    [
        "d = {'a': 'x'}\nd[key] = request.args['s']\nos.system('tool ' + d['a'])",
        "d = {'a': 'x'}\nd[request.args['k']] = request.args['s']\nos.system('tool ' + d['a'])",
        "l = ['a', request.args['s'], 'b']\nl.pop(0)\nos.system('tool ' + l[0])",
    ],
)
def test_an_item_that_may_be_another_is_none_that_is_known(scanner: Scanner, code: str) -> None:
    assert "py-os-command" in {issue.rule.id for issue in scanner.scan("import os\n" + code, "python").issues}


def test_removing_a_file_changes_no_list(scanner: Scanner) -> None:
    code = "import os\nos.remove(path)\nos.system('tool ' + name)"
    assert "py-os-command" in {issue.rule.id for issue in scanner.scan(code, "python").issues}
