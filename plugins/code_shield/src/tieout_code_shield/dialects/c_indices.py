"""Whether elements of arrays in C are written within their bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_numbers import RETURNED, from_outside
from tieout_code_shield.dialects.c_sizes import assigned, bare, capacity, compared_below, index_of, number
from tieout_code_shield.dialects.c_values import NUMBERS

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["INDEX_CHECKS"]


def index_out(walk: Walk, site: Site) -> bool:
    """An element behind the end is written: a constant index, a full read, or a loop that goes one too far."""
    found = _indexed(site)
    if found is None:
        return False
    array, index = found
    name = walk.dialect.dotted(array)
    count = walk.value_of(f"countof({name.rpartition('.')[2]})", site)
    elements = number(count) if count is not None else None
    at = number(walk.evaluate(index, site)) if not _counts(index) else None
    if at is not None:
        return elements is not None and not 0 <= at < elements
    if _after_full_read(walk, site, array, index):
        return True
    return _loop_too_far(walk, site, array, index, elements) or _limit_too_far(walk, site, array, index)


def _limit_too_far(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``if (i > COUNT) return; table[i] = …`` where the table has COUNT elements."""
    if index.kind() != "identifier":
        return False
    name, before = re.escape(index.text()), walk.text_before(site)
    found = re.search(
        rf"\bif\s*\(\s*(?:[^()&]{{0,60}}\|\|\s*)?{name}\s*>\s*(\w+)\s*\)"
        r"\s*\{?\s*(?:return|throw|continue|goto)\b",
        before,
    )
    if found is None or re.search(rf"\b{name}\s*(?:<|>=|==|%|--|-=)", before):
        return False
    declared = rf"[\w>][\s*&]+{re.escape(array.text())}\s*\[\s*{re.escape(found[1])}\s*\]"
    return re.search(declared, walk.root.text()) is not None


def _counts(index: Node) -> bool:
    """Whether an index is a variable in a loop, where its first value says nothing."""
    if index.kind() == "number_literal":
        return False
    return any(
        each.kind() in ("for_statement", "while_statement", "do_statement") for each in index.ancestors()
    )


def _indexed(site: Site) -> tuple[Node, Node] | None:
    """Array and index of ``array[index] = …``."""
    left = site.node.field("left")
    if left is None or left.kind() != "subscript_expression":
        return None
    array, index = left.field("argument"), index_of(left)
    if array is None or index is None or array.kind() not in ("identifier", "field_expression"):
        return None
    return array, bare(index)


def _after_full_read(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``n = read(fd, buf, sizeof(buf)); buf[n] = 0;``."""
    if index.kind() != "identifier":
        return False
    for value in assigned(walk, index.text(), site):
        callee = value.field("function") if value.kind() == "call_expression" else None
        if callee is None or callee.text() not in RETURNED:
            continue
        given = walk.dialect.arguments(value).positional
        position = 0 if callee.text() == "fread" else 1
        if len(given) > 2 and bare(given[position]).text() == array.text():
            size = walk.evaluate(given[2], site)
            room = capacity(walk, site, array)
            asked = number(size)
            whole = (
                re.fullmatch(rf"sizeof\s*\(?\s*{re.escape(array.text())}\s*\)?", given[2].text()) is not None
            )
            if (whole or (asked is not None and asked == room)) and not _checked_upper(
                walk, site, index.text()
            ):
                return True
    return False


def _checked_upper(walk: Walk, site: Site, name: str) -> bool:
    return (
        re.search(
            rf"\b{re.escape(name)}\s*(?:<(?!\s*0\b)|>=?\s*(?:\(\w+\)\s*)?(?!\s*0\b)\w)",
            walk.text_before(site),
        )
        is not None
    )


def _loop_too_far(walk: Walk, site: Site, array: Node, index: Node, elements: int | None) -> bool:
    if index.kind() != "identifier":
        return False
    room = elements if elements is not None else _elements(walk, site, array)
    loop = next((each for each in site.node.ancestors() if each.kind() == "for_statement"), None)
    condition = loop.field("condition") if loop is not None else None
    if condition is None or condition.kind() != "binary_expression":
        return False
    left, right, operator = condition.field("left"), condition.field("right"), condition.field("operator")
    if left is None or right is None or operator is None or left.text() != index.text():
        return False
    bound = number(walk.evaluate(right, site))
    if operator.text() == "<=":
        whole = rf"(?:sizeof|ARRAY_SIZE|_countof|countof|std::size|size)\s*\(\s*{re.escape(array.text())}\b"
        return (bound is not None and room is not None and bound >= room) or re.search(
            whole, right.text()
        ) is not None
    return operator.text() == "<" and bound is not None and room is not None and bound > room


def _elements(walk: Walk, site: Site, array: Node) -> int | None:
    """How many elements a block has, by the declared type of the pointer to it."""
    size = capacity(walk, site, array)
    declared = re.search(rf"\b(\w+)\s*\*\s*{re.escape(array.text())}\b", walk.text_before(site))
    unit = NUMBERS.get(declared[1]) if declared else None
    return size // unit if size is not None and size > 0 and unit else None


def index_unchecked(walk: Walk, site: Site) -> bool:
    """An element is chosen by a number from outside that was not compared with both bounds."""
    found = _indexed(site)
    if found is None or found[1].kind() != "identifier" or not from_outside(walk, site, found[1]):
        return False
    name, before = found[1].text(), walk.text_before(site)
    upper = re.search(
        rf"\b{re.escape(name)}\s*<(?!\s*0\b)|(?<![-<])>=?\s*{re.escape(name)}\b|\b{re.escape(name)}\s*>=?\s*(?!0\b|-)\w",
        before,
    )
    unsigned = re.search(rf"(?:size_t|unsigned(?:\s+\w+)?|uint\d+_t)\s+{re.escape(name)}\b", before)
    return upper is None or not (unsigned or compared_below(before, name))


INDEX_CHECKS: Final[Mapping[str, Check]] = {
    "index-out": index_out,
    "index-unchecked": index_unchecked,
}
