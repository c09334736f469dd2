"""The one place that touches ast-grep: parse a fragment, and visit chosen kinds of nodes in document order."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tieout_code_shield.limits import OutOfTime

if TYPE_CHECKING:
    from ast_grep_py import Rule
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.limits import Clock

__all__ = ["error_share", "known_kinds", "parse", "unread_share", "visit"]

FIRST_PROBE: Final = 1_000
"""Texts of more characters than this are foretold."""
PROBE_STEP: Final = 4
"""Each beginning that is parsed on its own is so many times as long as the one before it, the whole the last of them:
together they cost a third of a parse, however long the text is."""


def parse(code: str, grammar: str, clock: Clock | None = None) -> Node:
    """The root of the tree of ``code``; malformed code gives ERROR nodes, never an exception.

    Args:
        grammar: A tree-sitter grammar that ast-grep ships: ``python``, ``javascript``, ``typescript``, ``tsx``.
        clock: Limit of the time it may take. A parse cannot be stopped, and text made to confuse the grammar takes
            quadratic time (measured: 100 kB of ``format c:`` repeated is two minutes in JavaScript's), so growing
            beginnings are parsed first and the rest is foretold from them. That costs a third of a parse.

    Raises:
        OutOfTime: It would take longer than is left.
    """
    from ast_grep_py import SgRoot

    if clock is not None:
        _foretell(code, grammar, clock)
    return SgRoot(code, grammar).root()


def _foretell(code: str, grammar: str, clock: Clock) -> None:
    from ast_grep_py import SgRoot

    before, growth = 0.0, 2.0
    sizes = [len(code)]
    while sizes[-1] > FIRST_PROBE:
        sizes.append(sizes[-1] // PROBE_STEP)
    for size, following in pairwise(reversed(sizes)):
        start = time.thread_time()
        SgRoot(code[:size], grammar).root()
        taken = time.thread_time() - start
        if before > 0:
            growth = min(3.0, max(1.0, math.log(max(taken, 1e-6) / before, PROBE_STEP))) + 0.3
        # Half as much again: the walk over the tree has to fit in as well.
        if 1.5 * taken * (following / size) ** growth > clock.left and not clock.excused():
            raise OutOfTime
        before = max(taken, 1e-6)


def visit(root: Node, kinds: Sequence[str]) -> Iterator[Node]:
    """Every node of one of ``kinds``, parents before children, in document order; the walk itself is native.

    Args:
        kinds: Names of kinds; with a space and a regular expression behind one, those nodes whose text it matches.
    """
    return iter(root.find_all({"rule": {"any": [_wanted(kind) for kind in kinds]}}))


def _wanted(kind: str) -> Rule:
    name, _, pattern = kind.partition(" ")
    return {"kind": name, "regex": pattern} if pattern else {"kind": name}


@cache
def known_kinds(grammar: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``kinds`` that a grammar has: TypeScript's lacks what JSX adds, and asking for a kind it lacks fails."""
    root = parse("x", grammar)
    found: list[str] = []
    for kind in kinds:
        try:
            root.find(kind=kind.partition(" ")[0])
        except RuntimeError:
            continue
        found.append(kind)
    return tuple(found)


def error_share(code: str, grammar: str) -> float:
    """The share of ``code`` (0..1, by characters) that the grammar cannot make sense of."""
    return unread_share(parse(code, grammar)) if code.strip() else 0.0


def unread_share(root: Node) -> float:
    """The share of a tree's text (0..1, by characters) that is in error."""
    bad = covered = 0
    for node in visit(root, ("ERROR",)):
        span = node.range()
        start = max(span.start.index, covered)
        if span.end.index > start:
            bad += span.end.index - start
            covered = span.end.index
    return min(1.0, bad / max(1, root.range().end.index))
