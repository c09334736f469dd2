"""Every rule hits and misses its own examples; rule files of others are read, and broken ones named."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tieout.errors import InputError, SettingsError
from tieout_code_shield.dialects import dialect
from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import ENTRY_POINT_GROUP, load_all, read_folder, read_rule, shipped_rules
from tieout_code_shield.rules import Rule, RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.shield import Shield
from tieout_code_shield.tools import make_tools

RULES = shipped_rules()
EXAMPLES = [
    pytest.param(
        rule, language, code, expected, id=f"{rule.id}-{language}-{'hit' if expected else 'miss'}-{index}"
    )
    for rule in RULES
    for language in rule.languages
    for expected, codes in ((True, rule.hits(language)), (False, rule.misses(language)))
    for index, code in enumerate(codes)
]


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    # Python clears garbage now and then, which in a process with so many tests takes longer than a scan may.
    return Scanner(RuleSet(RULES), limits=Limits(200_000, 5.0))


def found_by(scanner: Scanner, rule: Rule, language: str, code: str) -> set[str]:
    if rule.category == "injection":
        return {hit.rule.id for hit in scanner.text_hits(code, frozenset({"injection"}))}
    report = scanner.scan(code, language if rule.category == "code" else "shell")
    assert rule.category != "code" or not report.unknown
    return {name for issue in report.issues for name in (issue.rule.id, *issue.also)}


@pytest.mark.parametrize(("rule", "language", "code", "expected"), EXAMPLES)
def test_example_of_rule(scanner: Scanner, rule: Rule, language: str, code: str, expected: bool) -> None:
    assert (rule.id in found_by(scanner, rule, language, code)) is expected


def test_scripting_languages_have_dozens_of_rules_each() -> None:
    count = Counter(name for rule in RULES if rule.category == "code" for name in rule.languages)
    assert count["python"] >= 40
    assert count["javascript"] >= 40
    assert count["typescript"] >= 40


def test_rules_say_everything_in_both_languages() -> None:
    for rule in RULES:
        assert rule.message["zh"] != rule.message["en"], rule.id
        assert rule.advice["zh"] != rule.advice["en"], rule.id
        assert rule.cwe or rule.category == "injection", rule.id
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_every_property_that_a_rule_asks_for_is_known_to_its_languages() -> None:
    asked = [
        (rule.id, language, name)
        for rule in RULES
        for match in rule.matches
        for name in match.checks
        for language in rule.languages
    ]
    assert asked
    assert [each for each in asked if each[2] not in dialect(each[1]).checks] == []


RULE = """
id = "py-banned-function"
language = "python"
severity = "high"
must_hit = ["banned(1)", "x = banned(y)"]
must_miss = ["allowed(1)", "banned"]
[message]
en = "This function is banned here."
[advice]
en = "Call allowed."
[[match]]
call = "banned"
"""


def test_users_folder_adds_a_rule_and_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "banned.toml").write_text(RULE, "utf-8")
    (tmp_path / "eval.toml").write_text(RULE.replace("py-banned-function", "py-eval"), "utf-8")
    rules, problems = load_all(folder=tmp_path)
    scanner = Scanner(rules)
    assert {issue.rule.id for issue in scanner.scan("banned(1)", "python").issues} == {
        "py-banned-function",
        "py-eval",
    }
    assert not scanner.scan("eval(x)", "python").issues
    assert not problems


def test_disabled_rule_is_silent() -> None:
    rules, _ = load_all(disabled=["py-pickle"])
    scanner = Scanner(rules)
    assert not scanner.scan("pickle.loads(x)", "python").issues
    assert scanner.scan("eval(x)", "python").issues


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b'call = "banned"', b'calls = "banned"'), "calls"),
        ((b'severity = "high"', b'severity = "very high"'), "severity"),
        ((b'["banned(1)", "x = banned(y)"]', b'["banned(1)"]'), "must_hit"),
        ((b'call = "banned"', b'target = "(unclosed"'), "regular expression"),
        ((b'call = "banned"', b'call = "banned"\nwhen = [{ is = "dynamic" }]'), "condition needs"),
        ((b"[message]", b"[message"), "line"),
        ((b"banned(1)", b"\xff"), "utf-8"),
    ],
)
def test_malformed_rule_names_file_and_field(tmp_path: Path, change: tuple[bytes, bytes], said: str) -> None:
    path = tmp_path / "banned.toml"
    path.write_bytes(RULE.encode().replace(*change))
    with pytest.raises(SettingsError, match=said) as caught:
        read_rule(path)
    assert str(path) in str(caught.value)


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        read_folder(tmp_path / "none")


def test_rules_of_another_package_come_in_and_a_broken_one_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tieout.plugin import LoadedEntry

    (tmp_path / "banned.toml").write_text(RULE, "utf-8")
    entries = [
        LoadedEntry("good", "good-dist", "1", lambda: tmp_path),
        LoadedEntry("gone", "gone-dist", "1", str(tmp_path / "none")),
        LoadedEntry("broken", "broken-dist", "1", None, "module 'x' is not installed"),
    ]

    def fake(group: str) -> list[LoadedEntry]:
        assert group == ENTRY_POINT_GROUP
        return entries

    monkeypatch.setattr("tieout_code_shield.rule_files.load_entry_points", fake)
    rules, problems = load_all()
    added = rules.get("py-banned-function")
    assert added is not None
    assert added.origin == "good-dist"
    assert len(problems) == 2
    assert "gone" in problems[0]
    assert "not installed" in problems[1]


HOUSE_RULE = """
id = "house-rule"
language = LANGUAGE
severity = "low"
must_hit = ["banned(1)", "x = banned(y)"]
must_miss = ["allowed(1)", "banned = 1"]
[message]
en = "Banned."
[advice]
en = "Take allowed."
[[match]]
MATCH
"""


def house_rule(folder: Path, *, language: str = '"python"', match: str = 'call = "banned"') -> Path:
    text = HOUSE_RULE.replace("LANGUAGE", language).replace("MATCH", match)
    (folder / "house.toml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"language": '"pythn"'}, "Did you mean python"),
        ({"language": '["python", "js"]'}, "there is no 'js'"),
        ({"language": '"any"'}, "needs a language"),
        ({"match": 'regex = "banned"'}, "a regex needs category"),
        ({"match": 'target = "banned"\nform = ["asign"]'}, "Did you mean assign"),
        ({"match": 'call = "banned"\ncheck = "unguraded"'}, "there is no 'unguraded'"),
    ],
)
def test_a_rule_that_could_never_find_anything_is_refused(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_folder(house_rule(tmp_path, **wrong))
    assert said in str(caught.value)
    assert "house.toml" in str(caught.value)


def test_check_says_which_examples_of_a_folder_fail(tmp_path: Path) -> None:
    check = {tool.name: tool for tool in make_tools(Shield())}["check"]
    fine = check(str(house_rule(tmp_path)))
    assert (fine.exit_code, fine.failed) == (0, ())
    failed = check(str(house_rule(tmp_path, match='call = "banned"\nwhen = [{ arg = 0, is = "dynamic" }]')))
    assert failed.exit_code == 10
    assert [(each.rule, each.code, each.wanted) for each in failed.failed] == [
        ("house-rule", "banned(1)", True)
    ]
    assert "must be hit" in failed.say("en")
    assert str(tmp_path / "house.toml") in failed.card("en").model_dump_json()
    missed = check(str(house_rule(tmp_path, match='called = "banned|allowed"')))
    assert [(each.code, each.wanted) for each in missed.failed] == [("allowed(1)", False)]
    with pytest.raises(InputError):
        check(str(tmp_path / "gone"))
