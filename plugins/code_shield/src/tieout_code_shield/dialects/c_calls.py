"""Calls of the functions of the same text in C and C++, and what they pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["parameter_position", "passed"]

MAX_CALLS: Final = 20
"""Calls of one function that are followed."""


def parameter_position(function: Node, form: str) -> int | None:
    """Where the parameter stands whose declaration a regular expression fits; ``None`` where none does."""
    declarator = function.field("declarator")
    while declarator is not None and declarator.kind() in ("pointer_declarator", "reference_declarator"):
        declarator = declarator.field("declarator")
    listed = declarator.field("parameters") if declarator is not None else None
    given = listed.children() if listed is not None else []
    declared = (each.text() for each in given if each.kind() == "parameter_declaration")
    return next((index for index, text in enumerate(declared) if re.search(form, text)), None)


def passed(walk: Walk, function: Site, position: int) -> Iterator[tuple[Node, Node]]:
    """The calls of a function, and what each passes at a position."""
    name = function.name.rpartition(".")[2]
    if not name.isidentifier():
        return
    calls = visit(walk.root, (f"call_expression \\b{name}\\s*\\(",))
    for call, _ in zip(calls, range(MAX_CALLS), strict=False):
        callee = call.field("function")
        if callee is None or re.search(rf"(?:^|[.>:]){name}$", callee.text()) is None:
            continue
        given = walk.dialect.arguments(call).positional
        if position < len(given):
            yield call, given[position]
