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
    text = walk.root.text()
    before = text[max(0, site.start - REASON_CHARACTERS) : site.start]
    said = before + site.node.text()[:REASON_CHARACTERS].replace("unsafe", "")
    if _WRAPS.search(site.node.text()):
        return False
    return re.search(r"(?i)\bsafe(?:ty)?\b", said) is None and len(_UNSAFE.findall(text)) < MANY_BLOCKS


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
    "archive_member": RUST.written,
    "undocumented": undocumented,
    "secret-compare": secret_compare,
}
"""By the names that rule files use."""
