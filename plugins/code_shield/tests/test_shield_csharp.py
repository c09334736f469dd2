"""C#: what is followed inside a method, so that unsafe code is found and safe code is left alone."""

from __future__ import annotations

import pytest

from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()))


def found(scanner: Scanner, code: str) -> set[str]:
    report = scanner.scan(code, "csharp")
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


def in_page(body: str) -> str:
    return f"""
public class Page
{{
    public void Show(HttpRequest request)
    {{
        string given = request.Query["given"];
        {body}
        command.CommandText = "SELECT * FROM users WHERE name = '" + name + "'";
    }}
}}"""


@pytest.mark.parametrize(
    "body",
    [
        "var name = given;",
        'string name = ""; if (given != null) { name = given.Trim(); }',
        'string name = $"x{given}";',
        'string name = string.Format("{0}!", given);',
        'string name = string.Concat("x", given);',
        'var b = new StringBuilder(); b.Append("x"); b.AppendFormat("{0}", given); string name = b.ToString();',
        'var map = new Dictionary<string, string>(); map["a"] = given; string name = map["a"];',
        "string name; switch (6) { case 6: name = given; break; default: name = null; break; }",
        'string name = Get(request);\n    } string Get(HttpRequest r) { return r.Form["x"]; } void B(string name) {',
    ],
)
def test_what_comes_from_the_request_reaches_the_command(scanner: Scanner, body: str) -> None:
    assert "cs-sql-injection" in found(scanner, in_page(body))


@pytest.mark.parametrize(
    "body",
    [
        'const string name = "fixed";',
        'string name = given; name = "fixed";',
        "int name = int.Parse(given);",
        "var name = Convert.ToInt32(given);",
        "Guid name = Guid.Parse(given);",
        'var map = new Dictionary<string, string>(); map["a"] = given; map["b"] = "x"; string name = map["b"];',
        "string name; switch (7) { case 6: name = given; break; default: name = null; break; }",
        'string name = given switch { "a" => "first", _ => "last" };',
        'string name = @"C:\\x" + nameof(Page);',
        "string name = given; if (!Allowed.Contains(name)) { return; }",
    ],
)
def test_constants_numbers_and_branches_never_taken_are_safe(scanner: Scanner, body: str) -> None:
    assert not found(scanner, in_page(body))


def test_parameters_of_actions_come_from_outside(scanner: Scanner) -> None:
    method = 'public {answer} Show({note} {kind} id) {{ return Text(File.ReadAllText("/data/" + id)); }}'
    assert "cs-path-traversal" in found(
        scanner, method.format(answer="IActionResult", note="", kind="string")
    )
    assert "cs-path-traversal" in found(
        scanner, method.format(answer="Page", note="[FromQuery]", kind="string")
    )
    assert not found(scanner, method.format(answer="IActionResult", note="", kind="int"))
    assert not found(scanner, method.format(answer="Page", note="", kind="string"))
    mapped = 'app.MapGet("/{name}", (string name) => File.ReadAllText("/data/" + name));'
    assert "cs-path-traversal" in found(scanner, mapped)


def test_attributes_of_the_method_and_its_class_count(scanner: Scanner) -> None:
    shop = (
        "{outer} class Shop {{ [HttpPost]{inner} public ActionResult Buy(Order order) {{ return View(); }} }}"
    )
    assert "cs-csrf" in found(scanner, shop.format(outer="", inner=""))
    assert not found(scanner, shop.format(outer="", inner=" [ValidateAntiForgeryToken]"))
    assert not found(scanner, shop.format(outer="[AutoValidateAntiforgeryToken]", inner=""))


def test_full_names_and_aliases_are_resolved(scanner: Scanner) -> None:
    assert "cs-weak-hash" in found(scanner, "var h = System.Security.Cryptography.MD5.Create();")
    assert "cs-weak-hash" in found(
        scanner, "using Sum = System.Security.Cryptography.SHA1;\nvar h = Sum.Create();"
    )


def test_a_property_named_in_capitals_is_no_constant(scanner: Scanner) -> None:
    code = 'command.CommandText = "delete from groups where name = " + {name};'
    assert "cs-sql-injection" in found(scanner, code.format(name="group.ID"))
    assert not found(scanner, code.format(name="Limits.MAX"))


def test_members_without_a_class_and_cut_off_code_are_read(scanner: Scanner) -> None:
    cut = "var cmd = new SqlCommand($\"SELECT * FROM t WHERE a = '{a}'\", connection);\n        if (cmd.Exec"
    assert "cs-sql-injection" in found(scanner, cut)
    assert "cs-sql-injection" in found(scanner, f"    }}\n\n    public void Next()\n    {{\n        {cut}")


def test_there_are_at_least_twenty_five_rules() -> None:
    assert sum("csharp" in rule.languages for rule in shipped_rules()) >= 25
