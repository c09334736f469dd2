"""Where statements end while code is being written."""

from __future__ import annotations

import pytest

from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.statements import MAX_HELD_LINES, Splitter, closers


def units(tag: str, code: str) -> list[str]:
    splitter = Splitter(language_of_tag(tag))
    found = [unit for line in code.split("\n") for unit in splitter.push(line)]
    return ["\n".join(unit.lines) for unit in [*found, *splitter.flush()]]


@pytest.mark.parametrize(
    "statement",
    [
        "a = f(\n  1,\n)",
        'a = """\n# no comment (\n"""',
        "a = 1 + \\\n  2",
        "a = {  # (\n  'b': '[',\n}",
        "a = '''it's\n\"\"\"\n'''",
        "x = 'a\\'('",
    ],
)
def test_python_statement_is_held_together(statement: str) -> None:
    assert units("python", f"b = 1\n{statement}\nc = 2") == ["b = 1", statement, "c = 2"]


@pytest.mark.parametrize(
    "statement",
    [
        "a(\n  1\n);",
        "const a = {\n  b: 1,\n};",
        "const a = `\n${b}\n`;",
        "el.innerHTML\n  = html;",
        "const q = 'a' +\n  b;",
        "fetch(a)\n  .then(b)\n  // a word\n  .catch(c);",
        "const r = /[(/]/;",
        "x = a ?\n  b :\n  c;",
    ],
)
def test_javascript_statement_is_held_together(statement: str) -> None:
    assert units("js", f"b();\n{statement}\nc();") == ["b();", statement, "c();"]


def test_statements_inside_a_callback_are_let_go_one_by_one() -> None:
    code = "app.get('/', (req, res) => {\n  a();\n  if (b) {\n    c();\n  }\n});\nd()"
    assert units("js", code) == code.split("\n")


def test_quotes_in_text_do_not_hold_anything() -> None:
    assert units("js", "<p>don't</p>;\na();") == ["<p>don't</p>;", "a();"]
    assert units("python", "# don't (\na = 1") == ["# don't (", "a = 1"]


def test_other_languages_are_taken_by_the_line() -> None:
    assert units("bash", "a \\\n b\nc") == ["a \\\n b", "c"]


def test_private_key_is_one_unit_in_any_language() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"
    assert units("json", f"a\n{key}\nb") == ["a", key, "b"]


def test_endless_statement_is_cut() -> None:
    splitter = Splitter(language_of_tag("python"))
    found = [unit for line in ["a = (", *["1,"] * (MAX_HELD_LINES + 5)] for unit in splitter.push(line)]
    assert [len(unit.lines) for unit in found] == [MAX_HELD_LINES]
    assert found[0].cut


def test_closers() -> None:
    python, javascript = language_of_tag("python"), language_of_tag("js")
    assert python is not None
    assert javascript is not None
    assert closers("f([1, {", python).strip() == "}])"
    assert closers('x = """a', python).strip() == '"""'
    assert closers("f(function () { `${a", javascript).strip() == "}`})"
    assert closers("f(1)", python) == ""
