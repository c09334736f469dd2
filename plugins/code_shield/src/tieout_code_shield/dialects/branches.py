"""Which branch is run, as far as constant conditions tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.gathering import OPPOSITE
from tieout_code_shield.dialects.nodes import same

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.values import Value

__all__ = ["run_by_condition"]

MAX_AROUND: Final = 24
_DECIDING: Final = frozenset(
    {"if_statement", "if", "unless", "elsif", "if_modifier", "unless_modifier", "else_if_clause"}
)
_CALLED: Final = re.compile(r"[\w\])?!]\(|\b(?:this|self|null|nil|undefined)\b")
"""What no condition has that can be worked out."""
_COMPARED: Final = re.compile(r"[=<>]|^\(?(?:true|false)\)?$")
"""A flag that stands alone may be set anywhere."""


def run_by_condition(node: Node, functions: Container[str], evaluate: Callable[[Node], Value]) -> bool | None:
    """Whether a statement is run; ``None`` where no condition around it can be worked out.

    Args:
        functions: Kinds of nodes that are functions: what stands around one says nothing of its inside.
        evaluate: What a condition is worth.
    """
    certain: bool | None = None
    for _ in range(MAX_AROUND):
        outer = node.parent()
        if outer is None or outer.kind() in functions:
            return certain
        held = _taken(outer, node, evaluate) if outer.kind() in _DECIDING else None
        if held is False:
            return False
        certain = held or certain
        node = outer
    return certain


def _taken(outer: Node, inner: Node, evaluate: Callable[[Node], Value]) -> bool | None:
    condition = outer.field("condition")
    if condition is None or same(inner, condition):
        return None
    text = condition.text()
    if _CALLED.search(text) or not _COMPARED.search(text):
        return None
    known = evaluate(condition)
    if not known.constant or known.kind not in OPPOSITE:
        return None
    then = outer.field("consequence") or outer.field("body")
    holds = (known.kind == "true") is not outer.kind().startswith("unless")
    return holds is (then is not None and same(inner, then))
