"""What is asked of a node in any grammar."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["belongs", "items", "same"]

_BESIDE: Final = frozenset({"comment", "line_comment", "block_comment", "ERROR"})


def items(node: Node) -> list[Node]:
    """The named children, without comments and what the grammar could not read."""
    return [child for child in node.children() if child.is_named() and child.kind() not in _BESIDE]


def same(a: Node, b: Node) -> bool:
    """Whether two nodes stand at the same place."""
    first, second = a.range(), b.range()
    return first.start.index == second.start.index and first.end.index == second.end.index


def belongs(statement: Node, function: Node, functions: Container[str]) -> bool:
    """Whether a statement is one of a function's own, and of none inside it.

    Args:
        functions: Kinds of nodes that are functions.
    """
    around = statement.parent()
    while around is not None:
        if around.kind() in functions:
            return same(around, function)
        around = around.parent()
    return False
