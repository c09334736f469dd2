"""Scores the rules on labelled code: recall, false positives, per language and weakness."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tieout.errors import InputError
from tieout.plugin import EvalMiss, EvalResult, EvalTally, translator
from tieout_code_shield.scanner import Report, Scanner

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
    left out, as in CyberSecEval), ``cwe`` (or ``cwe_identifier``) and ``id`` (or ``prompt_id``).

    Raises:
        InputError: The file cannot be read, or a row lacks its code or has another label.
    """
    try:
        text = file.read_text("utf-8")
        rows = list(_rows(text))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(_("{file} cannot be read: {error}", file=file, error=error)) from None
    except json.JSONDecodeError as error:
        raise InputError(_("{file} is no JSON: {error}", file=file, error=error)) from None
    return [_case(row, index, file) for index, row in enumerate(rows, 1)]


def _rows(text: str) -> Iterator[object]:
    if text.lstrip().startswith("["):
        yield from cast("list[object]", json.loads(text))
        return
    for line in text.split("\n"):  # splitlines() would also cut within a text, at U+2028
        if line.strip():
            yield json.loads(line)


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
        cwe=str(fields.get("cwe", fields.get("cwe_identifier", "")) or ""),
    )


def evaluate(
    scanner: Scanner, cases: list[Case], *, progress: Callable[[float, float | None, str], None] | None = None
) -> EvalResult:
    """Scan every case. Any alert is a hit; whether one names the case's CWE is counted beside it.

    An insecure case passes when it is hit, a secure one when it is not. ``unknown`` is the share that could not be
    checked, such as languages without rules; those count as not hit.
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
        self._same_cwe = self._unknown = 0
        self._kinds: set[str] = set()
        self._misses: list[EvalMiss] = []

    def add(self, case: Case, report: Report) -> None:
        hit = bool(report.issues)
        kind = case.language or "?"
        self._kinds.add(kind)
        for name in ("", kind, *([case.cwe] if case.cwe else [])):
            self._seen[name, case.insecure] += 1
            self._hit[name, case.insecure] += hit
        self._blocked[case.insecure] += report.worst in ("high", "critical")
        self._same_cwe += case.insecure and any(issue.rule.cwe == case.cwe for issue in report.issues)
        self._unknown += bool(report.unknown)
        if hit != case.insecure:
            got = (
                ", ".join(sorted({issue.rule.id for issue in report.issues})) or report.unknown or "no alert"
            )
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
        if self._seen["", True]:
            metrics["same_cwe"] = self._same_cwe / self._seen["", True]
        by_kind = {kind: self._of(kind) for kind in sorted(self._kinds)}
        return EvalResult(
            total=total, passed=whole.passed, by_kind=by_kind, metrics=metrics, misses=self._misses
        )

    def _of(self, name: str) -> EvalTally:
        """How many cases there are of a language, and how many of them pass; of all, where the name is empty."""
        seen, hit = self._seen, self._hit
        passed = hit[name, True] + seen[name, False] - hit[name, False]
        return EvalTally(total=seen[name, True] + seen[name, False], passed=passed)
