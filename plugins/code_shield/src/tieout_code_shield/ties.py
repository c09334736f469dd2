"""Which variables stand for one another at a check: what it was kept in, and what its subject was made from."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import Proof, outcomes, proofs

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.sites import Site
    from tieout_code_shield.walk import Walk

__all__ = ["Ties"]

MAX_ASSIGNED: Final = 300
REACH: Final = 3_000
"""Characters before a check in which an assignment ties another name to the one that is checked."""

_SAME_THING: Final = re.compile(
    r"(?i)pars|url|realpath|abspath|resolve|norm|split|basename|dirname|lower|strip|trim|match|search|exec|test|suffix"
    r"|extname|path|ip_address|gethostby|lookup|decode|unquote"
)
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")


class Ties:
    """The assignments of one text, as checks need them."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._kept_in: dict[str, list[Site]] | None = None
        self._texts: list[tuple[int, str, str]] | None = None

    def kept(self, condition: str, node: Node) -> list[Proof]:
        """What a condition proves by variables that keep what a check said: ``ok = name.isalnum(); if not ok: …``."""
        start = node.range().start.index
        found: list[Proof] = []
        for name, holds in outcomes(condition):
            given = [each for each in self._outcomes().get(name, ()) if each.since <= start]
            last = given[-1] if given else None
            around = last.function if last is not None else None
            if last is None or last.binding is None or (around is not None and around.end < start):
                continue
            found += [
                proof if holds else replace(proof, holds=not proof.holds)
                for proof in proofs(last.binding.value.text())
            ]
        return found

    def _outcomes(self) -> Mapping[str, list[Site]]:
        """The assignments of each plain variable that are short enough to be a check."""
        if self._kept_in is None:
            self._kept_in = {}
            for site in self._walk.sites:
                if site.binding is not None and site.binding.form == "assign" and "." not in site.name:
                    span = site.binding.value.range()
                    if span.end.index - span.start.index <= MAX_ASSIGNED:
                        self._kept_in.setdefault(site.name, []).append(site)
        return self._kept_in

    def related(self, name: str, node: Node) -> list[str]:
        """Names that were made from ``name`` before a check, and the name that it was itself made from."""
        start = node.range().start.index
        word: re.Pattern[str] | None = None
        if self._texts is None:
            self._texts = sorted(
                (site.start, site.name, text)
                for site in self._walk.sites
                if site.binding is not None
                and site.binding.form == "assign"
                and len(text := site.binding.value.text()) <= MAX_ASSIGNED
            )
        found: list[str] = []
        first = bisect_left(self._texts, (start - REACH, "", ""))
        for _, other, text in self._texts[first : bisect_left(self._texts, (start, "", ""))]:
            if other == name:
                callee, called, inside = text.partition("(")
                if called and _SAME_THING.search(callee):
                    found += _WORD.findall(inside)
            elif name in text:
                word = word or re.compile(rf"(?<![\w$.]){re.escape(name)}(?![\w$])")
                if word.search(text):
                    found.append(other)
        return found
