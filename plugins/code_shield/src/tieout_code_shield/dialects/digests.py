"""Whether what is compared is a code that a secret key made, whatever the variable is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["keyed"]


def keyed(made: str, word: str) -> Check:
    """The check for one language.

    Args:
        made: Regular expression that the qualified name of a call fits that makes such a code.
        word: What stands in every text that has one; it is looked for first, since few functions compare codes.
    """
    name = re.compile(made)

    def check(walk: Walk, site: Site) -> bool:
        if word not in walk.text_before(site).lower():
            return False
        operands = walk.dialect.operands(site.node)
        values = [walk.evaluate(operand, site) for operand in operands] if operands is not None else []
        if any(value.constant or value.kind == "collection" for value in values):
            return False
        return any(
            leaf.kind == "call" and name.search(leaf.name) for value in values for leaf in value.leaves
        )

    return check
