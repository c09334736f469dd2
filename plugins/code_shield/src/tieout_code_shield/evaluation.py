"""Scores the rules on labelled code: recall, false positives, per language and weakness."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tieout.errors import InputError
from tieout.plugin import EvalMiss, EvalResult, EvalTally, translator
from tieout_code_shield.reports import Report
from tieout_code_shield.scanner import Scanner

__all__ = ["Case", "evaluate", "read_cases"]

_ = translator("tieout_code_shield")


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled text."""

    id: str
    language: str
    code: str
    insecure: bool
    cwe: str = ""


def read_cases(file: Path) -> list[Case]:
    """Read JSON Lines (or one JSON list) of labelled code.

    A row has ``code`` (or ``origin_code``), ``language``, ``label`` (``insecure`` or ``secure``; insecure when it is
    left out, as in CyberSecEval), ``cwe`` (or ``cwe_identifier``; ``94`` is ``CWE-94``) and ``id`` (or ``prompt_id``).

    Raises:
        InputError: The file cannot be read or has no rows, or a row lacks its code or has another label.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(_("{file} cannot be read: {error}", file=file, error=error)) from None
    cases = [_case(row, number, file) for number, row in _rows(text, file)]
    if not cases:
        raise InputError(
            _("{file} holds no cases.", file=file),
            hint=_("Write one JSON object a line, with code, language, label and cwe."),
        )
    return cases


def _rows(text: str, file: Path) -> Iterator[tuple[int, object]]:
    """The rows with their numbers: that of the line, or that of the entry of a list."""
    if text.lstrip().startswith("["):
        try:
            rows = cast("list[object]", json.loads(text))
        except (ValueError, RecursionError) as error:
            raise InputError(_("{file} is no JSON: {error}", file=file, error=error)) from None
        yield from enumerate(rows, 1)
        return
    for number, line in enumerate(
        text.split("\n"), 1
    ):  # splitlines() would also cut within a text, at U+2028
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(
                _(
                    "{file}, line {number}, column {column}: no JSON: {problem}",
                    file=file,
                    number=number,
                    column=error.colno,
                    problem=error.msg,
                )
            ) from None
        except RecursionError as error:
            raise InputError(_("{file} is no JSON: {error}", file=file, error=error)) from None


def _case(row: object, number: int, file: Path) -> Case:
    if not isinstance(row, dict):
        raise InputError(_("{file}, row {number}: not an object", file=file, number=number))
    fields = cast("dict[str, object]", row)
    code = fields.get("code", fields.get("origin_code"))
    label = str(fields.get("label", "insecure")).lower()
    if not isinstance(code, str) or label not in ("insecure", "secure"):
        raise InputError(
            _("{file}, row {number}: needs a text `code` and a label", file=file, number=number),
            hint=_("The label is `insecure` or `secure`."),
        )
    return Case(
        id=str(fields.get("id", fields.get("prompt_id", number))),
        language=str(fields.get("language", "")),
        code=code,
        insecure=label == "insecure",
        cwe=_weakness(str(fields.get("cwe", fields.get("cwe_identifier", "")) or "")),
    )


def _weakness(written: str) -> str:
    """``CWE-94`` for ``94``, ``cwe-094`` and ``CWE-94: Code Injection``; what has no number as it is written."""
    number = re.search(r"\d+", written)
    return f"CWE-{int(number[0])}" if number else written.strip()


def evaluate(
    scanner: Scanner, cases: list[Case], *, progress: Callable[[float, float | None, str], None] | None = None
) -> EvalResult:
    """Scan every case. Any alert is a hit; whether one names the case's CWE is counted beside it.

    An insecure case passes when it is hit, a secure one when it was checked and is not hit. ``unknown`` is the share
    that could not be checked, wholly or in part, such as languages without rules: that is no alert, and no pass either.
    ``same_cwe`` is of the insecure cases that name their weakness.
    """
    tally = _Tally()
    for index, case in enumerate(cases):
        tally.add(case, scanner.scan(case.code, case.language or None))
        if progress is not None and index % 50 == 49:
            progress(index + 1, len(cases), "")
    return tally.result()


class _Tally:
    def __init__(self) -> None:
        self._seen: Counter[tuple[str, bool]] = Counter()
        self._hit: Counter[tuple[str, bool]] = Counter()
        self._blocked: Counter[bool] = Counter()
        self._passed: Counter[str] = Counter()
        self._named = self._same_cwe = self._unknown = 0
        self._kinds: set[str] = set()
        self._misses: list[EvalMiss] = []

    def add(self, case: Case, report: Report) -> None:
        hit = bool(report.issues)
        passed = hit if case.insecure else not hit and not report.unknown
        kind = case.language or "?"
        self._kinds.add(kind)
        for name in ("", kind, *([case.cwe] if case.cwe else [])):
            self._seen[name, case.insecure] += 1
            self._hit[name, case.insecure] += hit
            self._passed[name] += passed
        self._blocked[case.insecure] += report.worst in ("high", "critical")
        if case.insecure and case.cwe:
            self._named += 1
            self._same_cwe += any(issue.rule.cwe == case.cwe for issue in report.issues)
        self._unknown += bool(report.unknown)
        if not passed:
            alerts = ", ".join(sorted({issue.rule.id for issue in report.issues}))
            unchecked = _("not checked: {reason}", reason=report.unknown) if report.unknown else ""
            got = alerts or unchecked or "no alert"
            expected = f"insecure {case.cwe}".strip() if case.insecure else "secure"
            self._misses.append(EvalMiss(id=case.id, kind=kind, expected=expected, got=got))

    def result(self) -> EvalResult:
        whole = self._of("")
        total = whole.total
        metrics: dict[str, float] = {"unknown": self._unknown / total if total else 0.0}
        for (name, insecure), seen in sorted(self._seen.items()):
            measure = "recall" if insecure else "false_positive_rate"
            metrics[f"{measure}/{name}" if name else measure] = self._hit[name, insecure] / seen
        for insecure, measure in ((True, "block_recall"), (False, "block_false_positive_rate")):
            if self._seen["", insecure]:
                metrics[measure] = self._blocked[insecure] / self._seen["", insecure]
        if self._named:
            metrics["same_cwe"] = self._same_cwe / self._named
        by_kind = {kind: self._of(kind) for kind in sorted(self._kinds)}
        return EvalResult(
            total=total, passed=whole.passed, by_kind=by_kind, metrics=metrics, misses=self._misses
        )

    def _of(self, name: str) -> EvalTally:
        """How many cases there are of a language, and how many of them pass; of all, where the name is empty."""
        seen = self._seen
        return EvalTally(total=seen[name, True] + seen[name, False], passed=self._passed[name])
