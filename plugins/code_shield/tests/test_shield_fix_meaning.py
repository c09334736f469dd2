"""Fixed code is run: it does what the unsafe code did for honest input, and the safe thing for the rest."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest

from tieout_code_shield.fixing import Fixer, applied
from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

LIMITS = Limits(200_000, 5.0)


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=LIMITS)


def fixed(scanner: Scanner, code: str, language: str = "python") -> str | None:
    """The code with the first fix that is offered; ``None`` when none is. Something has to be found in it."""
    spoken = language_of_tag(language)
    report = scanner.scan(code, spoken)
    assert report.issues, code
    for issue in report.issues:
        changes = Fixer(scanner, spoken, limits=LIMITS).offer(code, issue, report.issues)
        if changes:
            return applied(code, changes)
    return None


PEOPLE = [(1, "ann", 30), (2, "bob", 40), (3, "o'neil", 50), (4, "7", 60)]


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE people (id INTEGER, name TEXT, age INTEGER)")
    connection.executemany("INSERT INTO people VALUES (?, ?, ?)", PEOPLE)
    return connection


def everything(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM people ORDER BY id, name").fetchall()


def outcome(code: str, n: object, i: object) -> tuple[object, object]:
    """The rows that a piece of code gets, and what the table holds afterwards."""
    connection = database()
    scope: dict[str, object] = {"cur": connection.cursor(), "n": n, "i": i}
    exec(code, scope)
    return scope["cur"].fetchall(), everything(connection)  # type: ignore[attr-defined]


STATEMENTS = [
    (
        """cur.execute("SELECT id FROM people WHERE name = '" + n + "'")""",
        "SELECT id FROM people WHERE name = :n",
    ),
    (
        """cur.execute("SELECT id FROM people WHERE name = '{}'".format(n))""",
        "SELECT id FROM people WHERE name = :n",
    ),
    (
        """cur.execute("SELECT id FROM people WHERE name = '%s'" % n)""",
        "SELECT id FROM people WHERE name = :n",
    ),
    ("""cur.execute(f"SELECT id FROM people WHERE name = '{n}'")""", "SELECT id FROM people WHERE name = :n"),
    (
        """cur.execute(f"SELECT id FROM people WHERE lower(name) LIKE '{n}' OR age > {i}")""",
        "SELECT id FROM people WHERE lower(name) LIKE :n OR age > :i",
    ),
    (
        """cur.execute("SELECT id FROM people WHERE name <> '%s' AND age BETWEEN %s AND 45" % (n, i))""",
        "SELECT id FROM people WHERE name <> :n AND age BETWEEN :i AND 45",
    ),
    (
        """cur.execute("SELECT id FROM people WHERE name IN ('" + n + "', 'bob') AND age >= " + str(i))""",
        "SELECT id FROM people WHERE name IN (:n, 'bob') AND age >= :i",
    ),
    (
        """cur.execute(f"INSERT INTO people (id, name, age) VALUES ({i}, '{n}', 1)")""",
        "INSERT INTO people (id, name, age) VALUES (:i, :n, 1)",
    ),
    (
        """cur.execute(f"UPDATE people SET name = '{n}', age = {i} WHERE id = 2")""",
        "UPDATE people SET name = :n, age = :i WHERE id = 2",
    ),
    (
        '''cur.execute(f"""DELETE FROM people\n  WHERE name = '{n}';\n""")''',
        "DELETE FROM people WHERE name = :n",
    ),
]


@pytest.mark.parametrize(("unsafe", "safe"), STATEMENTS)
def test_fixed_statements_mean_what_the_safe_one_means(scanner: Scanner, unsafe: str, safe: str) -> None:
    after = fixed(scanner, f"import sqlite3\n{unsafe}")
    assert after is not None
    for n, i in itertools.product(["ann", "nobody", "7", "o'neil", "x' OR '1'='1", "'; --"], [30, 0]):
        connection = database()
        rows = connection.execute(safe, {"n": n, "i": i}).fetchall()
        expected = (rows, everything(connection))
        assert outcome(after, n, i) == expected, after
        if "'" not in n:
            assert outcome(unsafe, n, i) == expected, unsafe


@pytest.mark.parametrize("name", ["7", 7])
def test_a_number_in_quotes_stays_a_text(scanner: Scanner, name: object) -> None:
    after = fixed(
        scanner, """import sqlite3\ncur.execute(f"SELECT id FROM people WHERE trim(name) = '{n}'")"""
    )
    assert after is not None
    assert outcome(after, name, 0)[0] == [(4,)]


@pytest.mark.parametrize(
    "call",
    [
        'cur.execute(f"SELECT * FROM {n}")',
        'cur.execute(f"SELECT {n} FROM people")',
        'cur.execute("SELECT * FROM people ORDER BY " + n)',
        'cur.execute("SELECT * FROM people GROUP BY " + n)',
        "cur.execute(f\"SELECT * FROM a JOIN {n} ON a.id = 1 WHERE b = '{i}'\")",
        'cur.execute(f"SELECT * FROM a JOIN b ON a.id = {n}")',
        'cur.execute("DROP TABLE " + n)',
        'cur.execute("INSERT INTO " + n + " VALUES (1)")',
        'cur.execute(f"INSERT INTO people ({n}) VALUES (1)")',
        'cur.execute(f"INSERT INTO people VALUES ({n})")',
        "cur.execute(f\"UPDATE {n} SET name = 'x'\")",
        'cur.execute(f"UPDATE people SET {n} = 1")',
        'cur.execute(f"SELECT * FROM people WHERE {n} = 1")',
        "cur.execute(f\"SELECT * FROM people WHERE name LIKE '%{n}%'\")",
        'cur.execute(f"SELECT * FROM people WHERE id IN ({n})")',
        'cur.execute(f"SELECT * FROM people WHERE id = {n}.id")',
        'cur.execute(f"SELECT * FROM people WHERE id = {n}(1)")',
        'cur.execute(f"SELECT * FROM people WHERE name = {n!r}")',
        "cur.execute(f\"SELECT * FROM people WHERE name = '{n:>10}'\")",
        'cur.execute(f"SELECT * FROM people LIMIT {n}")',
        'cur.execute(f"SELECT * FROM people WHERE id = {column}")',
        'cur.execute(f"SELECT * FROM people WHERE id + age = {n}")',
        'cur.execute(f"SELECT * FROM people WHERE length(name) = {n}")',
        "cur.execute(f\"SELECT * FROM people WHERE name = '{n}' -- {i}\")",
        "cur.execute(f\"SELECT * FROM people WHERE name = '{n}' AND age = ?\")",
        "cur.execute(f\"SELECT * FROM people WHERE name = '{escape(n)}'\")",
        'n = n.replace("\'", "\'\'")\ncur.execute(f"SELECT * FROM people WHERE name = \'{n}\'")',
        "cur.executescript(f\"DELETE FROM people WHERE name = '{n}'\")",
        'cur.execute("PRAGMA user_version = " + n)',
        "cur.execute(f\"SELECT * FROM people WHERE name = '{n}'\" + tail)",
    ],
)
@pytest.mark.parametrize("driver", ["sqlite3", "psycopg2"])
def test_no_placeholder_where_sql_has_no_value(scanner: Scanner, call: str, driver: str) -> None:
    assert fixed(scanner, f"import {driver}\n{call}") is None


@pytest.mark.parametrize(
    ("imports", "mark"),
    [
        ("import sqlite3", "?"),
        ("import psycopg", "%s"),
        ("from psycopg2 import connect", "%s"),
        ("import pymysql", "%s"),
        ("import os, sqlite3", "?"),
        ("import sqlite3\nimport os, psycopg2", None),
        ("", None),
        ("import somedriver", None),
        ("import sqlite3\nimport psycopg2", None),
        ("import sqlite3\nfrom sqlalchemy import create_engine", None),
    ],
)
def test_the_driver_says_how_placeholders_are_written(
    scanner: Scanner, imports: str, mark: str | None
) -> None:
    after = fixed(scanner, f'{imports}\ncur.execute("SELECT a FROM t WHERE n = \'" + n + "\'")')
    assert after == (
        None if mark is None else f'{imports}\ncur.execute("SELECT a FROM t WHERE n = {mark}", (n,))'
    )


PRINT = "import os, sys\n" + "print(sys.argv[1:], file=open(os.environ['SEEN'], 'a'))\n"


@pytest.mark.parametrize(
    ("unsafe", "words"),
    [
        ('os.system("show one " + n)', ["one", "{}"]),
        ('os.system(f"show {n} --to=/{n}.png")', ["{}", "--to=/{}.png"]),
        ('failed = os.system("show " + n) != 0\nassert not failed', ["{}"]),
        ('subprocess.run(f"show -x {n}", shell=True, check=True)', ["-x", "{}"]),
        ('subprocess.check_call("show " + n, shell=True)', ["{}"]),
        ('p = subprocess.Popen(f"show {n}", shell=True)\np.wait()', ["{}"]),
    ],
)
@pytest.mark.parametrize("imports", ["import os\nimport subprocess", "import os, subprocess"])
def test_fixed_commands_get_each_value_as_one_word(
    scanner: Scanner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unsafe: str,
    words: list[str],
    imports: str,
) -> None:
    tool, seen = tmp_path / "show", tmp_path / "seen.txt"
    tool.write_text(f"#!/usr/bin/env python3\n{PRINT}", "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SEEN", str(seen))
    monkeypatch.chdir(tmp_path)
    after = fixed(scanner, f"{imports}\n{unsafe}")
    assert after is not None
    assert after.startswith(imports)
    for n in ("plain", "two words", "x; touch taken", "$(touch taken)", "a'b"):
        exec(after, {"n": n})
        assert seen.read_text("utf-8") == f"{[word.format(n) for word in words]}\n"
        seen.unlink()
        assert not (tmp_path / "taken").exists()


@pytest.mark.parametrize(
    "code",
    [
        "import os\ncode = os.system('ping ' + host) >> 8",
        "import os\nif os.system('ping ' + host) == 256: pass",
        "import os\nstatus = os.system('ping ' + host)",
        "import os\nx = os.popen('ls ' + folder).read()",
        "import os\nos.system('cd ' + folder)",
        "import os\nos.system('A=1 run ' + name)",
        "import os\nos.system(f'. {script}')",
        "import os\nos.system(f'cat {name} > out.txt')",
        "import os\nos.system(f'cat $HOME/{name}')",
        "import os\nos.system(f'ls ~/{name}')",
        "import os\nos.system(f'ls {name}/*.txt')",
        "import subprocess\nsubprocess.run(f'show {n}', shell=True, executable='/bin/bash')",
        "import subprocess\nsubprocess.run(f'show {n}', shell=True, **opts)",
        "import os\ndef f(subprocess, host):\n    os.system('ping ' + host)",
        "import tarfile, zipfile\ntar = tarfile.open(name)\ntar.extractall(folder)",
        "import tempfile\npath = tempfile.mktemp()",
        "import hashlib\ndef stored(password):\n    h = hashlib.md5()\n    h.update(password.encode())",
    ],
)
def test_python_that_would_do_something_else_is_left_alone(scanner: Scanner, code: str) -> None:
    assert fixed(scanner, code) is None


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", "const h = crypto.createHash('md5').update(password).digest('hex');"),
        ("php", "<?php $user->password = md5($_POST['password']);"),
        ("java", "String h = DigestUtils.md5Hex(password);"),
        ("ruby", "Digest::MD5.hexdigest(password)"),
        ("csharp", "var hash = MD5.HashData(Encoding.UTF8.GetBytes(password));"),
        ("shell", 'echo -n "$password" | md5sum'),
        ("c", "void f(char line[80]) {\n  gets(line);\n}"),
        ("c", "void f(char *line) {\n  gets(line);\n}"),
        ("c", "void f(void) {\n  char line[80];\n}\nvoid g(void) {\n  gets(line);\n}"),
        ("c", "char line[80];\nwhile (gets(line) != NULL) { n++; }"),
        ("c", 'void f(char *out, char *name) {\n  sprintf(out, "%s", name);\n}'),
        ("c", "unsigned char out[MD5_DIGEST_LENGTH];\nEVP_Digest(data, n, out, NULL, EVP_md5(), NULL);"),
        ("c", "unsigned char out[16];\nEVP_Digest(data, n, out, NULL, EVP_md5(), NULL);"),
        ("c", 'char path[] = "/tmp/abXXXXXX";\nmktemp(path);'),
        ("javascript", "const data = eval('(' + body + ')');"),
        ("javascript", "const value = eval(expression);"),
        ("javascript", "el.innerHTML = '<b>' + name;"),
        ("javascript", "el.innerHTML += name;"),
        ("javascript", "el.innerHTML = render(data);"),
        ("javascript", "const row = '<i>' + name;\nel.innerHTML = row;"),
        ("javascript", "spawn(cmd, args, { shell: true });"),
        ("javascript", "import { Pool } from 'pg';\nawait pool.query(`SELECT * FROM ${table}`);"),
        ("javascript", "const m = require('mysql2');\ndb.query(`SELECT a FROM t WHERE n LIKE '%${n}%'`);"),
    ],
)
def test_other_languages_get_no_fix_that_would_do_something_else(
    scanner: Scanner, language: str, code: str
) -> None:
    assert fixed(scanner, code, language) is None


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        (
            "c",
            "#include <string.h>\nvoid f(void) {\n  char n, line[80];\n  gets(line);\n}",
            """#include <string.h>
