"""How long memory and values live in C and C++: freed twice, used afterwards, never set, never looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_sizes import argument, assigned, bare, extent

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["BLOCKS", "FUNCTIONS", "LEAVES", "LIFETIME_CHECKS", "PLAIN_TYPE", "beside", "next_place"]

MAX_FOLLOWING: Final = 200
"""Steps from node to node."""


MAX_STATEMENT: Final = 4_000
MAX_BESIDE: Final = 40
"""Statements of a block that are searched for a use."""


BLOCKS: Final = frozenset(
    {"compound_statement", "translation_unit", "case_statement", "preproc_ifdef", "preproc_if"}
)


LEAVES: Final = frozenset(
    {"return_statement", "break_statement", "continue_statement", "goto_statement", "throw_statement"}
)


_BESIDE: Final = frozenset({"comment", "preproc_else", "preproc_elif", "else_clause"})
"""What stands after a statement but does not run after it."""


FUNCTIONS: Final = frozenset({"function_definition", "lambda_expression"})


_ENDS: Final = re.compile(r"\s*(?:exit|abort|_exit|longjmp|usage|die|fatal|err|errx)\s*\(")


def _following(node: Node) -> Iterator[Node]:
    """The statements that run after the one a node is in, as far as the text says, outwards to the function's end."""
    current, left = node, MAX_FOLLOWING
    while left > 0:
        left -= 1
        parent = current.parent()
        if parent is None or current.kind() in FUNCTIONS:
            return
        after = current.next() if parent.kind() in BLOCKS else None
        while after is not None and left > 0:
            left -= 1
            if after.kind() == "ERROR" and after.text().startswith("else"):
                return
            if after.is_named() and after.kind() not in _BESIDE:
                yield after
                if after.kind() in LEAVES or _ENDS.match(after.text()[:40]):
                    return
                if after.kind() == "labeled_statement" and re.search(r"\breturn\b", after.text()):
                    return
            after = after.next()
        current = parent


def beside(node: Node) -> Iterator[Node]:
    """The statements behind the one a node is in, in the same block."""
    current = node
    for each in node.ancestors():
        if each.kind() in BLOCKS:
            break
        current = each
    after = current.next()
    for _ in range(MAX_BESIDE):
        if after is None:
            return
        if after.is_named() and after.kind() != "comment":
            yield after
        after = after.next()


_NO_USE: Final = re.compile(
    r"\bsizeof\s*\([^()]*\)|\bsizeof\s*\*?\w+|\b(?:struct|enum|union)\s+\w+|\"[^\"\n]*\""
)
"""Parts of an expression that name a variable without reading it."""


_FOLLOWED: Final = re.compile(r"(?:^|[;{}()\n])\s*\*+\s*$")
"""What stands before a pointer whose target is written, and not in a declaration."""


def _next_use(node: Node, name: str) -> tuple[str, Node] | None:
    """How a variable is used next: ``set``, ``free``, ``test`` or ``use``; and the statement."""
    following = next_place(node, name)
    return following[:2] if following is not None else None


def next_place(node: Node, name: str) -> tuple[str, Node, tuple[int, int]] | None:
    """How a variable is used next, the statement, and where in the text it is named there."""
    word = re.compile(rf"(?<![\w.>])(?:\bthis->)?{re.escape(name)}(?![\w])")
    for statement in _following(node):
        text = statement.text()
        if len(text) > MAX_STATEMENT:
            return None
        for found in word.finditer(text):
            before, after = text[: found.start()], text[found.end() :]
            begin = statement.range().start.index
            place = begin + found.start(), begin + found.end()
            line = before.rpartition("\n")[2]
            if "//" in line or line.replace('\\"', "").count('"') % 2:
                continue
            if re.match(r"\s*=(?!=)", after) and not _FOLLOWED.search(before):
                given = _NO_USE.sub("", after.partition(";")[0])
                return ("use" if word.search(given) else "set"), statement, place
            if before.endswith(("&", "sizeof ", "sizeof(")):
                return "set", statement, place
            if re.search(r"\b(?:free|kfree|g_free|delete(?:\s*\[\])?)\s*\(?\s*$", before) and re.match(
                r"\s*[);]", after
            ):
                return "free", statement, place
            if _is_test(before, after):
                return "test", statement, place
            return "use", statement, place
    return None


