"""How PHP's syntax tree spells names, calls and their arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, Dialect
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = [
    "CALLS",
    "MAX_DEPTH",
    "MEMBERS",
    "METHODS",
    "PhpNames",
    "key_text",
    "last_part",
    "string_text",
]

METHODS: Final = frozenset({"member_call_expression", "nullsafe_member_call_expression"})
MEMBERS: Final = frozenset({"member_access_expression", "nullsafe_member_access_expression"})
CALLS: Final = frozenset(
    {"function_call_expression", "member_call_expression", "nullsafe_member_call_expression", "scoped_call_expression",
     "object_creation_expression", "shell_command_expression", "print_intrinsic", "include_expression",
     "include_once_expression", "require_expression", "require_once_expression"}
)  # fmt: skip
_STATEMENTS: Final = frozenset(
    {"echo_statement", "print_intrinsic", "exit_statement", "include_expression", "include_once_expression",
     "require_expression", "require_once_expression"}
)  # fmt: skip
_BY_VALUE: Final = {
    "function_call_expression": "call_user_func", "object_creation_expression": "new",
    "member_call_expression": "call_user_func",
}  # fmt: skip
MAX_DEPTH: Final = 14


class PhpNames(Dialect):
    """Callees, arguments and dotted names."""

    def callee(self, node: Node) -> Node | None:
        """The function or class; a method call itself, whose object and name its tree holds side by side."""
        kind = node.kind()
        if kind in METHODS or kind in ("scoped_call_expression", "shell_command_expression"):
            return node
        if kind == "function_call_expression":
            return node.field("function")
        children = node.children()
        if kind == "object_creation_expression":
            return next((child for child in children[1:] if child.is_named()), None)
        return children[0] if children else None

    def call_name(self, node: Node) -> str:
        """As :meth:`dotted`; ``$f()`` is a ``call_user_func`` and ``new $class`` a ``new``, with what they name."""
        callee = self.callee(node)
        if callee is None:
            return ""
        return self.dotted(callee) if _by_value(node, callee) is None else _BY_VALUE[node.kind()]

    def arguments(self, node: Node) -> Arguments:
        """Positional and named arguments, and as named ones the keys of arrays; what ``echo`` and its kin are given."""
        kind = node.kind()
        if kind == "shell_command_expression":
            return Arguments((node,))
        if kind in _STATEMENTS:
            given = items(node)
            if len(given) == 1 and given[0].kind() == "sequence_expression":
                given = items(given[0])
            return Arguments(tuple(given))
        listed = node.field("arguments") or next(
            (child for child in node.children() if child.kind() == "arguments"), None
        )
        callee = self.callee(node)
        named_by = _by_value(node, callee) if callee is not None else None
        positional: list[Node] = [named_by] if named_by is not None else []
        if listed is None:
            return Arguments(tuple(positional))
        named: dict[str, Node] = {}
        spread = False
        for child in items(listed):
            given = items(child)
            if not given or child.kind() == "variadic_placeholder":
                continue
            value, label = given[-1], child.field("name")
            if value.kind() == "variadic_unpacking":
                spread = True
            elif label is not None and len(given) > 1:
                named[label.text()] = value
            else:
                positional.append(value)
                named.update(_pairs(value))
        return Arguments(tuple(positional), named, spread)

    def dotted(self, node: Node) -> str:
        """``$a.b`` for ``$a->b`` and ``$a['b']``, ``A.b`` for ``A::b``; a call inside has ``()`` behind it."""
        tail: list[str] = []
        for depth in range(MAX_DEPTH):
            kind = node.kind()
            if kind in ("variable_name", "relative_scope", "variable"):
                return ".".join([node.text(), *reversed(tail)])
            if kind in ("name", "qualified_name", "relative_name"):
                return ".".join([_named(node, alone=not tail), *reversed(tail)])
            if not node.is_named() or kind == "shell_command_expression":
                word = "shell_exec" if kind in ("`", "shell_command_expression") else kind
                return ".".join([word, *reversed(tail)])
            if kind in CALLS and depth:
                tail.append("()")
            inner = self._step(node, kind, tail)
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""

    def _step(self, node: Node, kind: str, tail: list[str]) -> Node | None:
        if kind in METHODS or kind in MEMBERS or kind.startswith("scoped_"):
            part = node.field("name")
            tail.append(part.text().lstrip("$") if part is not None else "")
            return node.field("object") or node.field("scope")
        if kind == "class_constant_access_expression":
            parts = items(node)
            tail.append(parts[-1].text() if parts else "")
            return parts[0] if len(parts) == 2 else None
        if kind == "subscript_expression":
            parts = items(node)
            text = key_text(parts[1]) if len(parts) > 1 else ""
            tail.append(text if re.fullmatch(r"[\w-]+", text) else "[]")
            return parts[0] if parts else None
        if kind in ("function_call_expression", "object_creation_expression"):
            return self.callee(node)
        if kind in ("parenthesized_expression", "error_suppression_expression", "clone_expression"):
            return next(iter(items(node)), None)
        return None


def _by_value(node: Node, callee: Node) -> Node | None:
    """The expression whose value says what is called, where no name does."""
    if node.kind() not in _BY_VALUE:
        return None
    if node.kind() in METHODS:
        callee = node.field("name") or callee
    return (
        callee
        if callee.kind() in ("variable_name", "dynamic_variable_name", "subscript_expression")
        else None
    )


def string_text(node: Node) -> str:
    """The text between the quotes, escapes as they are written."""
    body = next((child for child in node.children() if child.kind() == "nowdoc_body"), node)
    return "".join(
        child.text()
        for child in body.children()
        if child.kind() in ("string_content", "escape_sequence", "nowdoc_string")
    )


def key_text(node: Node) -> str:
    """The key that an array element or subscript names; empty when it is not known."""
    kind = node.kind()
    if kind in ("string", "encapsed_string"):
        return string_text(node)
    unknown = kind == "variable_name" or (kind.endswith("_expression") and "::" not in node.text())
    return "" if unknown else node.text()


def _pairs(node: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    if node.kind() == "array_creation_expression":
        for element in items(node):
            parts = items(element)
            if len(parts) == 2 and (key := key_text(parts[0])):
                found[key] = parts[1]
    return found


def last_part(name: str) -> str:
    """The class in a qualified name."""
    return name.rpartition("\\")[2]


def _named(node: Node, *, alone: bool) -> str:
    """The last part of a name; in lower case where a function is called by it."""
    text = last_part(node.text())
    parent = node.parent() if alone else None
    return text.lower() if parent is not None and parent.kind() == "function_call_expression" else text
