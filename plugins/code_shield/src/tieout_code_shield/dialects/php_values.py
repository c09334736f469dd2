"""What is known about PHP's expressions without running them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Scope
from tieout_code_shield.dialects.folding import operated
from tieout_code_shield.dialects.gathering import given_out, strung_together
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.php_names import CALLS, MAX_DEPTH, MEMBERS, PhpNames, string_text
from tieout_code_shield.values import (
    HOLE,
    MAX_KNOWN,
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

__all__ = ["PhpValues"]

_SAME_TEXT: Final = frozenset(
    {"trim", "ltrim", "rtrim", "chop", "strtolower", "strtoupper", "ucfirst", "ucwords", "lcfirst", "nl2br", "strrev",
     "stripslashes", "urldecode", "rawurldecode", "html_entity_decode", "htmlspecialchars_decode", "base64_decode",
     "utf8_encode", "utf8_decode", "mb_strtolower", "mb_strtoupper", "strval", "array_values", "array_merge",
     "str_pad", "substr", "mb_substr", "wordwrap", "explode", "current", "reset", "end", "array_shift", "array_pop"}
)  # fmt: skip
_CASTS: Final = {
    "int": "intval", "integer": "intval", "float": "floatval", "double": "floatval", "real": "floatval",
    "bool": "boolval", "boolean": "boolval", "object": "(object)", "unset": "(unset)",
}  # fmt: skip
_NUMBERS: Final = frozenset(
    {"count", "strlen", "mb_strlen", "sizeof", "mktime", "abs", "floor", "ceil",
     "round"}
)  # fmt: skip
_PICKS: Final = {"current": 0, "reset": 0, "end": -1}
"""Functions that return one element of an array and leave it there."""
_EQUALITIES: Final = frozenset({"==", "===", "!=", "!=="})
_VERB: Final = re.compile(r"%(?:\d+\$)?[-+ 0]*(?:'.)?[\d.]*([bcdeEfFgGosuxX%])")
_INPUT_STREAM: Final = re.compile(r"^php://(?:input|stdin)")


class PhpValues(PhpNames):
    """Evaluation of expressions."""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in ("string", "nowdoc"):
            return constant("string", string_text(node))
        if kind in ("encapsed_string", "heredoc", "shell_command_expression"):
            return self._interpolated(node, scope, depth)
        if kind in ("integer", "float"):
            return constant("number", node.text())
        if kind == "boolean":
            text = node.text().lower()
            return constant("true" if text == "true" else "false", text)
        if kind == "null":
            return constant("none")
        if kind == "variable_name":
            return self._variable(node.text(), scope)
        if kind in MEMBERS or kind in ("scoped_property_access_expression", "subscript_expression"):
            return self._member(node, kind, scope, depth)
        if kind in CALLS:
            return self._call(node, kind, scope, depth)
        if kind == "binary_expression":
            return self._operator(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _interpolated(self, node: Node, scope: Scope, depth: int) -> Value:
        body = node.field("value") or node if node.kind() == "heredoc" else node
        parts: list[Value] = []
        for child in body.children():
            kind = child.kind()
            if kind in ("string_content", "escape_sequence"):
                parts.append(constant("string", child.text()))
            elif child.is_named() and not kind.startswith("heredoc"):
                parts.append(self.evaluate(child, scope, depth + 1))
        if len(parts) == 1 and parts[0].leaves:
            parts.append(constant("string", ""))
        return joined(parts) if parts else constant("string", "")

    def _variable(self, name: str, scope: Scope) -> Value:
        found = scope.lookup(name)
        if found is not None:
            return found
        # Not a "name": one in capitals would pass for a constant, and variables are none.
        return leaf(name, "other", tainted=scope.is_source(name))

    def _member(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        if scope.is_source(name) and not _harmless_part(name):
            return leaf(name, "subscript", tainted=True)
        parts = items(node)
        base = node.field("object") or (parts[0] if kind == "subscript_expression" and parts else None)
        value = self.evaluate(base, scope, depth + 1) if base is not None else UNKNOWN
        if kind == "subscript_expression" and value.items and len(parts) == 2:
            key = self.evaluate(parts[1], scope, depth + 1)
            known = value.item(key.text) if key.constant and key.text else None
            if known is not None:
                return known
        if kind == "subscript_expression" and value.constant and value.kind in ("string", "collection"):
            return value
        asked = re.fullmatch(r"\$(?:request|req)\.\w+", name) and not _harmless_part(name)
        return leaf(name, "subscript", tainted=not _harmless_part(name) and (value.tainted or bool(asked)))

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        if sides is None:
            return UNKNOWN
        sign, a, b = sides[0].lower(), *sides[1:]
        if sign == ".":
            return joined([a, b])
        if sign in ("??", "?:"):
            return alternatives([a, b])
        if sign in ("+", "-", "*", "/", "%", "**", "|", "&", "^", "<<", ">>"):
            return _number([a, b])
        if sign in _EQUALITIES and a.constant and b.constant:
            return operated("!=" if sign[0] == "!" else "==", a, b)
        return constant("other") if a.constant and b.constant else called("boolval", [a, b], source=False)

    def _call(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        callee = self.callee(node)
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.call_name(node))
        arguments = self.arguments(node)
        if kind == "shell_command_expression":
            return called(name, [self._interpolated(node, scope, depth)], source=False)
        given = [self.evaluate(part, scope, depth + 1) for part in arguments.positional]
        if kind == "function_call_expression":
            folded = self._folded(name, given)
            if folded is not None:
                return folded
        else:
            receiver = node.field("object")
            if receiver is not None:
                base = self.evaluate(receiver, scope, depth + 1)
                known = given_out(base, name.rpartition(".")[2], given, {}, scope)
                if known is not None:
                    return known
                given = [base, *given]
        if name == "filter_input":
            checked = any("FILTER_VALIDATE" in part.text() or "FILTER_SANITIZE" in part.text()
                          for part in arguments.positional[2:3])  # fmt: skip
            return called("filter_var" if checked else name, given, source=not checked)
        if name in ("file_get_contents", "fopen", "stream_get_contents") and given:
            source = given[0].text is not None and _INPUT_STREAM.search(given[0].text) is not None
            return called(name, [] if source else given, source=source or "STDIN" in node.text()[:60])
        owner, _, method = name.rpartition(".")
        own = f"this.{method}" if owner in ("$this", "self", "static", "parent") else name
        known = scope.result(own, given[-len(arguments.positional) :] if arguments.positional else [], {})
        if known is not None:
            return known
        return called(name, given, source=scope.is_source(name) and not _harmless_part(name))

    def _folded(self, name: str, given: list[Value]) -> Value | None:
        """Functions whose result is known from what they are given."""
        if name in ("sprintf", "vsprintf", "wp_sprintf") and given:
            return _formatted(given[0], given[1:])
        if name in ("implode", "join") and given:
            listed, separator = given[-1], given[0] if len(given) > 1 else constant("string", "")
            turned = listed.kind == "string" and separator.kind == "collection"
            return strung_together(listed, separator) if turned else strung_together(separator, listed)
        if name in ("str_replace", "preg_replace", "str_ireplace") and len(given) == 3:
            subject = given[2]
            return called(name, given, source=False) if subject.leaves else subject
        if name in ("array_map", "array_filter") and len(given) == 2:
            return self._mapped(name, given)
        if name in _SAME_TEXT and given:
            base = given[0]
            return Value(base.kind, base.text, merged(given), built=base.built)
        if name in ("array", "compact") and not given:
            return constant("collection")
        if name in _PICKS and given and given[0].items:
            return given[0].items[_PICKS[name]][1]
        if name in _NUMBERS:
            return _number(given) if given else constant("number")
        return None

    def _mapped(self, name: str, given: list[Value]) -> Value | None:
        """``array_map('intval', $ids)``: what every element is passed through."""
        function, listed = given if name == "array_map" else (given[1], given[0])
        if not function.constant or not function.text:
            return None
        return called(function.text.rpartition(" ")[2], [listed], source=False)

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = items(node)
        if kind == "cast_expression":
            return self._cast(node, scope, depth)
        if kind in ("parenthesized_expression", "error_suppression_expression", "clone_expression", "argument",
                    "by_ref", "assignment_expression", "reference_assignment_expression") and inner:  # fmt: skip
            return self.evaluate(inner[-1], scope, depth + 1)
        if kind == "conditional_expression":
            options = [node.field("body") or node.field("condition"), node.field("alternative")]
            return alternatives(
                [self.evaluate(part, scope, depth + 1) for part in options if part is not None]
            )
        if kind == "match_expression":
            results = [items(arm)[-1] for block in inner[1:] for arm in items(block) if items(arm)]
            return (
                alternatives([self.evaluate(part, scope, depth + 1) for part in results])
                if results
                else UNKNOWN
            )
        if kind == "array_creation_expression":
            return self._array(inner, scope, depth)
        if kind in ("anonymous_function", "arrow_function"):
            return constant("function")
        if kind in ("name", "qualified_name", "class_constant_access_expression"):
            name = self.dotted(node)
            found = scope.lookup(name) or scope.lookup(name.rpartition(".")[2])
            return found or leaf(name, "name")
        if kind == "unary_op_expression":
            return _number([self.evaluate(part, scope, depth + 1) for part in inner])
        if kind == "dynamic_variable_name":
            # "${x}" names the variable x; $$x one that is not known.
            named = inner[0] if len(inner) == 1 and inner[0].kind() == "name" else None
            return self._variable(f"${named.text()}", scope) if named is not None else UNKNOWN
        return UNKNOWN

    def _array(self, inner: list[Node], scope: Scope, depth: int) -> Value:
        found: dict[str, Value] = {}
        whole = len(inner) <= MAX_KNOWN
        for part in inner:
            given = items(part)
            if (
                not given
                or part.kind() != "array_element_initializer"
                or given[-1].kind() == "variadic_unpacking"
            ):
                whole = False
            if not given:
                continue
            key = self.evaluate(given[0], scope, depth + 1) if len(given) == 2 else None
            whole = whole and (key is None or (key.constant and bool(key.text)))
            name = str(len(found)) if key is None or not key.text else key.text
            found[name] = self.evaluate(given[-1], scope, depth + 1)
        text = " ".join(value.text or HOLE for value in found.values()) or None
        return Value("collection", text, merged(found.values()), items=tuple(found.items()) if whole else ())

    def _cast(self, node: Node, scope: Scope, depth: int) -> Value:
        wanted, operand = node.field("type"), node.field("value")
        if wanted is None or operand is None:
            return UNKNOWN
        value = self.evaluate(operand, scope, depth + 1)
        name = _CASTS.get(wanted.text().strip().lower())
        return value if name is None or value.constant else called(name, [value], source=False)


def _number(values: list[Value]) -> Value:
    """The result of arithmetic: no text of its parts can come through it."""
    if all(value.constant for value in values):
        known = len(values) == 1 and values[0].kind == "number"
        return constant("number", values[0].text if known else None)
    return called("floatval", values, source=False)


def _formatted(template: Value, given: list[Value]) -> Value:
    """``sprintf``; what a ``%d`` stands for is a number and cannot carry text."""
    verbs = [found[1] for found in _VERB.finditer(template.text or "") if found[1] != "%"]
    parts = [
        called("intval", [value], source=False) if verb in "bdeEfFgGouxX" and value.leaves else value
        for value, verb in zip(given, [*verbs, *"s" * len(given)], strict=False)
    ]
    leaves = merged([template, *parts])
    if not leaves:
        rest = iter([value.text or "" for value in parts])
        return constant(
            "string", _VERB.sub(lambda found: next(rest, "") if found[1] != "%" else "%", template.text or "")
        )
    text = _VERB.sub(lambda found: HOLE if found[1] != "%" else "%", template.text or HOLE)
    return Value("string", text, leaves, built=True)


def _harmless_part(name: str) -> bool:
    """Parts of a request that the server itself makes up."""
    if name.startswith(("$_FILES", "$request.files")):
        return name.endswith((".tmp_name", ".size", ".error"))
    return name.endswith((".attributes", ".session", ".server"))
