"""Properties about how long memory lives in C and C++, and about results that are used without a look at them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_sizes import argument, assigned, bare, compared, name_of
from tieout_code_shield.dialects.c_values import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["LIFETIME_CHECKS"]

MAX_FOLLOWING: Final = 60
MAX_STATEMENT: Final = 4_000
_BLOCKS: Final = frozenset(
    {"compound_statement", "translation_unit", "case_statement", "preproc_ifdef", "preproc_if"}
)
_LEAVES: Final = frozenset(
    {"return_statement", "break_statement", "continue_statement", "goto_statement", "throw_statement"}
)
_BESIDE: Final = frozenset({"comment", "preproc_else", "preproc_elif", "else_clause"})
"""What stands after a statement but does not run after it."""
_FUNCTIONS: Final = frozenset({"function_definition", "lambda_expression"})
_ENDS: Final = re.compile(r"\s*(?:exit|abort|_exit|longjmp|usage|die|fatal|err|errx)\s*\(")
_SAFE_USE: Final = r"(?:sizeof\s*\(?\s*{name}\b|&\s*{name}\b)"


def _following(node: Node) -> Iterator[Node]:
    """The statements that run after the one a node is in, as far as the text says, outwards to the function's end."""
    current = node
    for _ in range(MAX_FOLLOWING):
        parent = current.parent()
        if parent is None or current.kind() in _FUNCTIONS:
            return
        if parent.kind() in _BLOCKS:
            for after in current.next_all():
                if after.is_named() and after.kind() not in _BESIDE:
                    yield after
                    if after.kind() in _LEAVES or _ENDS.match(after.text()[:40]):
                        return
                    if after.kind() == "labeled_statement" and re.search(r"\breturn\b", after.text()):
                        return
        current = parent


_NO_USE: Final = re.compile(
    r"\bsizeof\s*\([^()]*\)|\bsizeof\s*\*?\w+|\b(?:struct|enum|union)\s+\w+|\"[^\"\n]*\""
)
"""Parts of an expression that name a variable without reading it."""


def _next_use(node: Node, name: str) -> tuple[str, Node] | None:
    """How a variable is used next: ``set``, ``free``, ``test`` or ``use``."""
    word = re.compile(rf"(?<![\w.>])(?:\bthis->)?{re.escape(name)}(?![\w])")
    for statement in _following(node):
        text = statement.text()
        if len(text) > MAX_STATEMENT:
            return None
        for found in word.finditer(text):
            before, after = text[: found.start()], text[found.end() :]
            line = before.rpartition("\n")[2]
            if "//" in line or line.replace('\\"', "").count('"') % 2:
                continue
            if re.match(r"\s*=(?!=)", after):
                given = _NO_USE.sub("", after.partition(";")[0])
                return ("use" if word.search(given) else "set"), statement
            if before.endswith(("&", "sizeof ", "sizeof(")):
                return "set", statement
            if re.search(r"\b(?:free|kfree|g_free|delete(?:\s*\[\])?)\s*\(?\s*$", before) and re.match(
                r"\s*[);]", after
            ):
                return "free", statement
            if _is_test(before, after):
                return "test", statement
            return "use", statement
    return None


def _is_test(before: str, after: str) -> bool:
    if re.match(r"\s*(?:[!=]=|\?(?!\?)|\)?\s*(?:&&|\|\|))", after) or re.search(r"[!=]=\s*$", before):
        return True
    return re.search(r"(?:!\s*\(?|\b(?:if|while|assert\w*|unlikely|likely|[A-Z_]*(?:ASSERT|CHECK|REQUIRE|VERIFY)[A-Z_]*)\s*\(\s*|&&\s*|\|\|\s*|return\s+)$", before) is not None and re.match(r"\s*[);,&|]", after) is not None  # fmt: skip


def _freed(walk: Walk, site: Site) -> str:
    node = argument(walk, site, 0)
    if node is None or bare(node).kind() not in ("identifier", "field_expression"):
        return ""
    return bare(node).text()


def freed_again(walk: Walk, site: Site) -> bool:
    """What is freed here is freed again further down, without a new value in between."""
    name = _freed(walk, site)
    following = _next_use(site.node, name) if name else None
    return following is not None and following[0] == "free" and not _in_loop_that_moves(site.node, name)


def used_after_free(walk: Walk, site: Site) -> bool:
    """What is freed here is read or written further down."""
    name = _freed(walk, site)
    following = _next_use(site.node, name) if name else None
    return following is not None and following[0] == "use"


