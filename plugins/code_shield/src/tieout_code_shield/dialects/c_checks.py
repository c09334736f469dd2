"""Properties that rules for C and C++ ask for by name: whether a copy fits, whether something was compared before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_lifetime import LIFETIME_CHECKS
from tieout_code_shield.dialects.c_sizes import (
    argument,
    assigned,
    bare,
    capacity,
    compared,
    compared_below,
    known_length,
    name_of,
    names_in,
    number,
)
from tieout_code_shield.dialects.c_values import NUMBERS, items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.values import Value
    from tieout_code_shield.walk import Site, Walk

__all__ = ["CHECKS"]

# Functions that write at most so many bytes: position of the destination, of the size, and of the source (-1: none).
_SIZED: Final = {
    "memcpy": (0, 2, 1), "memmove": (0, 2, 1), "mempcpy": (0, 2, 1), "strncpy": (0, 2, 1), "wcsncpy": (0, 2, 1),
    "strncat": (0, 2, 1), "wcsncat": (0, 2, 1), "snprintf": (0, 1, -1), "vsnprintf": (0, 1, -1), "memset": (0, 2, -1),
    "fgets": (0, 1, -1), "read": (1, 2, -1), "recv": (1, 2, -1), "recvfrom": (1, 2, -1), "bcopy": (1, 2, 0),
    "wmemcpy": (0, 2, 1), "wmemmove": (0, 2, 1), "wmemset": (0, 2, -1), "swprintf": (0, 1, -1), "strlcpy": (0, 2, 1),
    "CopyMemory": (0, 2, 1), "RtlCopyMemory": (0, 2, 1), "_snprintf": (0, 1, -1), "SSL_read": (1, 2, -1),
    "copy_from_user": (0, 2, 1), "strlcat": (0, 2, 1), "memcpy_s": (0, 3, 2), "__builtin_memcpy": (0, 2, 1),
    "_snwprintf": (0, 1, -1), "pread": (1, 2, -1), "readlink": (1, 2, -1),
}  # fmt: skip
_WIDE: Final = re.compile(r"^(?:wcs|wmem|swprintf|_snw)")
_APPENDING: Final = re.compile(r"^(?:str|wcs|l?str|_tcs|_mbs)n?l?cat")
_DIRECTIVE: Final = re.compile(r"%([-+ #0']*)(\*|\d*)(?:\.(\*|\d*))?(hh?|ll?|[jztLqwI]|I64|I32)?([a-zA-Z%])")
_WIDTHS: Final = {
    "d": 11,
    "i": 11,
    "u": 10,
    "x": 8,
    "X": 8,
    "o": 11,
    "c": 1,
    "p": 18,
    "%": 1,
    "e": 14,
    "g": 14,
    "f": 0,
}
_GUARDING: Final = re.compile(r"(?i)\bmin\s*[(<]|\bclamp\s*\(|SIZE_MAX|_overflow\b|ISFIT")
_RANDOM: Final = re.compile(
    r"^(?:rand|random|rand_r|lrand48|atoi|atol|strtol|strtoul|stoi|stoul|ntohl|ntohs)$"
)
_RETURNED: Final = frozenset(
    {"read", "recv", "recvfrom", "fread", "pread", "SSL_read", "readlink", "BIO_read"}
)
_LIMITS: Final = re.compile(
    r"^(?:\(\w+\)\s*)?-?\s*(?:U?(?:CHAR|SHRT|INT|LONG|LLONG)|S?SIZE|U?INT(?:8|16|32|64)|SCHAR)_(?:MAX|MIN)$"
)


_CONSTANT: Final = re.compile(r"_[A-Z][A-Z\d]{2,}$|^k[A-Z]\w+$")


def _variables(value: Value) -> list[str]:
    return [
        each.name
        for each in value.leaves
        if each.kind in ("name", "attribute") and each.name and not _CONSTANT.search(each.name)
    ]


def overflows(walk: Walk, site: Site) -> bool:
    """strcpy and its kin: what is copied does not fit, or nothing says that it does."""
    destination, source = argument(walk, site, 0), argument(walk, site, 1)
    if destination is None or source is None:
        return False
    name = walk.qualified(site.name)
    unit = 4 if name.startswith("wcs") else 1
    room = capacity(walk, site, destination)
    room = room // unit if room is not None and room > 0 else room
    value = walk.evaluate(source, site)
    length = known_length(walk, site, source)
    if length is not None and unit > 1 and not value.constant:
        length = (length + 1) // unit - 1
    before = walk.evaluate(destination, site) if _APPENDING.match(name) else None
    held = len(before.text) if before is not None and before.constant and before.text else 0
    if length is not None and (value.constant or room is not None):
        return room is not None and length + held + 1 > room
    return not _measured(walk, site, source, destination)


def _measured(walk: Walk, site: Site, source: Node, destination: Node) -> bool:
    """Whether the text before measures what is copied, or makes the destination by that measure."""
    before = walk.text_before(site)
    text = re.escape(re.sub(r"\.c_str\(\)|\.data\(\)", "", bare(source).text()))
    measured = re.search(
        rf"(?:strlen|wcslen|strnlen|lstrlen|sizeof|\bLEN\w*)\s*\(?\s*\(?(?:\([^()]*\)\s*)?{text}\b", before
    )
    if measured or re.search(rf"{text}(?:\.size|\.length)\s*\(", before):
        return True
    room = name_of(walk, destination)
    return any(
        value.kind() == "call_expression" and re.search(r"strlen|len\w*\s*\+", value.text())
        for value in (assigned(walk, room, site) if room else ())
    )


def overflows_format(walk: Walk, site: Site) -> bool:
    """sprintf: the longest text that the format can make does not fit, or has no longest."""
    destination, template = argument(walk, site, 0), argument(walk, site, 1)
    if destination is None or template is None:
        return False
    value = walk.evaluate(template, site)
    if value.text is None or not value.constant:
        return not value.constant
    room = capacity(walk, site, destination)
    given = list(walk.arguments(site).positional[2:])
    if value.text == "%s" and len(given) == 1 and room is None and walk.evaluate(given[0], site).constant:
        return False
    longest = _longest(walk, site, value.text, given)
    if longest is None:
        return True
    return room is not None and longest + 1 > room


def _longest(walk: Walk, site: Site, template: str, given: list[Node]) -> int | None:
    """The most characters that a format can make of its arguments; ``None`` when there is no bound."""
    total = len(_DIRECTIVE.sub("", template))
    for found in _DIRECTIVE.finditer(template):
        if found[5] == "%":
            total += 1
            continue
        if "*" in (found[2], found[3]):
            given = given[1:]
        node, given = (given[0] if given else None), given[1:]
        width = int(found[2]) if found[2].isdigit() else 0
        precision = int(found[3]) if found[3] and found[3].isdigit() else None
        if found[5] in "sS":
            if found[3] == "*":
                continue
            longest = precision if precision is not None else _text_length(walk, site, node)
            if longest is None:
                return None
            total += max(longest, width)
        else:
            size = _WIDTHS.get(found[5], 0)
            total += max(
                width,
                20 if size > 2 and found[4] in ("l", "ll", "j", "z", "I64") and found[5] in "diu" else size,
            )
            value = walk.evaluate(node, site) if node is not None else None
            if value is not None and value.constant and value.text is not None and not width:
                total += len(value.text) - size
    return total


def _text_length(walk: Walk, site: Site, node: Node | None) -> int | None:
    if node is None:
        return None
    length = known_length(walk, site, node)
    if length is not None:
        return length
    return 0 if _measured(walk, site, node, node) else None


def _sized(walk: Walk, site: Site) -> tuple[Node, Node, Node | None, str] | None:
    name = walk.qualified(site.name)
    where = _SIZED.get(name)
    if where is None:
        return None
    given = walk.arguments(site).positional
    if len(given) <= max(where):
        return None
    source = given[where[2]] if where[2] >= 0 else None
    return given[where[0]], given[where[1]], source, name


def size_too_large(walk: Walk, site: Site) -> bool:
    """The size given to a copy is larger than what it copies into, or than what it copies from."""
    sized = _sized(walk, site)
    if sized is None:
        return False
    destination, size, source, name = sized
    room = capacity(walk, site, destination)
    unit = 4 if _WIDE.match(name) else 1
    wanted = number(walk.evaluate(size, site))
    if wanted is not None and room is not None:
        limit = room // unit if room > 0 else room
        return wanted > limit - (1 if _APPENDING.match(name) and "strl" not in name else 0)
    whole = re.fullmatch(r"sizeof\s*\(?\s*(\w+)\s*\)?", size.text())
    inside = walk.dialect.dotted(bare(destination))
    if whole and inside.count(".") == 1 and whole[1] == inside.partition(".")[0]:
        # The size of the structure for one of its members.
        return True
    return source is not None and room is not None and _by_source(walk, site, size, source)


def _by_source(walk: Walk, site: Site, size: Node, source: Node) -> bool:
    text = re.escape(bare(source).text())
    if not re.search(rf"(?:strlen|wcslen|sizeof)\s*\(?\s*{text}\b", size.text()):
        return False
    before = walk.text_before(site)
    head = before[: len(before) - (site.end - site.start)]
    return not re.search(rf"(?:strlen|wcslen|sizeof)\s*\(?\s*{text}\b", head)


def reads_past(walk: Walk, site: Site) -> bool:
    """A copy reads more than its source holds."""
    sized = _sized(walk, site)
    if sized is None or sized[2] is None or not sized[3].startswith(("mem", "wmem", "Copy", "Rtl")):
        return False
    wanted, held = number(walk.evaluate(sized[1], site)), capacity(walk, site, sized[2])
    unit = 4 if _WIDE.match(sized[3]) else 1
    return wanted is not None and held is not None and wanted * unit > held


def size_unchecked(walk: Walk, site: Site) -> bool:
    """A size that nobody compared with anything is used for an array of fixed size."""
    sized = _sized(walk, site)
    if sized is None or sized[2] is None:
        return False
    destination, size, _source, _name = sized
    if bare(destination).kind() == "binary_expression" or not _is_array(walk, site, destination):
        return False
    names = _variables(walk.evaluate(size, site))
    if not names:
        return False
    before = walk.text_before(site)
    return not _GUARDING.search(size.text()) and not _bounded(
        walk, site, [*names, *names_in(size.text())], before
    )


def _is_array(walk: Walk, site: Site, node: Node) -> bool:
    """Whether an expression is an array or block of fixed size, be the size known or not."""
    name = name_of(walk, node).rpartition(".")[2]
    return (name != "" and walk.value_of(f"sizeof({name})", site) is not None) or capacity(
        walk, site, node
    ) is not None


def _bounded(walk: Walk, site: Site, names: list[str], before: str) -> bool:
    if compared(before, names):
        return True
    return any(_GUARDING.search(value.text()) for name in names for value in assigned(walk, name, site))


def input_size(walk: Walk, site: Site) -> bool:
    """A size or count that comes from outside the program and was not compared with anything."""
    node = _size_argument(walk, site)
    return node is not None and _from_outside(walk, site, node) and not _checked(walk, site, node)


def _size_argument(walk: Walk, site: Site) -> Node | None:
    sized = _sized(walk, site)
    if sized is not None:
        return sized[1]
    if site.name == "realloc":
        return argument(walk, site, 1)
    return argument(walk, site, 0)


def _from_outside(walk: Walk, site: Site, node: Node) -> bool:
    """Whether a number is input; what a read returns is not: it is at most what was asked for."""
    leaves = walk.evaluate(node, site).leaves
    return any(
        (each.tainted and each.name not in _RETURNED) or _RANDOM.match(each.name) for each in leaves
    ) and not any(each.name in _RETURNED for each in leaves if not each.through)


def _checked(walk: Walk, site: Site, node: Node) -> bool:
    before = walk.text_before(site)
    names = names_in(node.text())
    return _GUARDING.search(node.text()) is not None or compared(
        before[: len(before) - (site.end - site.start)], names
    )


def signed_size(walk: Walk, site: Site) -> bool:
    """A size from outside in a signed variable that was never compared with zero."""
    node = _size_argument(walk, site)
    if node is None or not _from_outside(walk, site, node):
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
    for part in walk.arguments(site).positional:
        if _product(walk, site, bare(part)):
            return True
    return False


def _product(walk: Walk, site: Site, node: Node) -> bool:
    if node.kind() == "binary_expression":
        operator, left, right = node.field("operator"), node.field("left"), node.field("right")
        if operator is None or left is None or right is None:
            return False
        if operator.text() == "+":
            return _product(walk, site, bare(left)) or _product(walk, site, bare(right))
        if operator.text() == "*":
            leaves = walk.evaluate(node, site).without(frozenset({"strlen"})).leaves
            if not leaves or any(each.name in ("strlen", "wcslen") for each in leaves):
                return False
            return not _limited(walk, site, node)
        return False
    if node.kind() == "identifier":
        values = assigned(walk, node.text(), site)
        return any(value.kind() == "binary_expression" and _product(walk, site, value) for value in values)
    return False


_BOUND: Final = r"(?:\(\w[\w ]*\)\s*)?(?:\d{2,}|0x|[A-Z][A-Z\d_]{2,}|sizeof|\w*(?i:max|limit)|std::numeric_limits|[\w.>-]*size\b)"


_MEASURED: Final = re.compile(r"\b(?:str|wcs)n?len\s*\(|\.(?:size|length)\s*\(\)")


def _limited(walk: Walk, site: Site, node: Node) -> bool:
    """Whether a factor was compared with a limit: a number, a constant, a maximum; not with what there is already."""
    before = walk.text_before(site)
    before = before[: len(before) - (site.end - site.start)]
    if _GUARDING.search(node.text()) or "SIZE_MAX" in before or "overflow" in before:
        return True
    for name in names_in(node.text()):
        if any(_MEASURED.search(value.text()) for value in assigned(walk, name, site)):
            return True
        word = re.escape(name)
        if re.search(
            rf"\b{word}\b\)?\s*[<>]=?\s*{_BOUND}|{_BOUND}[\w.()>-]{{0,40}}\s*(?<![-<>])[<>]=?\s*{word}\b",
            before,
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
    return _from_outside(walk, site, node) and not _checked(walk, site, node)


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
        return at < 0 or (elements is not None and at >= elements)
    if _after_full_read(walk, site, array, index):
        return True
    return _loop_too_far(walk, site, array, index, elements)


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
    array, index = left.field("argument"), left.field("index")
    if index is None:
        listed = next((child for child in left.children() if child.kind() == "subscript_argument_list"), None)
        index = next(iter(items(listed)), None) if listed is not None else None
    if array is None or index is None or array.kind() not in ("identifier", "field_expression"):
        return None
    return array, bare(index)


def _after_full_read(walk: Walk, site: Site, array: Node, index: Node) -> bool:
    """``n = read(fd, buf, sizeof(buf)); buf[n] = 0;``."""
    if index.kind() != "identifier":
        return False
    for value in assigned(walk, index.text(), site):
        callee = value.field("function") if value.kind() == "call_expression" else None
        if callee is None or callee.text() not in _RETURNED:
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
    if found is None or found[1].kind() != "identifier" or not _from_outside(walk, site, found[1]):
        return False
    name, before = found[1].text(), walk.text_before(site)
    upper = re.search(
        rf"\b{re.escape(name)}\s*<(?!\s*0\b)|(?<![-<])>=?\s*{re.escape(name)}\b|\b{re.escape(name)}\s*>=?\s*(?!0\b|-)\w",
        before,
    )
    unsigned = re.search(rf"(?:size_t|unsigned(?:\s+\w+)?|uint\d+_t)\s+{re.escape(name)}\b", before)
    return upper is None or not (unsigned or compared_below(before, name))


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
    before = walk.text_before(site)
    before = before[: len(before) - (site.end - site.start)]
    for part in _operands(value):
        if part.kind() == "identifier" and _extreme(walk, site, part):
            return not _in_range(before, part.text(), down=sign.text() in ("-", "--"))
    return False


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


def loops_by_input(walk: Walk, site: Site) -> bool:
    """How often a loop runs comes from outside, and was not limited."""
    right, loop = site.node.field("right"), site.node.parent()
    if right is None or loop is None or loop.kind() != "for_statement" or right.kind() != "identifier":
        return False
    if not _number_from_outside(walk, site, right):
        return False
    before = walk.text_before(site)
    before = before[: len(before) - (site.end - site.start)]
    return not compared(before, [right.text()])


def _operands(node: Node) -> list[Node]:
    return [bare(part) for part in items(node)]


def _number_from_outside(walk: Walk, site: Site, node: Node) -> bool:
    """Read as a number: by scanf, atoi or its kin, or drawn at random."""
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


def format_is_input(walk: Walk, site: Site) -> bool:
    """A format, the last argument of the call, that is a variable and no constant text."""
    given = walk.arguments(site).positional
    position = {"fprintf": 1, "dprintf": 1, "syslog": 1, "vsyslog": 1, "sprintf": 1, "snprintf": 2, "fwprintf": 1,
                "swprintf": 2, "_snprintf": 2, "asprintf": 1, "g_error": 0, "vprintf": 0, "vfprintf": 1, "vsnprintf": 2,
                "vsprintf": 1, "vasprintf": 1, "err": 1, "errx": 1, "error": 2, "setproctitle": 0, "warn": 0, "warnx": 0,
                "_snwprintf": 2, "vwprintf": 0, "vfwprintf": 1, "vsyslog_r": 1}.get(walk.qualified(site.name), 0)  # fmt: skip
    if len(given) <= position:
        return False
    value = walk.evaluate(given[position], site)
    kept = value.without(_TRANSLATED)
    if kept.constant or (value.text is not None and "%" in value.text and not value.tainted):
        return False
    if site.name.startswith("v"):
        return value.tainted
    return value.tainted or len(given) == position + 1


_TRANSLATED: Final = frozenset({"_", "gettext", "ngettext", "N_", "tr", "dgettext", "Q_", "dcgettext", "strerror", "G_",
                                "errmsg", "LOC_MSG", "gai_strerror", "hstrerror", "curl_easy_strerror"})  # fmt: skip


def remote_input(walk: Walk, site: Site) -> bool:
    """An argument carries input other than the command line, which the user of a tool writes himself."""
    for part in walk.arguments(site).positional:
        for each in walk.evaluate(part, site).leaves:
            root = each.name.partition(".")[0]
            if each.tainted and root not in ("argv", "optarg", "environ") and not each.through & _HARMLESS:
                return True
    return False


_HARMLESS: Final = frozenset(
    {"to_string", "atoi", "stoi", "strtol", "strtoul", "basename", "filename", "realpath", "atol"}
)


def room_unknown(walk: Walk, site: Site) -> bool:
    """Text is written where nothing says how much room there is, and nothing measured the text."""
    destination, source = argument(walk, site, 0), argument(walk, site, 1)
    if destination is None or source is None or capacity(walk, site, destination) is not None:
        return False
    name = name_of(walk, destination)
    made = name and any(
        value.kind() in ("call_expression", "new_expression", "identifier")
        for value in assigned(walk, name, site)
    )
    if (made or _is_array(walk, site, destination)) and walk.evaluate(source, site).constant:
        return False
    return not _measured(walk, site, source, destination)


CHECKS: Final[Mapping[str, Callable[[Walk, Site], bool]]] = {
    "overflows": overflows,
    "overflows-format": overflows_format,
    "room-unknown": room_unknown,
    "size-too-large": size_too_large,
    "reads-past": reads_past,
    "size-unchecked": size_unchecked,
    "input-size": input_size,
    "signed-size": signed_size,
    "product-unchecked": product_unchecked,
    "count-unchecked": count_unchecked,
    "index-out": index_out,
    "index-unchecked": index_unchecked,
    "sum-unchecked": sum_unchecked,
    "cut-number": cut_number,
    "divides-by-input": divides_by_input,
    "loops-by-input": loops_by_input,
    "format-is-input": format_is_input,
    "remote-input": remote_input,
    **LIFETIME_CHECKS,
}
"""By the names that rule files use."""
