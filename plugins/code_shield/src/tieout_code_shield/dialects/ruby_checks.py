"""Whether Ruby code checked a value before it used it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archive_forms import RUBY
from tieout_code_shield.dialects.digests import keyed
from tieout_code_shield.dialects.guards import Guards

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check

__all__ = ["CHECKS"]

_PLACE: Final = re.compile(r"([a-z_]\w*)\.([\w-]+)(?:\.|$)")


def _written(name: str) -> list[str]:
    place = _PLACE.match(name)
    return (
        [f"{place[1]}[:{place[2]}]", f'{place[1]}["{place[2]}"]', f"{place[1]}['{place[2]}']"]
        if place
        else []
    )


_GUARDS: Final = Guards(
    names=re.compile(r"@?\b[a-z_]\w*(?:\[[:'\"]\w+['\"]?\])?(?![\w(?!:])"),
    written=_written,
    forms=(
        r"(?:(?:\.(?:include|key|member|has_key|cover)\?|\.fetch)[ (]\s*%s|%s(?:\.to_s|\.to_sym)?\.in\?|%s\s*=~\s*/\\A"
        r"|%s\.match\??\(?\s*/\\A|/\\A[^/\n]{1,80}/\w*\s*=~\s*%s|/\\A[^/\n]{1,80}/\w*\.match\?[ (]%s|\bcase\s+%s"
        r"|\b(?:unless|if)\s+%s\s*==\s*['\":\d]|\b\w*(?:valid|allowed|safe)\w*\?[ (]\s*%s|!=\s*%s\s*$|\.index[ (]%s)"
    ),
    parser="URI",
    derived=r"(\b[a-z_]\w*)\s*=\s*(?:URI\.parse|URI|Addressable::URI\.parse)\(?\s*%s",
    same=frozenset({"strip", "chomp", "to_s", "downcase", "upcase", "presence", "to_str", "dup", "fetch"}),
)
"""``ALLOWED.include?(x)``, ``x =~ /\\A…\\z/``, ``case x``, ``TABLE.fetch(x)`` and their kin."""

CHECKS: Final[Mapping[str, Check]] = {
    "archive-member": RUBY.written,
    "unguarded": _GUARDS.unguarded,
    "keyed-digest": keyed(r"\bHMAC\.(?:\w*digest|new\.(?:\(\)\.)?\w*digest)$", "hmac"),
}
"""By the names that rule files use."""
