"""Properties that rules for Rust ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_WRAPS: Final = re.compile(r"\bffi::|\bfrom_raw_(?:fd|socket|handle)\b")
"""A binding to a C library, whose every call is unsafe, and the making of an object from a handle just opened."""
_UNSAFE: Final = re.compile(r"\bunsafe\s*\{")
MANY_BLOCKS: Final = 3
REASON_CHARACTERS: Final = 600
"""How far before an unsafe block its reason may stand."""


def undocumented(walk: Walk, site: Site) -> bool:
    """Nothing before or in an unsafe block says why it is sound.

    A text in which such blocks are the rule is a binding to a library, as is one that calls ``ffi::``, and says nothing
    by having them.
    """
    text = walk.root.text()
    before = text[max(0, site.start - REASON_CHARACTERS) : site.start]
    said = before + site.node.text()[:REASON_CHARACTERS].replace("unsafe", "")
    if _WRAPS.search(site.node.text()):
        return False
    return re.search(r"(?i)\bsafe(?:ty)?\b", said) is None and len(_UNSAFE.findall(text)) < MANY_BLOCKS


CHECKS: Final[Mapping[str, Check]] = {"undocumented": undocumented}
"""By the names that rule files use."""
