"""How much memory a destination in C has, how long a text may be, and what was compared before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_values import NUMBERS
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.values import HOLE, Value

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = [
    "argument",
    "assigned",
    "bare",
    "capacity",
    "compared",
    "compared_above",
    "compared_below",
    "extent",
    "index_of",
    "known_length",
    "moves",
    "name_of",
    "names_in",
    "number",
    "occurrences",
]

MAX_ALIASES: Final = 5
_WRAPPERS: Final = frozenset({"parenthesized_expression", "cast_expression"})
_ALLOCATORS: Final = {"malloc": 0, "alloca": 0, "ALLOCA": 0, "_alloca": 0, "g_malloc": 0, "xmalloc": 0, "valloc": 0,
                      "realloc": 1, "_malloca": 0, "__builtin_alloca": 0}  # fmt: skip
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_NOT_NAMES: Final = frozenset(
    {"sizeof", "char", "int", "unsigned", "size_t", "long", "struct", "const", "void", "strlen"}
)


def argument(walk: Walk, site: Site, index: int) -> Node | None:
    """An argument of a call by position; negative ones from the end."""
    given = walk.arguments(site).positional
    return given[index] if -len(given) <= index < len(given) else None


def bare(node: Node) -> Node:
    """An expression without casts and parentheses around it."""
    for _ in range(MAX_ALIASES):
        if node.kind() not in _WRAPPERS:
            break
        inner = node.field("value") or next(iter(items(node)), None)
        if inner is None:
            break
        node = inner
    return node


def index_of(element: Node) -> Node | None:
    """The index of ``a[i]``, for which C++'s grammar has a list of arguments."""
    index = element.field("index")
    if index is not None:
        return index
    listed = next((child for child in element.children() if child.kind() == "subscript_argument_list"), None)
    return next(iter(items(listed)), None) if listed is not None else None


def name_of(walk: Walk, node: Node) -> str:
    """The dotted name of a plain variable or member; empty for anything else."""
    node = bare(node)
    return (
        walk.dialect.dotted(node)
        if node.kind() in ("identifier", "field_expression", "type_identifier")
        else ""
    )


def number(value: Value) -> int | None:
    """A value as an integer, where it is one."""
    if value.constant and value.kind == "number" and value.text is not None:
        try:
            return int(value.text)
        except ValueError:
            return None
    return None


def assigned(walk: Walk, name: str, site: Site, *, written: bool = False) -> list[Node]:
    """The expressions that may have been assigned to a variable last.

    Args:
        written: Whether calls that write into it count, such as ``scanf("%d", &n)``.
    """
    found = walk.assignments_of(name, site, effects=written)
    return [bare(each.binding.value) for each in found if each.binding is not None]


def moves(walk: Walk, name: str, site: Site) -> bool:
    """Whether a pointer was moved on, and has less in front of it than at first."""
    given = walk.assignments_of(name, site, effects=False)
    return any(each.binding is not None and each.binding.form == "augment" for each in given)


def extent(walk: Walk, site: Site, node: Node, what: str = "sizeof") -> Value | None:
    """How large an array is declared: a variable that is seen from here, or a member wherever its class says so.

    Args:
        what: ``sizeof`` for bytes, ``countof`` for elements.
    """
    name = walk.dialect.dotted(node).rpartition(".")[2]
    if node.kind() != "field_expression":
        own = walk.assignments_of(f"{what}({name})", site)
        if not own and site.function is not None and walk.declares(site.function, name):
            return None
        declared = walk.value_of(f"{what}({name})", site)
        if declared is not None:
            return declared
    return walk.value_of(f"{what}(.{name})", site)


def capacity(walk: Walk, site: Site, node: Node, depth: int = 0) -> int | None:
    """Bytes from where an expression points to the end of what it points into; ``None`` when not known.

    Of several possibilities the smallest counts: one that is too small is enough.
    """
    node = bare(node)
    kind = node.kind()
    if depth > MAX_ALIASES:
        return None
    if kind == "pointer_expression" and node.text().startswith("&"):
        inner = node.field("argument")
        return _from_index(walk, site, bare(inner), depth) if inner is not None else None
    if kind == "binary_expression":
        return _from_offset(walk, site, node, depth)
    if kind == "call_expression":
        return _allocated(walk, site, node)
    if kind == "new_expression":
        return _new(walk, site, node)
    if kind not in ("identifier", "field_expression", "type_identifier"):
        return None
    name = walk.dialect.dotted(node)
    declared = extent(walk, site, node)
    if declared is not None:
        return number(declared)
    if moves(walk, name, site):
        return None
    found = [capacity(walk, site, value, depth + 1) for value in assigned(walk, name, site)]
    known = [size for size in found if size is not None]
    return min(known) if known else None


