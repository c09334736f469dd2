"""From offsets in a text to findings with lines, columns and fingerprints."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tieout_code_shield.reports import Issue, line_starts
from tieout_code_shield.results import Edit, Found, counted

__all__ = ["Places", "findings_of"]

_HIDDEN: Final = "…"


class Places:
    """Lines and columns of one text; all counts are of characters and begin at 1."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = line_starts(text)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """One line, without its end."""
        begin = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self._text)
        return self._text[begin:end].rstrip("\r\n")

    def edit(self, start: int, end: int, text: str) -> Edit:
        """A replacement with its places."""
        (line, column), (end_line, end_column) = self.at(start), self.at(end)
        return Edit(
            start=start,
            end=end,
            text=text,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
        )


def findings_of(text: str, issues: Sequence[Issue], *, path: str, tool: str) -> list[Found]:
    """The issues of one text as findings, in order. A line that holds a credential is shown for none of them."""
    places = Places(text)
    secret = {line for issue in issues if _is_secret(issue) for line in _lines_of(places, issue)}
    seen: Counter[tuple[str, str]] = Counter()
    found: list[Found] = []
    for issue in issues:
        rule = issue.rule
        end_line, end_column = places.at(max(issue.start, issue.end))
        line = places.line(issue.line)
        shown = "" if issue.line in secret else line[:200]
        key = (rule.id, "".join((line[: issue.column - 1] + _HIDDEN if shown == "" else line).split()))
        found.append(
            Found(
                rule=rule.id,
                cwe=rule.cwe,
                severity=issue.severity,
                message=dict(rule.message),
                advice=dict(rule.advice),
                path=path,
                line=counted(issue.line, subject=path, metric="line", tool=tool),
                column=issue.column,
                end_line=end_line,
                end_column=end_column,
                text=shown,
                fingerprint=_fingerprint(*key, seen[key]),
            )
        )
        seen[key] += 1
    return found


def _is_secret(issue: Issue) -> bool:
    return issue.rule.category == "secret" or issue.rule.cwe in ("CWE-798", "CWE-259", "CWE-321")


def _lines_of(places: Places, issue: Issue) -> range:
    return range(issue.line, places.at(max(issue.start, issue.end - 1))[0] + 1)


def _fingerprint(rule: str, line: str, occurrence: int) -> str:
    """Rule, the line without white space, and which of several alike it is: nothing that moves with the line."""
    return hashlib.sha256(f"{rule}\0{line}\0{occurrence}".encode()).hexdigest()[:32]