_ASKS: Final = re.compile(
    r"(?:!\s*\(?|\b(?:if|while|assert\w*|unlikely|likely|[A-Z_]*(?:ASSERT|CHECK|REQUIRE|VERIFY)[A-Z_]*)\s*\(\s*"
    r"|&&\s*|\|\|\s*|return\s+)$"
)


def _is_test(before: str, after: str) -> bool:
    if re.match(r"\s*(?:[!=]=|\?(?!\?)|\)?\s*(?:&&|\|\|))", after) or re.search(r"[!=]=\s*$", before):
        return True
    return _ASKS.search(before) is not None and re.match(r"\s*[);,&|]", after) is not None


def _freed(walk: Walk, site: Site) -> str:
    node = argument(walk, site, 0)
    if node is None or bare(node).kind() not in ("identifier", "field_expression"):
        return ""
    return bare(node).text()


def freed_again(walk: Walk, site: Site) -> bool:
    """What is freed here is freed again further down, without a new value in between: the finding belongs there."""
    name = _freed(walk, site)
    following = next_place(site.node, name) if name else None
    if following is None or following[0] != "free" or _in_loop_that_moves(site.node, name):
        return False
    walk.places[site, "freed-again"] = following[2]
    return True


def used_after_free(walk: Walk, site: Site) -> bool:
    """What is freed here is read or written further down: the finding belongs there."""
    name = _freed(walk, site)
    following = next_place(site.node, name) if name else None
    if following is None or following[0] != "use":
        return False
    walk.places[site, "used-after-free"] = following[2]
    return True


def _in_loop_that_moves(node: Node, name: str) -> bool:
    for each in node.ancestors():
        if each.kind() in FUNCTIONS:
            return False
        if each.kind() in ("for_statement", "while_statement", "do_statement"):
            return (
                re.search(rf"\b{re.escape(name)}\b\s*(?:=(?!=)|\+\+)", each.text()[:MAX_STATEMENT])
                is not None
            )
    return False


def frees_non_heap(walk: Walk, site: Site) -> bool:
    """An array, an address, a literal, or a pointer moved away from its beginning is given to free."""
    node = argument(walk, site, 0)
    if node is None:
        return False
    node = bare(node)
    if node.kind() == "pointer_expression" and node.text().startswith("&"):
        return "->" not in node.text()
    if node.kind() in ("string_literal", "array_declarator"):
        return True
    if node.kind() == "binary_expression":
        return True
    if node.kind() != "identifier":
        return False
    if any(
        each.binding is not None and each.binding.form == "augment"
        for each in walk.assignments_of(node.text(), site, effects=False)
    ):
        # A pointer that was moved no longer points to the beginning of its block.
        return True
    values = assigned(walk, node.text(), site)
    if not values:
        return extent(walk, site, node) is not None and site.function is not None
    for value in values:
        callee = value.field("function") if value.kind() == "call_expression" else None
        if callee is not None and callee.text() in ("alloca", "ALLOCA", "_alloca"):
            return True
        if value.kind() in ("string_literal", "concatenated_string"):
            return True
        if value.kind() == "identifier" and extent(walk, site, value) is not None:
            return (
                not assigned(walk, value.text(), site)
                or "sizeof" in value.text()
                or _is_array(walk, value.text(), site)
            )
    return False


def _is_array(walk: Walk, name: str, site: Site) -> bool:
    return re.search(rf"\b{re.escape(name)}\s*\[[^\]\n]*\]\s*[;=,]", walk.text_before(site)) is not None


def deallocated_otherwise(walk: Walk, site: Site) -> bool:
    """``new[]`` with delete, ``new`` with delete[] or free, ``malloc`` with delete."""
    name = _freed(walk, site)
    if not name:
        return False
    text = site.node.text()
    how = (
        "delete[]"
        if re.match(r"delete\s*\[\s*\]", text)
        else "delete"
        if text.startswith("delete")
        else "free"
    )
    values = assigned(walk, name, site)
    made = {_allocation(value) for value in values} - {""}
    return bool(made) and how not in made


def _allocation(node: Node) -> str:
    """What frees what an expression allocates."""
    if node.kind() == "new_expression":
        return "delete[]" if node.field("declarator") is not None else "delete"
    callee = node.field("function") if node.kind() == "call_expression" else None
    if callee is not None and callee.text() in (
        "malloc",
        "calloc",
        "realloc",
        "strdup",
        "std::malloc",
        "strndup",
    ):
        return "free"
    return ""


