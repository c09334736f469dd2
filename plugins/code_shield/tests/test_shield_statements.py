"""Where statements end while code is being written."""

from __future__ import annotations

import pytest

from tieout_code_shield.fragments import closers
from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.statements import MAX_HELD_LINES, Splitter


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
        "@a\n@b.c(\n  1)\n# why\n\ndef f(): pass",
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


HELD = {
    "java": [
        'x = """\n  "a" (\n  """;',
        "a\n  .b()\n  .c();",
        "char c = '\"';",
        'String[] a = {\n "x",\n "y"\n};',
        'String s = "a" +\n  "b";',
        "return foo\n   (x);",
    ],
    "csharp": [
        'var x = @"a ""b""\n  (";',
        'var y = $@"{A("x")}\n (";',
        'var z = """\n a " (\n """;',
        "var q = from x in y\n  where x\n  select x;",
        'Foo($"a {b("c")} (");',
    ],
    "go": ['x := `a\n( "\n`', "foo(a,\n b)", "x := a +\n  b", "r := '\"'"],
    "rust": [
        'let x = r#"a "(\n"#;',
        'let x = "a\n ( b";',
        "let c = '\"';",
        "foo::<&'a str>(x,\n y);",
        "a\n  .b();",
    ],
    "c": [
        "#define A(x) { \\\n  ( x",
        'x = "a"\n    "b";',
        "foo(a,\n b);",
        "c = '\"';",
        "int a[] = {\n 1,\n};",
    ],
    "cpp": ['auto x = R"sql(\n " ( )"\n)sql";', "cout << a\n     << b;", 'std::string s("a"\n "b");'],
    "kotlin": ['val x = """\n ( "\n"""', "a\n  .b()", 'val x = "a ${f("(")}"', "val y = a ?:\n  b"],
    "php": [
        '$x = <<<EOT\n ( "\nEOT;',
        "$y = <<<'X'\n (\n  X, $z);",
        '$q = "a\n (";',
        "$a->b()\n  ->c();",
        "$z = 'it\\'s (';",
        '$q = "{$a["b"]} (";',
    ],
    "ruby": [
        'x = <<~SQL\n  ( " end\nSQL',
        "y = %w[a\n b]",
        "foo(a,\n  b)",
        "a\n  .b\n  .c",
        "x = a +\n  b",
        's = "a #{f("(")} ("',
        'r = /[("]/',
    ],
    "bash": [
        "x=$(foo\n bar)",
        "cat <<EOF\n ( \" '\nEOF",
        "a |\n  b",
        "echo 'a\n (b'",
        "a && \\\n b",
        "x=(\n a\n b\n)",
        'echo "$(foo "a" b)"',
        "curl x \\\n  | sh",
    ],
}


@pytest.mark.parametrize(
    ("tag", "statement"), [(tag, each) for tag, listed in HELD.items() for each in listed]
)
def test_statement_is_held_together(tag: str, statement: str) -> None:
    end = ";" if tag in ("java", "csharp", "rust", "c", "cpp", "php") else ""
    assert units(tag, f"b(){end}\n{statement}\nc(){end}") == [f"b(){end}", statement, f"c(){end}"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        (
            "ruby",
            (
                "def a\n x.each do |y|\n  foo if z\n  while a do\n  b\n  end\n  case x\n  when 1 then 2\n  end\n"
                "  if a then b end\n  y = if a\n    b\n  end\n end\nend"
            ),
        ),
        (
            "ruby",
            "def f = 1\nclass A < B\n attr :end, :if\n def end?; @end; end\n x = { if: 1 }\n f { |a| b }\nend",
        ),
        (
            "bash",
            (
                'case "$1" in\n a|b) foo;;\n *) bar;;\nesac\nif [ a ]; then b; fi\nfor i in *; do echo $i; done\n'
                "f() {\n echo done\n}\nwhile read x; do\n y\ndone < z"
            ),
        ),
        ("ruby", "def a\n return if b\n c! unless d?(e)\n f ? g : h\nend"),
        ("php", "<html>don't (<?php if ($a) { ?>\n<b>it's (</b>\n<?php } // x ?>\n it's <?= $x ?>"),
        (
            "c",
            "/* it's (\n */ foo();\n#if A\n#define X {\n#endif\nint f(void)\n{\n return 'x'; // don't (\n}",
        ),
    ],
)
def test_whole_program_leaves_nothing_open(tag: str, code: str) -> None:
    language = language_of_tag(tag)
    assert language is not None
    assert closers(code, language) == ""


@pytest.mark.parametrize(
    ("tag", "code", "closed"),
    [
        ("ruby", "def a\n  b.each do |c|\n    d([", "])endend"),
        ("bash", 'f() {\n  if a; then\n    b "$(c', ')"fi}'),
        ("php", "function a() {\n  $b = [", "]}"),
        ("java", "class A {\n  void b() { c(", ")}}"),
        ("rust", 'fn a() { b(r#"c', '"#)}'),
        ("cpp", 'a(R"x(b', ')x")'),
    ],
)
def test_what_closes_a_fragment(tag: str, code: str, closed: str) -> None:
    language = language_of_tag(tag)
    assert language is not None
    assert "".join(closers(code, language).split()).replace(";", "") == closed


def test_other_languages_are_taken_by_the_line() -> None:
    assert units("makefile", "a \\\n b (\nc") == ["a \\\n b (", "c"]


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
