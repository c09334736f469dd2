"""A place that rules look at, and which part of the text it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, Binding, Role

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["Site", "region", "statement_column"]

_BRANCH: Final = re.compile(
    r"block|clause|body|statement_list|compound|conditional|ternary|function|method|lambda|arrow|closure"
    r"|^(?:if|unless|for|while|until|switch|case|match|when|do|else|then|try|catch|except|rescue)(?:_|$)"
)
"""Kinds of nodes, in any grammar, in which what stands there may not run although what stands behind it does."""


@dataclass(slots=True, eq=False)
class Site:
    """A place that rules look at."""

    role: Role
    node: Node
    start: int
    end: int
    line: int
    """0-based."""
    column: int
    parent: Site | None
    """The innermost site around this one."""
    function: Site | None
    """The innermost function around this one."""
    name: str = ""
    """Qualified callee, target of a binding, imported module, name of a function."""
    binding: Binding | None = None
    arguments: Arguments | None = None

    @property
    def since(self) -> int:
        """Offset from which on what it binds is bound."""
        if self.binding is not None and self.binding.form == "loop":
            return self.binding.value.range().end.index
        if self.binding is not None and self.binding.form == "member":
            return 0
        return self.end

    def around(self) -> Iterator[Site]:
        """The sites around this one, up to and including the innermost function."""
        site = self.parent
        while site is not None:
            yield site
            if site.role == "function":
                return
            site = site.parent


def region(site: Site) -> tuple[int, int]:
    """Where the branch or block begins and ends that a binding stands in; everything, where the tree shows none."""
    node = site.node
    for _ in range(12):
        outer = node.parent()
        if outer is None:
            break
        if _BRANCH.search(outer.kind()):
            around = outer.parent()
            if around is None or not around.kind().startswith("with_"):
                span = outer.range()
                return span.start.index, span.end.index
        node = outer
    return 0, 1 << 60


def statement_column(site: Site) -> int:
    """Where the statement around a site begins, as far as the sites of its line tell."""
    column, around = site.column, site.parent
    while around is not None and around.line == site.line and around.role != "function":
        column, around = around.column, around.parent
    return column
