"""Properties that rules for shells ask for by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.shell_values import EXPANSIONS

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_OWN: Final = frozenset({"local", "typeset", "declare"})


def unquoted(walk: Walk, site: Site) -> bool:
    """An unknown word of a command may fall apart into several."""
    words = walk.arguments(site).positional
    return any(_bare(word) and not walk.evaluate(word, site).constant for word in words)


def lasting(walk: Walk, site: Site) -> bool:
    """An assignment is neither local nor for one command only."""
    parent = site.node.parent()
    if parent is None:
        return True
    first = next(iter(parent.children()), None)
    return parent.kind() != "command" and not (first is not None and first.text() in _OWN)


def _bare(word: Node) -> bool:
    if word.kind() == "concatenation":
        return any(child.kind() in EXPANSIONS for child in word.children())
    return word.kind() in EXPANSIONS


CHECKS: Final[Mapping[str, Check]] = {"unquoted": unquoted, "lasting": lasting}
"""By the names that rule files use."""
