"""Whether elements of arrays in C are read and written within their bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_numbers import RETURNED, from_outside
from tieout_code_shield.dialects.c_sizes import (
    assigned,
    bare,
    capacity,
    compared_below,
    extent,
    index_of,
    number,
)
from tieout_code_shield.dialects.c_values import NUMBERS
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["INDEX_CHECKS", "LOOPS", "condition_of", "indexed"]

LOOPS: Final = frozenset({"for_statement", "while_statement", "do_statement", "for_range_loop"})
_SIZE: Final = re.compile(
    r"(?i)^(?:n|len|size|count|num|length|cap|capacity|total)$|(?:size|len|length|count|num)\d?$"
)
_NUMBER: Final = r"\b(?:int|long|short|unsigned|auto|s?size_t|u?int\d+_t|DWORD|UINT)\s+"


def index_out(walk: Walk, site: Site) -> bool:
    """An element behind the end is used: a constant index, a full read, or a loop that goes one too far."""
    found = indexed(site)
    if found is None:
        return False
    array, index = found
    elements = _count(walk, site, array)
    if elements is not None and not _counts(index):
        at = _number(walk, site, index)
        if at is not None:
            return not 0 <= at < elements
    if index.kind() != "identifier":
        return False
    if _after_full_read(walk, site, array, index):
        return True
    return _loop_too_far(walk, site, array, index, elements) or _limit_too_far(walk, site, array, index)


def _number(walk: Walk, site: Site, node: Node) -> int | None:
    """A literal, a constant, or a variable that is given one number and keeps it."""
    if node.kind() == "identifier" and len(walk.assignments_of(node.text(), site)) > 1:
        return None
    return number(walk.evaluate(node, site))


def _count(walk: Walk, site: Site, array: Node) -> int | None:
    """How many elements an array or a vector that does not grow was declared with."""
    name = walk.dialect.dotted(array)
    count = extent(walk, site, array, "countof")
    if count is not None:
        return number(count)
    given = assigned(walk, name, site)
    listed = given[0] if len(given) == 1 else None
    if listed is None or re.search(
        rf"\b{re.escape(name)}\s*(?:\.|->|=(?!=)\s*[^{{\s])", walk.text_before(site)
    ):
        return None
    if listed.kind() == "initializer_list":
        return len(items(listed)) or None
    if listed.kind() == "argument_list" and walk.type_of(name, site) == "vector":
        sizes = items(listed)
        return number(walk.evaluate(sizes[0], site)) if sizes else None
    return None


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
    return re.search(declared, walk.text_of(None)) is not None


def _counts(index: Node) -> bool:
    """Whether an index is a variable in a loop, where its first value says nothing."""
    if index.kind() == "number_literal":
        return False
    return any(each.kind() in LOOPS for each in index.ancestors())


def indexed(site: Site) -> tuple[Node, Node] | None:
    """Array and index of ``array[index]``, but where only its address or size is asked for."""
    around = site.node.parent()
    if around is not None and around.kind() in ("pointer_expression", "sizeof_expression"):
        return None
    array, index = site.node.field("argument"), index_of(site.node)
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
    loop = next((each for each in site.node.ancestors() if each.kind() in LOOPS), None)
    condition = condition_of(loop) if loop is not None else None
    if loop is None or condition is None or condition.kind() != "binary_expression":
        return False
    left, right, operator = condition.field("left"), condition.field("right"), condition.field("operator")
    if left is None or right is None or operator is None or left.text() != index.text():
        return False
    room = elements if elements is not None else _elements(walk, site, array)
    bound = _number(walk, site, right)
    if operator.text() == "<=":
        return (bound is not None and room is not None and bound >= room) or _whole(
            walk, site, array, right, loop
        )
    return operator.text() == "<" and bound is not None and room is not None and bound > room


def condition_of(loop: Node) -> Node | None:
    """The condition of a loop, without parentheses."""
    condition = loop.field("condition")
    if condition is not None and condition.kind() == "condition_clause":
        condition = condition.field("value")
    return bare(condition) if condition is not None else None


def _whole(walk: Walk, site: Site, array: Node, bound: Node, loop: Node) -> bool:
    """Whether a bound is the number of an array's elements."""
    name, limit = re.escape(array.text()), bound.text()
    if re.search(rf"(?:sizeof|ARRAY_SIZE|_countof|countof|std::size|size)\s*\(\s*{name}\b", limit):
        return True
    if re.fullmatch(
        rf"(?:\([\w ]+\)\s*)?(?:static_cast<[\w ]+>\()?{name}(?:\.|->)(?:size|length)\(\)\)?", limit
    ):
        return True
    if bound.kind() != "identifier":
        return False
    before = walk.text_before(site)
    declared = (
        rf"(?:[\w>]\s+|[*&>]\s*){name}\s*(?:\[\s*{limit}\s*\]|\(\s*{limit}\s*[,)])"
        rf"|\b{name}\s*=\s*(?:new\s+[\w:]+\s*\[\s*{limit}\s*\]"
        rf"|(?:\([^()]*\)\s*)?(?:m|c)alloc\s*\(\s*{limit}\s*[*,])"
    )
    if re.search(declared, before):
        return True
    return _is_given_with(site, array.text(), limit) and _from_zero(loop, site.node, before)


def _is_given_with(site: Site, array: str, limit: str) -> bool:
    """Whether an array and a number that is named as its size are parameters of one function."""
    declarator = site.function.node.field("declarator") if site.function is not None else None
    text = declarator.text() if declarator is not None else ""
    if not _SIZE.search(limit) or not re.search(
        rf"\b(?:int|long|size_t|unsigned|\w+_t)\s+{limit}\s*[,)]", text
    ):
        return False
    word = re.escape(array)
    return re.search(rf"[*]\s*(?:const\s+)?{word}\s*[,)]|\b{word}\s*\[\s*(?:{limit})?\s*\]", text) is not None


def _from_zero(loop: Node, element: Node, before: str) -> bool:
    """Whether a loop begins with the first element."""
    index = index_of(element)
    name = re.escape(index.text()) if index is not None else "$"
    start = loop.field("initializer")
    return re.search(rf"\b{name}\s*=\s*0\b", start.text() if start is not None else before) is not None


def _elements(walk: Walk, site: Site, array: Node) -> int | None:
    """How many elements a block has, by the declared type of the pointer to it."""
    size = capacity(walk, site, array)
    declared = re.search(rf"\b(\w+)\s*\*\s*{re.escape(array.text())}\b", walk.text_before(site))
    unit = NUMBERS.get(declared[1]) if declared else None
    return size // unit if size is not None and size > 0 and unit else None


def index_unchecked(walk: Walk, site: Site) -> bool:
    """An element is chosen by a number from outside that was not compared with both bounds."""
    found = indexed(site)
    if found is None or found[1].kind() != "identifier" or not from_outside(walk, site, found[1]):
        return False
    name, before = found[1].text(), walk.text_before(site)
    if not re.search(rf"{_NUMBER}(?:[^;(){{}}]*,\s*)?{re.escape(name)}\b", before):
        return False
    if any(re.search(r"%|(?<!&)&(?!&)", value.text()) for value in assigned(walk, name, site)):
        return False
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
"""By the names that rule files use."""
