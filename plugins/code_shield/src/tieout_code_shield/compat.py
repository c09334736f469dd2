"""``scan_code`` with the fields of Meta's Code Shield, so that its users can move without changing their code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from tieout_code_shield.limits import GUARD_LIMITS, Limits
from tieout_code_shield.reports import Issue as Found
from tieout_code_shield.reports import Report
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield

__all__ = ["CodeShield", "CodeShieldScanResult", "Issue", "Treatment", "scan_code"]


AGNOSTIC: Final = "language_agnostic"


class Treatment(StrEnum):
    """What to do with the code."""

    IGNORE = "ignore"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True)
class Issue:
    """One finding."""

    description: str
    cwe_id: str
    severity: str
    """``info``, ``low``, ``medium``, ``high`` or ``critical``; ``unknown`` where something was not checked."""
    line: int
    char: int
    rule: str
    analyzer: str = "tieout"
    pattern_id: str = ""
    path: Path | None = None
    name: str = ""


@dataclass(frozen=True)
class CodeShieldScanResult:
    """The outcome of a scan. What could not be checked counts as insecure, with an issue that says so."""

    is_insecure: bool
    issues_found: list[Issue] | None = None
    recommended_treatment: Treatment = Treatment.IGNORE
    unknown: str = ""
    """Why the code, or a part of it, was not checked; empty when it was."""
    language: str = ""
    """The language it was scanned as; empty when it looked like none."""


def scan_code(
    code: str,
    language: str | Enum | None = None,
    *,
    settings: ShieldSettings | None = None,
    limits: Limits = GUARD_LIMITS,
) -> CodeShieldScanResult:
    """Scan a piece of code, which need not be a whole program.

    Args:
        code: The code.
        language: ``python``, ``javascript``, ``typescript`` … or an enum with such a value; ``None`` (and Code Shield's
            ``language_agnostic``) guesses.
        settings: Rules to add or leave out.
        limits: Bounds of the scan; past them the outcome is unknown, never secure.
    """
    scanner = _default() if settings is None else Shield(settings).scanner
    name = str(language.value) if isinstance(language, Enum) else language
    return _converted(scanner.scan(code, None if name == AGNOSTIC else name, limits=limits))


class CodeShield:
    """``await CodeShield.scan_code(code)``, as Meta's package spells it."""

    @staticmethod
    async def scan_code(code: str, language: str | Enum | None = None) -> CodeShieldScanResult:
        """Scan a piece of code; see :func:`scan_code`."""
        return scan_code(code, language)


@cache
def _default() -> Scanner:
    """The scanner with the rules that are installed, read once per process."""
    return Shield().scanner


def _converted(report: Report) -> CodeShieldScanResult:
    issues = [_issue(found) for found in report.issues]
    # What only asks to be looked at is told, and nothing needs to be done about it.
    treatment = Treatment.IGNORE if report.worst in (None, "info") else Treatment.WARN
    if report.worst in ("high", "critical"):
        treatment = Treatment.BLOCK
    if report.unknown:
        issues.append(Issue(f"not checked: {report.unknown}", "", "unknown", 0, 0, "unknown"))
        treatment = Treatment.WARN if treatment is Treatment.IGNORE else treatment
    return CodeShieldScanResult(bool(issues), issues or None, treatment, report.unknown, report.language)


def _issue(found: Found) -> Issue:
    rule = found.rule
    return Issue(
        description=rule.say("en"),
        cwe_id=rule.cwe,
        severity=found.severity,
        line=found.line,
        char=found.column,
        rule=rule.id,
        pattern_id=rule.id,
        name=rule.id,
    )
