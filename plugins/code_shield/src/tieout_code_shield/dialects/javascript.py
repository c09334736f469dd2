"""The syntax tree of JavaScript, which TypeScript's and JSX's extend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import BindForm, Binding, Role, Scope
from tieout_code_shield.dialects.branches import run_by_condition
from tieout_code_shield.dialects.javascript_checks import CHECKS
from tieout_code_shield.dialects.javascript_functions import JavaScriptFunctions
from tieout_code_shield.dialects.javascript_values import FUNCTIONS, key_text, string_text
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

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
_REQUESTS: Final = (
    "req.",
    "request.",
    "ctx.request.",
    "context.request.",
    "c.req.",
    "event.request.",
    "ctx.req.",
)
_OWN_PARTS: Final = (
    "user", "session", "app", "method", "logger", "log", "id", "i18n", "socket", "connection", "isAuthenticated",
    "flash",
    "db", "res", "t", "locale", "secure", "httpVersion", "statusCode", "on", "once", "end", "write", "abort", "route",
    "setHeader", "setTimeout", "destroy", "context", "next", "server", "routeOptions", "config", "csrfToken", "login",
    "logout", "is", "accepts", "xhr", "fresh", "stale", "emit", "auth", "pool", "knex", "prisma", "models", "container",
    "signal", "timeout", "options", "agent", "mode", "credentials", "redirect", "cache", "integrity", "destination",
    "responseType", "readyState", "response", "responseText", "status", "currentUser", "jwt", "tenant", "startTime",
    "bytesRead", "complete", "aborted", "protocol", "ip", "ips", "isSpider", "redis", "services", "ability", "error",
    "getUser", "account", "open", "send", "result", "source", "transaction", "onsuccess", "onerror",
)  # fmt: skip


class JavaScriptDialect(JavaScriptFunctions):
    """How JavaScript spells what the engine looks for."""

    roles = _ROLES
    growing = frozenset({"splice"})
    """``push`` and ``unshift`` are followed."""
    checks = CHECKS
    equalities = frozenset({"==", "===", "!=", "!=="})
    branching = ("if_statement",)
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
    trusted = (
        *(f"{owner}{part}" for owner in _REQUESTS for part in _OWN_PARTS),
        "location.reload", "location.assign", "location.replace", "window.location.reload", "window.location.assign",
        "window.location.replace", "location.origin", "window.location.origin", "location.host", "window.location.host",
        "location.hostname", "window.location.hostname", "location.protocol", "window.location.protocol",
        "location.port",
        "window.location.port", "document.location.host", "document.location.protocol", "document.location.origin",
        "location.line", "location.column", "location.start", "location.end", "location.range", "location.state",
        "location.key", "location.file",
    )  # fmt: skip
    canary = "function run(expression) {\n  return eval(expression);\n}\n"

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
            return self.equal(node)
        owner, _, method = name.rpartition(".")
        if owner and method == "set":
            given = self.arguments(node).positional
            key = string_text(given[0]) if given else ""
            return [Binding(owner, given[1], "augment", key=key or None)] if len(given) == 2 else []
        if owner and method in ("push", "unshift"):
            return [Binding(owner, node, "assign")] if self.arguments(node).positional else []
        return []

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Whether a statement is run, as far as constant conditions around it tell."""
        return run_by_condition(node, FUNCTIONS, lambda condition: self.evaluate(condition, scope, 2))

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
        if value.text() in ("eval", "Function", "globalThis.eval", "window.eval"):
            return [(target.text(), value.text().rpartition(".")[2])]
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
