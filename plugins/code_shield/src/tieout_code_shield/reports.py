"""What a scan found and what it could not check: each weakness once at a place, with its line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from tieout.plugin import Language, Severity
from tieout_code_shield.matching import Hit
from tieout_code_shield.rules import SEVERITIES, Rule

__all__ = ["Issue", "Report", "issues_of", "line_starts", "once", "said", "unsaid"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding of a scan."""

    rule: Rule
    severity: Severity
    start: int
    """Offset of the first character."""
    end: int
    line: int
    """1-based."""
    column: int
    """1-based."""
    text: str
    """The line, cut at 200 characters."""
    also: tuple[str, ...] = ()
    """Other rules that find the same weakness at the same place."""

    def say(self, lang: Language = "en") -> str:
        """The rule's message in ``lang``."""
        return self.rule.say(lang)


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan found, and what it could not check."""

    language: str
    """The language it was scanned as; empty when it looked like none."""
    issues: tuple[Issue, ...] = ()
    unknown: str = ""
    """Why the text, or a part of it, was not checked; empty when it was. A text that is unknown is never secure."""

    @property
    def worst(self) -> Severity | None:
        """The highest severity found."""
        worst = max(self.issues, key=lambda issue: SEVERITIES.index(issue.severity), default=None)
        return worst.severity if worst is not None else None


def once(hits: Iterable[Hit], apart: Collection[str] = ()) -> list[Hit]:
    """Each weakness once at a place, in order; the others that found it there are named beside.

    Args:
        apart: Rules that are always told on their own.
    """
    kept: dict[tuple[int, str], Hit] = {}
    for hit in sorted(hits, key=_preferred):
        rule = hit.rule
        key = (hit.start, rule.id if rule.id in apart or not rule.cwe else rule.cwe)
        known = kept.setdefault(key, hit)
        if rule.id not in (known.rule.id, *known.also):
            kept[key] = replace(known, also=(*known.also, rule.id))
    return list(kept.values())


def issues_of(code: str, hits: Iterable[Hit]) -> tuple[Issue, ...]:
    """Hits with their lines, in order, each rule once per line."""
    starts = line_starts(code)
    found: dict[tuple[str, int], Issue] = {}
    for hit in hits:
        if hit.start >= len(code):
            continue
        line = bisect_right(starts, hit.start)
        begin = starts[line - 1]
        end = starts[line] - 1 if line < len(starts) else len(code)
        text = code[begin:end]
        key = (hit.rule.id, line)
        if key in found:
            continue
        found[key] = Issue(
            rule=hit.rule,
            severity=hit.severity,
            start=hit.start,
            end=min(hit.end, len(code)),
            line=line,
            column=hit.start - begin + 1,
            text=text.strip()[:200],
            also=hit.also,
        )
    return tuple(found.values())


def unsaid(said: Sequence[Hit], more: Sequence[Hit]) -> list[Hit]:
    """Of what a text holds as another language, what was not found at the same place as the likelier one: the same
    weakness is told once, unless it is worse there."""
    return [
        hit
        for hit in more
        if not any(
            known.rule.cwe == hit.rule.cwe
            and known.start < hit.end
            and hit.start < known.end
            and SEVERITIES.index(known.severity) >= SEVERITIES.index(hit.severity)
            and not set(known.rule.languages) & set(hit.rule.languages)
            for known in said
            if known.rule.category == "code"
        )
    ]


def _preferred(hit: Hit) -> tuple[int, int, bool, bool, bool, int, int, str]:
    """Orders hits by place, and those of one place by what is best told: the most severe, then what is done to the
    machine, one of the language's own rules, one that knows a rewrite, one for fewer languages, and one that asks
    for more."""
    rule = hit.rule
    return (
        hit.start,
        -SEVERITIES.index(hit.severity),
        rule.category != "abuse",
        "any" in rule.languages,
        not rule.fixes,
        len(rule.languages),
        -hit.demands,
        rule.id,
    )


def said(error: Exception) -> str:
    """An error in one line; the engine's own carry a stack trace."""
    return f"{type(error).__name__}: {error}".partition("\n")[0][:200]


def line_starts(text: str) -> list[int]:
    """Offset of the first character of each line."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts
