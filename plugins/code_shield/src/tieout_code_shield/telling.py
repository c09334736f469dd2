"""How much of what was found is told: a text can be made to hold a finding at every second character."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from tieout.plugin import Finding, Severity
from tieout_code_shield.rules import SEVERITIES

__all__ = ["MAX_TOLD", "findings_told", "worth_telling"]

MAX_TOLD: Final = 100
"""Findings of one verdict that are listed, stored and shown; all of them decide what becomes of the text."""
_Found = TypeVar("_Found")


def worth_telling(
    found: Sequence[_Found], *, kind: Callable[[_Found], tuple[str, Severity]]
) -> tuple[list[_Found], int]:
    """The findings that are told, in the order given, and how many are not: the first of every rule at every severity
    goes before a second of any, and a severe one before a harmless one.

    Args:
        kind: The rule and the severity of one.
    """
    if len(found) <= MAX_TOLD:
        return list(found), 0
    counts: dict[tuple[str, Severity], int] = {}
    ranked: list[tuple[bool, int, int]] = []
    for place, each in enumerate(found):
        key = kind(each)
        counts[key] = counts.get(key, 0) + 1
        ranked.append((counts[key] > 1, -SEVERITIES.index(key[1]), place))
    told = sorted(place for _again, _severity, place in sorted(ranked)[:MAX_TOLD])
    return [found[place] for place in told], len(found) - MAX_TOLD


def findings_told(found: Sequence[Finding]) -> tuple[tuple[Finding, ...], int]:
    """The findings that a verdict lists, and how many more there were."""
    told, more = worth_telling(found, kind=lambda finding: (finding.rule, finding.severity))
    return tuple(told), more
