"""How an expression came to be, in words: for checks that ask by which function a value was made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout_code_shield.walk import Site, Walk

__all__ = ["origin"]


def origin(written: str, walk: Walk, site: Site) -> str:
    """An expression as it is written, and what the names in it were given, two steps back."""
    texts, names = [written], set[str]()
    for _ in range(2):
        new = [name for name in re.findall(r"[A-Za-z_]\w*", texts[-1])[:8] if name not in names]
        names.update(new)
        texts.append(
            " ".join(
                each.binding.value.text()[:200]
                for name in new
                for each in walk.assignments_of(name, site, effects=False)[:2]
                if each.binding is not None
            )
        )
    return " ".join(texts)
