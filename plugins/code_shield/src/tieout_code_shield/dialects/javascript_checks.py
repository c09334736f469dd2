"""Properties that rules for JavaScript and TypeScript ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_PATH_CHECK: Final = re.compile(
    r"startsWith\(|indexOf\(|\.relative\(|includes\(|isInside|isSubdir|within|isPathInside|\.\."
)


def typed_any(walk: Walk, site: Site) -> bool:
    """What is declared has the type ``any``."""
    declared = site.node.field("type")
    return declared is not None and declared.text().lstrip(": ") == "any"


def unchecked(walk: Walk, site: Site) -> bool:
    """Nothing behind the place looks like a check of the path that was put together there."""
    function = site.function
    text = (function.node if function is not None else walk.root).text()
    start = site.end - (function.start if function is not None else 0)
    return not _PATH_CHECK.search(text[start : start + 600])


def given(walk: Walk, site: Site) -> bool:
    """The first argument is a parameter of the function around the place."""
    arguments = walk.arguments(site).positional
    root = walk.dialect.dotted(arguments[0]).partition(".")[0] if arguments else ""
    if not root or site.function is None or root not in walk.parameters_of(site.function):
        return False
    return not walk.evaluate(arguments[0], site).without(frozenset()).constant


def chosen(walk: Walk, site: Site) -> bool:
    """Which member is called comes from outside."""
    callee = walk.dialect.callee(site.node)
    index = callee.field("index") if callee is not None else None
    value = walk.evaluate(index, site).without(frozenset()) if index is not None else None
    return value is not None and any(leaf.tainted and not walk.is_local(leaf.name) for leaf in value.leaves)


CHECKS: Final[Mapping[str, Check]] = {
    "any": typed_any,
    "unchecked": unchecked,
    "given": given,
    "chosen": chosen,
}
"""By the names that rule files use."""