void f(void) {
  char n, line[80];
  (void)(fgets(line, sizeof(line), stdin) && (line[strcspn(line, "\\n")] = '\\0'));
}""",
        ),
        ("javascript", "el.innerHTML = 'Hi ' + name;", "el.textContent = 'Hi ' + name;"),
        ("javascript", "const data = eval(body);", "const data = JSON.parse(body);"),
        (
            "javascript",
            "const m = require('mysql2');\ndb.query(\"SELECT a FROM t WHERE n = '\" + n + \"'\", done);",
            "const m = require('mysql2');\ndb.query(\"SELECT a FROM t WHERE n = ?\", [String(n)], done);",
        ),
        (
            "javascript",
            "import { Pool } from 'pg';\nawait pool.query(`SELECT a FROM t WHERE id = ${id} AND n = '${n}'`);",
            """import { Pool } from 'pg';
await pool.query("SELECT a FROM t WHERE id = $1 AND n = $2", [id, String(n)]);""",
        ),
        (
            "python",
            "import os\nimport subprocess as sp\nos.system('ping ' + host)",
            'import os\nimport subprocess as sp\nsp.run(["ping", host], check=False)',
        ),
    ],
)
def test_plain_cases_are_fixed(scanner: Scanner, language: str, before: str, after: str) -> None:
    assert fixed(scanner, before, language) == after


@pytest.mark.parametrize(
    "code",
    [
        "const sessionToken = Math.random().toString(36).slice(2);",
        "const token = 'k' + Math.random();",
        "const token = (Math.random() * 1e16).toString(36);",
    ],
)
def test_a_number_that_is_itself_the_token_gets_no_other_number(scanner: Scanner, code: str) -> None:
    assert fixed(scanner, code, "javascript") is None


def test_a_pick_is_made_from_no_fewer_bits_than_before(scanner: Scanner) -> None:
    code = "function makePassword() { return chars[Math.floor(Math.random() * chars.length)]; }"
    after = fixed(scanner, code, "javascript") or ""
    assert "BigUint64Array" in after
    assert after.endswith("/ 2 ** 53) * chars.length)]; }")


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("def calc(e):\n    return eval(e)", "python"),
        ("def apply_rule(text):\n    value = eval(text)\n    return value", "python"),
        ("formula_value = eval(text)", "python"),
        ("function calc(e) { return eval(e); }", "javascript"),
    ],
)
def test_what_is_there_to_compute_is_not_read_as_data(scanner: Scanner, code: str, language: str) -> None:
    assert fixed(scanner, code, language) is None


def test_what_is_read_as_data_still_is(scanner: Scanner) -> None:
    assert (
        fixed(scanner, "def load(t):\n    return eval(t)")
        == "import ast\ndef load(t):\n    return ast.literal_eval(t)"
    )


def test_a_number_without_bounds_is_no_number_with_bounds(scanner: Scanner) -> None:
    code = "string Token() { var token = new Random().Next(BOUNDS); return token.ToString(); }"
    assert "GetInt32(0, 10)" in (fixed(scanner, code.replace("BOUNDS", "0, 10"), "csharp") or "")
    assert fixed(scanner, code.replace("BOUNDS", ""), "csharp") is None
