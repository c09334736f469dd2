"""Whether what functions of C copy and print fits: sizes of destinations, lengths of sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_sizes import (
    argument,
    assigned,
    bare,
    capacity,
    compared_above,
    extent,
    known_length,
    name_of,
    names_in,
    number,
    occurrences,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.values import Value
    from tieout_code_shield.walk import Site, Walk


__all__ = ["COPY_CHECKS", "GUARDING", "sized"]

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
}


GUARDING: Final = re.compile(
    r"(?i)\bmin\s*[(<]|\bclamp\s*\(|SIZE_MAX|_overflow\b|ISFIT|-\s*(?:strlen|wcslen)\s*\(|WRAPV|\bckd_"
)


_CONSTANT_NAME: Final = re.compile(r"[A-Z][A-Z\d_]{2,}\Z")
_CONSTANT: Final = re.compile(r"_[A-Z][A-Z\d]{2,}$|^[A-Z][A-Z\d_]{4,}$|^k[A-Z]\w+$")


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
    if _CONSTANT_NAME.match(source.text()):
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


_STATEMENT: Final = re.compile(r"[;{}]")
_COMPARISON: Final = re.compile(r"(?<![-<>])[<>]=?(?![<>])")
_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w*)\s*[-+]?=[^=]*\Z")
_CONTROL: Final = frozenset({"", "if", "while", "for", "switch", "return", "sizeof"})
_REACH: Final = 200
"""Characters of a statement, before and behind a place in it, that are looked at."""


def _counts(text: str, found: re.Match[str]) -> bool:
    """Whether a length is compared, given to a function, or kept and used; not just looked at, as in ``!s.size()``."""
    head = _STATEMENT.split(text[max(0, found.start() - _REACH) : found.start()])[-1]
    rest = text[found.end() :]
    tail = _STATEMENT.split(rest[:_REACH])[0]
    close = tail.find(")") + 1
    if _COMPARISON.search(head) or (_COMPARISON.search(tail) and not re.match(r"\s*>\s*0\b", tail[close:])):
        return True
    if _given_to(head) or "[" in head:
        return True
    kept = _ASSIGNED.search(head)
    return kept is not None and any(True for _ in occurrences(rest, kept[1]))


def _given_to(head: str) -> bool:
    """Whether the text ends inside the parentheses of a call."""
    depth = 0
    for at in range(len(head) - 1, -1, -1):
        if head[at] == ")":
            depth += 1
        elif head[at] == "(" and depth:
            depth -= 1
        elif head[at] == "(":
            callee = re.search(r"(\w*)\s*\Z", head[:at])
            if callee is not None and callee[1] not in _CONTROL:
                return True
    return False


def _measured(walk: Walk, site: Site, source: Node, destination: Node) -> bool:
    """Whether the text before measures what is copied, or makes the destination by that measure."""
    before = walk.text_before(site)
    text = re.escape(re.sub(r"\.c_str\(\)|\.data\(\)", "", bare(source).text()))
    if re.search(rf"(?:sizeof|\bLEN\w*)\s*\(?\s*\(?(?:\([^()]*\)\s*)?{text}\b", before):
        return True
    lengths = re.compile(
        rf"(?:strlen|wcslen|strnlen|lstrlen)\s*\(?\s*\(?(?:\([^()]*\)\s*)?{text}\b|{text}(?:\.size|\.length)\s*\("
    )
    if any(_counts(before, found) for found in lengths.finditer(before)):
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
            size = _float_width(node, found[5], precision)
            size = _WIDTHS.get(found[5], 0) if size is None else size
            total += max(
                width,
                20 if size > 2 and found[4] in ("l", "ll", "j", "z", "I64") and found[5] in "diu" else size,
            )
            value = walk.evaluate(node, site) if node is not None else None
            if value is not None and value.constant and value.text is not None and not width:
                total += len(value.text) - size
    return total


def _float_width(node: Node | None, directive: str, precision: int | None) -> int | None:
    """Characters of the largest number: 309 digits before the point of a double, 39 of a float."""
    if directive in "eEgG":
        return 8 + (6 if precision is None else precision)
    if directive not in "fF":
        return None
    single = node is not None and re.search(r"\(\s*(?:const\s+)?float\b", node.text()) is not None
    return (40 if single else 310) + 1 + (6 if precision is None else precision)


def _text_length(walk: Walk, site: Site, node: Node | None) -> int | None:
    if node is None:
        return None
    length = known_length(walk, site, node)
    if length is not None:
        return length
    return 0 if _measured(walk, site, node, node) else None


def sized(walk: Walk, site: Site) -> tuple[Node, Node, Node | None, str] | None:
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
    found = sized(walk, site)
    if found is None:
        return False
    destination, size, source, name = found
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
    return not re.search(rf"(?:strlen|wcslen|sizeof)\s*\(?\s*{text}\b", walk.text_ahead(site))


def reads_past(walk: Walk, site: Site) -> bool:
    """A copy reads more than its source holds."""
    found = sized(walk, site)
    if found is None or found[2] is None or not found[3].startswith(("mem", "wmem", "Copy", "Rtl")):
        return False
    wanted, held = number(walk.evaluate(found[1], site)), capacity(walk, site, found[2])
    unit = 4 if _WIDE.match(found[3]) else 1
    return wanted is not None and held is not None and wanted * unit > held


def size_unchecked(walk: Walk, site: Site) -> bool:
    """A size that nobody compared with anything is used for an array of fixed size."""
    found = sized(walk, site)
    if found is None or found[2] is None:
        return False
    destination, size, _source, _name = found
    if bare(destination).kind() == "binary_expression" or not is_array(walk, site, destination):
        return False
    names = _variables(walk.evaluate(size, site))
    if not names:
        return False
    before = walk.text_before(site)
    return not GUARDING.search(size.text()) and not _bounded(
        walk, site, [*names, *names_in(size.text())], before
    )


def is_array(walk: Walk, site: Site, node: Node) -> bool:
    """Whether an expression is an array or block of fixed size, be the size known or not."""
    known = name_of(walk, node) != "" and extent(walk, site, bare(node)) is not None
    return known or capacity(walk, site, node) is not None


def _bounded(walk: Walk, site: Site, names: list[str], before: str) -> bool:
    if compared_above(before, names):
        return True
    return any(GUARDING.search(value.text()) for name in names for value in assigned(walk, name, site))


def room_unknown(walk: Walk, site: Site) -> bool:
    """Text is written where nothing says how much room there is."""
    destination = argument(walk, site, 0)
    if destination is None or capacity(walk, site, destination) is not None:
        return False
    source = argument(walk, site, 1)
    # ``Name(const char *s) : p(new char[strlen(s) + 1])``: as much as it takes, said in the same definition.
    return source is None or not re.search(
        rf"\b{re.escape(destination.text())}\s*[({{]\s*(?:\([^()]*\)\s*)?(?:new\s+char\s*\[|\w*alloc\w*\s*\()"
        rf"\s*(?:std::)?strlen\(\s*{re.escape(source.text())}\s*\)\s*\+\s*1\b",
        walk.text_before(site),
    )


COPY_CHECKS: Final[Mapping[str, Check]] = {
    "overflows": overflows,
    "overflows-format": overflows_format,
    "room-unknown": room_unknown,
    "size-too-large": size_too_large,
    "reads-past": reads_past,
    "size-unchecked": size_unchecked,
}
