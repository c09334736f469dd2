"""Whether elements of arrays in C are read and written within their bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
from tieout_code_shield.dialects.nodes import items, same

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["INDEX_CHECKS"]

MAX_LOOP: Final = 2_000
MAX_FUNCTION: Final = 8_000
"""Characters of a loop and of a function that are searched."""
_LOOPS: Final = frozenset({"for_statement", "while_statement", "do_statement"})
_SIZE: Final = re.compile(
    r"(?i)^(?:n|len|size|count|num|length|cap|capacity|total)$|(?:size|len|length|count|num)\d?$"
)
_NUMBER: Final = r"\b(?:int|long|short|unsigned|auto|s?size_t|u?int\d+_t|DWORD|UINT)\s+"
_BOUNDED: Final = re.compile(r"(?<![-<])[<>](?![<>])|--")
_ASKED: Final = re.compile(
    r"(?i)\b(?:is_?)?(?:full|empty)\w*\s*\(|\b\w*(?:ensure|grow|reserve|resize|realloc|assert|require|check|expects)\w*\s*\("
)


def index_out(walk: Walk, site: Site) -> bool:
    """An element behind the end is used: a constant index, a full read, or a loop that goes one too far."""
    found = _indexed(site)
    if found is None:
        return False
    array, index = found
    elements = _count(walk, site, array)
    at = _number(walk, site, index) if not _counts(index) else None
    if at is not None:
        return elements is not None and not 0 <= at < elements
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
    return re.search(declared, walk.root.text()) is not None


def _counts(index: Node) -> bool:
    """Whether an index is a variable in a loop, where its first value says nothing."""
    if index.kind() == "number_literal":
        return False
    return any(
        each.kind() in ("for_statement", "while_statement", "do_statement") for each in index.ancestors()
    )


def _indexed(site: Site) -> tuple[Node, Node] | None:
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
    loop = next((each for each in site.node.ancestors() if each.kind() in _LOOPS), None)
    condition = _condition(loop) if loop is not None else None
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


def _condition(loop: Node) -> Node | None:
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
    found = _indexed(site)
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


def counter_unchecked(walk: Walk, site: Site) -> bool:
    """``items[++top] = x``, ``items[top--]``: a counter of a fixed array goes on, and nothing compares it."""
    around, counter = site.node.parent(), site.node.field("argument")
    while around is not None and around.kind() in ("parenthesized_expression", "subscript_argument_list"):
        around = around.parent()
    if around is None or around.kind() != "subscript_expression" or counter is None:
        return False
    array = around.field("argument")
    plain = ("identifier", "field_expression")
    if array is None or array.kind() not in plain or counter.kind() not in plain:
        return False
    if not _is_fixed(walk, site, array) or _looked_at(walk, site, counter):
        return False
    loops = [each for each in _inside(site.node) if each.kind() in _LOOPS]
    if loops:
        return all(_is_open(loop) for loop in loops)
    return counter.kind() == "field_expression" or not _declares(walk, site, counter.text())


def loop_unlimited(walk: Walk, site: Site) -> bool:
    """``while (s[i]) { copy[i] = s[i]; i++; }``: a fixed array is filled until the source ends, wherever that is."""
    found = _indexed(site)
    if found is None or found[1].kind() != "identifier" or not _is_written(site.node):
        return False
    array, index = found
    loops = [each for each in _inside(site.node) if each.kind() in _LOOPS]
    if not loops or not all(_is_open(loop) for loop in loops) or not _is_fixed(walk, site, array):
        return False
    moves = rf"(?:\+\+\s*{re.escape(index.text())}\b|\b{re.escape(index.text())}\s*(?:\+\+|\+=))"
    return re.search(moves, loops[0].text()[:MAX_LOOP]) is not None and not _looked_at(walk, site, index)


def _is_written(element: Node) -> bool:
    parent = element.parent()
    left = parent.field("left") if parent is not None and parent.kind() == "assignment_expression" else None
    return left is not None and same(left, element)


def _inside(node: Node) -> Iterator[Node]:
    """What is around a node in its function, the nearest first."""
    for each in node.ancestors():
        if each.kind() in ("function_definition", "lambda_expression"):
            return
        yield each


def _is_open(loop: Node) -> bool:
    """Whether a loop's condition compares no number with a bound: it ends with the source."""
    condition = _condition(loop)
    return condition is None or _BOUNDED.search(condition.text()) is None


def _is_fixed(walk: Walk, site: Site, array: Node) -> bool:
    """Whether an array is declared with a size of its own, in the function or in a structure of the same text."""
    name = re.escape(walk.dialect.dotted(array).rpartition(".")[2])
    if array.kind() == "identifier":
        if site.function is not None and name in walk.parameters_of(site.function):
            return False
        words = r"\b(?!return\b|else\b|delete\b|case\b|throw\b|new\b)\w+(?:<[^;{}]{0,80}>)?"
        declared = re.search(rf"{words}[\s*&]+{name}\s*(?=[\[=;({{,])", walk.text_before(site))
        if declared is not None:
            own = walk.text_before(site)[declared.end() :][:80]
            return re.match(r"\[\s*[\w ()+*]+\s*\]\s*[;={,]", own) is not None and "*" not in declared[0]
    return re.search(rf"[\w>][\s*]+{name}\s*\[\s*[\w ()+*]+\s*\]\s*[;={{]", walk.root.text()) is not None


def _function_text(walk: Walk, site: Site) -> str:
    """The text of the function around a place, of everything outside of functions."""
    return (site.function.node if site.function is not None else walk.root).text()[:MAX_FUNCTION]


def _looked_at(walk: Walk, site: Site, counter: Node) -> bool:
    """Whether a function compares a counter, or asks whether there is room."""
    text = _function_text(walk, site)
    name = re.escape(counter.text().removeprefix("this->"))
    compared = (
        rf"\b{name}\s*(?:[+-]\s*\w+\s*)?(?:[<>]=?|[=!]=|%|&)"
        rf"|(?:(?<!-)[<>]=?|[=!]=|\(|&&|\|\||!)\s*(?:this->)?{name}\s*[)<>=!&|?]"
    )
    return re.search(compared, text) is not None or _ASKED.search(text) is not None


def _declares(walk: Walk, site: Site, name: str) -> bool:
    """Whether a function declares a variable or parameter of its own by that name."""
    text = _function_text(walk, site)
    return (
        re.search(
            rf"\b(?:int|long|short|char|unsigned|auto|\w+_t|\w*[Ii]ndex\w*)[\s*&]+(?:[^;(){{}}]*,\s*)?{re.escape(name)}\b",
            text,
        )
        is not None
    )


INDEX_CHECKS: Final[Mapping[str, Check]] = {
    "index-out": index_out,
    "index-unchecked": index_unchecked,
    "counter-unchecked": counter_unchecked,
    "loop-unlimited": loop_unlimited,
}
"""By the names that rule files use."""