def _in_loop_that_moves(node: Node, name: str) -> bool:
    for each in node.ancestors():
        if each.kind() in _FUNCTIONS:
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
        return walk.value_of(f"sizeof({node.text()})", site) is not None and site.function is not None
    for value in values:
        callee = value.field("function") if value.kind() == "call_expression" else None
        if callee is not None and callee.text() in ("alloca", "ALLOCA", "_alloca"):
            return True
        if value.kind() in ("string_literal", "concatenated_string"):
            return True
        if value.kind() == "identifier" and walk.value_of(f"sizeof({value.text()})", site) is not None:
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
        if each.kind() in ("if_statement", "while_statement", "binary_expression", "conditional_expression"):
            between = each.text()[: max(0, site.start - each.range().start.index)]
            if each.kind() == "binary_expression" or ("{" not in between and ")" not in between):
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


_PRINTING: Final = ("snprintf", "vsnprintf", "_snprintf", "swprintf", "sprintf_s", "scnprintf_")


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
        index = left.field("index") if left is not None else None
        if left is not None and index is None:
            listed = next(
                (each for each in left.children() if each.kind() == "subscript_argument_list"), None
            )
            index = next(iter(items(listed)), None) if listed is not None else None
        nodes = [index] if index is not None else []
    before = walk.text_before(site)
    for node in nodes:
        for name in re.findall(r"[A-Za-z_]\w*", node.text())[:4]:
            for value in assigned(walk, name, site):
                callee = value.field("function") if value.kind() == "call_expression" else None
                if (
                    callee is not None
                    and callee.text().removeprefix("std::") in _PRINTING
                    and not _upper(before, name)
                ):
                    return True
    return False


def _upper(before: str, name: str) -> bool:
    word = re.escape(name)
    return re.search(rf"\b{word}\s*(?:>=?\s*(?!0\b)|<(?!\s*0\b))|(?i:min|clamp)\w*\s*[(<][^;]*\b{word}\b|\(\s*(?:size_t|unsigned)\s*\)\s*{word}\s*[<>]", before) is not None  # fmt: skip


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
        if kind in _FUNCTIONS:
            return False
        if kind == "for_range_loop":
            over = each.field("right")
            if over is not None and walk.dialect.dotted(over) == owner:
                return not _leaves_after(site.node)
        if kind == "for_statement":
            start = each.field("initializer")
            if start is None or not re.search(
                rf"\b{re.escape(owner.replace('.', '->'))}\s*(?:\.|->)\s*c?begin\(",
                start.text().replace(".", "->"),
            ):
                continue
            parent = site.node.parent()
            return (
                parent is not None
                and parent.kind() == "expression_statement"
                and not _leaves_after(site.node)
            )
    return False


def _leaves_after(node: Node) -> bool:
    for _ in range(3):
        parent = node.parent()
        if parent is None:
            return False
        if parent.kind() in _BLOCKS:
            return any(after.kind() in _LEAVES for after in node.next_all())
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


def looked_at_before(walk: Walk, site: Site) -> bool:
    """A file is used by a name that was asked about before: it may be another one by now."""
    node = argument(walk, site, 1 if site.name in ("openat", "unlinkat") else 0)
    if node is None or bare(node).kind() in ("string_literal", "null"):
        return False
    text = re.escape(bare(node).text())
    return re.search(rf"\b(?:access|stat|lstat|_access|_stat|faccessat|stat64|lstat64|waccess|euidaccess)\s*\(\s*{text}\s*,", walk.text_before(site)) is not None  # fmt: skip


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


_PLAIN_TYPE: Final = re.compile(
    r"^(?:unsigned |signed |long |short )*(?:char|short|int|long|float|double|unsigned|size_t|ssize_t|u?int\d+_t|wchar_t|bool)$"
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
    if target.kind() == "identifier" and not _PLAIN_TYPE.match(declared.text()):
        return False
    following = _next_use(node, binding.target)
    if following is None or following[0] != "use" or following[1].kind() != "expression_statement":
        return False
    text = _NO_USE.sub("", following[1].text())
    if re.match(r"[A-Z][A-Z\d_]+\s*\(", text):
        # A macro may do anything, such as loop over a list.
        return False
    reads = rf"(?:^|[=(,+*/<>!\s-])\*?\s*{re.escape(binding.target)}\s*(?:->|\[|[;),+*/<>-])"
    return re.search(reads, text) is not None and not re.search(
        rf">>\s*{re.escape(binding.target)}\b|\b(?:va_start|void)\b", text
    )


LIFETIME_CHECKS: Final[Mapping[str, Callable[[Walk, Site], bool]]] = {
    "freed-again": freed_again,
    "used-after-free": used_after_free,
    "frees-non-heap": frees_non_heap,
    "deallocated-otherwise": deallocated_otherwise,
    "realloc-to-itself": realloc_to_itself,
    "result-unchecked": result_unchecked,
    "printed-length": printed_length,
    "sizeof-pointer": sizeof_pointer,
    "result-dropped": result_dropped,
    "changed-while-iterated": changed_while_iterated,
    "dangling-text": dangling_text,
    "assigned-in-condition": assigned_in_condition,
    "looked-at-before": looked_at_before,
    "reads-word-into-array": reads_word_into_array,
    "not-compared": not_compared,
    "used-unset": used_unset,
}
