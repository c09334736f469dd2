"""Properties that rules for Java and Kotlin ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

LOOKED_AT: Final = 800
"""Characters behind a path in which it is compared with its folder."""
_RESOLVED: Final = re.compile(
    r"getCanonical(?:File|Path)\(|\.canonical(?:File|Path)\b|toRealPath\(|\.normalize\(|\.normalize\b"
)


def unchecked_later(walk: Walk, site: Site) -> bool:
    """The variable that keeps a path is not resolved and compared with a folder behind the place."""
    around = site.parent
    while around is not None and around.role == "call":
        around = around.parent
    if around is None or around.binding is None or around.binding.form != "assign":
        return True
    # What stands in front of a check would be read unchecked: the path only stands there, and nothing reads it.
    function = site.function
    text = walk.text_of(function)
    start = site.end - (function.start if function is not None else 0)
    behind = text[start : start + LOOKED_AT]
    compared = re.search(rf"\b{re.escape(around.name)}(?:\.\w{{1,30}}(?:\(\))?){{0,4}}\.startsWith\(", behind)
    return compared is None or _RESOLVED.search(behind[: compared.end()]) is None


_PREFERENCES: Final = re.compile(r"SharedPreferences|PreferenceManager")
_ENCRYPTED: Final = re.compile(r"(?i)encrypt|MasterKey|KeyStore")


def plain_preferences(walk: Walk, site: Site) -> bool:
    """The text uses Android's preferences, and encrypts nothing."""
    text = walk.text_of(None)
    return _PREFERENCES.search(text) is not None and _ENCRYPTED.search(text) is None


CHECKS: Final[Mapping[str, Check]] = {
    "unchecked-later": unchecked_later,
    "plain-preferences": plain_preferences,
}
"""By the names that rule files use."""
