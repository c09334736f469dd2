"""Properties that rules for Go ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archive_forms import GO
from tieout_code_shield.dialects.origins import origin
from tieout_code_shield.dialects.spoken import PLAIN, says_secret

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
_READ: Final = re.compile(
    r"\b(\w+)(?:\s*,\s*\w+)?\s*:?=\s*(?:u?int\w*\()?(?:binary\.\w+\.Uint\d+|binary\.Read\w*|strconv\.(?:Atoi|Parse\w+))\("
)
_PRODUCT: Final = re.compile(r"(\w+)\s*\*\s*(\w+)")
_KEYED: Final = re.compile(r"\b(\w+)\s*:?=\s*hmac\.New\(")
_SUMMED: Final = re.compile(r"\b(\w+)\.Sum\(")


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
    if len(given) != 1:
        return False
    before = walk.text_before(site)
    if given[0].kind() == "binary_expression":
        return _unbounded_product(given[0].text(), before)
    name = given[0].text()
    if given[0].kind() != "identifier" or name not in {found[1] for found in _PARSED.finditer(before)}:
        return False
    return not _compared(name, before)


def _unbounded_product(written: str, before: str) -> bool:
    """``a * b`` of two numbers that were both read from input and compared with nothing."""
    factors = _PRODUCT.fullmatch(written)
    read = {found[1] for found in _READ.finditer(before)} if factors is not None else set[str]()
    return factors is not None and all(
        name in read and not _compared(name, before) for name in factors.groups()
    )


def _compared(name: str, before: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\s*[<>]=?|[<>]=?\s*{re.escape(name)}\b", before) is not None


def keyed_digest(walk: Walk, site: Site) -> bool:
    """One side of a comparison is made of what a keyed hash summed up."""
    operands = walk.dialect.operands(site.node)
    before = walk.text_before(site)
    made = {found[1] for found in _KEYED.finditer(before)}
    return (
        operands is not None
        and bool(made)
        and any(
            found[1] in made
            for operand in operands
            for found in _SUMMED.finditer(origin(operand.text(), walk, site))
        )
    )


def http_client(walk: Walk, site: Site) -> bool:
    """The field or variable that a method is called on is declared or made as a client of net/http."""
    name = site.name.rpartition(".")[0].rpartition(".")[2]
    declared = rf"\b{re.escape(name)}\b\s*(?::?=|:)?\s*[&*]?http\.(?:Default)?Client\b"
    return bool(name) and re.search(declared, walk.text_of(None)) is not None


def shared_map(walk: Walk, site: Site) -> bool:
    """A handler of requests writes to a map that all of them share, and nothing in the text keeps them apart."""
    text = walk.text_of(None)
    written = _WRITTEN.match(site.node.text())
    if written is None or _SYNCHRONISED.search(text) is not None:
        return False
    owner, name = written["owner"], written["name"]
    function = site.function
    if function is None or _HANDLER.search(function.node.text()[:MAX_HEAD]) is None:
        return False
    outer = function
    while outer.function is not None:
        outer = outer.function
    if owner:
        receiver = outer.node.field("receiver")
        return (
            receiver is not None
            and re.search(rf"\b{owner}\b", receiver.text()) is not None
            and re.search(rf"(?m)^\s*{name}\s+map\[", text) is not None
        )
    return (
        re.search(rf"(?m)^(?:var\s+|\t){name}\s*(?:=\s*(?:make\(\s*)?)?map\[", text[: outer.start])
        is not None
    )


MAX_HEAD: Final = 200
_WRITTEN: Final = re.compile(
    r"(?:(?P<owner>\w+)\.)?(?P<name>\w+)\[[^\]\n]{1,80}\]\s*(?:[-+*|]?=(?!=)|\+\+|--)"
)
_HANDLER: Final = re.compile(
    r"http\.ResponseWriter\b[^{]*\*http\.Request\b|\*gin\.Context\b|\becho\.Context\b|\*fiber\.Ctx\b"
)
_SYNCHRONISED: Final = re.compile(r"\bsync\b|\.R?Lock\(|\batomic\.|\bchan\b|singleflight")


CHECKS: Final[Mapping[str, Check]] = {
    "archive-member": GO.written,
    "says-secret": says_secret(PLAIN),
    "http-client": http_client,
    "shared-map": shared_map,
    "no-timeout": no_timeout,
    "archive-name": archive_name,
    "unlimited-decompression": unlimited_decompression,
    "cut-number": cut_number,
    "keyed-digest": keyed_digest,
}
"""By the names that rule files use."""
