"""Properties that rules for JavaScript and TypeScript ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archive_forms import JAVASCRIPT
from tieout_code_shield.dialects.digests import keyed
from tieout_code_shield.dialects.spoken import GRAVES, says_secret

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_PATH_CHECK: Final = re.compile(
    r"startsWith\(|indexOf\(|\.relative\(|includes\(|isInside|isSubdir|within|isPathInside|\.\."
)


_WHOLE_BODY: Final = re.compile(
    r"@Body\(\s*\)\s*(\w+)\s*(?::\s*(?:any|unknown|object|Record<[^<>]{1,60}>|Partial<\w{1,60}>)\s*)?(?=[,)=])"
)
_KEY_CHECK: Final = re.compile(
    r"__proto__|hasOwn|\b(?!Object\b)\w+\.(?:has|includes)\(|Object\.create\(null\)|isSafe|new Map"
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


def whole_body(walk: Walk, site: Site) -> bool:
    """What is copied over a record is a request's whole body, with no type that names its fields."""
    given = walk.arguments(site).positional[1:2]
    name = given[0].text() if given else ""
    # Of a method that stands alone the grammar reads no function, but the text is there.
    return name.isidentifier() and any(
        declared[1] == name for declared in _WHOLE_BODY.finditer(walk.text_before(site))
    )


def untyped_body(walk: Walk, site: Site) -> bool:
    """What is stored is a request's whole body, with no type that names its fields."""
    given = " ".join(node.text()[:300] for node in walk.arguments(site).positional[:2])
    names = [found[1] for found in _WHOLE_BODY.finditer(walk.text_before(site))]
    return any(
        re.search(rf"(?:^|\s|\.\.\.|\b(?:data|\$set):\s*){re.escape(name)}(?:$|\s*[,}}])", given)
        for name in names
    )


def own_merge(walk: Walk, site: Site) -> bool:
    """What is called is no function of the same text that leaves keys out."""
    last = site.name.rpartition(".")[2]
    for each in walk.sites:
        if each.role == "function" and each.name == last:
            return _KEY_CHECK.search(each.node.text()[:2_000]) is None
    return True


CHECKS: Final[Mapping[str, Check]] = {
    "archive-member": JAVASCRIPT.written,
    "says-secret": says_secret(GRAVES),
    "any": typed_any,
    "unchecked": unchecked,
    "given": given,
    "chosen": chosen,
    "keyed-digest": keyed(r"\bcreateHmac\.\(\)\.(?:update\.\(\)\.)*digest$", "createhmac"),
    "whole-body": whole_body,
    "untyped-body": untyped_body,
    "own-merge": own_merge,
}
"""By the names that rule files use."""
