"""Properties that rules for Go ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_TIMEOUTS: Final = frozenset({"ReadTimeout", "ReadHeaderTimeout"})
_GUARDS: Final = re.compile(
    r"HasPrefix\(|IsLocal\(|Contains\([^)\n]{1,80}\"\.\.|filepath\.Rel\(|SecureJoin|OpenRoot|filepath\.Base\(|path\.Base\("
)
_ARCHIVE: Final = re.compile(r"zip\.|tar\.|\.Next\(\)|\.File\b|[rR]eader\.File|archive")
_DECOMPRESSORS: Final = re.compile(
    r"\b(\w+)(?:\s*,\s*\w+)?\s*:?=\s*(?:gzip|zlib|bzip2|flate|lzw|zstd|xz|snappy|brotli)\.New(?:Reader|Decoder)\w*\("
)
_PARSED: Final = re.compile(
    r"\b(\w+)\s*,\s*\w+\s*:?=\s*strconv\.(?:Atoi\(|Parse(?:Int|Uint)\([^()\n]*(?:\([^()]*\))?[^()\n]*,\s*(?:64|0)\s*\))"
)


def no_timeout(walk: Walk, site: Site) -> bool:
    """A server literal without any limit on how long the head of a request may take."""
    return not _TIMEOUTS & set(walk.arguments(site).named)


def archive_name(walk: Walk, site: Site) -> bool:
    """A path is made of a name in an archive, and the function never looks at it."""
    function = site.function
    text = (function.node if function is not None else walk.root).text()
    return _ARCHIVE.search(text) is not None and _GUARDS.search(text) is None


def unlimited_decompression(walk: Walk, site: Site) -> bool:
    """What is copied comes from a decompressor, with no limit around it."""
    given = walk.arguments(site).positional
    if len(given) < 2:
        return False
    names = {found[1] for found in _DECOMPRESSORS.finditer(walk.text_before(site))}
    return given[1].text() in names


def cut_number(walk: Walk, site: Site) -> bool:
    """A number parsed with 64 bits is converted to fewer, and was compared with nothing."""
    given = walk.arguments(site).positional
    if len(given) != 1 or given[0].kind() != "identifier":
        return False
    name, before = given[0].text(), walk.text_before(site)
    if name not in {found[1] for found in _PARSED.finditer(before)}:
        return False
    return re.search(rf"\b{re.escape(name)}\s*[<>]=?|[<>]=?\s*{re.escape(name)}\b", before) is None


CHECKS: Final[Mapping[str, Check]] = {
    "no-timeout": no_timeout,
    "archive-name": archive_name,
    "unlimited-decompression": unlimited_decompression,
    "cut-number": cut_number,
}
"""By the names that rule files use."""
