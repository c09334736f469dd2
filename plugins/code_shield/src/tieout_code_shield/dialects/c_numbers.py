"""Numbers in C that come from outside, or may not fit: sizes, products, sums, divisors, limits of loops."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_copies import GUARDING, sized
from tieout_code_shield.dialects.c_sizes import (
    argument,
    assigned,
    bare,
    compared,
    compared_above,
    compared_below,
    names_in,
    number,
    occurrences,
)
from tieout_code_shield.dialects.c_values import NUMBERS
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["NUMBER_CHECKS", "RETURNED", "from_outside"]

MAX_TERMS: Final = 8
"""Sums and assignments that are followed to a product."""
_RANDOM: Final = re.compile(
    r"^(?:rand|random|rand_r|lrand48|atoi|atol|strtol|strtoul|stoi|stoul|ntohl|ntohs)$"
)


RETURNED: Final = frozenset(
    {"read", "recv", "recvfrom", "fread", "pread", "SSL_read", "readlink", "BIO_read"}
)


_LENGTHS: Final = frozenset({"strlen", "wcslen", "strnlen", "wcsnlen", "lstrlen", "strcspn", "strspn"})
"""What they return is as long as a text that is there already."""


_LIMITS: Final = re.compile(
    r"^(?:\(\w+\)\s*)?-?\s*(?:U?(?:CHAR|SHRT|INT|LONG|LLONG)|S?SIZE|U?INT(?:8|16|32|64)|SCHAR)_(?:MAX|MIN)$"
)


def input_size(walk: Walk, site: Site) -> bool:
    """A size or count that comes from outside the program and was not compared with anything."""
    node = _size_argument(walk, site)
    return node is not None and from_outside(walk, site, node) and not checked(walk, site, node)


def _size_argument(walk: Walk, site: Site) -> Node | None:
    found = sized(walk, site)
    if found is not None:
        return found[1]
    if site.name == "realloc":
        return argument(walk, site, 1)
    return argument(walk, site, 0)


def from_outside(walk: Walk, site: Site, node: Node) -> bool:
    """Whether a number is input; what a read returns is not: it is at most what was asked for."""
    leaves = walk.evaluate(node, site).leaves
    return any(
        (each.tainted and each.name not in RETURNED and not each.through & _LENGTHS)
        or _RANDOM.match(each.name)
        for each in leaves
    ) and not any(each.name in RETURNED for each in leaves if not each.through)


def checked(walk: Walk, site: Site, node: Node) -> bool:
    names = names_in(node.text())
    if GUARDING.search(node.text()) is not None or compared(walk.text_ahead(site), names):
        return True
    # ``if (n <= INT_MAX / 4) { size = n * 4; p = malloc(size); }``
    made = assigned(walk, node.text(), site) if node.kind() == "identifier" else []
    return (
        len(made) == 1
        and made[0].kind() == "binary_expression"
        and compared_above(walk.text_ahead(site), names_in(made[0].text()))
    )


def signed_size(walk: Walk, site: Site) -> bool:
    """A size from outside in a signed variable that was never compared with zero."""
    node = _size_argument(walk, site)
    if node is None or not from_outside(walk, site, node):
        return False
    before = walk.text_before(site)
    for name in names_in(node.text()):
        if re.search(
            rf"\b(?:int|short|long|char|ssize_t|int(?:16|32|64)_t)\s+{re.escape(name)}\b", before
        ) and not re.search(rf"unsigned\s+\w+\s+{re.escape(name)}\b", before):
            return compared(before, [name]) and not compared_below(before, name)
    return False


def product_unchecked(walk: Walk, site: Site) -> bool:
    """The size of an allocation is a product with a variable that was not compared with anything."""
    node = _size_argument(walk, site)
    if node is None:
        return False
    # The count may be in either argument of functions like realloc.
    return any(_product(walk, site, bare(part)) for part in walk.arguments(site).positional)


def _product(walk: Walk, site: Site, node: Node, depth: int = 0) -> bool:
    if depth > MAX_TERMS:  # ``n = n + 1`` gives ``n`` what it was
        return False
    if node.kind() == "binary_expression":
        operator, left, right = node.field("operator"), node.field("left"), node.field("right")
        if operator is None or left is None or right is None:
            return False
        if operator.text() == "+":
            return any(_product(walk, site, bare(part), depth + 1) for part in (left, right))
        if operator.text() == "*":
            if _BYTE.search(node.text()):
                return False
            leaves = walk.evaluate(node, site).without(frozenset({"strlen"})).leaves
            if not leaves or all(each.name == "argc" or _LENGTH.search(each.name) for each in leaves):
                return False
            return not _limited(walk, site, node)
        return False
    if node.kind() == "identifier":
        if _limited(walk, site, node):
            return False
        values = assigned(walk, node.text(), site)
        return any(
            value.kind() == "binary_expression" and _product(walk, site, value, depth + 1) for value in values
        )
    return False


_BOUND: Final = (
    r"(?:\(\w[\w ]*\)\s*)?"
    r"(?:\d{2,}|0x|[A-Z][A-Z\d_]{2,}|sizeof|\w*(?i:max|limit)|std::numeric_limits|[\w.>-]*size\b)"
)


_BELOW: Final = re.compile(rf"\)?\s*[<>]=?\s*{_BOUND}")
_ABOVE: Final = re.compile(rf"{_BOUND}[\w.()>-]{{0,40}}\s*(?<![-<>])[<>]=?\s*\Z")
_MAXIMUM: Final = re.compile(r"SIZE(?:_T)?_MAX|\bU?(?:INT|LONG|LLONG|PTRDIFF)_MAX")
_LENGTH: Final = re.compile(r"(?i)len(?:gth)?$")
_MEASURED: Final = re.compile(
    r"(?i)\b\w*len(?:gth)?\s*\(|MultiByte|GetFullPathName|[.>](?:size|length)\s*\(\)|[.>]\w+\s*\*\s*2\b|\b2\s*\*\s*\w+[.-]"
)
"""What is measured is there already, and what doubles what is there stops long before it wraps around."""


_BYTE: Final = re.compile(
    r"sizeof\s*\(\s*(?:(?:un)?signed\s+)?(?:char|u?int8_t|byte|BYTE|std::byte|bool)\s*\)"
)
"""Times one: no product."""


def _limited(walk: Walk, site: Site, node: Node) -> bool:
    """Whether a factor was compared with a limit: a number, a constant, a maximum; not with what there is already."""
    before = walk.text_ahead(site)
    if GUARDING.search(node.text()) or _MAXIMUM.search(before) or "overflow" in before:
        return True
    for name in names_in(node.text()):
        if any(_MEASURED.search(value.text()) for value in assigned(walk, name, site)):
            return True
        if any(
            _BELOW.match(before, end) or _ABOVE.search(before, max(0, start - 90), start)
            for start, end in occurrences(before, name)
        ):
            return True
    return False


def count_unchecked(walk: Walk, site: Site) -> bool:
    """``new T[n]`` with an unchecked product, or with a count from outside."""
    given = walk.arguments(site).positional
    if len(given) != 1 or site.node.field("declarator") is None:
        return False
    node = bare(given[0])
    if _product(walk, site, node):
        return True
    return from_outside(walk, site, node) and not checked(walk, site, node)


def sum_unchecked(walk: Walk, site: Site) -> bool:
    """Arithmetic on a number from outside, or on the largest of its type, without a look at its range."""
    value = bare(site.binding.value) if site.binding is not None else None
    if value is None or site.node.kind() not in (
        "init_declarator",
        "assignment_expression",
        "update_expression",
    ):
        return False
    sign = value.field("operator")
    if value.kind() not in ("binary_expression", "update_expression") or sign is None:
        return False
    if sign.text() not in ("+", "-", "*", "++", "--"):
        return False
    before = walk.text_ahead(site)
    for part in _operands(value):
        if part.kind() == "identifier" and (
            _extreme(walk, site, part) or (sign.text() == "-" and _from_bytes(walk, site, part))
        ):
            return not _in_range(before, part.text(), down=sign.text() in ("-", "--"))
    return False


def _from_bytes(walk: Walk, site: Site, node: Node) -> bool:
    """Whether a number was put together from bytes: ``data[2] | (data[3] << 8)``."""
    values = assigned(walk, node.text(), site)
    return any(value.kind() == "binary_expression" and _BYTES.search(value.text()) for value in values)


_BYTES: Final = re.compile(
    r"\w\[[^\]]+\]\s*\|\s*\(?[^|;]{0,40}<<\s*8\b|<<\s*8\s*\)?\s*\|\s*\(?[\w()*]{0,20}\w\[[^\]]+\]"
)


def _extreme(walk: Walk, site: Site, node: Node) -> bool:
    largest = any(_LIMITS.match(each.text()) for each in assigned(walk, node.text(), site))
    return largest or _number_from_outside(walk, site, node)


def _in_range(before: str, name: str, *, down: bool) -> bool:
    """Whether a number was compared with the bound that an operation may pass."""
    word = re.escape(name)
    if re.search(rf"\b(?:abs|labs|llabs|sqrt)\w*\s*\([^;]{{0,40}}\b{word}\b|\b{word}\s*[!=]=", before):
        return True
    if down:
        return compared(before, [name])
    return (
        re.search(rf"\b{word}\b\s*<=?(?!\s*0\b)|(?<![-<])>=?\s*{word}\b|\b{word}\s*>=?(?!\s*0\b)", before)
        is not None
    )


def cut_number(walk: Walk, site: Site) -> bool:
    """A number from outside is cast to a smaller type, and its range was not looked at."""
    outer = site.binding.value if site.binding is not None else None
    if outer is None or outer.kind() != "cast_expression":
        return False
    kind, inner = outer.field("type"), outer.field("value")
    if (
        kind is None
        or inner is None
        or NUMBERS.get(kind.text().strip(), 9) > 2
        or inner.kind() != "identifier"
    ):
        return False
    before = walk.text_before(site)
    declared = re.search(
        rf"\b(?:int|long|size_t|int32_t|int64_t|unsigned)\s+{re.escape(inner.text())}\b", before
    )
    return declared is not None and _extreme(walk, site, inner) and not compared(before, [inner.text()])


def divides_by_input(walk: Walk, site: Site) -> bool:
    """The divisor comes from outside, or is zero, and was not compared with zero."""
    right = site.node.field("right")
    if right is None or bare(right).kind() != "identifier":
        return False
    name = bare(right).text()
    if number(walk.evaluate(right, site)) != 0 and not _number_from_outside(walk, site, bare(right)):
        return False
    before = walk.text_before(site)
    word = re.escape(name)
    return (
        re.search(
            rf"\b{word}\s*(?:[!=]=|[<>])|\bfabs\s*\(\s*{word}|if\s*\(\s*!?{word}\s*\)|\(\s*{word}\s*\?",
            before,
        )
        is None
    )


def divides_by_count(walk: Walk, site: Site) -> bool:
    """The divisor is how many elements a container has, and nothing asked whether there are any."""
    right = site.node.field("right")
    if right is None:
        return False
    found = _COUNT.fullmatch(re.sub(r"\s+", "", bare(right).text()))
    if found is None or site.function is None:
        return False
    owner = re.escape(found[1])
    before = walk.text_before(site)
    declared = rf"\b(?:vector|deque|list)<[^;{{}}]{{0,80}}>\s{{0,9}}[&*]?\s{{0,9}}{owner}\b"
    grows = rf"\b{owner}\s*\.\s*(?:push|emplace)_back\s*\("
    # Of a member, the constructor may have seen to it, but where it begins with none.
    if re.search(declared, before) is None and not (
        re.search(declared, walk.text_of(None)) and re.search(grows, walk.text_of(None))
    ):
        return False
    asked = (
        rf"\b{owner}\s*(?:\.|->)\s*(?:empty\s*\(|size\s*\(\)\s*(?:[<>]|[=!]=)|push_back|emplace_back|resize)"
        rf"|[<>]=?\s*{owner}\.size\("
    )
    return re.search(asked, before) is None


_COUNT: Final = re.compile(r"(?:static_cast<[\w:]+>\(|\(\w+\)|\w+\()?(\w+)(?:\.|->)size\(\)\)?")


def loops_by_input(walk: Walk, site: Site) -> bool:
    """How often a loop runs comes from outside, and was not limited."""
    right, loop = site.node.field("right"), site.node.parent()
    if right is None or loop is None or loop.kind() != "for_statement" or right.kind() != "identifier":
        return False
    if not _number_from_outside(walk, site, right):
        return False
    before = walk.text_ahead(site)
    return not compared(before, [right.text()])


def _operands(node: Node) -> list[Node]:
    return [bare(part) for part in items(node)]


def _number_from_outside(walk: Walk, site: Site, node: Node) -> bool:
    """Read as a number: by scanf, atoi or its kin, or drawn at random."""
    if walk.value_of(f"sizeof({node.text()})", site) is not None:
        return False
    for value in assigned(walk, node.text(), site, written=True):
        callee = value.field("function") if value.kind() == "call_expression" else None
        name = walk.qualified(walk.dialect.dotted(callee)) if callee is not None else ""
        if name == "sscanf":
            return walk.evaluate(value, site).tainted
        if name in ("scanf", "fscanf", "fscanf_s", "scanf_s", "recv", "fread"):
            return True
        if name in ("atoi", "atol", "strtol", "strtoul", "stoi", "atoll", "strtoll"):
            return walk.evaluate(value, site).tainted
    return False


NUMBER_CHECKS: Final[Mapping[str, Check]] = {
    "input-size": input_size,
    "signed-size": signed_size,
    "product-unchecked": product_unchecked,
    "count-unchecked": count_unchecked,
    "sum-unchecked": sum_unchecked,
    "cut-number": cut_number,
    "divides-by-input": divides_by_input,
    "divides-by-count": divides_by_count,
    "loops-by-input": loops_by_input,
}
