"""Rewrites: a rule that has one fixes an example of its own, what is offered was proved, files are changed safely."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tieout.errors import InputError, SettingsError
from tieout_code_shield.commandwords import command_words
from tieout_code_shield.files import Request
from tieout_code_shield.fixing import Fixer, applied
from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.limits import Limits
from tieout_code_shield.results import FixReport
from tieout_code_shield.rewriting import Changed, fix_files, replace_file
from tieout_code_shield.rule_files import read_rule, shipped_rules
from tieout_code_shield.rules import Rule, RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.syntax import error_share

LIMITS = Limits(200_000, 5.0)
FIXABLE = [rule for rule in shipped_rules() if rule.fixes]


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=LIMITS)


def counted(scanner: Scanner, code: str, language: str) -> Counter[str]:
    report = scanner.scan(code, language_of_tag(language))
    assert not report.unknown
    return Counter(issue.rule.id for issue in report.issues)


def fixed(scanner: Scanner, code: str, language: str, rule: str) -> str | None:
    """The code with the first fix for a rule that is offered; ``None`` when none is."""
    spoken = language_of_tag(language)
    report = scanner.scan(code, spoken)
    for issue in report.issues:
        if issue.rule.id == rule:
            changes = Fixer(scanner, spoken, limits=LIMITS).offer(code, issue, report.issues)
            if changes:
                return applied(code, changes)
    return None


def test_at_least_thirty_rules_in_several_languages_have_a_rewrite() -> None:
    assert len(FIXABLE) >= 30
    languages = {
        "python",
        "javascript",
        "typescript",
        "java",
        "kotlin",
        "php",
        "c",
        "cpp",
        "csharp",
        "go",
        "ruby",
        "rust",
    }
    assert languages | {"shell"} <= {name for rule in FIXABLE for name in rule.languages}


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.id)
def test_a_rule_with_a_rewrite_fixes_an_example_of_its_own(scanner: Scanner, rule: Rule) -> None:
    for language in rule.languages:
        done = 0
        for code in rule.hits(language):
            after = fixed(scanner, code, language, rule.id)
            if after is None:
                continue
            done += 1
            before = counted(scanner, code, language)
            now = counted(scanner, after, language)
            assert now[rule.id] < before[rule.id], after
            assert not now - before, after
            spoken = language_of_tag(language)
            if spoken is not None and spoken.grammar:
                grammar = spoken.grammar_for(code)
                assert error_share(after, grammar) * len(after) <= error_share(code, grammar) * len(code), (
                    after
                )
        assert done, f"{rule.id} fixes none of its examples in {language}"


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.id)
def test_a_fixed_python_example_compiles(scanner: Scanner, rule: Rule) -> None:
    for code in rule.must_hit if "python" in rule.languages else ():
        after = fixed(scanner, code, "python", rule.id)
        try:
            ast.parse(code)
        except SyntaxError:
            continue
        if after is not None:
            ast.parse(after)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        (
            "python",
            '"""Doc."""\n# ä中\nimport yaml as y\n\n\nx = y.load(a,  # why\n    Loader=y.Loader)\n',
            '"""Doc."""\n# ä中\nimport yaml as y\n\n\nx = y.safe_load(a,  # why\n    )\n',
        ),
        (
            "python",
            "#!/usr/bin/env python3\n# coding\nfrom yaml import load\n\nx = load(  t )\n",
            "#!/usr/bin/env python3\n# coding\nimport yaml\nfrom yaml import load\n\nx = yaml.safe_load(  t )\n",
        ),
        (
            "python",
            "import requests\r\nrequests.get(u,\r\n    verify=False,\r\n    timeout=3)\r\n",
            "import requests\r\nrequests.get(u,\r\n    timeout=3)\r\n",
        ),
        (
            "javascript",
            "'use strict';\nconst h = crypto.createHash(  'md5' /* old */ );\n",
            "'use strict';\nconst h = crypto.createHash(  'sha256' /* old */ );\n",
        ),
    ],
    ids=["docstring-alias", "bare-name", "crlf", "literal"],
)
def test_what_is_around_a_fix_stays_as_it_is(
    scanner: Scanner, language: str, before: str, after: str
) -> None:
    rules = [issue.rule.id for issue in scanner.scan(before, language_of_tag(language)).issues]
    got = fixed(scanner, before, language, rules[0])
    assert got == after


RULE = """
id = "py-old-call"
language = "python"
severity = "low"
must_hit = ["old(1)", "old(x, y=2)"]
must_miss = ["new(1)", "older(1)"]
[message]
en = "Old."
[advice]
en = "New."
[[match]]
call = "old"
"""


def made(tmp_path: Path, fix: str) -> Scanner:
    path = tmp_path / "rule.toml"
    path.write_text(f"{RULE}\n{fix}", "utf-8")
    return Scanner(RuleSet([*shipped_rules(), read_rule(path)]), limits=LIMITS)


@pytest.mark.parametrize(
    ("fix", "before", "after"),
    [
        ('callee = "new"', "old(1)", "new(1)"),
        ('callee = "pkg.new"\nimport = "import pkg"', "a = 1\nold(1)", "import pkg\na = 1\npkg.new(1)"),
        ('argument = [{ arg = 0 }]\ncallee = "new"', "old(1, 2)", "new(2)"),
        ('argument = [{ name = "y" }]\ncallee = "new"', "old(1, y=2)", "new(1)"),
        ('argument = [{ name = "z", to = "3", add = true }]\ncallee = "new"', "old()", "new(z=3)"),
        ('argument = [{ name = "z", to = "3", add = true }]\ncallee = "new"', "old(1,)", "new(1, z=3)"),
        ('argument = [{ arg = 0, to = "quote({})" }]\ncallee = "new"', "old(a + b)", "new(quote(a + b))"),
        ('whole = "new({1}, {0})"', "old(a, b)", "new(b, a)"),
        ('whole = "new[{arguments}]"', "old(a, b)", "new[a, b]"),
        ('text = [{ from = "^old", to = "new" }]', "old(a)", "new(a)"),
        ('count = 1\ncallee = "new"', "old(a, b)", None),
        ('where = "import pkg"\ncallee = "new"', "old(a)", None),
        ('argument = [{ arg = 3 }]\ncallee = "new"', "old(a)", None),
        ('argument = [{ arg = 0, to = "1", matches = "^b$" }]\ncallee = "new"', "old(a)", None),
    ],
)
def test_parts_of_a_fix(tmp_path: Path, fix: str, before: str, after: str | None) -> None:
    scanner = made(tmp_path, f"[[fix]]\n{fix}")
    assert fixed(scanner, before, "python", "py-old-call") == after


@pytest.mark.parametrize(
    "fix",
    [
        'callee = "old"',
        'callee = "new("',
        'callee = "eval"',
        'whole = "{9}"',
        'text = [{ from = "none", to = "" }]',
    ],
    ids=["finding-stays", "no-syntax", "new-finding", "no-such-piece", "nothing-to-replace"],
)
def test_a_fix_that_does_not_help_is_not_offered(tmp_path: Path, fix: str) -> None:
    scanner = made(tmp_path, f"[[fix]]\n{fix}")
    assert fixed(scanner, "old(x)", "python", "py-old-call") is None


@pytest.mark.parametrize(
    "fix",
    ['import = "import x"', 'argument = [{ to = "1" }]', 'argument = [{ arg = 0, add = true, to = "1" }]'],
)
def test_a_malformed_fix_is_named(tmp_path: Path, fix: str) -> None:
    with pytest.raises(SettingsError, match="fix"):
        made(tmp_path, f"[[fix]]\n{fix}")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('f"convert {name} out.png"', '["convert", str(name), "out.png"]'),
        ("'ls ' + folder", '["ls", folder]'),
        ("'tar xf ' + a.b + '.tar -C ' + out", '["tar", "xf", a.b + ".tar", "-C", out]'),
        ("f'dd if={x.y}'", '["dd", "if=" + str(x.y)]'),
        ("f'id={x.y}'", None),
        ("f'LANG=C sort {name}'", None),
        ("f'cd {folder}'", None),
        ("'. ' + folder", None),
        ("'test -f ' + name", None),
        ("'ls ' + opts", None),
        ("f'ls {name}*'", None),
        ("f'ls ~/{name}'", None),
        ("'uptime'", '["uptime"]'),
        ("'ls ' + a + ' | wc'", None),
        ('f"cat {a} > {b}"', None),
        ("f'{tool} -v'", None),
        ("'ping ' + host + ' -f %FLAGS%'", None),
        ("f'echo %{name}%'", None),
        ("'date -d ' + day + ' +%Y'", '["date", "-d", day, "+%Y"]'),
        ("command", None),
        ("'ls %s' % a", None),
        ("f'ls {a!r}'", None),
        ("f'ls {f(a)}'", None),
        ("'ls ' - a", None),
        ("", None),
    ],
)
def test_command_lines_become_lists_of_words(source: str, words: str | None) -> None:
    assert command_words(source) == words


UNSAFE = "import yaml\nimport hashlib\n\na = yaml.load(text)\nb = hashlib.md5(a)\nc = eval(a, {})\n"


def run(path: Path, *, write: bool, rules: tuple[str, ...] = ()) -> FixReport:
    return fix_files(ShieldSettings(), Request([str(path)], want="rewrite", rules=rules), write=write)


@pytest.mark.parametrize("end", ["", "\n"])
def test_without_write_nothing_changes_and_the_difference_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("pkg/a.py")
    file.parent.mkdir()
    file.write_text(UNSAFE + "x = yaml.load(t)" + end, "utf-8")
    report = run(file, write=False)
    assert file.read_text("utf-8") == UNSAFE + "x = yaml.load(t)" + end
    assert report.files[0].rules == ("py-yaml-load", "py-weak-hash", "py-yaml-load")
    assert "--write" in report.say("en")
    assert report.exit_code == 0
    printed = (report.printout("en") or "") + "\n"
    done = subprocess.run(
        ["git", "apply", "-p1", "-"], input=printed.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    changed = UNSAFE.replace("load(", "safe_load(").replace("md5", "sha256") + "x = yaml.safe_load(t)" + end
    assert file.read_text("utf-8") == changed


def test_write_changes_the_file_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(UNSAFE, "utf-8")
    file.chmod(0o750)
    report = run(file, write=True)
    text = file.read_text("utf-8")
    assert "yaml.safe_load(text)" in text
    assert "hashlib.sha256(a)" in text
    assert "eval(a, {})" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o750
    assert report.files[0].written
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]
    assert not run(file, write=True).files


def test_only_the_named_rule_and_no_suppressed_finding_is_fixed(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(UNSAFE.replace("load(text)", "load(text)  # nosec"), "utf-8")
    assert run(file, write=False, rules=("py-weak-hash",)).files[0].rules == ("py-weak-hash",)
    assert run(file, write=False).files[0].rules == ("py-weak-hash",)


def test_what_bytes_do_not_say_back_is_not_rewritten(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    data = UNSAFE.encode() + b"# caf\xe9\n"
    file.write_bytes(data)
    assert not run(file, write=True).files
    assert file.read_bytes() == data


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("newer\n", "utf-8")
    with pytest.raises(Changed):
        replace_file(file, b"older\n", b"fixed\n")
    assert file.read_text("utf-8") == "newer\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]


def test_a_linked_file_is_changed_where_it_lies(tmp_path: Path) -> None:
    file, link = tmp_path / "a.py", tmp_path / "link.py"
    file.write_text(UNSAFE, "utf-8")
    os.symlink(file, link)
    run(link, write=True)
    assert link.is_symlink()
    assert "safe_load" in file.read_text("utf-8")


def test_line_ends_and_a_missing_last_one_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"import yaml\r\nx = yaml.load(t)")
    report = run(file, write=True)
    assert file.read_bytes() == b"import yaml\r\nx = yaml.safe_load(t)"
    assert "\\ No newline at end of file" in report.files[0].diff


def test_standard_input_cannot_be_written_to() -> None:
    with pytest.raises(InputError):
        fix_files(ShieldSettings(), Request(["-"], want="rewrite"), write=True)
