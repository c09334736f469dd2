"""Kotlin: what is followed inside a function, so that unsafe code is found and safe code is left alone."""

from __future__ import annotations

import pytest

from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()))


def found(scanner: Scanner, code: str) -> set[str]:
    report = scanner.scan(code, "kotlin")
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


def in_handler(body: str) -> str:
    return f"""
fun show(request: HttpServletRequest, statement: Statement) {{
    val given = request.getParameter("given")
    {body}
    statement.executeQuery("SELECT * FROM users WHERE name = '$name'")
}}"""


@pytest.mark.parametrize(
    "body",
    [
        "val name = given",
        'var name = "x"; name += given',
        "val name = given ?: return",
        'val name = if (given == null) "" else given.trim()',
        'val name = when { given.isEmpty() -> "x"; else -> given }',
        'val b = StringBuilder("x"); b.append(given); val name = b.toString()',
        'val map = mutableMapOf<String, String>(); map["a"] = given; val name = map["a"]',
        'val name = "%s!".format(given)',
        "val name = twice(given)\n}\nfun twice(s: String) = s + s\nfun other(name: String, statement: Statement) {",
    ],
)
def test_what_comes_from_the_request_reaches_the_statement(scanner: Scanner, body: str) -> None:
    assert "java-sql-injection" in found(scanner, in_handler(body))


@pytest.mark.parametrize(
    "body",
    [
        'val name = "fixed"',
        "val name = given.toInt()",
        "val name: Int = ask(given)",
        'val name = when (given) { "a" -> "first"; else -> "last" }',
        'val map = mutableMapOf<String, String>(); map["a"] = given; map["b"] = "x"; val name = map["b"]',
        'val name = if (7 * 6 > 40) "always" else given',
    ],
)
def test_constants_numbers_and_branches_never_taken_are_safe(scanner: Scanner, body: str) -> None:
    assert not found(scanner, in_handler(body))


def test_parameters_that_a_framework_fills_come_from_outside(scanner: Scanner) -> None:
    function = '{mark} fun show({note} id: {kind}) = File("/data/$id").readText()'
    for mark, note in (("", "@PathVariable"), ('@GetMapping("/x")', "")):
        assert "java-path-traversal" in found(scanner, function.format(mark=mark, note=note, kind="String"))
        assert not found(scanner, function.format(mark=mark, note=note, kind="Long"))
    assert not found(scanner, function.format(mark="", note="", kind="String"))


def test_it_is_what_stands_before_let(scanner: Scanner) -> None:
    code = 'request.getParameter("url")?.let { URL(it).openStream() }'
    assert "java-ssrf" in found(scanner, code)
    assert not found(scanner, 'load("url").let { print(it) }')


def test_import_aliases_are_resolved(scanner: Scanner) -> None:
    assert "java-weak-hash" in found(
        scanner, 'import java.security.MessageDigest as Sum\nval d = Sum.getInstance("MD5")'
    )


def test_cut_off_code_is_read(scanner: Scanner) -> None:
    cut = (
        "val rs = st.executeQuery(\"SELECT * FROM t WHERE a = '$a'\")\n    while (rs.next()) {\n        if (x"
    )
    assert "java-sql-injection" in found(scanner, cut)
    assert "java-sql-injection" in found(scanner, f"}}\n\nfun next() {{\n    {cut}")


def test_there_are_at_least_fifteen_rules() -> None:
    assert sum("kotlin" in rule.languages for rule in shipped_rules()) >= 15
