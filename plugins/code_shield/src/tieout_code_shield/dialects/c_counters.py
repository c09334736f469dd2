"""Counters of arrays in C and C++ that nothing compares: of stacks and lines, of loops that end with their source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_calls import parameter_position, passed
from tieout_code_shield.dialects.c_declared import array_anywhere, declared_array, declared_type
from tieout_code_shield.dialects.c_indices import LOOPS, condition_of, indexed
from tieout_code_shield.dialects.c_sizes import assigned, occurrences
from tieout_code_shield.dialects.nodes import same

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["COUNTER_CHECKS"]

MAX_NESTED: Final = 3
MAX_LOOP: Final = 2_000
MAX_FUNCTION: Final = 8_000
"""Characters of a loop and of a function that are searched."""
_BOUNDED: Final = re.compile(r"(?<![-<])[<>](?![<>])|--")
_ASKED: Final = re.compile(
    r"(?i)\b(?:is_?)?(?:full|empty)\w{0,40}\s*\(|\b\w{0,40}(?:ensure|grow|reserve|resize|realloc|assert|require|check|expects)\w{0,40}\s*\("
)

_COMPARES: Final = re.compile(r"\s*(?:[+-]\s*\w+\s*)?(?:[<>]=?|[=!]=|%|&)")
_COMPARED: Final = re.compile(r"(?:(?<!-)[<>]=?|[=!]=|\(|&&|\|\||!)\s*(?:this->)?\Z")
_ENDS_OPERAND: Final = re.compile(r"\s*[)<>=!&|?]")
_ALLOCATES: Final = re.compile(r"\bnew\b|\b\w*alloc\s*\(")
_MADE: Final = re.compile(r"\s*(?:=|\(|\{)\s*(?:new\s+[\w:]+\s*\[|(?:\([^()]{0,40}\)\s*)?(?:m|c)alloc\s*\()")
_WORD: Final = re.compile(r"\b[A-Za-z_]\w*")
_PLAIN: Final = frozenset({"identifier", "field_expression"})
_READS: Final = re.compile(r"\b(?:f?read|recv|f?getc|getchar|get|getline|SSL_read|Serial\.read)\s*\(")


def counter_unchecked(walk: Walk, site: Site) -> bool:
    """``items[++top] = x``, ``items[top--]``: a counter of a fixed array goes on, and nothing compares it."""
    around, counter = site.node.parent(), site.node.field("argument")
    while around is not None and around.kind() in ("parenthesized_expression", "subscript_argument_list"):
        around = around.parent()
    if around is None or around.kind() != "subscript_expression" or counter is None:
        return False
    array = _base(around)
    if array is None or counter.kind() not in _PLAIN:
        return False
    loops = [each for each in _inside(site.node) if each.kind() in LOOPS]
    if _looked_at(walk, site, counter) or not (
        _is_fixed(walk, site, array) or _is_filled(site, array, loops)
    ):
        return False
    if loops:
        return all(_is_open(loop) for loop in loops)
    return counter.kind() == "field_expression" or not _declares(walk, site, counter.text())


def _base(element: Node) -> Node | None:
    """The array of ``array[i]`` and of ``array[i][j]``."""
    array = element.field("argument")
    for _ in range(MAX_NESTED):
        if array is None or array.kind() != "subscript_expression":
            break
        array = array.field("argument")
    return array if array is not None and array.kind() in _PLAIN else None


def _appended_unchecked(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``items[count] = x; count++;`` where nothing compares the counter of an array that does not grow."""
    if site.function is None or not _is_written(site.node):
        return False
    if any(each.kind() in LOOPS for each in _inside(site.node)) or _declares(walk, site, index.text()):
        return False
    if not (_is_fixed(walk, site, array) or _is_allocated(walk, site, array)):
        return False
    text = walk.text_of(site.function)[:MAX_FUNCTION]
    moved = any(
        re.match(r"\s*(?:\+\+|\+=)", text[end : end + 12])
        or text[max(0, start - 3) : start].rstrip().endswith("++")
        for start, end in occurrences(text, index.text())
    )
    return moved and not _looked_at(walk, site, index)


