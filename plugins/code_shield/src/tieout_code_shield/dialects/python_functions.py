"""Python's functions: their parameters, which of them a framework fills, and what they return."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.nodes import belongs
from tieout_code_shield.dialects.python_values import PythonValues, items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["FUNCTIONS", "PythonFunctions", "is_route"]

FUNCTIONS: Final = frozenset({"function_definition", "lambda"})

_ROUTE: Final = re.compile(
    r"@\s?(?:[\w.]{0,60}\.)?(?:route|get|post|put|patch|delete|head|websocket(?:_route)?|api_route|view|expose|on|event|"
    r"command|tool|call_tool|get_prompt|read_resource|field|mutation|query|procedure|method|callback|message_handler|"
    r"on_message|function_name|http)\b"
)
"""Decorators by which a framework hands requests, messages or a model's arguments to a function."""
_TYPED_PART: Final = re.compile(
    r"<(?:int|float|uuid|any\([^)]*\))(?:\([^)]*\))?:(\w+)>|\{(\w+):(?:int|float|uuid)\}"
)
_HARMLESS_TYPE: Final = re.compile(
    r"\b(?:int|float|bool|UUID\d?|uuid|Decimal|date|datetime|time|timedelta|Enum|Literal|Session|AsyncSession|Database|"
    r"Request|Response|WebSocket|BackgroundTasks|HTTPConnection|Depends|Security|Connection|AsyncConnection|Context|"
    r"Settings|Logger|Cursor|Client|Engine|IPv[46]Address|conint|PositiveInt|UploadFile|User|CurrentUser|HttpUrl)\b"
)
_HARMLESS_DEFAULT: Final = re.compile(r"=\s?(?:Depends|Security|Inject|Provide|State|True|False|\d)")
_IDENTIFIER: Final = re.compile(r"(?:^|_)(?:pk|id|ids|page|year|month|day|offset|limit|count|size|uuid)$")
_VIEW_CLASS: Final = re.compile(
    r"\((?:[^()]{0,200}[\w.])?(?:View|ViewSet|Resource|Handler|Endpoint|MethodView|Controller|APIView)\b"
)
_VERBS: Final = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "on_get", "on_post", "on_put", "on_delete", "retrieve", "list",
     "create", "update", "destroy", "on_message", "data_received"}
)  # fmt: skip
_EVENT: Final = frozenset({"event", "request", "req", "body", "data", "message", "payload", "msg"})
_FIRST: Final = frozenset(
    {"request", "req", "info", "ctx", "context", "update", "message", "websocket", "ws"}
)


class PythonFunctions(PythonValues):
    """What crosses the border of a function."""

    def parameters(self, node: Node) -> frozenset[str]:
        """The names between the parentheses, starred ones included."""
        return frozenset(_parameter_name(part).lstrip("*") for part in _parameters(node))

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names in order, as far as they can be given by position."""
        return tuple(name for part in _parameters(node) if (name := _parameter_name(part))[:1] != "*")

    def inputs(self, node: Node) -> frozenset[str]:
        """Parameters of a view, a handler or a tool, save those whose type leaves no room for an attack."""
        if node.kind() == "lambda":
            return frozenset()
        name, parts = self.function_name(node), _parameters(node)
        names = [_parameter_name(part) for part in parts]
        if names[:1] in (["self"], ["cls"]):
            parts, names = parts[1:], names[1:]
        if (
            "handler" in name
            and len(names) == 2
            and names[0] in _EVENT
            and names[1] in ("context", "_context", "_")
        ):
            return frozenset(names[:1])
        decorators = _decorators(node)
        if not (_ROUTE.search(decorators) or self._is_view(node, name, names)):
            return frozenset()
        if ".command" in decorators and names[:1] not in (["ctx"], ["interaction"]):
            return frozenset()
        typed = {found for pair in _TYPED_PART.findall(decorators) for found in pair if found}
        from_path = "<" in decorators or "{" in decorators
        return frozenset(
            found.lstrip("*")
            for part, found in zip(parts, names, strict=True)
            if found not in typed
            and found not in _FIRST
            and not _HARMLESS_TYPE.search(part.text().partition(":")[2])
            and not _HARMLESS_DEFAULT.search(part.text())
            and (from_path or not _IDENTIFIER.search(found) or ":" in part.text())
        )

    def _is_view(self, node: Node, name: str, names: list[str]) -> bool:
        if (
            names[:1] == ["request"]
            and len(names) > 1
            and not name.startswith(("_", "process_", "get_", "has_", "test"))
        ):
            return True
        if name.startswith("resolve_") and names[:1] in (["info"], ["root"], ["parent"], ["_"]):
            return True
        if name not in _VERBS:
            return False
        block = node.parent()
        around = block.parent() if block is not None else None
        if around is not None and around.kind() == "block":
            around = around.parent()
        return (
            around is not None
            and around.kind() == "class_definition"
            and bool(_VIEW_CLASS.search(around.text()[:200]))
        )

    def returned(self, node: Node) -> list[Node]:
        """What stands behind each ``return`` of its own; the body of a lambda."""
        if node.kind() == "lambda":
            body = node.field("body")
            return [body] if body is not None else []
        found: list[Node] = []
        for statement in node.find_all(kind="return_statement"):
            value = next((child for child in statement.children() if child.is_named()), None)
            if value is not None and belongs(statement, node, FUNCTIONS):
                found.append(value)
        return found


def _parameters(node: Node) -> list[Node]:
    listed = node.field("parameters")
    return items(listed) if listed is not None else []


def _parameter_name(part: Node) -> str:
    if part.kind() == "identifier":
        return part.text()
    named = part.field("name")
    if named is None:
        named = next(iter(items(part)), None)
    if named is None:
        return "*"
    splat = "splat" in part.kind() or "splat" in named.kind()
    return f"*{named.text().lstrip('*')}" if splat else named.text()


def _decorators(node: Node) -> str:
    outer = node.parent()
    if outer is None or outer.kind() != "decorated_definition":
        return ""
    return "\n".join(child.text() for child in outer.children() if child.kind() == "decorator")


def is_route(function: Node) -> bool:
    """Whether a decorator hands requests, messages or a model's arguments to a function."""
    return bool(_ROUTE.search(_decorators(function)))
