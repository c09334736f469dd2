"""Shell: commands and what runs them, quoting, here-documents, and pipelines."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

SCANNER = Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 10.0))


def found(code: str) -> set[str]:
    report = SCANNER.scan(code, "bash")
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


@pytest.mark.parametrize(
    "runner",
    [
        "",
        "sudo ",
        "sudo -u root -E ",
        "env A=1 ",
        "nohup ",
        "timeout 5 ",
        "nice -n 10 ",
        "sudo nohup ",
        "/usr/bin/",
        "A=1 ",
    ],
)
def test_what_runs_a_command_hides_nothing(runner: str) -> None:
    assert "sh-tls-verify" in found(f"{runner}curl -k https://a.example/x")


@pytest.mark.parametrize("option", ["-k", "-sk", "-fsSLk", "--insecure"])
def test_options_in_any_form(option: str) -> None:
    assert "sh-tls-verify" in found(f"curl {option} https://a.example/x")


@pytest.mark.parametrize(
    "code",
    [
        "tar -xkf a.tar",
        "curl -K list",
        "curl -o k https://a.example/x",
        "echo curl -k",
        "sort -k 2 a",
        "# curl -k",
    ],
)
def test_like_options_of_others_are_left_alone(code: str) -> None:
    assert "sh-tls-verify" not in found(code)


def test_options_kept_in_a_variable() -> None:
    assert "sh-tls-verify" in found('OPTS="-s -k"\ncurl $OPTS https://a.example/x')


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ('"$DIR"/*', True),
        ("$DIR/", True),
        ("/$DIR", True),
        ('"${DIR:?}"/*', False),
        ('"$DIR"', False),
        ('"$DIR"/build', False),
    ],
)
def test_removing_below_a_variable(word: str, expected: bool) -> None:
    assert ("sh-remove-variable" in found(f"rm -rf {word}")) is expected
    assert "sh-remove-variable" not in found(f"DIR=/srv/build\nrm -rf {word}")


@pytest.mark.parametrize(
    "code",
    [
        "mysql app <<EOF\nDELETE FROM t WHERE a = '$1';\nEOF",
        "echo \"DELETE FROM t WHERE a = '$1'\" | mysql app",
        "mysql app <<< \"DELETE FROM t WHERE a = '$1'\"",
        "mysql app -e \"DELETE FROM t WHERE a = '$1'\"",
    ],
)
def test_statement_reaches_the_client_in_any_way(code: str) -> None:
    assert "sh-sql-injection" in found(code)


def test_quoted_here_document_is_constant() -> None:
    assert found("mysql app <<'EOF'\nDELETE FROM t WHERE a = '$1';\nEOF") == set()


def test_quoted_for_the_other_shell() -> None:
    assert "sh-remote-command" in found('ssh host "rm $file"')
    assert "sh-remote-command" not in found('ssh host "rm $(printf %q "$file")"')


@pytest.mark.parametrize(
    "code", ['eval "$(ssh-agent -s)"', 'eval "$name=\\$value"', "eval 'echo a'", 'eval set -- "$opts"']
)
def test_usual_forms_of_eval(code: str) -> None:
    assert "sh-eval" not in found(code)


def test_separator_for_one_command_is_not_lasting() -> None:
    assert "sh-search-path" in found('IFS="$1"')
    assert "sh-search-path" not in found('IFS="$1" read -r a b')
    assert "sh-search-path" not in found('f() {\n  local IFS="$1"\n}')
