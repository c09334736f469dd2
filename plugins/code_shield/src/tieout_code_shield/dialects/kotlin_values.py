"""What Kotlin's expressions are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import proofs
from tieout_code_shield.dialects.base import Scope
from tieout_code_shield.dialects.folding import collected, typed, unescaped
from tieout_code_shield.dialects.gathering import tagged
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.typed import TypedDialect, type_name
from tieout_code_shield.dialects.typed_values import MAX_DEPTH
from tieout_code_shield.syntax import visit
from tieout_code_shield.values import UNKNOWN, Value, alternatives, constant, joined

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["KotlinValues"]

_EVALUATORS: Final = {
    "string_literal": "template",
    "character_literal": "character",
    "integer_literal": "number",
    "long_literal": "number",
    "real_literal": "number",
    "hex_literal": "number",
    "boolean_literal": "truth",
    "null_literal": "nothing",
    "null": "nothing",
    "callable_reference": "other",
    "simple_identifier": "name",
    "interpolated_identifier": "name",
    "navigation_expression": "member",
    "indexing_expression": "element",
    "call_expression": "call",
    "collection_literal": "collection",
    "infix_expression": "pair",
    "assignment": "assigned",
    "if_expression": "choice",
    "when_expression": "when",
    "additive_expression": "operation",
    "multiplicative_expression": "operation",
    "comparison_expression": "operation",
    "equality_expression": "operation",
    "conjunction_expression": "operation",
    "disjunction_expression": "operation",
    "elvis_expression": "elvis",
    "prefix_expression": "negation",
    "as_expression": "cast",
    "postfix_expression": "first",
    "variable_declaration": "nothing",
    "object_literal": "function",
    "annotated_lambda": "function",
}


class KotlinValues(TypedDialect):
    """Evaluates Kotlin's expressions."""

    evaluators = _EVALUATORS

    def _on_template(self, node: Node, scope: Scope, depth: int) -> Value:
        raw = node.text().startswith('"""')
        parts: list[Value] = [constant("string", "")]
        for child in items(node):
            if child.kind() == "string_content":
                parts.append(constant("string", child.text() if raw else unescaped(child.text())))
            elif child.kind() in ("interpolated_identifier", "interpolated_expression"):
                parts.append(self.evaluate(child, scope, depth + 1))
        return joined(parts) if len(parts) != 2 or parts[1].constant else parts[1]

    def _on_call(self, node: Node, scope: Scope, depth: int) -> Value:
        call = self.call(node)
        given = self.arguments(node).positional
        body = given[-1] if given and given[-1].kind() == "lambda_literal" else None
        if call is not None and body is not None and depth < MAX_DEPTH:
            if call.method in ("takeIf", "takeUnless") and call.receiver is not None:
                value = self.evaluate(call.receiver, scope, depth + 1)
                return tagged(value, self._proved(body, scope, holds=call.method == "takeIf"))
            if call.method in ("buildString", "apply"):
                start = constant("string", "")
                if call.receiver is not None:
                    start = self.evaluate(call.receiver, scope, depth + 1)
                parts = self._appended(body, scope, depth + 1)
                return joined([start, *parts]) if parts else start
        return super()._on_call(node, scope, depth)

    def _proved(self, body: Node, scope: Scope, *, holds: bool) -> list[str]:
        """What the condition in a lambda proves of its parameter."""
        named = next(
            (items(part)[0].text() for part in items(body) if part.kind() == "lambda_parameters"), "it"
        )
        tags: list[str] = []
        for one in proofs(body.text()):
            listed = scope.lookup(one.among) if one.among else None
            known = not one.among or (listed is not None and listed.constant and listed.kind == "collection")
            if one.name == named and one.holds is holds and known and not one.excluded:
                tags.append(one.tag)
        return tags

    def _appended(self, body: Node, scope: Scope, depth: int) -> list[Value]:
        """What the calls of ``append`` in a lambda put together."""
        found: list[Value] = []
        for node in visit(body, ("call_expression",)):
            call = self.call(node)
            if call is not None and call.receiver is None and call.method in ("append", "appendLine"):
                found += [self.evaluate(part, scope, depth) for part in self.arguments(node).positional]
        return found

    def _on_pair(self, node: Node, scope: Scope, depth: int) -> Value:
        parts = items(node)
        return collected([self.evaluate(part, scope, depth + 1) for part in (parts[0], parts[-1])])

    def _on_elvis(self, node: Node, scope: Scope, depth: int) -> Value:
        options = [part for part in items(node) if part.kind() != "jump_expression"]
        return alternatives([self.evaluate(option, scope, depth + 1) for option in options] or [UNKNOWN])

    def _on_cast(self, node: Node, scope: Scope, depth: int) -> Value:
        inner = items(node)
        return typed(self.evaluate(inner[0], scope, depth + 1), type_name(inner[-1]))

    def _on_when(self, node: Node, scope: Scope, depth: int) -> Value:
        entries = [items(entry)[-1] for entry in items(node) if entry.kind() == "when_entry"]
        return alternatives([self.evaluate(entry, scope, depth + 1) for entry in entries] or [collected([])])
