"""Properties that rules for Rust ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archive_forms import RUST
from tieout_code_shield.dialects.origins import origin

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

_WRAPS: Final = re.compile(r"\bffi::|\bfrom_raw_(?:fd|socket|handle)\b")
"""A binding to a C library, whose every call is unsafe, and the making of an object from a handle just opened."""
_UNSAFE: Final = re.compile(r"\bunsafe\s*\{")
_AS_TEXT: Final = (
    r"(?:\.(?:as_bytes|as_str|as_ref|as_slice|as_deref|to_string|to_owned|clone|trim|unwrap|expose_secret|to_vec)"
    r"\([^()]*\))*$"
)
_SECRET: Final = re.compile(
    r"(?i)(?:^|[.&*_])(?:password|passwd|signature|(?:api|secret|access|webhook|shared)_?key|secret|csrf_?token|auth_?token"
    r"|access_?token|api_?token|hmac)(?:\(\))?" + _AS_TEXT
)
_PLAIN: Final = re.compile(r"b?r?#*\"|Some\(\"|None\b|\d|'|String::new|[A-Z]\w*::\w+$|Ok\(|Err\(")
_SUMMED: Final = re.compile(r"(?i)mac\w*\.finalize\(\)\.into_bytes|hmac::sign\(|mac\w*\.finalize_fixed\(")
MANY_BLOCKS: Final = 3
REASON_CHARACTERS: Final = 600
"""How far before an unsafe block its reason may stand."""


def undocumented(walk: Walk, site: Site) -> bool:
    """Nothing before or in an unsafe block says why it is sound.

    A text in which such blocks are the rule is a binding to a library, as is one that calls ``ffi::``, and says nothing
    by having them.
    """
    text = walk.text_of(None)
    before = text[max(0, site.start - REASON_CHARACTERS) : site.start]
    said = before + site.node.text()[:REASON_CHARACTERS].replace("unsafe", "")
    if _WRAPS.search(site.node.text()):
        return False
    return re.search(r"(?i)\bsafe(?:ty)?\b", said) is None and len(_UNSAFE.findall(text)) < MANY_BLOCKS


def unbounded(walk: Walk, site: Site) -> bool:
    """Memory is read as far as a number says, and the function looks at no length.

    Functions that are ``unsafe`` themselves leave it to their callers.
    """
    written = walk.text_of(site.function) if site.function is not None else ""
    if not written or _LEFT_TO_CALLERS.search(written[: written.find("{")]) is not None:
        return False
    name, given = site.name.rpartition(".")[2], walk.arguments(site).positional
    if name.startswith("get_unchecked"):
        return _LENGTH.search(written) is None
    if name == "from_ptr":
        return (
            bool(given) and _OF_SLICE.search(given[0].text()) is not None and _ENDED.search(written) is None
        )
    counted = _COUNT.match(given[1].text()) if len(given) > 1 else None
    if counted is None:
        return False
    count = re.escape(counted[1])
    signed = re.search(rf"\b{count}\s*:\s*(?:i\d+|isize|(?:\w+::)*c_(?:int|long|short))\b", written)
    return signed is not None and re.search(rf"\b{count}\s*[<>]|[<>]=?\s*{count}\b", written) is None


_LEFT_TO_CALLERS: Final = re.compile(r"\bunsafe\b")
_LENGTH: Final = re.compile(
    r"\blen\(\)|\bis_empty\b|assert|\.min\(|\bfirst\(|\bcapacity\b|chunks|[sS][aA][fF][eE][tT][yY]"
)
_OF_SLICE: Final = re.compile(r"^\s*(?P<name>\w+)(?:\[[^\]]*\])?\.as_ptr\(\)")
_ENDED: Final = re.compile(
    r"CString|CStr::from_bytes|contains\(&0\)|position\(|push\(0\)|\\0|memchr|[sS][aA][fF][eE][tT][yY]|c\""
)
_COUNT: Final = re.compile(r"(\w+)\s+as\s+usize$")


def secret_compare(walk: Walk, site: Site) -> bool:
    """One side of a comparison is a secret by its name, or what a keyed hash summed up, and the other is no literal."""
    operands = walk.dialect.operands(site.node)
    if operands is None or any(_PLAIN.match(each.text().lstrip("&*")) for each in operands):
        return False
    return any(
        _SECRET.search(each.text()) is not None or _SUMMED.search(origin(each.text(), walk, site)) is not None
        for each in operands
    )


CHECKS: Final[Mapping[str, Check]] = {
    "archive-member": RUST.written,
    "undocumented": undocumented,
    "unbounded": unbounded,
    "secret-compare": secret_compare,
}
"""By the names that rule files use."""
