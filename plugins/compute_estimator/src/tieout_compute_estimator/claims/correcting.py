"""The corrected sentence: the words of the claim with the right numbers in their places, and the sources behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tieout.plugin import Figure, Formula, Language, TableRow
from tieout_compute_estimator.claims.findings import Finding
from tieout_compute_estimator.claims.frames import Claim
from tieout_compute_estimator.claims.verdicts import Decision
from tieout_compute_estimator.derivation import brief_source

__all__ = ["corrected", "language_of"]


def language_of(text: str) -> Language:
    """``zh`` when a fair part of the letters are Chinese."""
    chinese = len(re.findall(r"[一-鿿]", text))
    return "zh" if chinese * 6 > len(re.findall(r"[A-Za-z]", text)) else "en"


def corrected(claim: Claim, findings: Sequence[Finding], decision: Decision) -> str:
    """The claim's sentence with every fixed number replaced; empty when no number is to be replaced."""
    if decision.verdict not in ("unit_error", "inconsistent", "false_premise"):
        return ""
    lang = language_of(claim.text)
    wanted = {
        "unit_error": ("slip",),
        "inconsistent": ("contradict",),
        "false_premise": ("premise", "contradict"),
    }[decision.verdict]
    fixes: dict[int, Figure] = {}
    for one in findings:
        if one.kind in wanted:
            for index, figure in one.fixes.items():
                fixes.setdefault(index, figure)
    if not fixes:
        return ""
    text = claim.text
    for index in sorted(fixes, key=lambda i: claim.measures[i].start, reverse=True):
        measure = claim.measures[index]
        text = f"{text[: measure.start]}{_written(fixes[index], claim, index, lang)}{text[measure.end :]}"
    sources = list(dict.fromkeys(name for figure in fixes.values() for name in _sources(figure)))[:3]
    return f"{text.strip()} [{'; '.join(sources)}]" if sources else text.strip()


def _written(figure: Figure, claim: Claim, index: int, lang: Language) -> str:
    from tieout.quantities import format_quantity

    measure = claim.measures[index]
    if figure.unit in ("GPU", "server", "parameter", "token", "chip"):
        device = _DEVICE_BEHIND.search(measure.text)
        if device or re.search(r"[\d万亿千百十TBMKk]$", measure.text):
            # The text names the unit elsewhere, or the device right behind the number: 1000 张 H100.
            return format_quantity(figure.value, "", lang=lang, digits=3) + (device.group() if device else "")
    shown = format_quantity(figure.value, figure.unit, lang=lang, digits=3)
    if not figure.unit and (tail := re.search(r"[^\d.,\s万亿千百十一二三四五六七八九两]+$", measure.text)):
        return f"{shown} {tail.group().strip()}"
    return shown


_DEVICE_BEHIND = re.compile(r"(?<=[\d万亿千百十TBMKk])\s?[x×张块颗枚台]?\s?[A-Z][A-Za-z]*-?\d[\w-]*$")


def _sources(figure: Figure) -> list[str]:
    """The tables behind a figure and the papers of its formulas."""
    found: list[str] = []
    for part in figure.walk():
        if isinstance(part.origin, TableRow):
            found.append(brief_source(part.origin.source))
        elif isinstance(part.origin, Formula) and part.origin.reference:
            found.append(brief_source(part.origin.reference))
    return found