def realloc_to_itself(walk: Walk, site: Site) -> bool:
    """``p = realloc(p, n)``: what p pointed to is lost when it fails."""
    node = argument(walk, site, 0)
    outer = site.parent
    if node is None or outer is None or outer.role != "bind" or outer.binding is None:
        return False
    if bare(outer.binding.value).range() != site.node.range():
        return False
    name = walk.dialect.dotted(bare(node))
    return bool(name) and name == outer.binding.target and outer.binding.form == "assign"


def result_unchecked(walk: Walk, site: Site) -> bool:
    """What an allocation returns is used before anything looks whether it is null."""
    outer = site.parent
    if outer is None or outer.role != "bind" or outer.binding is None or outer.binding.form != "assign":
        return False
    if bare(outer.binding.value).range() != site.node.range():
        return False
    for each in site.node.ancestors():
        kind = each.kind()
        if kind in ("binary_expression", "conditional_expression") or (
            kind == "unary_expression" and each.text().startswith("!")
        ):
            return False
        condition = each.field("condition") if kind in ("if_statement", "while_statement") else None
        if condition is not None and condition.range().end.index >= site.end:
            return False
        if each.kind() in ("compound_statement", "function_definition"):
            break
    name = outer.binding.target.rpartition(".")[2]
    return _dereferenced(outer.node, name)


def _dereferenced(node: Node, name: str) -> bool:
    """Whether the first thing done with a pointer is to follow it."""
    word = re.escape(name)
    follows = re.compile(
        rf"(?:(?<![\w)\]])\*\s*{word}\b|\b{word}\s*(?:->|\[)|\b(?:memcpy|memset|strcpy|strcat|strncpy|sprintf|snprintf|memmove|wcscpy|wmemset|fgets|fread|read|recv)\s*\(\s*(?:\([^()]*\)\s*)?{word}\b)"
    )
    any_use = re.compile(rf"\b{word}\b")
    for statement in _following(node):
        text = statement.text()[:MAX_STATEMENT]
        found = any_use.search(text)
        if found is None:
            continue
        if _is_test(text[: found.start()], text[found.end() :]) or re.search(
            r"(?i)assert|check|verify|ensure", text[: found.start()][-60:]
        ):
            return False
        follow = follows.search(text)
        return follow is not None and follow.start() <= found.start() <= follow.end()
    return False


PLAIN_TYPE: Final = re.compile(
    r"^(?:unsigned |signed |long |short )*"
    r"(?:char|short|int|long|float|double|unsigned|size_t|ssize_t|u?int\d+_t|wchar_t|bool)$"
)


def used_unset(walk: Walk, site: Site) -> bool:
    """A plain variable or pointer is read before it was given a value."""
    node, binding = site.node, site.binding
    if binding is None or node.kind() != "declaration" or site.function is None:
        return False
    declared, target = node.field("type"), binding.value
    if declared is None or target.kind() not in ("identifier", "pointer_declarator") or "[" in target.text():
        return False
    if re.search(r"\b(?:static|extern|const|thread_local|register)\b", node.text()):
        return False
    if target.kind() == "identifier" and not PLAIN_TYPE.match(declared.text()):
        return False
    following = _next_use(node, binding.target)
    if following is None or following[0] != "use" or following[1].kind() != "expression_statement":
        return False
    text = _NO_USE.sub("", following[1].text())
    passed = rf"(?:\.|->|::)\w+\s*\((?:[^()]*,)?\s*{re.escape(binding.target)}\s*[,)]"
    if re.search(passed, text):
        # The parameter may be a reference.
        return False
    if re.match(r"[A-Z][A-Z\d_]+\s*\(|\w*for_?each\w*\s*\(|(?:__)?asm\b", text):
        # A macro may do anything, such as loop over a list.
        return False
    reads = rf"(?:^|[=(,+*/<>!\s-])\*?\s*{re.escape(binding.target)}\s*(?:->|\[|[;),+*/<>-])"
    return re.search(reads, text) is not None and not re.search(
        rf">>\s*{re.escape(binding.target)}\b|\b(?:va_start|void)\b", text
    )


LIFETIME_CHECKS: Final[Mapping[str, Check]] = {
    "freed-again": freed_again,
    "used-after-free": used_after_free,
    "frees-non-heap": frees_non_heap,
    "deallocated-otherwise": deallocated_otherwise,
    "realloc-to-itself": realloc_to_itself,
    "result-unchecked": result_unchecked,
    "used-unset": used_unset,
}
