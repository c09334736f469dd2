"""Java: what is followed inside a method, so that unsafe code is found and safe code is left alone."""

from __future__ import annotations

import pytest

from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()))


def found(scanner: Scanner, code: str) -> set[str]:
    report = scanner.scan(code, "java")
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


def in_servlet(body: str) -> str:
    return f"""
class Page extends HttpServlet {{
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {{
        String given = request.getParameter("given");
        {body}
    }}
}}"""


SINK = 'statement.execute("select * from users where name = \'" + name + "\'");'


@pytest.mark.parametrize(
    "body",
    [
        "String name = given;",
        'String name = ""; if (given != null) { name = URLDecoder.decode(given, "UTF-8"); }',
        'String name = new StringBuilder("x").append(given).toString();',
        'StringBuilder b = new StringBuilder(); b.append("x"); b.append(given); String name = b.toString();',
        'Map<String, String> map = new HashMap<>(); map.put("a", given); String name = map.get("a");',
        "int n = 86; String name = (7 * 42) - n > 200 ? given : null;",
        "String name; switch (\"ABC\".charAt(2)) { case 'A': name = null; break; case 'C': name = given; break; }",
        'String name = String.format("%s!", given.trim().toLowerCase());',
        "String name = null; for (Cookie c : request.getCookies()) { if (c.isHttpOnly()) { name = c.getValue(); } }",
    ],
)
def test_what_comes_from_the_request_reaches_the_statement(scanner: Scanner, body: str) -> None:
    assert "java-sql-injection" in found(scanner, in_servlet(f"{body}\n        {SINK}"))


@pytest.mark.parametrize(
    "body",
    [
        'String name = "fixed";',
        'String name = given; name = "fixed";',
        "int name = Integer.parseInt(given);",
        'Map<String, String> m = new HashMap<>(); m.put("a", given); m.put("b", "x"); String name = m.get("b");',
        'int n = 86; String name; if ((7 * 42) - n > 200) name = "always"; else name = given;',
        'String name; switch ("ABC".charAt(1)) { case \'A\': name = given; break; default: name = "x"; }',
        'String name = switch (given) { case "a" -> "first"; default -> "last"; };',
        'StringBuilder b = new StringBuilder(); b.append("x"); b.append(7); String name = b.toString();',
    ],
)
def test_constants_numbers_and_branches_never_taken_are_safe(scanner: Scanner, body: str) -> None:
    assert not found(scanner, in_servlet(f"{body}\n        {SINK}"))


def test_parameters_that_a_framework_fills_come_from_outside(scanner: Scanner) -> None:
    method = '{mark} String show({note} {kind} id) {{ return files.read(new File("/data/" + id)); }}'
    for mark, note in (
        ("", "@PathVariable"),
        ('@GetMapping("/x")', ""),
        ('@PostMapping("/x")', "@RequestBody"),
    ):
        assert "java-path-traversal" in found(scanner, method.format(mark=mark, note=note, kind="String"))
        assert not found(scanner, method.format(mark=mark, note=note, kind="long"))
    assert not found(scanner, method.format(mark="", note="", kind="String"))


def test_declared_type_decides_where_a_name_does_not(scanner: Scanner) -> None:
    use = "class A {{ {type} r; void f(String c) throws Exception {{ r.exec(c); }} }}"
    assert "java-command-injection" in found(scanner, use.format(type="Runtime"))
    assert not found(scanner, use.format(type="TaskRunner"))
    assert "java-weak-random" in found(
        scanner, "void f(Random x) { use(x); } int g() { return Math.random(); }"
    )
    assert not found(scanner, "void f(SecureRandom random) { random.nextInt(); }")


def test_full_names_and_static_imports_are_resolved(scanner: Scanner) -> None:
    assert "java-weak-hash" in found(scanner, 'java.security.MessageDigest.getInstance("MD5");')
    code = "import static org.apache.commons.codec.digest.DigestUtils.md5Hex;\nString f(String s) { return md5Hex(s); }"
    assert "java-weak-hash" in found(scanner, code)


def test_methods_without_a_class_and_cut_off_code_are_read(scanner: Scanner) -> None:
    cut = 'rs = st.executeQuery("select * from t where a = \'" + a + "\'");\n        while (rs.next()) {\n   if (x'
    assert "java-sql-injection" in found(scanner, cut)
    assert "java-sql-injection" in found(scanner, f"    }}\n\n    void next() {{\n        {cut}")


def test_there_are_at_least_twenty_five_rules() -> None:
    assert sum("java" in rule.languages for rule in shipped_rules()) >= 25
