"""The one place that touches ast-grep: parse a fragment, and visit chosen kinds of nodes in document order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["error_share", "parse", "visit"]


def parse(code: str, grammar: str) -> Node:
    """The root of the tree of ``code``; malformed code gives ERROR nodes, never an exception.

    Args:
        grammar: A tree-sitter grammar that ast-grep ships: ``python``, ``javascript``, ``typescript``, ``tsx``.
    """
    from ast_grep_py import SgRoot

    return SgRoot(code, grammar).root()


def visit(root: Node, kinds: Sequence[str]) -> Iterator[Node]:
    """Every node of one of ``kinds``, parents before children, in document order; the walk itself is native."""
    return iter(root.find_all({"rule": {"any": [{"kind": kind} for kind in kinds]}}))


def error_share(code: str, grammar: str) -> float:
    """The share of ``code`` (0..1, by characters) that the grammar cannot make sense of."""
    if not code.strip():
        return 0.0
    bad = covered = 0
    for node in visit(parse(code, grammar), ("ERROR",)):
        span = node.range()
        start = max(span.start.index, covered)
        if span.end.index > start:
            bad += span.end.index - start
            covered = span.end.index
    return min(1.0, bad / len(code))
