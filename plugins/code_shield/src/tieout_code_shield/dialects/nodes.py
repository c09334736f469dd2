"""What is asked of a node in any grammar."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["belongs", "class_of", "items", "same", "validity"]

_BESIDE: Final = frozenset({"comment", "line_comment", "block_comment", "ERROR"})

_STOPS: Final = re.compile(r"\b(?:return|raise|throw|continue|break|abort|exit|die|reject|panic)\b")


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


def class_of(method: Node) -> str:
    """The name of the class that a method stands in; empty outside of classes."""
    around = method.parent()
    for _ in range(5):
        if around is None:
            break
        name = around.field("name")
        if "class" in around.kind() and name is not None:
            return name.text()
        around = around.parent()
    return ""


def validity(node: Node, *, holds: bool) -> list[tuple[int, int]]:
    """Where a condition is known to hold (or not to): in its branch, and behind it when the other branch ends there."""
    consequence, alternative = node.field("consequence"), node.field("alternative")
    block = node.parent()
    if block is not None and block.kind() == "expression_statement":
        # Rust's ``if`` is an expression, which the grammar wraps where it stands as a statement.
        block = block.parent()
    behind = (node.range().end.index, block.range().end.index if block is not None else 1 << 60)
    if consequence is None:
        return [behind] if holds and node.kind().startswith("assert") else []
    ranges: list[tuple[int, int]] = []
    if holds:
        ranges.append((consequence.range().start.index, consequence.range().end.index))
    else:
        if alternative is not None:
            ranges.append((alternative.range().start.index, alternative.range().end.index))
        if _stops(consequence):
            ranges.append(behind)
    return ranges


def _stops(block: Node) -> bool:
    """Whether a branch ends by leaving the function or the loop."""
    if block.kind().endswith(("block", "compound_statement", "statement_list", "body")):
        inner = [child for child in block.children() if child.is_named() and "comment" not in child.kind()]
        if not inner:
            return False
        block = inner[-1]
    return bool(_STOPS.search(block.text()[:80]))
