"""Python's syntax tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, CommonDialect, Role, Scope
from tieout_code_shield.values import UNKNOWN, Value, alternatives, called, constant, joined, leaf, merged

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["PythonDialect"]

_ROLES: Final[dict[str, Role]] = {
    "call": "call",
    "exec_statement": "call",
    "assignment": "bind",
    "augmented_assignment": "bind",
    "keyword_argument": "bind",
    "default_parameter": "bind",
    "typed_default_parameter": "bind",
    "pair": "bind",
    "for_statement": "bind",
    "for_in_clause": "bind",
    "named_expression": "bind",
    "import_statement": "import",
    "import_from_statement": "import",
    "function_definition": "function",
    "lambda": "function",
    "comparison_operator": "compare",
}
_SAME_TEXT: Final = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "encode", "decode", "replace", "expandtabs", "format_map",
     "split", "splitlines", "copy", "casefold", "removeprefix", "removesuffix"}
)  # fmt: skip
_CONVERSIONS: Final = frozenset(
    {"str", "repr", "bytes", "unicode", "list", "tuple", "ascii", "bytearray", "sorted"}
)
MAX_DEPTH: Final = 14


class PythonDialect(CommonDialect):
    """How Python spells what the engine looks for."""

    name = "python"
    kinds = tuple(_ROLES)
    sources = (
        "input", "raw_input", "sys.argv", "sys.stdin", "request.", "flask.request", "self.request.", "req.",
        "bottle.request", "os.environ.get().QUERY_STRING", "cgi.FieldStorage", "websocket.receive",
    )  # fmt: skip
    canary = "def run(expression):\n    return eval(expression)\n"

    def role(self, kind: str) -> Role:
        """What a node is to the engine."""
        return _ROLES[kind]

    def callee(self, node: Node) -> Node | None:
        """The expression that is called; the word itself for Python 2's ``exec``."""
        return node.field("function") or next(iter(node.children()), None)

    def arguments(self, node: Node) -> Arguments:
        """Positional and keyword arguments; ``f(x for x in y)`` has one positional."""
        listed = node.field("arguments")
        if listed is None:
            code = node.field("code")
            return Arguments((code,)) if code is not None else Arguments()
        if listed.kind() != "argument_list":
            return Arguments((listed,))
        positional: list[Node] = []
        named: dict[str, Node] = {}
        spread = False
        for child in listed.children():
            kind = child.kind()
            if not child.is_named() or kind in ("comment", "ERROR"):
                continue
            if kind == "keyword_argument":
                name, value = child.field("name"), child.field("value")
                if name is not None and value is not None:
                    named[name.text()] = value
            elif kind in ("list_splat", "dictionary_splat"):
                spread = True
            else:
                positional.append(child)
        return Arguments(tuple(positional), named, spread)

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments (tuples taken apart), keyword arguments, dictionary pairs, defaults and loops."""
        kind = node.kind()
        if kind in ("assignment", "augmented_assignment", "for_statement", "for_in_clause"):
            target, value = node.field("left"), node.field("right")
            form: BindForm = (
                "loop" if kind.startswith("for") else "augment" if kind.startswith("aug") else "assign"
            )
            return self._take_apart(target, value, form) if target is not None and value is not None else []
        target = node.field("key") if kind == "pair" else node.field("name")
        value = node.field("value")
        if target is None or value is None:
            return []
        if kind == "pair":
            key = _literal_text(target)
            return [Binding(key, value, "pair")] if key else []
        forms: dict[str, BindForm] = {"keyword_argument": "keyword", "named_expression": "assign"}
        return [Binding(target.text(), value, forms.get(kind, "default"))]

    def _take_apart(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        targets = (
            _items(target) if target.kind() in ("pattern_list", "tuple_pattern", "list_pattern") else None
        )
        if targets is None:
            name = self._target(target)
            return [Binding(name, value, form)] if name else []
        values = _items(value) if value.kind() in ("expression_list", "tuple", "list") else []
        paired = (
            zip(targets, values, strict=True)
            if len(targets) == len(values)
            else ((t, value) for t in targets)
        )
        return [Binding(name, item, form) for part, item in paired if (name := self._target(part))]

    def _target(self, node: Node) -> str:
        if node.kind() == "subscript":
            base, key = node.field("value"), node.field("subscript")
            text = _literal_text(key) if key is not None else ""
            return f"{self.dotted(base)}[].{text}" if base is not None and text else ""
        return self.dotted(node)

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``import a.b as c`` -> (c, a.b); ``from a import b`` -> (b, a.b)."""
        module = node.field("module_name")
        prefix = f"{module.text()}." if module is not None else ""
        found: list[tuple[str, str]] = []
        for child in node.children():
            if child.kind() == "aliased_import":
                name, alias = child.field("name"), child.field("alias")
                if name is not None and alias is not None:
                    found.append((alias.text(), prefix + name.text()))
            elif child.kind() == "dotted_name" and not (
                module is not None and child.range() == module.range()
            ):
                text = child.text()
                found.append(
                    (
                        text if prefix else text.partition(".")[0],
                        prefix + text if prefix else text.partition(".")[0],
                    )
                )
        return found

    def required(self, node: Node) -> list[tuple[str, str]]:
        """Python imports through statements only."""
        return []

    def imported(self, node: Node) -> list[str]:
        """The full names of the modules (and members) that an import names."""
        module = node.field("module_name")
        base = [module.text()] if module is not None else []
        names = [qualified for _, qualified in self.imports(node)]
        whole = [
            child.text() for child in node.children() if child.kind() == "dotted_name" and module is None
        ]
        return [*base, *names, *whole]

    def function_name(self, node: Node) -> str:
        """The name after ``def``."""
        name = node.field("name")
        return name.text() if name is not None else ""

    def operands(self, node: Node) -> tuple[Node, Node] | None:
        """Both sides of ``==`` and ``!=``."""
        parts = node.children()
        if len(parts) == 3 and parts[1].kind() in ("==", "!="):
            return parts[0], parts[2]
        return None

    def dotted(self, node: Node) -> str:
        """``a.b``, ``f().g``, ``a[].b``."""
        tail: list[str] = []
        for _ in range(MAX_DEPTH):
            kind = node.kind()
            if kind in ("identifier", "dotted_name", "exec"):
                return ".".join([node.text(), *reversed(tail)])
            if kind == "attribute":
                part, inner = node.field("attribute"), node.field("object")
                tail.append(part.text() if part is not None else "")
            elif kind == "call":
                inner = node.field("function")
                tail.append("()")
            elif kind == "subscript":
                inner = node.field("value")
                tail.append("[]")
            elif kind in ("parenthesized_expression", "await"):
                inner = next((child for child in node.children() if child.is_named()), None)
            else:
                inner = None
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
            return self._string(node, scope, depth)
        if kind == "concatenated_string":
            return joined([self.evaluate(part, scope, depth + 1) for part in _items(node)])
        if kind in ("integer", "float"):
            return constant("number", node.text())
        if kind in ("true", "false", "none"):
            return constant(kind)  # pyright: ignore[reportArgumentType]
        if kind == "identifier":
            return self._name(node, scope)
        if kind == "attribute":
            return self._attribute(node, scope)
        if kind == "call":
            return self._call(node, scope, depth)
        if kind == "subscript":
            return self._subscript(node, scope, depth)
        if kind in ("binary_operator", "boolean_operator"):
            return self._operator(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _string(self, node: Node, scope: Scope, depth: int) -> Value:
        parts: list[Value] = []
        for child in node.children():
            kind = child.kind()
            if kind == "string_content":
                parts.append(constant("string", child.text()))
            elif kind == "interpolation":
                inner = child.field("expression") or next((c for c in child.children() if c.is_named()), None)
                parts.append(self.evaluate(inner, scope, depth + 1) if inner is not None else UNKNOWN)
        if len(parts) == 1 and parts[0].leaves:
            parts.append(constant("string", ""))
        return joined(parts) if parts else constant("string", "")

    def _name(self, node: Node, scope: Scope) -> Value:
        name = node.text()
        found = scope.lookup(name)
        if found is not None:
            return found
        qualified = scope.qualified(name)
        return leaf(qualified, "name", tainted=scope.is_source(qualified))

    def _attribute(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        qualified = scope.qualified(name)
        return leaf(
            qualified, "attribute", tainted=scope.is_source(qualified) or self._root_tainted(name, scope)
        )

    def _root_tainted(self, name: str, scope: Scope) -> bool:
        root = name.partition(".")[0]
        value = scope.lookup(root) if root != name else None
        return value is not None and value.tainted

    def _subscript(self, node: Node, scope: Scope, depth: int) -> Value:
        base = node.field("value")
        if base is None:
            return UNKNOWN
        value = self.evaluate(base, scope, depth + 1)
        if value.constant and value.kind in ("string", "collection"):
            return value
        name = scope.qualified(self.dotted(node))
        return leaf(name, "subscript", tainted=value.tainted or scope.is_source(name))

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        if left is None or right is None or operator is None:
            return UNKNOWN
        a, b = self.evaluate(left, scope, depth + 1), self.evaluate(right, scope, depth + 1)
        sign = operator.text()
        if sign in ("or", "and"):
            return alternatives([a, b])
        if sign == "%" and a.kind == "string" and a.text is not None:
            return _formatted(a, [b])
        if sign in ("+", "/"):
            return joined([a, b])
        return Value("number" if a.kind == b.kind == "number" else "other", None, merged([a, b]))

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = node.field("function")
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        arguments = self.arguments(node)
        given = [
            self.evaluate(part, scope, depth + 1)
            for part in (*arguments.positional, *arguments.named.values())
        ]
        receiver = callee.field("object") if callee.kind() == "attribute" else None
        method = name.rpartition(".")[2]
        if receiver is not None:
            base = self.evaluate(receiver, scope, depth + 1)
            if method == "format" and base.kind == "string":
                return _formatted(base, given)
            if method == "join" and base.kind == "string" and given:
                return (
                    joined([given[0], constant("string", base.text or ""), given[0]])
                    if given[0].leaves
                    else given[0]
                )
            if method in _SAME_TEXT and (base.constant or base.kind == "string"):
                return Value(base.kind, base.text, merged([base, *given]), built=base.built)
            given = [base, *given]
        elif method in _CONVERSIONS and len(given) == 1:
            return given[0]
        return called(name, given, source=scope.is_source(name))

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = _items(node)
        if kind in ("parenthesized_expression", "await", "named_expression", "as_pattern") and inner:
            return self.evaluate(inner[-1], scope, depth + 1)
        if kind == "conditional_expression" and len(inner) == 3:
            return alternatives(
                [self.evaluate(inner[0], scope, depth + 1), self.evaluate(inner[2], scope, depth + 1)]
            )
        if kind in ("list", "tuple", "set", "expression_list"):
            values = [self.evaluate(part, scope, depth + 1) for part in inner]
            text = " ".join(value.text or HOLE_WORD for value in values) if values else None
            return Value("collection", text, merged(values))
        if kind == "dictionary":
            pairs = [value for pair in inner if (value := pair.field("value")) is not None]
            return Value(
                "collection", None, merged(self.evaluate(value, scope, depth + 1) for value in pairs)
            )
        if kind == "lambda":
            return constant("function")
        if kind in ("unary_operator", "not_operator", "comparison_operator"):
            return Value("other", None, merged(self.evaluate(part, scope, depth + 1) for part in inner))
        return UNKNOWN


HOLE_WORD: Final = "\ufffc"
_PLACEHOLDER: Final = re.compile(r"%(?:\(\w+\))?[-+ #0]*[\d*.]*[a-zA-Z]|\{[^{}]*\}")


def _formatted(template: Value, given: list[Value]) -> Value:
    """``template % given`` and ``template.format(given)``."""
    leaves = merged([template, *given])
    if not leaves and len(given) == 1 and given[0].text is not None:
        return constant(
            "string", _PLACEHOLDER.sub(lambda _: given[0].text or "", template.text or "", count=1)
        )
    text = _PLACEHOLDER.sub(HOLE_WORD, template.text or "")
    return Value("string", text, leaves, built=bool(leaves))


def _items(node: Node) -> list[Node]:
    return [child for child in node.children() if child.is_named() and child.kind() != "comment"]


def _literal_text(node: Node) -> str:
    if node.kind() != "string":
        return ""
    return "".join(child.text() for child in node.children() if child.kind() == "string_content")
