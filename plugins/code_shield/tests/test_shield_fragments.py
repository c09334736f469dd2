"""Where a fragment that begins in the middle of a string or comment turns into code."""

from __future__ import annotations

import pytest

from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()))


def lines_found(scanner: Scanner, code: str, language: str) -> list[int]:
    return [issue.line for issue in scanner.scan(code, language).issues]


@pytest.mark.parametrize(
    ("language", "code", "line"),
    [
        ("javascript", " * Runs what it is given.\n * @param code text\n */\neval(code);\n", 4),
        ("python", "    :param text: What to run, isn't it.\n    :return: nothing\n    '''\n    eval(text)\n", 4),
        ("php", "  name VARCHAR(256) NOT NULL,\n  PRIMARY KEY (id)\n);');\nsystem($_GET['c'] . 'x');\n", 4),
        ("rust", '{"alias": "Node1", "type": "0"}"#, pool);\n\nlet path = env::temp_dir().join("a");\n', 3),
        ("go", "SELECT a, b FROM t\nWHERE x = 1`\ndb.Query(\"SELECT \" + r.FormValue(\"x\"))\n", 3),
        ("ruby", "\nWords about it.\n=end\neval(params[:x])\n", 4),
    ],
)  # fmt: skip
def test_what_follows_the_end_of_a_text_that_began_before_is_code(
    scanner: Scanner, language: str, code: str, line: int
) -> None:
    assert line in lines_found(scanner, code, language)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", 'eval(req.query.x);\ncron.schedule("*/5 * * * *", run);\n'),
        ("javascript", "eval(req.query.x);\n// files of lib*/ and more\nrun();\n"),
        ("javascript", "eval(req.query.x);\n*/\nrun();\n"),
        ("c", 'system(argv[1]);\nprintf("*/");\n'),
        ("python", 'import os\nos.system(input())\nprint("a")\n"""\n'),
        ("php", "<?php\nsystem($_GET['c']);\n$a = 'x\n"),
        ("ruby", "eval(params[:x])\n=end\n"),
    ],
)
def test_a_stray_mark_hides_nothing_before_it(scanner: Scanner, language: str, code: str) -> None:
    assert lines_found(scanner, code, language)


def test_an_unfinished_string_at_the_end_is_no_code(scanner: Scanner) -> None:
    code = 'def run():\n    """Do not call eval(text) here,\n    since eval(text) runs what it is given,\n'
    assert not lines_found(scanner, code, "python")
    assert not lines_found(scanner, " * Runs\n *\n *   eval(req.query.x);\n", "typescript")
    assert lines_found(scanner, " * Runs\n */\neval(req.query.x);\n", "typescript")
    assert not lines_found(scanner, "const page = `<b>\n  eval(location.hash)\n", "javascript")
