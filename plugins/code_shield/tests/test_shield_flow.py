"""What conditions prove, what crosses functions, and that following it all stays within bounds."""

from __future__ import annotations

import pytest

from tieout_code_shield.checks import CHECKED, DOT_CHECK, PREFIX_CHECK, SCHEME_CHECK, TEXT_CHECK, proofs
from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.values import alternatives, constant


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


def ids(scanner: Scanner, code: str, language: str) -> set[str]:
    report = scanner.scan(code, language)
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


@pytest.mark.parametrize(
    ("condition", "name", "tag", "holds"),
    [
        ("x not in ALLOWED", "x", CHECKED, False),
        ("not x in ('a', 'b')", "x", CHECKED, False),
        ("!ALLOWED.includes(req.query.x)", "req.query.x", CHECKED, False),
        ('!["a", "b"].includes(x)', "x", CHECKED, False),
        ("ALLOWED.indexOf(x) === -1", "x", CHECKED, False),
        ("x == 'a'", "x", CHECKED, True),
        ("x !== 'a'", "x", CHECKED, False),
        ("x != 'a'", "x", CHECKED, False),
        ('u.Host != "api.example.com"', "u", CHECKED, False),
        ("u.protocol !== 'https:'", "u", SCHEME_CHECK, False),
        ("not re.fullmatch('[a-z]+', x)", "x", CHECKED, False),
        ("!/^[a-z]+$/.test(x)", "x", CHECKED, False),
        ("re.search('[^a-z]', x)", "x", CHECKED, False),
        ("x.isdigit()", "x", CHECKED, True),
        ("isNaN(x)", "x", CHECKED, False),
        ("!is_safe_url(x)", "x", CHECKED, False),
        ("is_unsafe(x)", "x", CHECKED, False),
        ("urlparse(x).netloc not in ALLOWED_HOSTS", "x", CHECKED, False),
        ("typeof x !== 'string'", "x", TEXT_CHECK, False),
        ("not str(x).startswith(base)", "x", PREFIX_CHECK, False),
        ("os.path.commonpath([base, x]) != base", "x", PREFIX_CHECK, False),
        ("'..' in x", "x", DOT_CHECK, False),
        ("x.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')", "x", CHECKED, True),
        ("x.bytes().any(|b| !b.is_ascii_digit())", "x", CHECKED, False),
        ("!x.All(char.IsLetterOrDigit)", "x", CHECKED, False),
        ("!x.all { it.isLetterOrDigit() || it == '_' }", "x", CHECKED, False),
        ("not all(c.isalnum() or c in '-_' for c in x)", "x", CHECKED, False),
        ('!Regex("[a-z]+").matches(x)', "x", CHECKED, False),
        ('!(x matches Regex("[a-z]+"))', "x", CHECKED, False),
        ('!Regex.IsMatch(x, @"\\A[a-z]+\\z")', "x", CHECKED, False),
    ],
)
def test_a_condition_proves_something(condition: str, name: str, tag: str, holds: bool) -> None:
    assert (name, tag, holds) in {(one.name, one.tag, one.holds) for one in proofs(condition)}


@pytest.mark.parametrize(
    "condition",
    [
        "x",
        "not x",
        "x is None",
        "len(x) > 100",
        "x in BLACKLIST",
        "os.path.exists(x)",
        "re.search('a', x)",
        "x.match(/[.]js$/)",
        "x.chars().all(|c| c != '/')",
        "x.chars().all(|c| c.is_alphanumeric() || c == '/')",
        "x.chars().any(|c| c.is_alphanumeric())",
        "x.chars().all(|c| !c.is_control() && !c.is_digit(10))",
    ],
)
def test_a_condition_that_proves_nothing(condition: str) -> None:
    assert not [one for one in proofs(condition) if one.name == "x" and not one.among]


def test_a_list_counts_only_where_its_items_are_known(scanner: Scanner) -> None:
    code = "name = request.args['n']\nif name not in {names}:\n    raise ValueError\nopen(name)\n"
    known = "names = ['a', 'b']\n" + code.format(names="names")
    unknown = "names = load()\n" + code.format(names="names")
    assert "py-path-traversal" not in ids(scanner, known, "python")
    assert "py-path-traversal" in ids(scanner, unknown, "python")


