"""Suppression comments. They count in the user's own files only: an injected model could write them.

Known are ``# nosec``, ``# nosec B602``, ``#nosec G204``, ``# noqa: S602``, ``nosemgrep`` and ours: ``shield: ignore``,
``shield: ignore[rule-id, CWE-89] reason``, on a line of the finding (its first or last) or alone on the line above.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tieout_code_shield.bandit_codes import weaknesses_of
from tieout_code_shield.reports import line_starts

if TYPE_CHECKING:
    from tieout_code_shield.limits import Clock

__all__ = ["Suppression", "Suppressions"]

_COMMENT: Final = re.compile(
    r"(?P<mark>#|//|/\*|--|<!--)\s*(?:"
    r"#?(?P<nosec>nosec)\b[ \t]*:?[ \t]*(?P<codes>(?:(?:[BG]\d{3}|(?-i:[A-Z]{1,3}\d{3,4}))\b[ \t,]*){0,30})"
    r"|noqa[ \t]*:[ \t]*(?P<noqa>[A-Z]+\d+(?:[ \t]*,?[ \t]*[A-Z]+\d+)*)"
    r"|(?P<semgrep>nosemgrep)\b(?:[ \t]*:[ \t]*(?P<ids>[\w./-]+(?:[ \t]*,[ \t]*[\w./-]+){0,20}))?"
    r"|(?:shield|tieout)[ \t]*:[ \t]*ignore\b(?:\[(?P<rules>[\w\s,-]{0,300})\])?"
    r")(?P<reason>[^\n]{0,300})",
    re.IGNORECASE,
)
_COMMENT_KINDS: Final = ("comment", "line_comment", "block_comment", "html_comment", "multiline_comment")
_REASON_EDGE: Final = " \t:;,.-–—#*/>"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment, and what it silences."""

    line: int
    """1-based."""
    alone: bool
    """True when nothing but the comment stands on its line: then it speaks of the next line."""
    comment: str
    """What it says, its reason included."""
    rules: frozenset[str] | None
    """Rule ids and CWE identifiers (lower case) that it names; ``None`` for everything."""

    def silences(self, rule: str, cwe: str) -> bool:
        """Whether it speaks of such a finding."""
        if self.rules is None:
            return True
        names = {rule, rule.rpartition(":")[2], rule.rpartition(".")[2], cwe} - {""}
        return any(name.lower() in self.rules for name in names)


class Suppressions:
    """The suppression comments of one text.

    Args:
        text: The text.
        grammar: Its grammar; where there is one, what only looks like a comment (inside a string) does not count.
    """

    def __init__(self, text: str, *, grammar: str = "", clock: Clock | None = None) -> None:
        self._by_line: dict[int, list[Suppression]] = {}
        found = [match for match in _COMMENT.finditer(text) if _is_suppression(match)]
        if not found:
            return
        comments = _comment_spans(text, grammar, clock) if grammar else None
        starts = line_starts(text)
        for match in found:
            if comments is None or _inside(match.start(), comments):
                line = bisect_right(starts, match.start())
                alone = not text[starts[line - 1] : match.start()].strip()
                suppression = Suppression(line, alone, _said(match), _named(match))
                self._by_line.setdefault(line, []).append(suppression)

    def find(self, rule: str, cwe: str, first: int, last: int) -> Suppression | None:
        """The comment that silences a finding on the lines ``first`` to ``last``, if there is one."""
        above = [each for each in self._by_line.get(first - 1, ()) if each.alone]
        beside = [each for line in {first, last} for each in self._by_line.get(line, ())]
        return next((each for each in [*beside, *above] if each.silences(rule, cwe)), None)


def _is_suppression(match: re.Match[str]) -> bool:
    return match["noqa"] is None or re.search(r"\bS\d{3}", match["noqa"], re.IGNORECASE) is not None


def _named(match: re.Match[str]) -> frozenset[str] | None:
    if match["rules"] is not None:
        return frozenset(part.strip().lower() for part in match["rules"].split(",") if part.strip())
    if match["ids"] is not None:
        # Ids of that tool's rules say nothing about ours; of an id with dots, the last part is the rule.
        ids = [part.strip().lower() for part in match["ids"].split(",")]
        return frozenset(ids) | {each.rpartition(".")[2] for each in ids}
    codes = re.findall(r"[A-Z]+\d{3,4}", (match["noqa"] or match["codes"] or "").upper())
    if not codes:
        return None
    # A number names the tool's own rule, and the weakness where it stands for one that is known here.
    names = (name for code in codes for name in (*_same_rule(code), *weaknesses_of(code)))
    return frozenset(name.lower() for name in names)


def _same_rule(code: str) -> tuple[str, ...]:
    """A number as bandit and as ruff write it."""
    return (f"B{code[1:]}", f"S{code[1:]}") if code[0] in "BS" and code[1:].isdigit() else (code,)


def _said(match: re.Match[str]) -> str:
    """The comment in one line."""
    whole = match[0][len(match["mark"]) :].strip().removesuffix("*/").removesuffix("-->").strip()
    reason = match["reason"].strip(_REASON_EDGE)
    return whole if reason else whole.rstrip(_REASON_EDGE)


def _comment_spans(text: str, grammar: str, clock: Clock | None) -> list[tuple[int, int]]:
    from tieout_code_shield.syntax import known_kinds, parse, visit

    kinds = known_kinds(grammar, _COMMENT_KINDS)
    spans = [node.range() for node in visit(parse(text, grammar, clock), kinds)] if kinds else []
    return [(span.start.index, span.end.index) for span in spans]


def _inside(offset: int, spans: list[tuple[int, int]]) -> bool:
    index = bisect_right(spans, (offset, 1 << 62)) - 1
    return index >= 0 and spans[index][0] <= offset < spans[index][1]
