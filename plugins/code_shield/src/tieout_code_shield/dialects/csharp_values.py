"""What C#'s expressions are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Scope
from tieout_code_shield.dialects.containers import appended, stored
from tieout_code_shield.dialects.folding import collected, unescaped
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.typed import TypedDialect
from tieout_code_shield.values import UNKNOWN, Value, alternatives, called, constant, joined

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["CSharpValues"]

_EVALUATORS: Final = {
    "string_literal": "text",
    "character_literal": "text",
    "verbatim_string_literal": "verbatim",
    "raw_string_literal": "raw",
    "interpolated_string_expression": "template",
    "integer_literal": "number",
    "real_literal": "number",
    "boolean_literal": "truth",
    "null_literal": "nothing",
    "default_expression": "nothing",
    "typeof_expression": "other",
    "identifier": "name",
    "member_access_expression": "member",
    "conditional_access_expression": "member",
    "element_access_expression": "element",
    "invocation_expression": "call",
    "object_creation_expression": "call",
    "implicit_object_creation_expression": "call",
    "initializer_expression": "collection",
    "collection_expression": "collection",
    "array_creation_expression": "array",
    "implicit_array_creation_expression": "array",
    "conditional_expression": "choice",
    "binary_expression": "operation",
    "prefix_unary_expression": "negation",
    "cast_expression": "cast",
    "as_expression": "as",
    "variable_declarator": "nothing",
    "switch_expression": "switch",
    "constant_pattern": "first",
    "assignment_expression": "assigned",
}
_DECORATION: Final = frozenset(
    {"interpolation_brace", "interpolation_format_clause", "interpolation_alignment_clause"}
)
_LISTS: Final = frozenset(
    {"array_creation_expression", "implicit_array_creation_expression", "collection_expression"}
)
_COMMAND: Final = ("FileName", "fileName", "Arguments", "arguments")


class CSharpValues(TypedDialect):
    """Evaluates C#'s expressions."""

    evaluators = _EVALUATORS

    def initial(self, node: Node, scope: Scope, depth: int) -> Value | None:
        """``{ "a", "b" }``, ``{ ["k"] = "v" }`` and ``{ { "k", "v" } }`` behind ``new``."""
        written = next((part for part in items(node) if part.kind() == "initializer_expression"), None)
        if written is None:
            return None
        known = collected([])
        for part in items(written):
            both = [part.field("left"), part.field("right")] if part.field("right") else items(part)
            pair = part.kind() in ("assignment_expression", "initializer_expression") and len(both) == 2
            if pair and both[0] is not None and both[1] is not None:
                key = items(both[0])[-1] if part.field("left") and items(both[0]) else both[0]
                key = items(key)[-1] if key.kind() == "argument" else key
                known = stored(
                    known, self.evaluate(key, scope, depth + 1), self.evaluate(both[1], scope, depth + 1)
                )
            else:
                known = appended(known, [self.evaluate(part, scope, depth + 1)])
        return known

    def _on_call(self, node: Node, scope: Scope, depth: int) -> Value:
        call = self.call(node)
        if call is None or not call.created or call.method != "ProcessStartInfo":
            return super()._on_call(node, scope, depth)
        # What is run: a folder, and arguments handed over one by one, make no other command of it.
        given = self.arguments(node)
        parts = [part for part in given.positional if part.kind() not in _LISTS]
        parts += [given.named[name] for name in _COMMAND if name in given.named]
        known = [self.evaluate(part, scope, depth + 1) for part in parts]
        plain = [value for value in known if value.kind != "collection"]
        return joined(plain) if plain else called("ProcessStartInfo", [], source=False)

    def _on_verbatim(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("string", node.text()[2:-1].replace('""', '"'))

    def _on_raw(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("string", "".join(c.text() for c in items(node) if c.kind() == "raw_string_content"))

    def _on_template(self, node: Node, scope: Scope, depth: int) -> Value:
        parts: list[Value] = [constant("string", "")]
        for child in node.children():
            kind = child.kind()
            if kind == "interpolation":
                inner = [part for part in items(child) if part.kind() not in _DECORATION]
                parts.append(self.evaluate(inner[0], scope, depth + 1) if inner else UNKNOWN)
            elif kind in ("string_content", "escape_sequence", "interpolated_string_text"):
                parts.append(constant("string", unescaped(child.text())))
        if len(parts) == 2 and parts[1].leaves:
            return Value(parts[1].kind, parts[1].text, parts[1].leaves, built=parts[1].built)
        return joined(parts)

    def _on_array(self, node: Node, scope: Scope, depth: int) -> Value:
        given = next((part for part in items(node) if part.kind() == "initializer_expression"), None)
        return self.evaluate(given, scope, depth + 1) if given is not None else collected([])

    def _on_as(self, node: Node, scope: Scope, depth: int) -> Value:
        inner = node.field("left")
        return self.evaluate(inner, scope, depth + 1) if inner is not None else UNKNOWN

    def _on_switch(self, node: Node, scope: Scope, depth: int) -> Value:
        arms = [arm for arm in items(node) if arm.kind() == "switch_expression_arm"]
        return alternatives([self.evaluate(items(arm)[-1], scope, depth + 1) for arm in arms] or [UNKNOWN])
