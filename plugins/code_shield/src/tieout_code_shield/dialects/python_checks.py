"""Properties that rules for Python ask for by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archive_forms import PYTHON
from tieout_code_shield.dialects.digests import keyed
from tieout_code_shield.dialects.python_functions import is_route
from tieout_code_shield.dialects.python_values import items
from tieout_code_shield.dialects.spoken import BRACES, says_secret

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]


def view(walk: Walk, site: Site) -> bool:
    """The place stands in a function that a framework calls with a request."""
    function = site.function
    while function is not None:
        if is_route(function.node):
            return True
        function = function.function
    return False


def spread(walk: Walk, site: Site) -> bool:
    """One of the dictionaries that a call takes apart comes from outside."""
    return any(
        leaf.tainted and not walk.is_local(leaf.name)
        for child in (site.node.field("arguments") or site.node).children()
        if child.kind() == "dictionary_splat" and items(child)
        for leaf in walk.evaluate(items(child)[0], site).without(frozenset()).leaves
    )


CHECKS: Final[Mapping[str, Check]] = {
    "archive-member": PYTHON.written,
    "says-secret": says_secret(BRACES),
    "view": view,
    "spread": spread,
    "keyed-digest": keyed(r"^hmac\.(?:digest$|(?:new|HMAC)\.\(\)\.(?:hex)?digest$)", "hmac"),
}
"""By the names that rule files use."""