def _given_unchecked(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``cells[row]`` by a parameter that a caller in the same text reads from outside, and nobody compares."""
    function = site.function
    if function is None:
        return False
    number = rf"^(?:const\s+)?(?:std::)?(?:int|long|unsigned|short|size_t|\w+_t)(?:\s+int)?\s+{index.text()}$"
    position = parameter_position(function.node, number)
    if position is None or _looked_at(walk, site, index):
        return False
    text = walk.text_of(None)
    if re.search(rf"\bmap<[^;]{{0,160}}>\s{{0,9}}[&*]?\s{{0,9}}{re.escape(array.text())}\b", text):
        return False
    words = (
        word for _, given in passed(walk, function, position) for word in _WORD.findall(given.text())[:3]
    )
    return any(_is_read(text, word) for word in words)


def _is_read(text: str, name: str) -> bool:
    """Whether a number is read from outside: by ``cin``, scanf or out of a text."""
    read = (
        rf"\bcin\b[^;]{{0,160}}>>\s*{name}\b|scanf\s*\([^;]{{0,160}}&\s*{name}\b"
        rf"|\b{name}\s*=\s*(?:std::)?(?:stoi|stol|stoul|atoi|atol|strtol|strtoul)\s*\("
    )
    return re.search(read, text) is not None


def _is_allocated(walk: Walk, site: Site, array: Node) -> bool:
    """Whether a member points to a block of a size of its own, that the function around does not make."""
    name = walk.dialect.dotted(array).rpartition(".")[2]
    if _declares(walk, site, name) or _ALLOCATES.search(walk.text_of(site.function)[:MAX_FUNCTION]):
        return False
    text = walk.text_of(None)
    return walk.once(
        (name, "allocated"),
        lambda: any(_MADE.match(text, end) is not None for _, end in occurrences(text, name)),
    )


def _is_filled(site: Site, array: Node, loops: list[Node]) -> bool:
    """Whether a loop reads into a pointer that a function was given without saying how much room there is."""
    if site.function is None or array.kind() != "identifier" or not loops:
        return False
    condition, declarator = condition_of(loops[0]), site.function.node.field("declarator")
    if condition is None or declarator is None or _READS.search(condition.text()) is None:
        return False
    return re.search(rf"(?:\*\s*{array.text()}\b|\b{array.text()}\s*\[\s*\])", declarator.text()) is not None


def _last_unchecked(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``items[count - 1]`` of a fixed array whose counter nothing compares: there may be none."""
    if site.function is None:
        return False
    counter, sign, one = index.field("left"), index.field("operator"), index.field("right")
    if counter is None or sign is None or one is None or sign.text() != "-" or one.text() != "1":
        return False
    if counter.kind() not in _PLAIN or any(each.kind() in LOOPS for each in _inside(site.node)):
        return False
    name = counter.text()
    given = re.search(rf"\bint\s+{name}\s*[,)]", _head(site)) is not None
    if _declares(walk, site, name) and not given:
        return False
    return _is_fixed(walk, site, array) and not _looked_at(walk, site, counter)


def _head(site: Site) -> str:
    """The parameters of the function around a place."""
    declarator = site.function.node.field("declarator") if site.function is not None else None
    return declarator.text() if declarator is not None else ""


def _copied_by_count(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``for (i = 0; i < n; i++) items[i] = given[i]`` into a fixed array, where nothing compares the given ``n``."""
    if site.function is None or not _is_written(site.node):
        return False
    loop = next((each for each in _inside(site.node) if each.kind() in LOOPS), None)
    condition = condition_of(loop) if loop is not None else None
    limit = (
        condition.field("right")
        if condition is not None and condition.kind() == "binary_expression"
        else None
    )
    if condition is None or limit is None or limit.kind() != "identifier":
        return False
    counter = condition.field("left")
    if (
        counter is None
        or not re.search(rf"\b{re.escape(counter.text())}\b", index.text())
        or "%" in index.text()
    ):
        return False
    if not (
        re.search(rf"\b(?:int|long|size_t|unsigned|\w+_t)\s+{limit.text()}\s*[,)]", _head(site))
        or any(value.kind() == "subscript_expression" for value in assigned(walk, limit.text(), site))
    ):
        return False
    function = walk.text_of(site.function)[:MAX_FUNCTION]
    outside = function.replace(condition.text(), "")
    return (
        (_is_fixed(walk, site, array) or _is_allocated(walk, site, array))
        and not _compares(outside, limit.text())
        and _ASKED.search(outside) is None
    )


def unmeasured(walk: Walk, site: Site) -> bool:
    """``data[3]`` of bytes or a text that a function was given, which never asks how many there are."""
    found = indexed(site)
    if found is None or found[1].kind() != "number_literal" or site.function is None:
        return False
    array, index = found
    if array.kind() != "identifier" or index.text() == "0":
        return False
    name, function = array.text(), walk.text_of(site.function)[:MAX_FUNCTION]
    kept = r"(?:vector<(?:std::)?(?:u?int8_t|unsigned char|char|byte|string)>|span<[^<>]{0,80}>)"
    given = rf"\b{kept}\s{{0,9}}[&*]{{0,2}}\s{{0,9}}{name}\s*[,)]"
    if re.search(given, _head(site)) is None:
        return False
    return (
        re.search(rf"\b{name}\s*\.\s*(?:size|empty|length|resize|at)\s*\(|size\(\s*{name}\b", function)
        is None
    )


def _read_ahead(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``while (at < size) { type = data[at]; length = data[at + 1]; … }``: the last element has none behind it."""
    if site.function is None:
        return False
    counter, sign, more = index.field("left"), index.field("operator"), index.field("right")
    if (
        counter is None
        or sign is None
        or more is None
        or sign.text() != "+"
        or more.kind() != "number_literal"
    ):
        return False
    loop = next((each for each in _inside(site.node) if each.kind() in LOOPS), None)
    condition = condition_of(loop) if loop is not None and loop.kind() == "while_statement" else None
    if condition is None or array.kind() != "identifier" or _is_written(site.node):
        return False
    text = walk.text_of(site.function)[:MAX_FUNCTION]
    given = rf"\b(?:uint8_t|unsigned char|std::byte|BYTE)\s*\*\s*(?:const\s+)?{array.text()}\s*[,);]"
    if re.search(given, walk.text_of(None)) is None:
        return False
    name = re.escape(counter.text())
    bounded = re.search(rf"(?:^|[(&])\s*{name}\s*<\s*\w+\s*(?:$|[)&])", condition.text())
    asked = rf"\b{name}\s*\+[^;]{{0,40}}[<>]|[<>][^;]{{0,40}}-\s*{name}\b|-\s*{name}\s*[<>]"
    return bounded is not None and re.search(asked, text) is None


def _loop_unlimited(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``while (s[i]) { copy[i] = s[i]; i++; }``: a fixed array is filled until the source ends, wherever that is."""
    if not _is_written(site.node):
        return False
    loops = [each for each in _inside(site.node) if each.kind() in LOOPS]
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
    condition = condition_of(loop)
    return condition is None or _BOUNDED.search(condition.text()) is None


def _is_fixed(walk: Walk, site: Site, array: Node) -> bool:
    """Whether an array is declared with a size of its own, in the function or in a structure of the same text."""
    name = walk.dialect.dotted(array).rpartition(".")[2]
    own = declared_array(walk.text_of(site.function), name) if array.kind() == "identifier" else None
    return (
        walk.once((name, "fixed"), lambda: array_anywhere(walk.text_of(None), name)) if own is None else own
    )


def _looked_at(walk: Walk, site: Site, counter: Node) -> bool:
    """Whether a function compares a counter, or asks whether there is room."""
    name, text = counter.text().removeprefix("this->"), walk.text_of(site.function)[:MAX_FUNCTION]
    if site.function is not None:
        text = text.partition("{")[2]
    if walk.once((site.function, "asked"), lambda: _ASKED.search(text) is not None):
        return True
    return walk.once((site.function, name, "compared"), lambda: _compares(text, name))


def _compares(text: str, counter: str) -> bool:
    for start, end in occurrences(text, counter):
        if _COMPARES.match(text, end):
            return True
        if _COMPARED.search(text, max(0, start - 40), start) and _ENDS_OPERAND.match(text, end):
            return True
    return False


def _declares(walk: Walk, site: Site, name: str) -> bool:
    """Whether a function declares a variable or parameter of its own by that name."""
    return walk.once(
        (site.function, name, "declared"),
        lambda: declared_type(walk.text_of(site.function), name) is not None,
    )


_BY_INDEX: Final = {
    "identifier": (_given_unchecked, _copied_by_count, _loop_unlimited, _appended_unchecked),
    "field_expression": (_appended_unchecked,),
    "binary_expression": (_last_unchecked, _read_ahead, _copied_by_count),
}
"""What can be wrong with an element, by what its index is."""


def element_unchecked(walk: Walk, site: Site) -> bool:
    """An element is chosen by a number that nothing compares with how many there are."""
    found = indexed(site)
    if found is None:
        return False
    return any(check(walk, site, *found) for check in _BY_INDEX.get(found[1].kind(), ()))


COUNTER_CHECKS: Final[Mapping[str, Check]] = {
    "counter-unchecked": counter_unchecked,
    "element-unchecked": element_unchecked,
    "unmeasured": unmeasured,
}
"""By the names that rule files use."""
