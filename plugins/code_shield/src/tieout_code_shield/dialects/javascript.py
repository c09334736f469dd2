"""The syntax tree of JavaScript, which TypeScript's and JSX's extend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import BindForm, Binding, Role
from tieout_code_shield.dialects.javascript_values import (
    FUNCTIONS,
    JavaScriptValues,
    items,
    key_text,
    string_text,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["JavaScriptDialect"]

_ROLES: Final[dict[str, Role]] = {
    "call_expression": "call",
    "new_expression": "call",
    "assignment_expression": "bind",
    "augmented_assignment_expression": "bind",
    "variable_declarator": "bind",
    "pair": "bind",
    "jsx_attribute": "bind",
    "assignment_pattern": "bind",
    "for_in_statement": "bind",
    "return_statement": "bind",
    "field_definition": "bind",
    "public_field_definition": "bind",
    "import_statement": "import",
    "function_declaration": "function",
    "function_expression": "function",
    "generator_function_declaration": "function",
    "arrow_function": "function",
    "method_definition": "function",
    "binary_expression": "compare",
}
_FORMS: Final[dict[str, BindForm]] = {
    "augmented_assignment_expression": "augment",
    "assignment_pattern": "default",
    "for_in_statement": "loop",
}
_NAMING: Final = frozenset(
    {"variable_declarator", "assignment_expression", "pair", "field_definition", "public_field_definition"}
)
"""What gives a function without a name of its own the name that it is called by."""

_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_REQUEST_PARTS: Final = frozenset({"body", "query", "params", "headers", "cookies", "searchParams", "formData", "payload", "args"})
_ANSWERS: Final = frozenset({"res", "response", "reply", "h", "next", "info", "context", "ctx", "locals"})
_EVENTS: Final = frozenset({"event", "evt", "e"})
_DECORATED: Final = re.compile(r"@(?:Query|Body|Param|Headers?|Cookies?|UploadedFiles?|Args|MessageBody|Payload|QueryParams?|PathParams?|BodyParams?)\b")
_HARMLESS_TYPE: Final = re.compile(r":\s?(?:number|boolean|bigint|Date)\b|Parse(?:Int|Float|Bool|UUID|Enum|Date)Pipe")
_PATH_CHECK: Final = re.compile(r"startsWith\(|indexOf\(|\.relative\(|includes\(|isInside|isSubdir|within|isPathInside|\.\.")
_LISTENS: Final = re.compile(r"(?i)socket|ws|client|conn|io\b|server|channel|worker|bot|subscriber|consumer")
_MESSAGES: Final = re.compile(r"(?i)message|data|chat|msg|command|request|event|text|query|join|update|input")
_HANDLER: Final = re.compile(r"(?i)handler$|^main$|lambda")

_REQUESTS: Final = ("req.", "request.", "ctx.request.", "context.request.", "c.req.", "event.request.", "ctx.req.")
_OWN_PARTS: Final = (
    "user", "session", "app", "method", "logger", "log", "id", "i18n", "socket", "connection", "isAuthenticated", "flash",
    "db", "res", "t", "locale", "secure", "httpVersion", "statusCode", "on", "once", "end", "write", "abort", "route",
    "setHeader", "setTimeout", "destroy", "context", "next", "server", "routeOptions", "config", "csrfToken", "login",
    "logout", "is", "accepts", "xhr", "fresh", "stale", "emit", "auth", "pool", "knex", "prisma", "models", "container",
    "signal", "timeout", "options", "agent", "mode", "credentials", "redirect", "cache", "integrity", "destination",
    "responseType", "readyState", "response", "responseText", "status", "currentUser", "jwt", "tenant", "startTime",
    "bytesRead", "complete", "aborted", "protocol", "ip", "ips", "isSpider", "redis", "services", "ability", "error",
    "getUser", "account", "open", "send", "result", "source", "transaction", "onsuccess", "onerror",
)  # fmt: skip


class JavaScriptDialect(JavaScriptValues):
    """How JavaScript spells what the engine looks for."""

    name = "javascript"
    kinds = tuple(_ROLES)
    branching = ("if_statement",)
    growing = frozenset({"unshift", "splice"})
    sources = (
        "req.", "request.", "ctx.request", "ctx.query", "ctx.params", "context.request", "c.req.", "event.request.",
        "ctx.req.", "process.argv", "location.", "window.location", "document.location", "document.URL",
        "document.referrer", "document.cookie", "document.documentURI", "event.data", "e.data", "evt.data", "prompt",
        "window.name", "searchParams.", "url.searchParams.", "formData.get", "event.queryStringParameters",
        "event.pathParameters", "event.body", "event.headers", "router.query", "route.query", "$route.query",
        "route.snapshot.", "this.route.snapshot.", "this.$route.query", "this.$route.params", "useSearchParams",
        "getQuery", "readBody", "getRouterParam", "useParams",
    )  # fmt: skip
    local_sources = ("process.argv",)
    trusted = tuple(f"{owner}{part}" for owner in _REQUESTS for part in _OWN_PARTS) + (
        "location.reload", "location.assign", "location.replace", "window.location.reload", "window.location.assign",
        "window.location.replace", "location.origin", "window.location.origin", "location.host", "window.location.host",
        "location.hostname", "window.location.hostname", "location.protocol", "window.location.protocol", "location.port",
        "window.location.port", "document.location.host", "document.location.protocol", "document.location.origin",
        "location.line", "location.column", "location.start", "location.end", "location.range", "location.state",
        "location.key", "location.file",
    )  # fmt: skip
    canary = "function run(expression) {\n  return eval(expression);\n}\n"

    def role(self, kind: str) -> Role:
        """What a node is to the engine."""
        return _ROLES[kind]

    def call_name(self, node: Node) -> str:
        """The callee's name; what ``promisify(f)(…)`` calls is ``f``."""
        callee = self.callee(node)
        if callee is not None and callee.kind() == "call_expression":
            inner = self.callee(callee)
            given = self.arguments(callee).positional if inner is not None else ()
            if given and inner is not None and inner.text().endswith("promisify"):
                return self.dotted(given[0])
        return self.dotted(callee) if callee is not None else ""

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments, declarations, object pairs, JSX attributes, defaults and loops."""
        kind = node.kind()
        if kind == "jsx_attribute":
            parts = items(node)
            return [Binding(parts[0].text(), parts[1], "attribute")] if len(parts) == 2 else []
        if kind == "return_statement":
            value = next(iter(items(node)), None)
            return [Binding("return", value, "return")] if value is not None else []
        if kind == "pair":
            key, value = node.field("key"), node.field("value")
            return [Binding(key_text(key), value, "pair")] if key is not None and value is not None else []
        if kind in ("variable_declarator", "field_definition", "public_field_definition"):
            target, value = node.field("name") or node.field("property"), node.field("value")
        else:
            target, value = node.field("left"), node.field("right")
        if target is None or value is None:
            return []
        return self._take_apart(target, value, _FORMS.get(kind, "assign"))

    def _take_apart(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        kind = target.kind()
        if kind not in ("object_pattern", "array_pattern"):
            name = _private(target) or self._target(target)
            if name.endswith(".[]"):
                form = "augment"
            return [Binding(name, value, form)] if name else []
        given = _by_name(value) if kind == "object_pattern" else {}
        found: list[Binding] = []
        for part in items(target):
            inner = part.field("value") if part.kind() == "pair_pattern" else part.field("left") or part
            if inner is None:
                continue
            if inner.kind() == "assignment_pattern":
                inner = inner.field("left") or inner
            key = part.field("key")
            picked = given.get(key_text(key) if key is not None else inner.text(), value)
            if inner.kind() in ("identifier", "shorthand_property_identifier_pattern"):
                found.append(Binding(inner.text(), picked, form))
            elif inner.kind() in ("object_pattern", "array_pattern"):
                found += self._take_apart(inner, picked, form)
            elif inner.kind() == "rest_pattern" and items(inner):
                found.append(Binding(items(inner)[0].text(), value, form))
        return found

    def _target(self, node: Node) -> str:
        if node.kind() == "subscript_expression":
            base, index = node.field("object"), node.field("index")
            text = string_text(index) if index is not None else ""
            return f"{self.dotted(base)}.{text or '[]'}" if base is not None else ""
        return self.dotted(node)

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``x.push(v)`` changes ``x``; ``x.set("k", v)`` what ``x.get("k")`` returns."""
        if not name:
            sides = self.operands(node)
            literal = sides is not None and sides[1].kind() == "string"
            return [Binding(self.dotted(sides[0]), sides[1], "equal")] if sides is not None and literal else []
        owner, _, method = name.rpartition(".")
        if owner and method == "push":
            return [Binding(owner, node, "assign")] if self.arguments(node).positional else []
        return []

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``import x from "m"``, ``import * as x``, ``import {a as b}``; ``require`` comes through :meth:`required`."""
        source = node.field("source")
        module = _module(string_text(source)) if source is not None else ""
        found: list[tuple[str, str]] = []
        for clause in (child for child in node.children() if child.kind() == "import_clause"):
            for part in items(clause):
                kind = part.kind()
                if kind == "identifier":
                    found.append((part.text(), module))
                elif kind == "namespace_import":
                    found += [(child.text(), module) for child in items(part)]
                elif kind == "named_imports":
                    found += _specifiers(part, module)
        return found

    def required(self, node: Node) -> list[tuple[str, str]]:
        """Aliases made by ``const x = require("m")`` and ``const {a: b} = require("m")``."""
        target, value = node.field("name"), node.field("value")
        if target is None or value is None:
            return []
        if value.kind() == "call_expression" and (promised := self._promisified(value)):
            return [(target.text(), promised)]
        kept = ""
        if value.kind() == "member_expression":
            inner, member = value.field("object"), value.field("property")
            if inner is None or member is None:
                return []
            kept, value = f".{member.text()}", inner
        callee = value.field("function") if value.kind() in ("call_expression", "await_expression") else None
        if callee is None or callee.text() not in ("require", "import"):
            return []
        given = self.arguments(value).positional
        module = _module(string_text(given[0])) + kept if given else ""
        if not module:
            return []
        if target.kind() == "identifier":
            return [(target.text(), module)]
        return _specifiers(target, module) if target.kind() == "object_pattern" else []

    def _promisified(self, value: Node) -> str:
        """``util.promisify(child_process.exec)`` is worth what it wraps, where that is written with its module."""
        callee = value.field("function")
        if callee is None or not callee.text().endswith("promisify"):
            return ""
        given = self.arguments(value).positional
        name = self.dotted(given[0]) if given else ""
        if name.startswith("require.()."):
            inner = given[0].field("object")
            modules = self.arguments(inner).positional if inner is not None else ()
            return f"{_module(string_text(modules[0]))}.{name.rpartition('.')[2]}" if modules else ""
        return {"cp.exec": "child_process.exec", "exec": "child_process.exec"}.get(name, name)

    def imported(self, node: Node) -> list[str]:
        """The module that an import names."""
        source = node.field("source")
        return [_module(string_text(source))] if source is not None else []

    def function_name(self, node: Node) -> str:
        """The name of a function or method, or of what it is assigned to."""
        name = node.field("name")
        if name is not None:
            return name.text()
        around = node.parent()
        if around is None or around.kind() not in _NAMING:
            return ""
        target = around.field("name") or around.field("left") or around.field("key") or around.field("property")
        return self.dotted(target).rpartition(".")[2] if target is not None else ""

    def operands(self, node: Node) -> tuple[Node, Node] | None:
        """Both sides of ``==``, ``===``, ``!=`` and ``!==``."""
        operator, left, right = node.field("operator"), node.field("left"), node.field("right")
        if operator is None or left is None or right is None:
            return None
        return (left, right) if operator.text() in ("==", "===", "!=", "!==") else None

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
            page = len(parts) == 1 and {"searchParams"} & set(first)
            found |= _REQUEST_PARTS & set(first) if answered else {"searchParams", "params"} & set(first) if page else set()
        if len(names) > 2 and names[1][:1] == ("args",) and answered:
            found.add("args")
        elif len(names) > 2 and not _single(parts[1]) and first[:1] in (("_",), ("parent",), ("root",), ("_parent",)):
            found |= set(names[1])
        if first[:1] == ("event",) and (_HANDLER.search(self.function_name(node)) or names[1:2] == [("context",)]):
            found.add("event")
        return frozenset(found | self._heard(node, parts))

    def check(self, name: str, walk: Walk, site: Site) -> bool:
        """``unchecked``: nothing behind the place looks like a check of the path that was put together there;
        ``given``: the first argument is a parameter of the function around it; ``chosen``: which member is called
        comes from outside; ``any``: what is declared has the type ``any``."""
        function = site.function
        if name == "any":
            declared = site.node.field("type")
            return declared is not None and declared.text().lstrip(": ") == "any"
        if name == "unchecked":
            text = (function.node if function is not None else walk.root).text()
            start = site.end - (function.start if function is not None else 0)
            return not _PATH_CHECK.search(text[start : start + 600])
        if name == "given":
            given = walk.arguments(site).positional
            root = self.dotted(given[0]).partition(".")[0] if given else ""
            value = walk.evaluate(given[0], site).without(frozenset()) if root else None
            own = function is not None and root in walk.parameters_of(function)
            return own and value is not None and not value.constant
        if name == "chosen":
            callee = self.callee(site.node)
            index = callee.field("index") if callee is not None else None
            value = walk.evaluate(index, site).without(frozenset()) if index is not None else None
            return value is not None and any(
                leaf.tainted and not walk.is_local(leaf.name) for leaf in value.leaves
            )
        return True

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
            if value is not None and _owner(statement, node):
                found.append(value)
        return found


def _owner(statement: Node, function: Node) -> bool:
    """Whether a statement belongs to a function and to none inside it."""
    wanted = function.range().start.index
    around = statement.parent()
    for _ in range(28):
        if around is None:
            return False
        if around.kind() in FUNCTIONS:
            return around.range().start.index == wanted
        around = around.parent()
    return False


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


def _by_name(value: Node) -> dict[str, Node]:
    """The values of an object literal by key."""
    if value.kind() != "object":
        return {}
    found: dict[str, Node] = {}
    for pair in items(value):
        key, given = pair.field("key"), pair.field("value")
        if key is not None and given is not None:
            found[key_text(key)] = given
    return found


def _private(node: Node) -> str:
    return (
        node.text().lstrip("#")
        if node.kind() in ("property_identifier", "private_property_identifier")
        else ""
    )


def _module(name: str) -> str:
    return name.removeprefix("node:")


def _specifiers(node: Node, module: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in items(node):
        name = part.field("name") or part.field("key") or part
        alias = part.field("alias") or part.field("value") or name
        if alias.kind() in ("identifier", "shorthand_property_identifier_pattern", "property_identifier"):
            found.append((alias.text(), f"{module}.{name.text()}"))
    return found
