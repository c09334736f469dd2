"""Findings as text, each with its line and a mark under the place; readable without colours."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tieout.plugin import Language, translator
from tieout.text import clean_line
from tieout_code_shield.naming import printable
from tieout_code_shield.results import CodeScan, Found, severity_word
from tieout_code_shield.rules import SEVERITIES

__all__ = ["listing"]

_ = translator("tieout_code_shield")

WIDTH: Final = 120
"""Columns of code that are shown around a place."""


def listing(scan: CodeScan, lang: Language) -> str:
    """All findings, then what comments silence, what was not checked, and the count."""
    lines: list[str] = []
    for found in scan.findings:
        lines += [*_finding(found, lang), ""]
    lines += [
        _("{place}: suppressed ({name}): {comment}", lang=lang, place=found.place, name=found.name,
          comment=clean_line(found.suppressed, limit=120))
        for found in scan.suppressed
    ]  # fmt: skip
    lines += [_("Not checked: {reason}.", lang=lang, reason=reason) for reason in scan.unknown]
    lines += list(scan.notes)
    lines += _left_out(scan, lang)
    lines.append(_summary(scan, lang))
    return "\n".join(lines)


def _left_out(scan: CodeScan, lang: Language) -> Iterator[str]:
    kinds = {
        "folders": _("hidden, generated or foreign folders", lang=lang),
        "ignored": _("named by .gitignore", lang=lang),
        "excluded": _("excluded", lang=lang),
        "packed": _("packed scripts", lang=lang),
        "binary": _("no texts", lang=lang),
        "links": _("links", lang=lang),
    }
    parts = [f"{scan.left_out[kind]} {words}" for kind, words in kinds.items() if scan.left_out.get(kind)]
    if parts:
        number = sum(scan.left_out.values())
        yield _("Left out: {number} ({parts}).", lang=lang, number=number, parts=", ".join(parts))


def _finding(found: Found, lang: Language) -> Iterator[str]:
    by = "" if found.tool == "tieout" else f" [{found.tool}]"
    yield f"{found.place}: {severity_word(found.severity, lang)}: {found.message[lang]} ({found.name}){by}"
    if found.text:
        number = f"{found.line.value:g}"
        code, marks = _marked(found)
        yield f"{number:>5} | {code}"
        yield f"      | {marks}"
    if found.advice[lang]:
        yield f"      = {found.advice[lang]}"
    if found.also:
        yield "      = " + _("also found by {tools}", lang=lang, tools=", ".join(found.also))


def _marked(found: Found) -> tuple[str, str]:
    """The line around the place, and what goes under it: spaces and carets, as wide as the characters above them.

    Characters that are not printed stand there as escapes: where one is what was found, it is seen.
    """
    text = found.text.expandtabs(4) if "\t" in found.text else found.text
    shift = len(found.text[: found.column - 1].expandtabs(4)) - (found.column - 1)
    start = found.column - 1 + shift
    same_line = found.end_line == found.line.value
    length = max(1, found.end_column - found.column) if same_line else len(text) - start
    begin = max(0, min(start - 20, len(text) - WIDTH))
    stop = begin + WIDTH
    end = min(stop, start + length)
    before, place, behind = (printable(text[a:b]) for a, b in ((begin, start), (start, end), (end, stop)))
    return before + place + behind, " " * _width(before) + "^" * max(1, _width(place.rstrip()))


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(mark) else 2 if unicodedata.east_asian_width(mark) in "WF" else 1
        for mark in text
    )


def _summary(scan: CodeScan, lang: Language) -> str:
    by_severity = Counter(found.severity for found in scan.findings)
    parts = [
        f"{by_severity[severity]} {severity_word(severity, lang)}"
        for severity in reversed(SEVERITIES)
        if by_severity[severity]
    ]
    text = _(
        "Findings: {found}. Suppressed: {suppressed}. Not checked: {unknown}. Files: {files}.",
        lang=lang,
        found=f"{len(scan.findings)} ({', '.join(parts)})" if parts else len(scan.findings),
        suppressed=len(scan.suppressed),
        unknown=len(scan.unknown),
        files=f"{scan.files.value:g}",
    )
    return text if scan.findings else f"{text} {scan.headline(lang)}"
