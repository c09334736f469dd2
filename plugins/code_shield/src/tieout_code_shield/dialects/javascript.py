"""The syntax tree of JavaScript, which TypeScript's and JSX's extend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, CommonDialect, Role, Scope
from tieout_code_shield.values import (
    HOLE,
    UNKNOWN,
    Value,
    alternatives,
    called,
    constant,
    joined,
    leaf,
    merged,
)

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
    "field_definition": "bind",
    "import_statement": "import",
    "function_declaration": "function",
    "function_expression": "function",
    "generator_function_declaration": "function",
    "arrow_function": "function",
    "method_definition": "function",
    "binary_expression": "compare",
}
_FUNCTIONS: Final = frozenset(kind for kind, role in _ROLES.items() if role == "function")
_SAME_TEXT: Final = frozenset(
    {"trim", "trimStart", "trimEnd", "toLowerCase", "toUpperCase", "replace", "replaceAll", "slice", "substring",
     "substr", "split", "padStart", "padEnd", "toString", "normalize"}
)  # fmt: skip
_WRAPPERS: Final = frozenset(
    {"parenthesized_expression", "await_expression", "as_expression", "satisfies_expression", "non_null_expression",
     "jsx_expression", "type_assertion", "spread_element"}
)  # fmt: skip
MAX_DEPTH: Final = 14


class JavaScriptDialect(CommonDialect):
    """How JavaScript spells what the engine looks for."""

    name = "javascript"
    kinds = tuple(_ROLES)
    sources = (
        "req.", "request.", "ctx.request", "ctx.query", "ctx.params", "context.request", "process.argv", "location.",
        "window.location", "document.location", "document.URL", "document.referrer", "document.cookie", "event.data",
        "e.data", "prompt", "window.name",
    )  # fmt: skip
    canary = "function run(expression) {\n  return eval(expression);\n}\n"

    def role(self, kind: str) -> Role:
        """What a node is to the engine."""
        return _ROLES[kind]

    def callee(self, node: Node) -> Node | None:
        """The expression that is called or constructed."""
        return node.field("function") or node.field("constructor")

    def arguments(self, node: Node) -> Arguments:
        """Positional arguments, and as named ones the keys of options objects."""
        listed = node.field("arguments")
        if listed is None:
            return Arguments()
        if listed.kind() == "template_string":
            return Arguments((listed,))
        positional: list[Node] = []
        named: dict[str, Node] = {}
        spread = False
        for child in _items(listed):
            if child.kind() == "spread_element":
                spread = True
                continue
            positional.append(child)
            if child.kind() == "object":
                for pair in _items(child):
                    key, value = pair.field("key"), pair.field("value")
                    if pair.kind() == "pair" and key is not None and value is not None:
                        named[_key_text(key)] = value
        return Arguments(tuple(positional), named, spread)

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments, declarations, object pairs, JSX attributes, defaults and loops."""
        kind = node.kind()
        if kind == "jsx_attribute":
            parts = _items(node)
            return [Binding(parts[0].text(), parts[1], "attribute")] if len(parts) == 2 else []
        if kind == "pair":
            key, value = node.field("key"), node.field("value")
            return [Binding(_key_text(key), value, "pair")] if key is not None and value is not None else []
        if kind in ("variable_declarator", "field_definition"):
            target, value = node.field("name") or node.field("property"), node.field("value")
        else:
            target, value = node.field("left"), node.field("right")
        if target is None or value is None:
            return []
        forms: dict[str, BindForm] = {
            "augmented_assignment_expression": "augment",
            "assignment_pattern": "default",
            "for_in_statement": "loop",
        }
        return self._take_apart(target, value, forms.get(kind, "assign"))

    def _take_apart(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        kind = target.kind()
        if kind not in ("object_pattern", "array_pattern"):
            name = _private(target) or self._target(target)
            return [Binding(name, value, form)] if name else []
        names: list[str] = []
        for part in _items(target):
            inner = part.field("value") if part.kind() == "pair_pattern" else part.field("left") or part
            if inner is not None and inner.kind() in ("identifier", "shorthand_property_identifier_pattern"):
                names.append(inner.text())
        return [Binding(name, value, form) for name in names]

    def _target(self, node: Node) -> str:
        if node.kind() == "subscript_expression":
            base, index = node.field("object"), node.field("index")
            text = _string_text(index) if index is not None else ""
            return f"{self.dotted(base)}.{text}" if base is not None and text else ""
        return self.dotted(node)

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``import x from "m"``, ``import * as x``, ``import {a as b}``; ``require`` comes through :meth:`required`."""
        source = node.field("source")
        module = _module(_string_text(source)) if source is not None else ""
        found: list[tuple[str, str]] = []
        for clause in (child for child in node.children() if child.kind() == "import_clause"):
            for part in _items(clause):
                kind = part.kind()
                if kind == "identifier":
                    found.append((part.text(), module))
                elif kind == "namespace_import":
                    found += [(child.text(), module) for child in _items(part)]
                elif kind == "named_imports":
                    found += _specifiers(part, module)
        return found

    def required(self, node: Node) -> list[tuple[str, str]]:
        """Aliases made by ``const x = require("m")`` and ``const {a: b} = require("m")``."""
        target, value = node.field("name"), node.field("value")
        if target is None or value is None:
            return []
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
        module = _module(_string_text(given[0])) + kept if given else ""
        if not module:
            return []
        if target.kind() == "identifier":
            return [(target.text(), module)]
        return _specifiers(target, module) if target.kind() == "object_pattern" else []

    def imported(self, node: Node) -> list[str]:
        """The module that an import names."""
        source = node.field("source")
        return [_module(_string_text(source))] if source is not None else []

    def function_name(self, node: Node) -> str:
        """The name of a declared function or method."""
        name = node.field("name")
        return name.text() if name is not None else ""

    def operands(self, node: Node) -> tuple[Node, Node] | None:
        """Both sides of ``==``, ``===``, ``!=`` and ``!==``."""
        operator, left, right = node.field("operator"), node.field("left"), node.field("right")
        if operator is None or left is None or right is None:
            return None
        return (left, right) if operator.text() in ("==", "===", "!=", "!==") else None

    def dotted(self, node: Node) -> str:
        """``a.b``, ``f().g``, ``a[].b``; ``a["b"]`` is ``a.b``."""
        tail: list[str] = []
        for _ in range(MAX_DEPTH):
            kind = node.kind()
            if kind in (
                "identifier",
                "this",
                "super",
                "property_identifier",
                "private_property_identifier",
                "import",
            ):
                return ".".join([node.text(), *reversed(tail)])
            inner = None
            if kind == "member_expression":
                part, inner = node.field("property"), node.field("object")
                tail.append(part.text() if part is not None else "")
            elif kind in ("call_expression", "new_expression"):
                inner = self.callee(node)
                tail.append("()")
            elif kind == "subscript_expression":
                inner, index = node.field("object"), node.field("index")
                tail.append((_string_text(index) if index is not None else "") or "[]")
            elif kind in _WRAPPERS:
                inner = next(iter(_items(node)), None)
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind == "string":
            return constant("string", _string_text(node))
        if kind == "template_string":
            return self._template(node, scope, depth)
        if kind == "number":
            return constant("number", node.text())
        if kind in ("true", "false"):
            return constant(kind)  # pyright: ignore[reportArgumentType]
        if kind in ("null", "undefined"):
            return constant("none")
        if kind in ("identifier", "shorthand_property_identifier"):
            return self._name(node.text(), scope)
        if kind == "member_expression":
            return self._member(node, scope)
        if kind in ("call_expression", "new_expression"):
            return self._call(node, scope, depth)
        if kind == "binary_expression":
            return self._operator(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _template(self, node: Node, scope: Scope, depth: int) -> Value:
        parts: list[Value] = [constant("string", "")]
        for child in node.children():
            if child.kind() == "template_substitution":
                inner = next(iter(_items(child)), None)
                parts.append(self.evaluate(inner, scope, depth + 1) if inner is not None else UNKNOWN)
            elif child.kind() in ("string_fragment", "escape_sequence"):
                parts.append(constant("string", child.text()))
        return joined(parts)

    def _name(self, name: str, scope: Scope) -> Value:
        found = scope.lookup(name)
        if found is not None:
            return found
        qualified = scope.qualified(name)
        return leaf(qualified, "name", tainted=scope.is_source(qualified))

    def _member(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        if name.endswith(".length"):
            return constant("number")
        qualified = scope.qualified(name)
        root = scope.lookup(name.partition(".")[0])
        tainted = scope.is_source(qualified) or (root is not None and root.tainted)
        return leaf(qualified, "attribute", tainted=tainted)

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        if left is None or right is None or operator is None:
            return UNKNOWN
        a, b = self.evaluate(left, scope, depth + 1), self.evaluate(right, scope, depth + 1)
        sign = operator.text()
        if sign in ("||", "&&", "??"):
            return alternatives([a, b])
        if sign == "+":
            return joined([a, b])
        return Value("number" if a.kind == b.kind == "number" else "other", None, merged([a, b]))

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = self.callee(node)
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        given = [self.evaluate(part, scope, depth + 1) for part in self.arguments(node).positional]
        method = name.rpartition(".")[2]
        receiver = callee.field("object") if callee.kind() == "member_expression" else None
        if receiver is not None:
            base = self.evaluate(receiver, scope, depth + 1)
            if method == "concat" and base.kind == "string":
                return joined([base, *given])
            if method == "join" and base.kind == "collection":
                return Value("string", base.text, merged([base, *given]), built=bool(base.leaves))
            if method in _SAME_TEXT and (base.constant or base.kind == "string"):
                return Value(base.kind, base.text, merged([base, *given]), built=base.built)
            given = [base, *given]
        elif method == "String" and len(given) == 1:
            return given[0]
        return called(name, given, source=scope.is_source(name))

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = _items(node)
        if kind in _WRAPPERS and inner:
            return self.evaluate(inner[0], scope, depth + 1)
        if kind == "ternary_expression" and len(inner) == 3:
            return alternatives([self.evaluate(part, scope, depth + 1) for part in inner[1:]])
        if kind == "array":
            values = [self.evaluate(part, scope, depth + 1) for part in inner]
            return Value(
                "collection", " ".join(value.text or HOLE for value in values) or None, merged(values)
            )
        if kind == "object":
            pairs = [value for pair in inner if (value := pair.field("value")) is not None]
            return Value(
                "collection", None, merged(self.evaluate(value, scope, depth + 1) for value in pairs)
            )
        if kind in _FUNCTIONS or kind in ("class", "regex"):
            return constant("function" if kind != "regex" else "other")
        if kind == "unary_expression":
            return Value("other", None, merged(self.evaluate(part, scope, depth + 1) for part in inner))
        if kind == "subscript_expression":
            base = node.field("object")
            value = self.evaluate(base, scope, depth + 1) if base is not None else UNKNOWN
            if value.constant and value.kind in ("string", "collection"):
                return value
            name = scope.qualified(self.dotted(node))
            return leaf(name, "subscript", tainted=value.tainted or scope.is_source(name))
        return UNKNOWN


def _items(node: Node) -> list[Node]:
    return [
        child for child in node.children() if child.is_named() and child.kind() not in ("comment", "ERROR")
    ]


def _string_text(node: Node) -> str:
    if node.kind() not in ("string", "template_string"):
        return ""
    return "".join(
        child.text() for child in node.children() if child.kind() in ("string_fragment", "escape_sequence")
    )


def _key_text(node: Node) -> str:
    return _string_text(node) or node.text().strip("[]'\"")


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
    for part in _items(node):
        name = part.field("name") or part.field("key") or part
        alias = part.field("alias") or part.field("value") or name
        if alias.kind() in ("identifier", "shorthand_property_identifier_pattern", "property_identifier"):
            found.append((alias.text(), f"{module}.{name.text()}"))
    return found