def test_a_check_holds_only_where_its_branch_does(scanner: Scanner) -> None:
    inside = "n = request.args['n']\nif n in ('a', 'b'):\n    open(n)\n"
    behind = "n = request.args['n']\nif n in ('a', 'b'):\n    log(n)\nopen(n)\n"
    other = "n = request.args['n']\nif n in ('a', 'b'):\n    pass\nelse:\n    open(n)\n"
    assert "py-path-traversal" not in ids(scanner, inside, "python")
    assert "py-path-traversal" in ids(scanner, behind, "python")
    assert "py-path-traversal" in ids(scanner, other, "python")


KEPT = {
    ("python", "py-path-traversal"): """
def f():
    n = request.args['n']
    ok = n.isalnum()
    if not {0}:
        return
    open(n)
""",
    ("javascript", "js-path-traversal"): """
function f(req, res) {{
    const n = req.query.n;
    const ok = /^[a-z]+$/.test(n);
    if (!{0}) return;
    fs.readFile('/srv/' + n);
}}
""",
    ("go", "go-path-traversal"): """
var plain = regexp.MustCompile(`^[a-z]+$`)

func f(w http.ResponseWriter, r *http.Request) {{
	n := r.FormValue("n")
	ok := plain.MatchString(n)
	if !{0} {{
		return
	}}
	os.ReadFile("/srv/" + n)
}}
""",
    ("kotlin", "java-path-traversal"): """
@GetMapping
fun f(@RequestParam n: String): ByteArray {{
    val ok = n.matches(Regex("[a-z]+"))
    if (!{0}) return empty
    return File("/srv/$n").readBytes()
}}
""",
    ("csharp", "cs-path-traversal"): """
app.MapGet("/a", (string n) => {{
    var ok = Regex.IsMatch(n, "^[a-z]+$");
    if (!{0}) return Results.NotFound();
    return Results.Text(File.ReadAllText("/srv/" + n));
}});
""",
}


@pytest.mark.parametrize(("language", "rule"), list(KEPT))
def test_a_check_may_be_kept_in_a_variable(scanner: Scanner, language: str, rule: str) -> None:
    code = KEPT[language, rule]
    assert rule not in ids(scanner, code.format("ok"), language)
    assert rule in ids(scanner, code.format("other"), language)


def test_what_a_variable_keeps_says_nothing_in_another_function_or_the_other_way(scanner: Scanner) -> None:
    other = (
        "def g(n):\n    ok = n.isalnum()\n    return ok\n\n"
        "def f(ok):\n    n = request.args['n']\n    if not ok:\n        return\n    open(n)\n"
    )
    wrong = (
        "def f():\n    n = request.args['n']\n    ok = n.isalnum()\n    if ok:\n        return\n    open(n)\n"
    )
    assert "py-path-traversal" in ids(scanner, other, "python")
    assert "py-path-traversal" in ids(scanner, wrong, "python")


def test_an_assignment_in_another_branch_is_not_the_last(scanner: Scanner) -> None:
    code = "n = request.args['n']\nif not n:\n    n = ''\nif n:\n    path = n\n    open(path)\n"
    assert "py-path-traversal" in ids(scanner, code, "python")


def test_what_functions_return_is_followed_one_step(scanner: Scanner) -> None:
    code = "def name():\n    return request.args['n']\n\ndef view():\n    open(name())\n"
    assert "py-path-traversal" in ids(scanner, code, "python")
    recursive = "def f(x):\n    return f(x)\n\nos.system(f('a'))\n"
    ids(scanner, recursive, "python")


def test_only_remote_input_opens_files(scanner: Scanner) -> None:
    assert "py-path-traversal" not in ids(scanner, "open(sys.argv[1])", "python")
    assert "py-os-command" in ids(scanner, "os.system(sys.argv[1])", "python")


