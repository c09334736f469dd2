"""Ruby: names, built strings, here-documents, and checks before a place."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

SCANNER = Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 10.0))


def found(code: str) -> set[str]:
    report = SCANNER.scan(code, "ruby")
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


@pytest.mark.parametrize(
    "code",
    [
        'sql = "SELECT * FROM t"\nsql << " WHERE a = \'#{a}\'"\ndb.execute(sql)',
        "db.execute(<<~SQL)\n  SELECT * FROM t WHERE a = '#{a}'\nSQL",
        "db.execute('SELECT * FROM t WHERE a = %s' % a)",
        "db.execute(format('SELECT * FROM t WHERE a = %s', a))",
        "db.execute(['SELECT * FROM t WHERE a = ', a].join)",
        'db.execute("SELECT * FROM t " "WHERE a = \'#{a}\'")',
    ],
)
def test_every_way_of_building_a_statement(code: str) -> None:
    assert "rb-sql-injection" in found(code)


@pytest.mark.parametrize(
    "code",
    [
        "db.execute(<<~'SQL')\n  SELECT * FROM t WHERE a = '#{a}'\nSQL",
        "db.execute('SELECT * FROM t WHERE a = %d' % a)",
        'limit = 5\ndb.execute("SELECT * FROM t WHERE a = #{limit}")',
        'db.execute("SELECT * FROM t WHERE a = #{a.to_i}")',
    ],
)
def test_constants_and_numbers_build_nothing(code: str) -> None:
    assert found(code) == set()


def test_two_here_documents_of_one_line_keep_their_bodies() -> None:
    code = (
        "db.execute(<<~ONE)\n  SELECT 1\nONE\ndb.execute(<<~TWO)\n  SELECT * FROM t WHERE a = '#{a}'\nTWO\n"
    )
    report = SCANNER.scan(code, "ruby")
    assert [issue.line for issue in report.issues] == [4]


@pytest.mark.parametrize(
    "code",
    [
        'return unless ALLOWED.include?(params[:x])\nsystem("run #{params[:x]}")',
        'system("run #{params[:x]}") if ALLOWED.include?(params[:x])',
        "name = params[:x]\nraise 'no' unless name =~ /\\A\\w+\\z/\n`run #{name}`",
    ],
)
def test_checked_value_is_no_finding(code: str) -> None:
    assert found(code) == set()


def test_pattern_with_line_anchors_proves_nothing() -> None:
    assert "rb-os-command" in found("name = params[:x]\nraise 'no' unless name =~ /^\\w+$/\n`run #{name}`")


def test_values_cross_methods() -> None:
    code = 'def show\n  File.read(path)\nend\n\ndef path\n  "/data/#{params[:f]}"\nend\n'
    assert "rb-path-traversal" in found(code)


@pytest.mark.parametrize("call", ["x&.html_safe", "x.html_safe"])
def test_safe_navigation_is_a_call_like_any_other(call: str) -> None:
    assert "rb-xss" in found(f"x = params[:x]\n{call}")


def test_bare_macro_is_seen() -> None:
    assert "rb-csrf-disabled" in found("class A < ApplicationController\n  skip_forgery_protection\nend\n")


def test_block_argument_and_keywords_are_no_positions() -> None:
    assert "rb-os-command" not in found("system('ls', *args, &block)")
    assert "rb-tls-verify" in found("get(url, :verify => false)")