def _from_index(walk: Walk, site: Site, node: Node, depth: int) -> int | None:
    if node.kind() != "subscript_expression":
        return None
    base, index = node.field("argument"), index_of(node)
    size = capacity(walk, site, base, depth + 1) if base is not None else None
    at = number(walk.evaluate(index, site)) if index is not None else None
    return size - at if size is not None and at is not None else None


def _from_offset(walk: Walk, site: Site, node: Node, depth: int) -> int | None:
    left, right, operator = node.field("left"), node.field("right"), node.field("operator")
    if left is None or right is None or operator is None or operator.text() not in ("+", "-"):
        return None
    size, offset = capacity(walk, site, left, depth + 1), number(walk.evaluate(right, site))
    if size is None or offset is None:
        return None
    return size - offset if operator.text() == "+" else -1


def _allocated(walk: Walk, site: Site, node: Node) -> int | None:
    callee = node.field("function")
    name = walk.qualified(walk.dialect.dotted(callee)) if callee is not None else ""
    given = walk.dialect.arguments(node).positional
    if name in ("calloc", "xcalloc") and len(given) == 2:
        count, size = (number(walk.evaluate(part, site)) for part in given)
        return count * size if count is not None and size is not None else None
    index = _ALLOCATORS.get(name)
    if index is None or len(given) <= index:
        return None
    return number(walk.evaluate(given[index], site))


def _new(walk: Walk, site: Site, node: Node) -> int | None:
    declarator, kind = node.field("declarator"), node.field("type")
    inner = items(declarator) if declarator is not None else []
    count = number(walk.evaluate(inner[0], site)) if inner else None
    size = NUMBERS.get(kind.text()) if kind is not None else None
    return count * size if count is not None and size is not None else None


def known_length(walk: Walk, site: Site, node: Node) -> int | None:
    """The most characters (without the terminator) that a source text can have; ``None`` when not known."""
    value = walk.evaluate(node, site)
    if value.constant:
        return len(value.text) if value.kind == "string" and value.text is not None else 0
    if value.text is not None and HOLE not in value.text and value.kind == "string":
        return len(value.text)
    size = capacity(walk, site, node)
    return size - 1 if size is not None and size > 0 else None


def names_in(text: str) -> list[str]:
    """Variables that an expression mentions."""
    return [word for word in dict.fromkeys(_IDENTIFIER.findall(text)) if word not in _NOT_NAMES][:8]


def compared(before: str, names: list[str]) -> bool:
    """Whether any of these variables was compared with a bound in the text before."""
    return any(_compared(before, name, _COMPARES, _COMPARED) for name in names)


def compared_above(before: str, names: list[str]) -> bool:
    """Whether any of these variables was compared with an upper bound: not with zero, nor to end a loop."""
    return any(_compared(before, name, _COMPARES_ABOVE, _COMPARED_ABOVE) for name in names)


def compared_below(before: str, name: str) -> bool:
    """Whether a variable was compared with a lower bound such as zero."""
    return _compared(before, name, _COMPARES_BELOW, _COMPARED_BELOW)


def occurrences(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Where a whole word stands in a text. A regular expression made for each word would cost more than the search."""
    start = text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        if not (_word(text[start - 1 : start]) or _word(text[end : end + 1])):
            yield start, end
        start = text.find(word, end)


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"


_SUBSCRIPT: Final = r"(?:\s*\[[^\]\n]{0,40}\])?\s{0,9}(?:[-+*/]\s{0,9}[\w.()]{1,40}\s{0,9})?\)?\s{0,9}"
_AHEAD: Final = r"\s{0,9}\(?(?:\(\w[\w ]{0,20}\))?[\w.>+*/ -]{0,40}\Z"
_COMPARES: Final = re.compile(_SUBSCRIPT + r"[<>]=?(?![<>=])")
_COMPARED: Final = re.compile(r"(?<![-<>])[<>]=?(?![<>=])" + _AHEAD)
_COMPARES_ABOVE: Final = re.compile(_SUBSCRIPT + r"(?:[<>]=?(?![<>=]|\s*-?[01]\s*[);&|?]))")
_COMPARED_ABOVE: Final = re.compile(
    r"(?<!\w)(?:\d|\w{3})[\w.()>-]{0,40}\s{0,9}(?<![-<>])[<>]=?(?![<>=])" + _AHEAD
)
"""What is compared has three letters or more: ``i < n`` ends a loop."""
_COMPARES_BELOW: Final = re.compile(_SUBSCRIPT + r"(?:>=?(?![>=])|<=?\s*(?:0|-1)\b|==\s*-1)")
_COMPARED_BELOW: Final = re.compile(r"(?:0|-1)\s*<=?(?![<])" + _AHEAD)
_NEAR: Final = 90
"""Characters in front of a name in which a comparison with it begins."""


def _compared(before: str, name: str, after: re.Pattern[str], ahead: re.Pattern[str]) -> bool:
    return any(
        after.match(before, end) or ahead.search(before, max(0, start - _NEAR), start)
        for start, end in occurrences(before, name.rpartition(".")[2])
    )
