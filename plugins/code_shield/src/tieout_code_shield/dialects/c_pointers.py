"""Pointers of C and C++ that may be null or may point to what is gone, as far as one function tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.nodes import items, same
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["POINTER_CHECKS"]

_LEAVES: Final = re.compile(
    r"\b(?:return|throw|break|continue|goto|abort|_?exit|quick_exit|terminate|fatal|panic|assert|longjmp|co_return)\b|=(?!=)"
    r"|(?i:fail|die|fatal|unreachable)\w*\("
)
_NULL: Final = re.compile(
    r"\(\s*(?:!\s*(\w+)|(\w+)\s*==\s*(?:nullptr|NULL|0)|(?:nullptr|NULL)\s*==\s*(\w+))\s*\)"
)
REACH: Final = 600
"""Characters behind a pointer's declaration in which it is used without a look."""


def cast_unchecked(walk: Walk, site: Site) -> bool:
    """What ``dynamic_cast`` of a pointer gave is used, and nothing asked before whether it is null."""
    name, value = site.name, site.binding.value.text() if site.binding is not None else ""
    if (
        not re.match(r"dynamic_cast\s*<[^<>]*\*\s*>|qobject_cast\s*<[^<>]*\*\s*>", value)
        or site.function is None
    ):
        return False
    if any(each.kind() == "condition_clause" for each in list(site.node.ancestors())[:4]):
        return False
    after = site.function.node.text()[site.end - site.function.start :][:REACH]
    word = re.escape(name)
    used = re.search(rf"\b{word}\s*->", after)
    asked = re.search(
        rf"(?:[!(]|&&|\|\|)\s*{word}\s*(?:[)?]|&&|\|\||[!=]=)|\b{word}\s*[!=]=|[!=]=\s*{word}\b|\b{word}\s*\?|\w*(?i:assert|check|require|expects)\w*\s*\(",
        after,
    )
    return used is not None and (asked is None or asked.start() > used.start())


def check_runs_on(walk: Walk, site: Site) -> bool:
    """A pointer is found to be null, said so, and used all the same by the next statement."""
    function = site.function
    if function is None or not site.name.isidentifier():
        return False
    told = walk.once((function, "null told"), lambda: _told_and_used(function.node))
    return any(name == site.name and start >= site.end for name, start in told)


def _told_and_used(function: Node) -> list[tuple[str, int]]:
    """The pointers of a function that are used behind a check that found them null and goes on; where the check is."""
    found: list[tuple[str, int]] = []
    for branch in visit(function, ("if_statement",)):
        condition, then = branch.field("condition"), branch.field("consequence")
        if condition is None or then is None or branch.field("alternative") is not None:
            continue
        null = _NULL.fullmatch(condition.text())
        if null is None or _LEAVES.search(then.text()) is not None:
            continue
        name, following = null[1] or null[2] or null[3], _next(branch)
        used = rf"(?:[\w.:]+\s*=\s*|return\s+)?{name}\s*->"
        if following is not None and re.match(used, following.text()) is not None:
            found.append((name, branch.range().start.index))
    return found


def _next(node: Node) -> Node | None:
    """The statement behind a statement."""
    around = node.parent()
    beside = items(around) if around is not None else []
    at = next((index for index, each in enumerate(beside) if same(each, node)), len(beside))
    return beside[at + 1] if at + 1 < len(beside) else None


def view_of_local(walk: Walk, site: Site) -> bool:
    """A view of a string of the function itself is what the function returns."""
    given = walk.arguments(site).positional
    if len(given) != 1 or given[0].kind() != "identifier" or site.function is None:
        return False
    for each in site.node.ancestors():
        if each.kind() in ("argument_list", "compound_statement", "init_declarator"):
            return False
        if each.kind() == "return_statement":
            break
    word = re.escape(given[0].text())
    return (
        re.search(rf"(?<!static )\b(?:std::)?string\s+{word}\s*[=;({{]", walk.text_before(site)) is not None
    )


def freed_at_label(walk: Walk, site: Site) -> bool:
    """``free(p); goto fail; … fail: free(p);``: the last one frees it once more."""
    given = walk.arguments(site).positional
    if len(given) != 1:
        return False
    word, before = rf"(?<![\w.>]){re.escape(given[0].text())}(?!\w)", walk.text_ahead(site)
    jumps = rf"\bfree\s*\(\s*{word}\s*\)\s*;((?:[^;{{}}]*;){{0,4}}?)\s*goto\s+(\w+)\s*;"
    for freed in re.finditer(jumps, before):
        label = re.search(rf"\b{freed[2]}\s*:(?!:)", before[freed.end() :])
        behind = before[freed.end() + label.end() :] if label is not None else "return"
        if re.search(rf"{word}|\breturn\b|\bgoto\b", behind) is None and re.search(word, freed[1]) is None:
            return True
    return False


def owner_copied(walk: Walk, site: Site) -> bool:
    """A class frees what it points to, says nothing about copies of itself, and is copied in the same text."""
    function = site.function.node.text()[:200] if site.function is not None else ""
    destructor = re.match(r"(?:virtual\s+|inline\s+)?~(\w+)\s*\(", function)
    if destructor is None:
        return False
    name, text = destructor[1], walk.text_of(None)
    told = rf"\b{name}\s*\(\s*(?:const\s+)?{name}\s*&|\boperator\s*=|(?i:non_?copy|DISABLE_COPY)"
    if re.search(told, text) is not None:
        return False
    # A parameter by value: ``void show(Name given)``.
    return re.search(rf"[(,]\s*(?:const\s+)?{name}\s+\w+\s*[,)]", text) is not None


POINTER_CHECKS: Final[Mapping[str, Check]] = {
    "cast-unchecked": cast_unchecked,
    "check-runs-on": check_runs_on,
    "view-of-local": view_of_local,
    "freed-at-label": freed_at_label,
    "owner-copied": owner_copied,
}
"""By the names that rule files use."""
