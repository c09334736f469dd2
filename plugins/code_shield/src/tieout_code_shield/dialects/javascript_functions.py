"""JavaScript's functions: their parameters, which of them a framework fills, and what they return."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.javascript_values import FUNCTIONS, JavaScriptValues, string_text
from tieout_code_shield.dialects.nodes import belongs, items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["JavaScriptFunctions"]

_NAMING: Final = frozenset(
    {"variable_declarator", "assignment_expression", "pair", "field_definition", "public_field_definition"}
)
"""What gives a function without a name of its own the name that it is called by."""

_REQUEST_PARTS: Final = frozenset(
    {"body", "query", "params", "headers", "cookies", "searchParams", "formData", "payload", "args"}
)
_PAGE_PARTS: Final = frozenset({"searchParams", "params"})
_ANSWERS: Final = frozenset({"res", "response", "reply", "h", "next", "info", "context", "ctx", "locals"})
_DECORATED: Final = re.compile(
    r"@(?:Query|Body|Param|Headers?|Cookies?|UploadedFiles?|Args|MessageBody|Payload|(?:Query|Path|Body)Params?)\b"
)
_HARMLESS_TYPE: Final = re.compile(
    r":\s?(?:number|boolean|bigint|Date)\b|Parse(?:Int|Float|Bool|UUID|Enum|Date)Pipe"
)
_LISTENS: Final = re.compile(r"(?i)socket|ws|client|conn|io\b|server|channel|worker|bot|subscriber|consumer")
_MESSAGES: Final = re.compile(r"(?i)message|data|chat|msg|command|request|event|text|query|join|update|input")
_HANDLER: Final = re.compile(r"(?i)handler$|^main$|lambda")


class JavaScriptFunctions(JavaScriptValues):
    """What crosses the border of a function."""

    def function_name(self, node: Node) -> str:
        """The name of a function or method, or of what it is assigned to."""
        name = node.field("name")
        if name is not None:
            return name.text()
        around = node.parent()
        if around is None or around.kind() not in _NAMING:
            return ""
        target = (
            around.field("name") or around.field("left") or around.field("key") or around.field("property")
        )
        return self.dotted(target).rpartition(".")[2] if target is not None else ""

    def parameters(self, node: Node) -> frozenset[str]:
        """Every name among the parameters, those of taken-apart objects included."""
        return frozenset(name for part in _parameters(node) for name in _names(part))

    def signature(self, node: Node) -> tuple[str, ...]:
        """The parameters in order; one that is taken apart stands for itself by its text."""
        return tuple((_names(part) or ("",))[0] if _single(part) else "{}" for part in _parameters(node))

    def inputs(self, node: Node) -> frozenset[str]:
        """Parameters by which a framework hands in a request, a message or a page's address."""
        parts = _parameters(node)
        if not parts:
            return frozenset()
        found = {
            name
            for part in parts
            if _DECORATED.search(text := part.text()[:120]) and not _HARMLESS_TYPE.search(text)
            for name in _names(part)[-1:]
        }
        names = [_names(part) for part in parts]
        first = names[0]
        answered = any(name in _ANSWERS for rest in names[1:] for name in rest)
        if not _single(parts[0]):
            page = len(parts) == 1 and "searchParams" in first
            wanted = _REQUEST_PARTS if answered else _PAGE_PARTS if page else frozenset[str]()
            found |= wanted & set(first)
        if len(names) > 2 and names[1][:1] == ("args",) and answered:
            found.add("args")
        elif (
            len(names) > 2
            and not _single(parts[1])
            and first[:1] in (("_",), ("parent",), ("root",), ("_parent",))
        ):
            found |= set(names[1])
        if first[:1] == ("event",) and (
            _HANDLER.search(self.function_name(node)) or names[1:2] == [("context",)]
        ):
            found.add("event")
        return frozenset(found | self._heard(node, parts))

    def _heard(self, node: Node, parts: list[Node]) -> set[str]:
        """The first parameter of ``socket.on("message", data => …)``."""
        listed = node.parent()
        call = listed.parent() if listed is not None and listed.kind() == "arguments" else None
        callee = self.callee(call) if call is not None else None
        if call is None or callee is None:
            return set()
        owner, _, method = self.dotted(callee).rpartition(".")
        given = self.arguments(call).positional
        topic = string_text(given[0]) if given else ""
        if method in ("on", "once") and _LISTENS.search(owner) and _MESSAGES.search(topic):
            return set(_names(parts[0]))
        return set()

    def returned(self, node: Node) -> list[Node]:
        """What stands behind each ``return`` of its own; the body of an arrow without braces."""
        body = node.field("body")
        if body is None:
            return []
        if body.kind() != "statement_block":
            return [body]
        found: list[Node] = []
        for statement in node.find_all(kind="return_statement"):
            value = next(iter(items(statement)), None)
            if value is not None and belongs(statement, node, FUNCTIONS):
                found.append(value)
        return found


def _parameters(node: Node) -> list[Node]:
    listed = node.field("parameters")
    if listed is not None:
        return items(listed)
    single = node.field("parameter")
    return [single] if single is not None else []


def _pattern(part: Node) -> Node:
    """The name or pattern of a parameter, without type, default and modifiers."""
    return part.field("pattern") or part.field("left") or part


def _single(part: Node) -> bool:
    return _pattern(part).kind() not in ("object_pattern", "array_pattern")


def _names(part: Node) -> tuple[str, ...]:
    return tuple(_names_in(_pattern(part), 0))


def _names_in(node: Node, depth: int) -> list[str]:
    kind = node.kind()
    if kind in ("identifier", "shorthand_property_identifier_pattern", "this"):
        return [node.text()]
    if depth > 4:
        return []
    if kind == "pair_pattern":
        value = node.field("value")
        return _names_in(value, depth + 1) if value is not None else []
    if kind in ("assignment_pattern", "object_assignment_pattern"):
        left = node.field("left")
        return _names_in(left, depth + 1) if left is not None else []
    if kind in ("object_pattern", "array_pattern", "rest_pattern"):
        return [name for part in items(node) for name in _names_in(part, depth + 1)]
    return []
