"""Properties that rules for shells ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.shell_values import EXPANSIONS

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_SECRET: Final = re.compile(
    r"(?i)\$\{?\w*(?:passw(?:or)?d|passphrase|(?<![A-Za-z])(?:pass|pw|pwd)\b|secret|token|salt|(?:api|private|secret)_?key)\w*\b"
)
MAX_BEFORE: Final = 400
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


def fed_secret(walk: Walk, site: Site) -> bool:
    """What a command in the middle of a pipeline reads is a password or a key, by the name of the variable."""
    node, pipeline = site.node, site.node.parent()
    if pipeline is not None and pipeline.kind() == "redirected_statement":
        node, pipeline = pipeline, pipeline.parent()
    if (
        pipeline is None
        or pipeline.kind() != "pipeline"
        or pipeline.range().end.index == node.range().end.index
    ):
        return False
    before = pipeline.text()[: node.range().end.index - pipeline.range().start.index]
    return _SECRET.search(before[-MAX_BEFORE:]) is not None


def _bare(word: Node) -> bool:
    if word.kind() == "concatenation":
        return any(child.kind() in EXPANSIONS for child in word.children())
    return word.kind() in EXPANSIONS


CHECKS: Final[Mapping[str, Check]] = {"unquoted": unquoted, "lasting": lasting, "fed-secret": fed_secret}
"""By the names that rule files use."""
