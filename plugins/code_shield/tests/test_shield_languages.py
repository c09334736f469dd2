"""Languages that no rules read are unknown; pages are read for the code between their tags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tieout.errors import SettingsError
from tieout.plugin import Allow, GuardInput, Redact, Stage, Unknown
from tieout_code_shield.files import Request, scan_files
from tieout_code_shield.guard import ShieldGuard
from tieout_code_shield.limits import Limits
from tieout_code_shield.notebooks import read_notebook
from tieout_code_shield.rule_files import load_all, shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import Policy, ShieldSettings
from tieout_code_shield.shield import Shield


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


@pytest.mark.parametrize(
    "tag",
    [
        "perl",
        "lua",
        "powershell",
        "bat",
        "vb",
        "dart",
        "elixir",
        "julia",
        "groovy",
        "awk",
        "sql",
        "terraform",
        "swift",
        "scala",
        "zig",
        "r",
        "nim",
        "fish",
    ],
)
def test_a_language_without_rules_is_unknown(scanner: Scanner, tag: str) -> None:
    assert "no rules" in scanner.scan("let a = 1\n", tag).unknown


@pytest.mark.parametrize(
    "tag",
    [
        "json",
        "json5",
        "jsonc",
        "ndjson",
        "ipynb",
        "udiff",
        "yaml",
        "toml",
        "xml",
        "csv",
        "markdown",
        "css",
        "log",
    ],
)
def test_data_is_no_program(scanner: Scanner, tag: str) -> None:
    assert scanner.scan("a = 1\n", tag).unknown == ""


async def test_a_fence_in_such_a_language_is_unknown() -> None:
    guard = ShieldGuard(Shield(ShieldSettings(max_seconds=5)))
    verdict = await guard.check(GuardInput(Stage.OUTPUT, '```perl\nsystem("rm $file");\n```\n'))
    assert isinstance(verdict, Unknown)
    assert "perl" in verdict.reason
    assert isinstance(await guard.check(GuardInput(Stage.OUTPUT, "```css\na { b: c }\n```\n")), Allow)
    page = "```html\n<p>Hi</p>\n<script>\nshow(1)\n</script>\n```\n"
    assert isinstance(await guard.check(GuardInput(Stage.OUTPUT, page)), Unknown)
    assert isinstance(await guard.check(GuardInput(Stage.OUTPUT, "```html\n<p>Hi</p>\n```\n")), Allow)


@pytest.mark.parametrize(
    ("tag", "code", "places"),
    [
        ("html", "<p>a</p>\n<script>\nconst x = location.hash;\neval(x)\n</script>\n", [("js-eval", 4, 1)]),
        ("vue", '<a/><script lang="ts">const x: any = location.hash; eval(x)</script>', [("js-eval", 1, 53)]),
        ("html", '<i onclick="eval(location.hash)" onload="eval(name)">', [("js-eval", 1, 13)]),
        ("html", '<script type="text/template">eval(x)</script><pre>eval(x)</pre>', []),
        ("html", "<p><?php echo $_GET['x']; ?></p>", [("php-xss", 1, 10)]),
        ("html", "<body\nonload=eval(location.hash)\nclass=x>", [("js-eval", 2, 8)]),
        ("html", "<svg/onload=eval(location.hash)>", [("js-eval", 1, 13)]),
        ("html", "<a href=' javascript:eval(location.hash)'>a</a>", [("js-eval", 1, 22)]),
        ("html", '<a href="java&#115;cript:eval(location.hash)">a</a>', [("js-eval", 1, 10)]),
        ("html", '<a title="a > b" onclick="eval(location.hash)">', [("js-eval", 1, 27)]),
        ("html", '<p title="<script>">eval(location.hash)</p>', []),
        ("html", '<a href="https://a.example/?q=javascript:eval(location.hash)">a</a>', []),
        ("html", "<p>Nothing.</p>", []),
    ],
)
def test_a_page_is_read_for_its_code(
    scanner: Scanner, tag: str, code: str, places: list[tuple[str, int, int]]
) -> None:
    report = scanner.scan(code, tag)
    assert [(issue.rule.id, issue.line, issue.column) for issue in report.issues] == places
    assert not report.unknown


def test_files_in_such_languages_are_not_checked(tmp_path: Path) -> None:
    (tmp_path / "a.pl").write_text("system($x);\n", "utf-8")
    (tmp_path / "b.lua").write_text("os.execute(x)\n", "utf-8")
    (tmp_path / "tool").write_text("#!/usr/bin/perl\nsystem($x);\n", "utf-8")
    (tmp_path / "c.html").write_text("<script>eval(location.hash)</script>\n", "utf-8")
    (tmp_path / "d.json").write_text("{}\n", "utf-8")
    report = scan_files(ShieldSettings(), Request(paths=[str(tmp_path)]))
    assert sorted(Path(each.path).name for each in report.unknown) == ["a.pl", "b.lua", "tool"]
    assert [found.rule for found in report.findings if found.path.endswith("c.html")] == ["js-eval"]


def test_the_rule_that_a_self_test_finds_may_be_disabled() -> None:
    scanner = Shield(ShieldSettings(disabled_rules=("py-eval",), max_seconds=5)).scanner
    report = scanner.scan("import os\nos.system(input())\n", "python")
    assert not report.unknown
    assert [issue.rule.id for issue in report.issues] == ["py-os-command"]


def test_a_language_whose_rules_are_all_disabled_is_unknown() -> None:
    every = [rule.id for rule in shipped_rules() if "python" in rule.languages]
    rules, _ = load_all(disabled=every)
    assert Scanner(rules, limits=Limits(200_000, 5.0)).scan("x = 1\n", "python").unknown


@pytest.mark.parametrize(
    "settings",
    [
        ShieldSettings(disabled_rules=("py-evall",)),
        ShieldSettings(policies=(Policy(action="block", rule="py-evall"),)),
    ],
)
def test_a_name_that_no_rule_has_is_an_error(settings: ShieldSettings) -> None:
    with pytest.raises(SettingsError, match="Did you mean py-eval"):
        _ = Shield(settings).scanner


@pytest.mark.parametrize("code", ["eval(x)", "x = eval(y)\nprint(x)\n"])
async def test_a_weakness_is_told_once_where_nobody_names_the_language(scanner: Scanner, code: str) -> None:
    assert [issue.rule.id for issue in scanner.scan(code).issues] == ["py-eval"]
    guard = ShieldGuard(Shield(ShieldSettings(max_seconds=5)))
    verdict = await guard.check(GuardInput(Stage.OUTPUT, f"```\n{code}\n```\n"))
    assert isinstance(verdict, Redact)
    assert [finding.rule for finding in verdict.findings] == ["py-eval"]


UNSAFE = "import os\nos.system('ls ' + request.args['x'])\n"
PADDING = {
    "blanks": " " * 9_000 + "\n",
    "lines": "\n" * 9_000,
    "notes": "".join(f"# note {number}\n" for number in range(1_000)),
    "licence": "Permission is granted (free of charge), to anyone; see the terms = below.\n" * 130,
    "words": "".join(f"Some words {number} here (and others): so it is.\n" for number in range(300)),
}


@pytest.mark.parametrize("padding", PADDING.values(), ids=PADDING)
def test_what_stands_before_code_does_not_hide_it(scanner: Scanner, padding: str) -> None:
    for text in (padding + UNSAFE, padding + UNSAFE + padding):
        assert [issue.rule.id for issue in scanner.scan(text).issues] == ["py-os-command"]


@pytest.mark.parametrize(
    ("code", "language", "rules"),
    [
        ("eval(input())", "python", ["py-eval"]),
        ("system(cmd)", "python", ["py-os-command"]),
        ("strcpy(buf, s);", "c", ["c-strcpy"]),
        ("<!doctype html>\n<p>a</p>\n<script>eval(location.hash)</script>\n", "html", ["js-eval"]),
        (f"<html>\n{UNSAFE}", "html", ["py-os-command"]),
        (f"```python\n{UNSAFE}```\n", "python", ["py-os-command"]),
    ],
)
def test_the_language_told_is_that_of_the_finding(
    scanner: Scanner, code: str, language: str, rules: list[str]
) -> None:
    report = scanner.scan(code)
    assert (report.language, [issue.rule.id for issue in report.issues]) == (language, rules)


@pytest.mark.parametrize(
    "code",
    [
        "%%% ((( @@@ ### ]]] $$$ !!!",
        'os.execute("ls "..arg[1])',
        'local f = io.popen("ls "..arg[1])\nprint(f:read("*a"))\n',
        "use strict;\nmy $name = $ARGV[0];\nprint qx{ls $name};\n",
    ],
)
def test_code_in_no_language_with_rules_is_unknown_also_when_nobody_names_it(
    scanner: Scanner, code: str
) -> None:
    assert scanner.scan(code).unknown


@pytest.mark.parametrize(
    "text", ["| a | b |\n|---|---|\n| 1 | 2 |\n", "Figures (2024): 5 %, 7 %; see below.\n", ""]
)
def test_words_are_no_unknown_language(scanner: Scanner, text: str) -> None:
    assert not scanner.scan(text).unknown


def test_a_cell_in_another_language_is_not_read_as_the_kernels() -> None:
    cells = [
        {"cell_type": "code", "source": source}
        for source in ("x = 1", "%%perl\nsystem($x)", "%%R\nx", "%%time\ny")
    ]
    assert [each.language for each in read_notebook(json.dumps({"cells": cells}))] == ["python", "perl", "r"]


def test_every_worksheet_of_an_old_notebook_is_read() -> None:
    sheets = [
        {"cells": [{"cell_type": "code", "input": code, "outputs": [{"text": "a\nb"}]}]}
        for code in ("a = 1", "b = 2")
    ]
    text = json.dumps({"nbformat": 3, "worksheets": sheets}, indent=1)
    code = read_notebook(text)[0]
    assert code.text == "a = 1\nb = 2\n"
    assert code.place(2) == (2, 1)
    assert "b = 2" in text.split("\n")[code.file_line(2, 1) - 1]
