"""What comes out of objects of the text, out of a branch that is never taken, and past a check of every part."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


def weaknesses(scanner: Scanner, code: str, language: str) -> set[str]:
    report = scanner.scan(code, language)
    assert not report.unknown
    return {issue.rule.cwe for issue in report.issues if issue.severity in ("medium", "high", "critical")}


CLASSES = {
    "python": """
import os

class Box:
    def __init__(self, value):
        self.value = value

    def get(self):
        return %s

box = Box(request.args["n"])
os.system("tool " + str(box.get()))
""",
    "javascript": """
const child_process = require("child_process");
class Box {
  constructor(value) { this.value = value; }
  get() { return %s; }
}
const box = new Box(req.query.n);
child_process.exec("tool " + box.get());
""",
    "php": """<?php
class Box {
    private $value = '';
    public function __construct($value) { $this->value = $value; }
    public function get() { return %s; }
}
$box = new Box($_GET['n']);
system("tool " . $box->get());
""",
    "ruby": """
class Box
  def initialize(value)
    @value = value
  end

  def get
    %s
  end
end

box = Box.new(params[:n])
system("tool #{box.get}")
""",
}
FIELD = {"python": "self.value", "javascript": "this.value", "php": "$this->value", "ruby": "@value"}
CAST = {
    "python": "int(self.value)",
    "javascript": "Number(this.value)",
    "php": "(int) $this->value",
    "ruby": "@value.to_i",
}


@pytest.mark.parametrize("language", CLASSES)
def test_an_object_gives_out_what_it_was_made_of(scanner: Scanner, language: str) -> None:
    given = CLASSES[language] % FIELD[language]
    assert "CWE-78" in weaknesses(scanner, given, language)


@pytest.mark.parametrize("language", CLASSES)
def test_an_object_that_gives_out_a_number_gives_out_no_command(scanner: Scanner, language: str) -> None:
    given = CLASSES[language] % CAST[language]
    assert "CWE-78" not in weaknesses(scanner, given, language)


def test_what_a_method_makes_of_a_field_may_still_be_input(scanner: Scanner) -> None:
    code = CLASSES["python"] % "decorated(self.value)"
    assert "CWE-78" in weaknesses(scanner, code, "python")


BRANCHES = {
    "javascript": (
        "const child_process = require('child_process');\nconst bag = {kind: 'a', name: req.query.n};\nlet x;\n"
        "if (bag.kind %s 'a') {\n  x = bag.name;\n} else {\n  x = 'list';\n}\nchild_process.exec('tool ' + x);"
    ),
    "php": (
        "<?php\n$bag = ['kind' => 'a', 'name' => $_GET['n']];\nif ($bag['kind'] %s 'a') {\n    $x = $bag['name'];\n"
        "} else {\n    $x = 'list';\n}\nsystem('tool ' . $x);"
    ),
    "ruby": (
        "bag = { kind: 'a', name: params[:n] }\nif bag[:kind] %s 'a'\n  x = bag[:name]\nelse\n  x = 'list'\nend\n"
        'system("tool #{x}")'
    ),
}


@pytest.mark.parametrize("language", BRANCHES)
def test_a_branch_that_is_never_taken_gives_nothing(scanner: Scanner, language: str) -> None:
    code = BRANCHES[language]
    assert "CWE-78" in weaknesses(scanner, code % "==", language)
    assert "CWE-78" not in weaknesses(scanner, code % "!=", language)


def test_a_flag_alone_may_be_set_anywhere(scanner: Scanner) -> None:
    code = (
        "let armed = false;\nfunction arm() { armed = true; }\napp.get('/', (req, res) => {\n  let x = 'list';\n"
        "  if (armed) { x = req.query.n; }\n  require('child_process').exec('tool ' + x);\n});"
    )
    assert "CWE-78" in weaknesses(scanner, code, "javascript")


RUBY = (
    "get '/a' do\n  a = params[:a]\n  b = params[:b]\n  halt 404 unless a.match?(/\\A\\w+\\z/)%s\n"
    '  file = "/srv/#{a}/#{b}"\n  File.read(file)\nend'
)
PHP = (
    "<?php\n$a = $_GET['a'];\n$b = $_GET['b'];\nif (!ctype_alnum($a)%s) exit;\n"
    '$file = "/srv/$a/$b";\nreadfile($file);'
)
PARTS = {"ruby": (RUBY, " && b.match?(/\\A\\w+\\z/)"), "php": (PHP, " || !ctype_alnum($b)")}


@pytest.mark.parametrize("language", PARTS)
def test_a_path_is_checked_when_each_of_its_parts_is(scanner: Scanner, language: str) -> None:
    code, second = PARTS[language]
    assert "CWE-22" in weaknesses(scanner, code % "", language)
    assert "CWE-22" not in weaknesses(scanner, code % second, language)


def test_a_line_that_an_object_reads_from_a_stream_is_input(scanner: Scanner) -> None:
    code = "def run\n  @names = []\n  @names.unshift(@input.gets.chomp)\n  File.open('/srv/' + @names.first)\nend"
    assert "CWE-22" in weaknesses(scanner, code, "ruby")


FIELDS = """
import os

class Tool:
    def __init__(self):
        self.word = %s
        self.words = ["list"]

%s
    def run(self):
        self.words.append(request.args["n"])
        os.system("tool " + %s)
"""
OTHER = "    def change(self, word):\n        self.word = word\n"


@pytest.mark.parametrize(
    ("given", "other", "used", "found"),
    [
        ('"list"', "", "self.word", False),
        ('request.args["n"]', "", "self.word", True),
        ('"list"', OTHER, "self.word", True),
        ('"list"', "", "self.words[0]", False),
        ('"list"', "", "self.words[1]", True),
    ],
)
def test_a_field_is_what_the_constructor_gave_it_if_nothing_else_does(
    scanner: Scanner, given: str, other: str, used: str, found: bool
) -> None:
    assert ("CWE-78" in weaknesses(scanner, FIELDS % (given, other, used), "python")) is found


@pytest.mark.parametrize(
    ("kind", "found"),
    [("int", False), ("UUID", False), ("Optional[int]", False), ("Colour", False), ("str", True)],
)
def test_a_declared_type_that_can_carry_no_text_carries_none(
    scanner: Scanner, kind: str, found: bool
) -> None:
    code = (
        "import os\nfrom enum import Enum\nfrom pydantic import BaseModel\n\nclass Colour(Enum):\n    RED = 'red'\n\n"
        f"class Order(BaseModel):\n    part: {kind}\n\n@app.post('/a')\ndef order(body: Order):\n"
        "    os.system(f'tool {body.part}')\n\n"
        f"@app.get('/b')\ndef one(part: {kind}):\n    os.system(f'tool {{part}}')\n"
    )
    lines = {issue.line for issue in scanner.scan(code, "python").issues if issue.severity == "high"}
    assert len(lines) == (2 if found else 0)


@pytest.mark.parametrize(
    ("kind", "found"), [("int", False), ("?int", False), ("bool", False), ("string", True)]
)
def test_a_php_parameter_of_a_number_is_no_text(scanner: Scanner, kind: str, found: bool) -> None:
    code = f"<?php\nfunction show({kind} $part) {{\n    system('tool ' . $part);\n}}"
    assert ("CWE-78" in weaknesses(scanner, code, "php")) is found
