"""Lists and maps that are known item by item: what stands under a key is what is taken from it."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


JAVA = """
void run(HttpServletRequest request, Connection db) throws Exception {{
{lines}
    db.createStatement().executeQuery("SELECT * FROM t WHERE c = '" + {taken} + "'");
}}
"""
JAVA_LIST = """
    List<String> names = new ArrayList<>();
    names.add("fixed");
    names.add(request.getParameter("name"));
    names.add(0, "first");
"""
JAVA_MAP = """
    Map<String, String> values = new HashMap<>();
    values.put("a", "fixed");
    values.put("b", request.getParameter("name"));
"""
KOTLIN = """
fun run(request: HttpServletRequest, db: Connection) {{
{lines}
    db.createStatement().executeQuery("SELECT * FROM t WHERE c = '${{{taken}}}'")
}}
"""
KOTLIN_LINES = """
    val names = mutableListOf("fixed", request.getParameter("name"))
    names.add("last")
    val values = mutableMapOf("a" to "fixed")
    values["b"] = request.getParameter("name")
"""
CSHARP = """
public IActionResult Run(HttpRequest request, SqlConnection db)
{{
{lines}
    var command = new SqlCommand("SELECT * FROM t WHERE c = '" + {taken} + "'", db);
    return Ok(command.ExecuteScalar());
}}
"""
CSHARP_LINES = """
    var names = new List<string> { "fixed" };
    names.Add(request.Query["name"]);
    var values = new Dictionary<string, string> { ["a"] = "fixed" };
    values["b"] = request.Query["name"];
    string known;
    values.TryGetValue("a", out known);
    values.TryGetValue("b", out var given);
"""
CASES = [
    ("java", JAVA, JAVA_LIST, "names.get(0)", False),
    ("java", JAVA, JAVA_LIST, "names.get(1)", False),
    ("java", JAVA, JAVA_LIST, "names.get(2)", True),
    ("java", JAVA, JAVA_LIST, "names.get(index)", True),
    ("java", JAVA, JAVA_LIST + "    names.remove(0);\n", "names.get(1)", True),
    ("java", JAVA, JAVA_LIST + '    names.set(2, "safe");\n', "names.get(2)", False),
    ("java", JAVA, JAVA_MAP, 'values.get("a")', False),
    ("java", JAVA, JAVA_MAP, 'values.get("b")', True),
    ("java", JAVA, JAVA_MAP, "values.get(key)", True),
    ("java", JAVA, "    if (wide) {" + JAVA_LIST + "    }\n", "names.get(2)", True),
    ("java", JAVA, "", 'Map.of("a", "x").getOrDefault(request.getParameter("k"), "y")', False),
    ("java", JAVA, "", 'Map.of("a", request.getParameter("k")).getOrDefault(key, "y")', True),
    ("java", JAVA, '    String[] all = {"a", request.getParameter("n")};\n', "all[0]", False),
    ("java", JAVA, '    String[] all = {"a", request.getParameter("n")};\n', "all[1]", True),
    (
        "java",
        JAVA,
        '    String[] all = {"a", "b"};\n    all[i] = request.getParameter("n");\n',
        "all[0]",
        True,
    ),
    ("kotlin", KOTLIN, KOTLIN_LINES, "names[0]", False),
    ("kotlin", KOTLIN, KOTLIN_LINES, "names[1]", True),
    ("kotlin", KOTLIN, KOTLIN_LINES, "names[2]", False),
    ("kotlin", KOTLIN, KOTLIN_LINES, 'values.getValue("a")', False),
    ("kotlin", KOTLIN, KOTLIN_LINES, 'values.getValue("b")', True),
    ("kotlin", KOTLIN, KOTLIN_LINES, "values.getValue(key)", True),
    ("kotlin", KOTLIN, "", 'listOf("a", "b").getOrElse(index) { "c" }', False),
    ("kotlin", KOTLIN, "", 'listOf("a", "b").getOrElse(index) { request.getParameter("c") }', True),
    ("csharp", CSHARP, CSHARP_LINES, "names[0]", False),
    ("csharp", CSHARP, CSHARP_LINES, "names[1]", True),
    ("csharp", CSHARP, CSHARP_LINES, "known", False),
    ("csharp", CSHARP, CSHARP_LINES, "given", True),
    ("csharp", CSHARP, CSHARP_LINES, 'values["a"]', False),
]


@pytest.mark.parametrize(("language", "around", "lines", "taken", "dangerous"), CASES)
def test_only_the_item_that_is_taken_counts(
    scanner: Scanner, language: str, around: str, lines: str, taken: str, dangerous: bool
) -> None:
    report = scanner.scan(around.format(lines=lines, taken=taken), language)
    assert not report.unknown
    found = [issue.severity for issue in report.issues if issue.rule.id.endswith("sql-injection")]
    assert ("high" in found) is dangerous, found


GO = """
func run(w http.ResponseWriter, r *http.Request) {{
{lines}
	exec.Command("sh", "-c", {taken}).Run()
}}
"""
GO_LINES = """
	parts := []string{"uptime", r.FormValue("c")}
	parts = append(parts, "last")
	named := map[string]string{"a": "uptime"}
	named["b"] = r.FormValue("c")
	var fixed []string
	if r.FormValue("all") != "" {
		fixed = append(fixed, "ls -l")
	}
"""


@pytest.mark.parametrize(
    ("taken", "dangerous"),
    [
        ("parts[0]", False),
        ("parts[1]", True),
        ("parts[len(parts)-1]", False),
        ("parts[len(parts)-2]", True),
        ("parts[n]", True),
        ('named["a"]', False),
        ('named["b"]', True),
        ("named[key]", True),
        ('strings.Join(fixed, " && ")', False),
        ('strings.Join(parts, " && ")', True),
    ],
)
def test_slices_and_maps_of_go(scanner: Scanner, taken: str, dangerous: bool) -> None:
    report = scanner.scan(GO.format(lines=GO_LINES, taken=taken), "go")
    assert not report.unknown
    found = [issue.severity for issue in report.issues if issue.rule.id == "go-command"]
    assert ("high" in found) is dangerous, found


@pytest.mark.parametrize(
    ("taken", "dangerous"),
    [
        ('pick(&table, "a")', False),
        ('pick(&table, "b")', True),
        ('table["a"]', False),
        ('table["b"]', True),
        ("words[0]", False),
        ("words[1]", True),
    ],
)
def test_maps_and_vectors_of_rust(scanner: Scanner, taken: str, dangerous: bool) -> None:
    code = f"""
fn pick<'a>(table: &'a HashMap<&str, String>, key: &str) -> &'a str {{
    &table[key]
}}

async fn run(Query(q): Query<Search>) {{
    let mut table = HashMap::new();
    table.insert("a", String::from("src"));
    table.insert("b", q.text.clone());
    let words = vec!["src", q.text.as_str()];
    let script = format!("du {{}}", {taken});
    Command::new("sh").arg("-c").arg(&script).status().unwrap();
}}
"""
    report = scanner.scan(code, "rust")
    assert not report.unknown
    found = [issue.severity for issue in report.issues if issue.rule.id == "rust-command"]
    assert ("high" in found) is dangerous, found
