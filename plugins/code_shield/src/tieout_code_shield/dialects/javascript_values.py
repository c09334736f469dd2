"""What JavaScript's expressions are worth: strings put together, collections, arithmetic, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import proofs
from tieout_code_shield.dialects.base import Arguments, Dialect, Scope
from tieout_code_shield.dialects.folding import operated
from tieout_code_shield.dialects.gathering import (
    OPPOSITE,
    Bound,
    collection,
    conditional,
    given_out,
    inserted,
    member,
    named,
    strung_together,
    tagged,
)
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.values import (
    HOLE,
    UNKNOWN,
    Value,
    ValueKind,
    alternatives,
    called,
    constant,
    joined,
    leaf,
    merged,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["FUNCTIONS", "MAX_DEPTH", "JavaScriptValues", "key_text", "string_text"]

FUNCTIONS: Final = frozenset(
    {"function_declaration", "function_expression", "generator_function_declaration", "generator_function",
     "arrow_function", "method_definition"}
)  # fmt: skip
MAX_DEPTH: Final = 14
_CONSTANTS: Final[dict[str, ValueKind]] = {
    "true": "true",
    "false": "false",
    "null": "none",
    "undefined": "none",
}
_SAME_TEXT: Final = frozenset(
    {"trim", "trimStart", "trimEnd", "toLowerCase", "toUpperCase", "replace", "replaceAll", "slice", "substring",
     "substr", "split", "padStart", "padEnd", "toString", "normalize", "flat", "reverse", "sort", "values", "valueOf",
     "charAt", "at", "toLocaleLowerCase", "toLocaleUpperCase"}
)  # fmt: skip
_WRAPPERS: Final = frozenset(
    {"parenthesized_expression", "await_expression", "as_expression", "satisfies_expression", "non_null_expression",
     "jsx_expression", "type_assertion", "spread_element"}
)  # fmt: skip
_ITERATES: Final = frozenset({"map", "filter", "flatMap"})
_CONVERSIONS: Final = frozenset(
    {"String", "Array.from", "Object.values", "Object.entries", "Object.freeze", "Object.assign", "structuredClone",
     "Buffer.from"}
)  # fmt: skip


class JavaScriptValues(Dialect):
    """Evaluates expressions; :class:`~tieout_code_shield.dialects.javascript.JavaScriptDialect` adds the rest."""

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
        for child in items(listed):
            if child.kind() == "spread_element":
                spread = True
                continue
            positional.append(child)
            if child.kind() == "object":
                for pair in items(child):
                    key, value = pair.field("key"), pair.field("value")
                    if pair.kind() == "pair" and key is not None and value is not None:
                        named[key_text(key)] = value
                    elif pair.kind() == "shorthand_property_identifier":
                        named[pair.text()] = pair
        return Arguments(tuple(positional), named, spread)

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
                tail.append((string_text(index) if index is not None else "") or "[]")
            elif kind in _WRAPPERS or kind == "sequence_expression":
                # ``(0, eval)`` is ``eval``.
                inner = next(
                    reversed(items(node)) if kind == "sequence_expression" else iter(items(node)), None
                )
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
            return constant("string", string_text(node))
        if kind == "template_string":
            return self._template(node, scope, depth)
        if kind == "number":
            return constant("number", node.text())
        if kind in _CONSTANTS:
            return constant(_CONSTANTS[kind])
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
                inner = next(iter(items(child)), None)
                parts.append(self.evaluate(inner, scope, depth + 1) if inner is not None else UNKNOWN)
            elif child.kind() in ("string_fragment", "escape_sequence"):
                parts.append(constant("string", child.text()))
        return joined(parts)

    def _name(self, name: str, scope: Scope) -> Value:
        if name == "undefined":
            return constant("none")
        return named(name, scope)

    def _member(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        if name.endswith(".length"):
            return constant("number")
        root, _, rest = name.partition(".")
        value = scope.lookup(root)
        if value is None:
            qualified = scope.qualified(name)
            return leaf(qualified, "attribute", tainted=scope.is_source(qualified))
        known = value.item(rest) if "." not in rest else None
        return known or member(value, rest, scope) or leaf(scope.qualified(name), "attribute")

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        if sides is None:
            return UNKNOWN
        sign, a, b = sides
        if sign in ("||", "&&", "??"):
            decided = operated(sign, a, b) if a.kind in OPPOSITE and a.constant and sign != "??" else None
            return decided if decided is not None else alternatives([a, b])
        return operated({"===": "==", "!==": "!="}.get(sign, sign), a, b)

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = self.callee(node)
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        arguments = self.arguments(node)
        given = [self.evaluate(part, scope, depth + 1) for part in arguments.positional]
        known = scope.result(name, given, {})
        if known is not None:
            return known
        if arguments.spread:
            given.append(UNKNOWN)
        method = name.rpartition(".")[2]
        receiver = callee.field("object") if callee.kind() == "member_expression" else None
        if name in ("Map", "Set") and (not given or given[0].kind == "collection"):
            return (
                _mapped(given[0])
                if name == "Map" and given
                else given[0]
                if given
                else constant("collection")
            )
        if name in _CONVERSIONS and given:
            only = given[0] if len(given) == 1 else Value("other", None, merged(given))
            return tagged(only, [name])
        if receiver is not None:
            base = self.evaluate(receiver, scope, depth + 1)
            known = given_out(base, method, given, {}, scope)
            if known is not None:
                return known
            worked = self._method(method, base, given, arguments.positional, scope, depth)
            if worked is not None:
                return worked
            given = [base, *given]
        return called(name, given, source=scope.is_source(name))

    def _method(
        self, method: str, base: Value, given: list[Value], nodes: Sequence[Node], scope: Scope, depth: int
    ) -> Value | None:
        """What a method of text or of an array returns; ``None`` for any other."""
        if method == "concat" and base.kind == "string":
            return joined([base, *given])
        if method == "concat" and base.kind == "collection":
            return Value("collection", None, merged([base, *given]))
        if method == "join" and base.kind == "collection":
            return strung_together(given[0] if given else constant("string", ","), base)
        if method == "push" and base.kind == "collection" and given:
            return (
                collection([*(value for _, value in base.items), *given])
                if base.items or not base.text
                else (Value("collection", f"{base.text} {HOLE}", merged([base, *given]), built=True))
            )
        if method == "unshift" and base.kind == "collection" and given:
            fronted = base
            for value in reversed(given):
                fronted = inserted(fronted, constant("number", "0"), value)
            return fronted
        if method == "get" and given and base.kind == "collection":
            key = given[0].text if given[0].constant else None
            return base.item(key or "") or Value("other", None, base.leaves)
        if method in _ITERATES and nodes:
            return self._iterated(method, base, nodes[0], scope, depth)
        if method in ("replace", "replaceAll") and len(given) == 2 and _escapes(nodes[0], given[1]):
            return tagged(Value(base.kind, base.text, base.leaves, built=base.built), ["escapeRegExp"])
        if method in _SAME_TEXT and (base.leaves or base.kind in ("string", "collection")):
            return Value(base.kind, base.text, merged([base, *given]), built=base.built)
        return None

    def _iterated(self, method: str, base: Value, function: Node, scope: Scope, depth: int) -> Value | None:
        """``array.map(x => …)`` by what the function makes of an element; ``filter`` leaves them as they are."""
        body = function.field("body")
        names = function.field("parameter") or function.field("parameters")
        if method == "filter":
            tags = {one.tag for one in proofs(body.text()) if one.holds} if body is not None else set[str]()
            return tagged(Value("collection", base.text, base.leaves), tags)
        if body is None or names is None or body.kind() == "statement_block":
            return None
        word = names.text().strip("() ").partition(",")[0].partition(":")[0].strip()
        element = Value("other", base.text if base.constant else None, base.leaves)
        value = self.evaluate(body, Bound(scope, {word: element}), depth + 1)
        return Value("collection", value.text, value.leaves, built=value.built)

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = items(node)
        if kind in _WRAPPERS and inner:
            return self.evaluate(inner[0], scope, depth + 1)
        if kind == "ternary_expression" and len(inner) == 3:
            return conditional(lambda part: self.evaluate(part, scope, depth + 1), *inner)
        if kind == "array":
            return collection([self.evaluate(part, scope, depth + 1) for part in inner])
        if kind == "object":
            return self._object(inner, scope, depth)
        if kind == "regex":
            return constant("other", node.text())
        if kind in FUNCTIONS or kind == "class":
            return constant("function")
        if kind == "unary_expression":
            return _negated(node.text(), self.evaluate(inner[-1], scope, depth + 1)) if inner else UNKNOWN
        if kind == "subscript_expression":
            return self._subscript(node, scope, depth)
        if kind in ("assignment_expression", "sequence_expression") and inner:
            return self.evaluate(inner[-1], scope, depth + 1)
        return UNKNOWN

    def _object(self, inner: list[Node], scope: Scope, depth: int) -> Value:
        found: list[tuple[str, Value]] = []
        whole = True
        for pair in inner:
            if pair.kind() == "method_definition":
                continue
            key, value = pair.field("key"), pair.field("value")
            if pair.kind() == "shorthand_property_identifier":
                found.append((pair.text(), self.evaluate(pair, scope, depth + 1)))
            elif key is not None and value is not None:
                found.append((key_text(key), self.evaluate(value, scope, depth + 1)))
            else:
                whole = False
                found.append(("", self.evaluate(pair, scope, depth + 1)))
        leaves = merged(value for _, value in found)
        return Value("collection", None, leaves, items=tuple(found) if whole else ())

    def _subscript(self, node: Node, scope: Scope, depth: int) -> Value:
        base, index = node.field("object"), node.field("index")
        if index is not None and string_text(index):
            return self._member(node, scope)
        value = self.evaluate(base, scope, depth + 1) if base is not None else UNKNOWN
        key = self.evaluate(index, scope, depth + 1) if index is not None else UNKNOWN
        known = value.item(key.text) if key.constant and key.text else None
        if known is not None:
            return known
        if value.constant and value.kind in ("string", "collection"):
            return value
        name = scope.qualified(self.dotted(node))
        if value.tainted:
            return Value("other", None, value.leaves)
        return leaf(name, "subscript", tainted=scope.is_source(name))


def _mapped(pairs: Value) -> Value:
    """``new Map([["a", x], ["b", y]])``."""
    found: dict[str, Value] = {}
    for _, pair in pairs.items:
        key, value = pair.item("0"), pair.item("1")
        if key is None or value is None or not key.constant or not key.text:
            return Value("collection", None, pairs.leaves)
        found[key.text] = value
    return Value("collection", None, merged(found.values()) or pairs.leaves, items=tuple(found.items()))


def _escapes(pattern: Node, replacement: Value) -> bool:
    """Whether ``replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&")`` puts a backslash before what a pattern would read."""
    if not replacement.constant or replacement.text is None or "\\$&" not in replacement.text:
        return False
    written = pattern.text()
    return "[" in written and all(sign in written for sign in "*+?()|")


def _negated(text: str, value: Value) -> Value:
    if text.startswith("!") and value.constant and value.kind in OPPOSITE:
        return constant("false" if value.kind == "true" else "true")
    if text.startswith("-") and value.constant and value.kind == "number" and value.text is not None:
        return constant("number", f"-{value.text}")
    if text.startswith("+") and not value.constant:
        return called("Number", [value], source=False)
    return Value("other", None, value.leaves)


def string_text(node: Node) -> str:
    """The text of a string literal; empty for anything else."""
    if node.kind() not in ("string", "template_string"):
        return ""
    parts = node.children()
    if any(child.kind() == "template_substitution" for child in parts):
        return ""
    return "".join(child.text() for child in parts if child.kind() in ("string_fragment", "escape_sequence"))


def key_text(node: Node) -> str:
    """The name of an object's key, quotes and brackets taken off."""
    return string_text(node) or node.text().strip("[]'\"")
