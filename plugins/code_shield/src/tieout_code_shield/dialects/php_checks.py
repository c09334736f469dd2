"""Whether PHP code checked a value before it used it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archive_forms import PHP
from tieout_code_shield.dialects.digests import keyed
from tieout_code_shield.dialects.guards import Guards
from tieout_code_shield.dialects.php_rows import client_name, stored_text

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check

__all__ = ["CHECKS"]

_PLACE: Final = re.compile(r"\$(\w+)\.([\w-]+)$")


def _written(name: str) -> list[str]:
    place = _PLACE.match(name)
    return [f"${place[1]}['{place[2]}']", f'${place[1]}["{place[2]}"]'] if place else []


_GUARDS: Final = Guards(
    names=re.compile(r"\$\w+(?:\[[^\[\]\n]{1,60}\]|->\w+\b(?!\()|->\w+\(['\"][\w.]{1,40}['\"]\))*"),
    written=_written,
    forms=(
        r"(?:(?:\bin_array|\barray_key_exists|\bis_numeric|\bis_int|\bctype_\w+|\bfilter_var|\barray_search|"
        r"\b\w*(?i:valid|allowed|whitelist|sanitize|check_admin_referer)\w*)\s*\([^;{}\n]{0,100}%s"
        r"|\bpreg_match\s*\(\s*['\"].(?:\^|\\A)[^;{}\n]{0,100}%s"
        r"|\bswitch\s*\(\s*%s|\bisset\s*\(\s*\$?[\w:>-]+\[\s*%s\s*\]|%s\s*={2,3}\s*['\"\d]|\[\s*%s\s*\]\s*\?\?(?!\s*%s))"
    ),
    parser="parse_url",
    derived=r"(\$\w+)\s*=\s*(?:parse_url|strtolower\(\s*parse_url)\(\s*%s",
    same=frozenset({"trim", "ltrim", "rtrim", "strtolower", "strtoupper", "strval", "stripslashes"}),
)
"""``in_array($x, $allowed)``, ``ctype_alnum($x)``, ``preg_match('/^…/', $x)``, ``isset($map[$x])`` and their kin."""

CHECKS: Final[Mapping[str, Check]] = {
    "archive-member": PHP.written,
    "client-name": client_name,
    "stored-text": stored_text,
    "unguarded": _GUARDS.unguarded,
    "keyed-digest": keyed(r"^hash_hmac$", "hash_hmac"),
    "stored-secret": keyed(r"(?:^|\.)(?:fetch\w*|get_var|value)$", "fetch"),
}
"""By the names that rule files use."""
