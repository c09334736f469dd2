"""What threads of C++ change together, with nothing that keeps them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_indices import LOOPS
from tieout_code_shield.dialects.c_lifetime import FUNCTIONS

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["THREAD_CHECKS"]

MAX_NAMES: Final = 20
"""Names in a thread's work that are looked at."""
_APART: Final = re.compile(
    r"\b\w*(?:mutex|lock|atomic|semaphore|condition_variable|latch|barrier|call_once|critical|thread_local)\w*\b"
)
_THREADS: Final = re.compile(r"\b(?:std::)?(?:j?thread|async)\b")
_STARTED: Final = re.compile(r"\bstd::j?thread\s+\w+\s*[({]\s*\[|\bstd::async\s*\(")
_CHANGED: Final = re.compile(r"\+\+|--|\b\w+\s*[-+*/]=|\.(?:push_back|emplace_back|erase|insert)\(")


def shared_unlocked(walk: Walk, site: Site) -> bool:
    """Several threads run a lambda that changes what it caught by reference; nothing in the text locks or is atomic."""
    text = walk.text_of(None)
    if walk.once(("apart",), lambda: _THREADS.search(text) is None or _APART.search(text) is not None):
        return False
    given = walk.arguments(site).positional
    worker = next((each for each in given if each.kind() == "lambda_expression"), None)
    if worker is None or not _runs_often(site):
        return False
    caught, body = worker.field("captures"), worker.field("body")
    if caught is None or body is None:
        return False
    names = re.findall(r"&\s*(\w+)", caught.text())
    if re.search(r"\[\s*&\s*[\],]|\bthis\b", caught.text()):
        names += list(dict.fromkeys(re.findall(r"\b[a-z_]\w*", body.text())))[:MAX_NAMES]
    return any(_changes(text, body.text(), name) for name in names if not _is_own(body.text(), name))


def _changes(text: str, body: str, name: str) -> bool:
    """Whether a thread changes a variable: by itself, or by a method that the text shows."""
    itself = rf"(?:\+\+|--)\s*{name}\b|\b{name}\s*(?:\+\+|--|[-+*/|&^]=)|\b{name}\s*=\s*{name}\b"
    if re.search(itself, body):
        return True
    for called in re.findall(rf"\b{name}\s*(?:\.|->)\s*(\w+)\s*\(", body):
        head = rf"\b{called}\s*\([^;{{}}()]{{0,200}}\)\s*(?:noexcept\s*)?\{{"
        method = re.search(head + r"((?:[^{}]|\{[^{}]{0,400}\}){0,600})\}", text)
        if method is not None and _CHANGED.search(method[1]):
            return True
    return False


def _is_own(body: str, name: str) -> bool:
    declared = rf"\b(?:int|long|auto|size_t|unsigned|double|float|bool|\w+_t)[\s&*]+{name}\b"
    return re.search(declared, body) is not None


def _runs_often(site: Site) -> bool:
    """Whether a thread is started in a loop, or beside another one."""
    for each in site.node.ancestors():
        if each.kind() in LOOPS:
            return True
        if each.kind() in FUNCTIONS:
            return len(_STARTED.findall(each.text())) > 1
    return False


THREAD_CHECKS: Final[Mapping[str, Check]] = {"shared-unlocked": shared_unlocked}
"""By the names that rule files use."""
