"""Whether PHP code checked a value before it used it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.walk import Site, Walk

__all__ = ["unguarded"]

_NAMED: Final = re.compile(r"\$\w+(?:\[[^\[\]\n]{1,60}\]|->\w+\b(?!\())*")
_PLACE: Final = re.compile(r"\$(\w+)\.([\w-]+)$")
_GUARD: Final = (
    r"(?:(?:\bin_array|\barray_key_exists|\bis_numeric|\bis_int|\bctype_\w+|\bfilter_var|\barray_search|"
    r"\bis_uploaded_file|\w*(?i:valid|allowed|whitelist|sanitize|check_admin_referer)\w*)\s*\([^;{}\n]{0,100}%s"
    r"|\bpreg_match\s*\(\s*['\"].(?:\^|\\A)[^;{}\n]{0,100}%s"
    r"|\bswitch\s*\(\s*%s|\bisset\s*\(\s*\$?[\w:>-]+\[\s*%s\s*\]|%s\s*={2,3}\s*['\"\d]|\[\s*%s\s*\]\s*\?\?)"
)
MAX_NAMES: Final = 8


def unguarded(walk: Walk, site: Site) -> bool:
    """Whether no name in the arguments (or the value) of ``site`` was compared with what is allowed before it."""
    arguments = walk.arguments(site) if site.role == "call" else None
    nodes = [*arguments.positional, *arguments.named.values()] if arguments is not None else []
    if site.binding is not None:
        nodes.append(site.binding.value)
    written: dict[str, None] = {}
    for node in nodes:
        written.update(dict.fromkeys(_NAMED.findall(node.text())))
        for leaf in walk.evaluate(node, site).leaves:
            place = _PLACE.match(leaf.name) if leaf.tainted else None
            if place is not None:
                written.update({f"${place[1]}['{place[2]}']": None, f'${place[1]}["{place[2]}"]': None})
    before = walk.text_before(site)[: -(site.end - site.start) or None]
    return not any(_guarded(name, before) for name in list(written)[:MAX_NAMES])


def _guarded(name: str, before: str) -> bool:
    exact = re.escape(name) + r"(?![\w\[])"
    return name in before and re.search(_GUARD.replace("%s", exact), before) is not None
