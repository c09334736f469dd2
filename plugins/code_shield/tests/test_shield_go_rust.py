"""Go and Rust: imports, types of parameters, text builders, macros and checks that the rules rely on."""

from __future__ import annotations

import pytest

from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()))


def found(scanner: Scanner, code: str, language: str) -> set[str]:
    report = scanner.scan(code, language)
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


HANDLER = """
func handle(writer http.ResponseWriter, incoming *http.Request) {{
{body}
}}
"""


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('\tname := incoming.FormValue("f")\n\tos.Remove(name)', "go-path-traversal"),
        ('\thttp.Redirect(writer, incoming, incoming.URL.Query().Get("to"), 302)', "go-open-redirect"),
        ("""
	var b strings.Builder
	b.WriteString("SELECT a FROM t WHERE b = ")
	b.WriteString(incoming.FormValue("b"))
	db.Query(b.String())""", "go-sql-injection"),
        ('\tdb.Query(fmt.Sprintf("SELECT a FROM t WHERE b = \'%*s\'", 9, incoming.FormValue("b")))',
         "go-sql-injection"),
        ('\tvar v string\n\tv = incoming.Header.Get("X")\n\tcmd := []string{"-c", v}\n\texec.Command("sh", cmd...)',
         "go-command"),
    ],
)  # fmt: skip
def test_request_is_known_by_its_type(scanner: Scanner, body: str, rule: str) -> None:
    assert rule in found(scanner, HANDLER.format(body=body), "go")


def test_result_of_a_helper_is_followed(scanner: Scanner) -> None:
    code = """
func name(r *http.Request) string {
	return r.FormValue("name")
}
func handle(w http.ResponseWriter, r *http.Request) {
	file := name(r)
	os.Remove(file)
}
"""
    assert "go-path-traversal" in found(scanner, code, "go")


@pytest.mark.parametrize(
    ("path", "weak"), [("math/rand", True), ("math/rand/v2", True), ("crypto/rand", False)]
)
def test_import_tells_the_generators_apart(scanner: Scanner, path: str, weak: bool) -> None:
    code = f'import r "{path}"\nfunc newToken() {{\n\tsecretKey, _ := r.Int(r.Reader, max)\n}}\n'
    assert ("go-weak-random" in found(scanner, code, "go")) is weak


def test_check_counts_in_go(scanner: Scanner) -> None:
    body = """\tnext := incoming.FormValue("to")
\tif next == "home" {
\t\thttp.Redirect(writer, incoming, next, 302)
\t}"""
    assert not found(scanner, HANDLER.format(body=body), "go")


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ('let q = format!("SELECT a FROM t WHERE b = {b}");\nconn.execute(&q, [])?;', "rust-sql-injection"),
        ("use std::process::Command as Run;\nRun::new(\"sh\").arg(\"-c\").arg(&line).spawn()?;", "rust-command"),
        ("assert!(env::current_exe().is_ok());", "rust-untrusted-environment"),
        ('#[get("/f/<name>")]\nfn f(name: String) -> File { File::open(format!("d/{}", name)).unwrap() }',
         "rust-path-traversal"),
        ('let mut line = String::new();\nio::stdin().read_line(&mut line)?;\nCommand::new(line.trim()).spawn()?;',
         "rust-command"),
    ],
)  # fmt: skip
def test_rust(scanner: Scanner, code: str, rule: str) -> None:
    assert rule in found(scanner, code, "rust")


@pytest.mark.parametrize(
    "code",
    [
        'let q = format!("SELECT a FROM {}", TABLE);\nconn.execute(&q, [])?;',
        'const Q: &str = concat!("SELECT a ", "FROM t");\nconn.execute(Q, [])?;',
        'let n: u32 = query.id.parse()?;\nconn.execute(&format!("DELETE FROM t WHERE id = {n}"), [])?;',
        "// SAFETY: the index was checked above.\nlet x = unsafe { v.get_unchecked(i) };",
    ],
)
def test_rust_leaves_constants_numbers_and_reasons_alone(scanner: Scanner, code: str) -> None:
    assert not found(scanner, code, "rust")