@pytest.mark.parametrize(
    ("language", "line", "end"),
    [
        ("python", "s += 'x'\n", "os.system(s)\n"),
        ("python", "s.append('x')\n", "os.system(' '.join(s))\n"),
        ("javascript", "s += 'x';\n", "child_process.exec(s);\n"),
        ("javascript", "s.push('x');\n", "child_process.exec(s.join(' '));\n"),
    ],
)
def test_long_chains_of_assignments_stay_within_bounds(
    scanner: Scanner, language: str, line: str, end: str
) -> None:
    start = "s = []\n" if "push" in line or "append" in line else "s = ''\n"
    ids(scanner, start + line * 600 + end, language)


def test_conditions_that_hang_on_each_other_do_not_explode(scanner: Scanner) -> None:
    lines = ["def f(a):", "    x = y = z = 1", "    while a:"]
    for index in range(60):
        lines += [
            f"        if x == {index} and y != z:",
            "            x = y + z",
            "            y = z + x",
            "            z = x + y",
        ]
    code = "\n".join(lines) + "\n        os.system(x)\n"
    ids(scanner, code, "python")


def test_no_proof_is_lost_where_expressions_are_tried_by_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = (example for rule in shipped_rules() for example in (*rule.must_hit, *rule.must_miss))
    lines = {line.strip() for example in examples for line in example.split("\n")}
    told = {line: proofs(line) for line in lines}
    assert sum(map(bool, told.values())) > 100
    monkeypatch.setattr("tieout_code_shield.checks._marked", lambda *_: True)
    untold = {line for line in lines if proofs(line) != told[line]}
    assert not untold


def test_alternatives_keep_their_order() -> None:
    texts = [f"part {number}" for number in range(12)]
    assert alternatives([constant("string", text) for text in texts]).text == "\n".join(texts)


@pytest.mark.parametrize(("index", "dangerous"), [("0", False), ("1", True), ("number", True)])
def test_a_helper_is_read_with_what_is_known_of_its_arguments(
    scanner: Scanner, index: str, dangerous: bool
) -> None:
    code = f"""
def pick(values, index):
    chosen = values[index]
    return chosen

def run(request):
    values = ["uptime", request.args["command"]]
    os.system(pick(values, {index}))
"""
    assert bool(ids(scanner, code, "python")) is dangerous


GO_CHECK = """
var names = regexp.MustCompile(`{pattern}`)

func show(w http.ResponseWriter, r *http.Request) {{
	name := r.FormValue("name")
	if {condition} {{
		return
	}}
	exec.Command("nslookup", name).Run()
}}
"""


@pytest.mark.parametrize(
    ("pattern", "condition", "dangerous"),
    [
        ("^[a-z.]+$", "!names.MatchString(name)", False),
        ("^[a-z.]+$", "names.MatchString(name)", True),
        ("[a-z.]+", "!names.MatchString(name)", True),
        ("^.+$", "!names.MatchString(name)", True),
        ("[^a-z.]", "names.MatchString(name)", False),
        ("[^a-z.]", "!names.MatchString(name)", True),
    ],
)
def test_a_pattern_counts_where_it_allows_little(
    scanner: Scanner, pattern: str, condition: str, dangerous: bool
) -> None:
    code = GO_CHECK.format(pattern=pattern, condition=condition)
    assert ("go-command" in ids(scanner, code, "go")) is dangerous


@pytest.mark.parametrize(
    ("condition", "dangerous"),
    [
        ('to.startsWith("/")', True),
        ('to.startsWith("https://")', True),
        ('to.startsWith("/app/")', False),
        ('to.startsWith("https://example.com/")', False),
        ('to.startsWith("/") && !to.startsWith("//")', False),
    ],
)
def test_a_stroke_or_a_scheme_says_nothing_about_the_place(
    scanner: Scanner, condition: str, dangerous: bool
) -> None:
    code = f"""
app.get('/go', (req, res) => {{
  const to = req.query.to;
  if ({condition}) {{
    res.redirect(to);
  }}
}});
"""
    assert ("js-open-redirect" in ids(scanner, code, "javascript")) is dangerous
