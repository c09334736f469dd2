"""Tries rules on their own examples: what a rule must hit it hits, and what it must miss it misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_code_shield.limits import FILE_LIMITS
from tieout_code_shield.rule_files import read_folder, read_rule, shipped_rules
from tieout_code_shield.rules import Rule, RuleSet
from tieout_code_shield.scanner import Scanner

__all__ = ["Failure", "failures", "rules_at"]

_ = translator("tieout_code_shield")


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that a rule gets wrong."""

    rule: Rule
    language: str
    code: str
    wanted: bool
    """True for one that the rule must hit and does not; False for one that it must miss and hits."""
    unknown: str = ""
    """Why it was not checked, where that is the reason."""


def rules_at(path: str) -> list[Rule]:
    """The rules of a file or of a folder.

    Raises:
        InputError: There is no such file or folder, or no rule in it.
        SettingsError: A file says something that a rule cannot say.
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise InputError(
            _("There is no file or folder {path}.", path=path), hint=_("Name a rule file or its folder.")
        )
    rules = read_folder(place) if place.is_dir() else [read_rule(place, origin=str(place), own=True)]
    if not rules:
        raise InputError(
            _("{path} holds no rule files.", path=path), hint=_("A rule is a file that ends with .toml.")
        )
    return rules


def failures(rules: Sequence[Rule]) -> Iterator[Failure]:
    """The examples that fail, each rule tried among the ones that ship."""
    scanner = Scanner(RuleSet([*shipped_rules(), *rules]), limits=FILE_LIMITS)
    for rule in rules:
        for language in rule.languages:
            examples = [(code, True) for code in rule.hits(language)]
            examples += [(code, False) for code in rule.misses(language)]
            for code, wanted in examples:
                hit, unknown = _hits(scanner, rule, language, code)
                if hit is not wanted or unknown:
                    yield Failure(rule, language, code, wanted, unknown)


def _hits(scanner: Scanner, rule: Rule, language: str, code: str) -> tuple[bool, str]:
    if rule.category == "code":
        report = scanner.scan(code, language)
    else:
        report = scanner.scan_text(code, frozenset({rule.category}))
    return any(rule.id in (issue.rule.id, *issue.also) for issue in report.issues), report.unknown
