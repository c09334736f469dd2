"""Habits of C and C++ that go wrong: results taken for lengths, temporaries kept, files asked about and then used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_lifetime import BLOCKS, FUNCTIONS, LEAVES
from tieout_code_shield.dialects.c_sizes import (
    argument,
    assigned,
    bare,
    compared,
    compared_above,
    index_of,
    name_of,
    names_in,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["IDIOM_CHECKS"]

MAX_LOOP: Final = 2_000
"""Characters of a loop that are searched."""


_PRINTING: Final = re.compile(r"(?<!\bx)(?<!\bxv)(?:sn|\bsw)printf$|\bsprintf_s$")


def printed_length(walk: Walk, site: Site) -> bool:
    """What snprintf returned (it may be more than what fits) is used as a length or index without a comparison."""
    if site.role == "call":
        nodes = [
            part
            for part in walk.arguments(site).positional[1:]
            if bare(part).kind() in ("identifier", "binary_expression")
        ]
    else:
        left = site.node.field("left")
        index = index_of(left) if left is not None else None
        nodes = [index] if index is not None else []
    return any(_printed(walk, site, node) for node in nodes)


def printed_rest(walk: Walk, site: Site) -> bool:
    """``left = sizeof(buf) - n``, ``left -= n``: what is left after snprintf may wrap around."""
    value = bare(site.binding.value) if site.binding is not None else None
    sign = site.node.field("operator")
    if value is None:
        return False
    if value.kind() == "binary_expression":
        sign, right = value.field("operator"), value.field("right")
    else:
        right = value
    if sign is None or right is None or sign.text() not in ("-", "-="):
        return False
    return bare(right).kind() == "identifier" and _printed(walk, site, bare(right))


def _printed(walk: Walk, site: Site, node: Node) -> bool:
    """Whether a variable in an expression holds what snprintf returned, which nothing compared with a limit."""
    for name in re.findall(r"[A-Za-z_]\w*", node.text())[:4]:
        for value in assigned(walk, name, site):
            callee = value.field("function") if value.kind() == "call_expression" else None
            if callee is not None and _PRINTING.search(callee.text()):
                return not _upper(walk.text_before(site), name)
    return False


def _upper(before: str, name: str) -> bool:
    word = re.escape(name)
    return (
        re.search(
            rf"\b{word}\s*(?:>=?(?!\s*0\b)|<(?!\s*0\b))"
            rf"|(?i:min|clamp)\w*\s*[(<][^;]*\b{word}\b|\(\s*(?:size_t|unsigned)\s*\)\s*{word}\s*[<>]",
            before,
        )
        is not None
    )


def sizeof_pointer(walk: Walk, site: Site) -> bool:
    """``sizeof p`` of a pointer where the size of what it points to is meant."""
    before = walk.text_before(site)
    targets: set[str] = set()
    if site.parent is not None and site.parent.role == "bind" and site.parent.binding is not None:
        targets.add(site.parent.binding.target)
    first = argument(walk, site, 0)
    if first is not None and site.name in (
        "memset",
        "memcpy",
        "strncpy",
        "memmove",
        "bzero",
        "fgets",
        "snprintf",
    ):
        targets.add(name_of(walk, first))
    for node in walk.arguments(site).positional:
        for found in re.finditer(r"sizeof\s*\(?\s*([A-Za-z_]\w*)\s*\)?(?![\w.\[>*-])", node.text()):
            name = found[1]
            if name in targets and re.search(
                rf"\w\s*\*\s*(?:const\s+)?{re.escape(name)}\s*(?:[=;,)])", before
            ):
                return not re.search(rf"\b{re.escape(name)}\s*\[", before)
    return False


def result_dropped(walk: Walk, site: Site) -> bool:
    """The result of a call is not looked at."""
    parent = site.node.parent()
    return parent is not None and parent.kind() == "expression_statement"


def changed_while_iterated(walk: Walk, site: Site) -> bool:
    """A container is changed inside a loop over it; its iterators are no longer valid."""
    owner = site.name.rpartition(".")[0]
    if not owner:
        return False
    for each in site.node.ancestors():
        kind = each.kind()
        if kind in FUNCTIONS:
            return False
        if kind == "for_range_loop":
            over = each.field("right")
            if over is not None and walk.dialect.dotted(over) == owner:
                return not _leaves_after(site.node) or _given_its_own(walk, site, each)
        if kind == "for_statement":
            start = each.field("initializer")
            if start is None or not re.search(
                rf"\b{re.escape(owner.replace('.', '->'))}\s*(?:\.|->)\s*c?begin\(",
                start.text().replace(".", "->"),
            ):
                continue
            if each.field("update") is None and re.search(r"\b(?:std::)?next\s*\(", each.text()[:MAX_LOOP]):
                return False
            parent = site.node.parent()
            return (
                parent is not None
                and parent.kind() == "expression_statement"
                and not _leaves_after(site.node)
            )
    return False


def _given_its_own(walk: Walk, site: Site, loop: Node) -> bool:
    """``items.assign(1, item)`` where ``item`` is a reference into ``items``."""
    item = loop.field("declarator")
    if item is None or item.kind() != "reference_declarator" or not site.name.endswith(".assign"):
        return False
    name = item.text().strip("& \t\n")
    return any(bare(part).text() == name for part in walk.arguments(site).positional)


def _leaves_after(node: Node) -> bool:
    for _ in range(3):
        parent = node.parent()
        if parent is None:
            return False
        if parent.kind() in BLOCKS:
            return any(after.kind() in LEAVES for after in node.next_all())
        node = parent
    return False


def dangling_text(walk: Walk, site: Site) -> bool:
    """A pointer into a temporary: ``const char* p = f().c_str();``."""
    value = bare(site.binding.value) if site.binding is not None else None
    callee = value.field("function") if value is not None and value.kind() == "call_expression" else None
    if callee is None or callee.kind() != "field_expression":
        return False
    method, owner = callee.field("field"), callee.field("argument")
    if method is None or owner is None or method.text() not in ("c_str", "data", "constData"):
        return False
    declaration = site.node.parent()
    if (
        site.node.kind() != "init_declarator"
        or declaration is None
        or "*" not in site.node.text().partition("=")[0]
    ):
        return False
    owner = bare(owner)
    if owner.kind() == "binary_expression":
        return True
    inner = owner.field("function") if owner.kind() == "call_expression" else None
    return (
        inner is not None
        and re.search(
            r"(?:\bstr|toStdString|toUtf8|toLatin1|toLocal8Bit|substr|to_string|string|\bformat)$",
            inner.text(),
        )
        is not None
    )


def assigned_in_condition(walk: Walk, site: Site) -> bool:
    """``if (x = 5)``."""
    parent = site.node.parent()
    if site.node.kind() != "assignment_expression" or parent is None:
        return False
    outer = parent.parent()
    if parent.kind() not in ("parenthesized_expression", "condition_clause") or outer is None:
        return False
    if outer.kind() not in ("if_statement", "while_statement") or site.binding is None:
        return False
    return bare(site.binding.value).kind() in ("number_literal", "true", "false", "null", "char_literal")


_ASKING: Final = r"(?:access|stat|lstat|_access|_stat|faccessat|stat64|lstat64|waccess|euidaccess)"


def looked_at_before(walk: Walk, site: Site) -> bool:
    """A file is used by a name that was asked about before: it may be another one by now."""
    node = argument(walk, site, 1 if site.name in ("openat", "unlinkat") else 0)
    if node is None or bare(node).kind() in ("string_literal", "null"):
        return False
    text = re.escape(bare(node).text())
    return re.search(rf"\b{_ASKING}\s*\(\s*{text}\s*,", walk.text_before(site)) is not None


def reads_word_into_array(walk: Walk, site: Site) -> bool:
    """``cin >> buffer`` into an array, with no width set."""
    if site.binding is None or site.node.kind() != "binary_expression":
        return False
    if walk.value_of(f"sizeof({site.name})", site) is None and not any(
        value.kind() == "new_expression" and value.text().startswith("new char[")
        for value in assigned(walk, site.name, site)
    ):
        return False
    before = walk.text_before(site)
    if not re.search(rf"\b(?:char|wchar_t)\s*\*?\s*[^;{{}}()]*\b{re.escape(site.name)}\b", before):
        return False
    return not re.search(r"\bsetw\s*\(|\.width\s*\(", before)


def not_compared(walk: Walk, site: Site) -> bool:
    """The size of an allocation on the stack was not compared with anything."""
    node = argument(walk, site, 0)
    if node is None or walk.evaluate(node, site).constant:
        return False
    return not compared(walk.text_before(site), re.findall(r"[A-Za-z_]\w*", node.text())[:6])


def length_unlimited(walk: Walk, site: Site) -> bool:
    """``char copy[n];`` of a parameter or a result that was not compared with anything."""
    declared = site.node.parent()
    while declared is not None and declared.kind() in ("init_declarator", "array_declarator"):
        declared = declared.parent()
    if declared is None or declared.kind() != "declaration" or site.binding is None:
        return False
    value = walk.evaluate(site.binding.value, site)
    if value.constant or (site.function is not None and _is_template(site.function.node)):
        return False
    names = names_in(site.binding.value.text())
    if not any(_varies(walk, name, site) for name in names):
        return False
    return not compared_above(walk.text_before(site), names)


def _varies(walk: Walk, name: str, site: Site) -> bool:
    if not name[:1].islower():
        return False
    if site.function is not None and name in walk.parameters_of(site.function):
        return True
    return any(not walk.evaluate(value, site).constant for value in assigned(walk, name, site))


def _is_template(function: Node) -> bool:
    parent = function.parent()
    return parent is not None and parent.kind() == "template_declaration"


IDIOM_CHECKS: Final[Mapping[str, Check]] = {
    "printed-length": printed_length,
    "printed-rest": printed_rest,
    "sizeof-pointer": sizeof_pointer,
    "result-dropped": result_dropped,
    "changed-while-iterated": changed_while_iterated,
    "dangling-text": dangling_text,
    "assigned-in-condition": assigned_in_condition,
    "looked-at-before": looked_at_before,
    "reads-word-into-array": reads_word_into_array,
    "not-compared": not_compared,
    "length-unlimited": length_unlimited,
}
