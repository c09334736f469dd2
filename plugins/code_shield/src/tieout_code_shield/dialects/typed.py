"""What the syntax trees of Java, Kotlin and C# have in common: functions, dotted names, branches never taken."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from tieout_code_shield.dialects.base import Binding, Scope
from tieout_code_shield.dialects.nodes import belongs, items, same
from tieout_code_shield.dialects.typed_values import MAX_DEPTH, Call, TypedValues, type_name
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.values import Value

__all__ = ["Call", "TypedDialect", "grown", "type_name"]

MAX_NESTING: Final = 24
_CONDITIONAL: Final = re.compile(
    r"^(?:if|elif|else|for|foreach|enhanced_for|while|do|switch|when|try|catch|case|ternary)_"
)
_GROWING: Final = frozenset(
    {"insert", "addAll", "putAll", "push", "addElement", "addFirst", "AddRange", "InsertRange", "removeIf"}
)


class TypedDialect(TypedValues):
    """A language with declared types; its subclasses know the names of the nodes."""

    factories: ClassVar[frozenset[str]]
    """Methods of a class that return an object of it."""
    deciding: ClassVar[frozenset[str]]
    """Kinds of nodes with a condition, and a branch for each outcome."""
    asserting: ClassVar[frozenset[str]] = frozenset()
    """Functions that end with an error unless their first argument is true."""
    parameter_kinds: ClassVar[frozenset[str]] = frozenset()
    returning: ClassVar[str] = "return_statement"
    branching = ("if_statement",)
    growing = _GROWING

    @abstractmethod
    def shortened(self, parts: list[str]) -> list[str]:
        """A dotted name's parts without the packages or namespaces in front of a type."""

    def callee(self, node: Node) -> Node | None:
        """The call itself: receiver and method are read from it together."""
        return node

    def receiver(self, node: Node) -> Node | None:
        """What a method is called on."""
        call = self.call(node)
        return call.receiver if call is not None else None

    def made(self, value: Node) -> str:
        """The type of a value, where the expression names it; empty where it does not."""
        call = self.call(value)
        if call is None:
            return ""
        if call.created:
            return call.method
        if call.receiver is None or call.method not in self.factories:
            return ""
        owner = self.dotted(call.receiver)
        return owner if owner[:1].isupper() and "." not in owner else ""

    def assignment(self, node: Node) -> list[Binding]:
        """``x = v`` and ``x += v``."""
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        target = self.dotted(left) if left is not None else ""
        if not target or right is None:
            return []
        plain = operator is not None and operator.text() in ("=", "??=")
        return [Binding(target, right, "assign" if plain else "augment"), *self.updated(target, node)]

    def updated(self, target: str, node: Node) -> list[Binding]:
        """``x[key] = v`` also changes ``x``."""
        owner, bracket, _ = target.partition(".[")
        return [Binding(owner, node, "update")] if bracket and "." not in owner else []

    def branches(self, node: Node) -> tuple[Node, Node | None, Node | None] | None:
        """By the fields of the kinds that are ``deciding``."""
        condition = node.field("condition") if node.kind() in self.deciding else None
        if condition is None:
            return None
        return condition, node.field("consequence"), node.field("alternative")

    def choices(self, node: Node) -> tuple[Node, list[tuple[list[Node] | None, Node]]] | None:
        """Subject and cases (labels, ``None`` for the default; and the case) of a switch; ``None`` for all else."""
        return None

    @abstractmethod
    def given(self, parameter: Node, function: Node) -> bool:
        """Whether a parameter comes from outside the program, because a framework fills it from a request."""

    def _parameters(self, function: Node) -> list[Node]:
        listed = function.field("parameters")
        return (
            [part for part in items(listed) if part.kind() in self.parameter_kinds]
            if listed is not None
            else []
        )

    def held(self, root: Node) -> Iterator[tuple[Node, int, int]]:
        """What ``require(name.matches(PLAIN))`` lets through, up to the end of its block."""
        calls = tuple(kind for kind, role in self.roles.items() if role == "call")
        text = root.text() if self.asserting else ""
        for node in visit(root, calls) if any(f"{name}(" in text for name in self.asserting) else ():
            outer = node.parent()
            if self.call_name(node).rpartition(".")[2] not in self.asserting or outer is None:
                continue
            block = outer.parent() if outer.kind() == "expression_statement" else outer
            given = self.arguments(node).positional[:1]
            end = block.range().end.index if block is not None else outer.range().end.index
            if given:
                yield given[0], node.range().end.index, end

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of a function's parameters in order."""
        names = [parameter.field("name") for parameter in self._parameters(node)]
        return tuple(name.text() for name in names if name is not None)

    def inputs(self, node: Node) -> frozenset[str]:
        """Parameters that a framework fills from a request."""
        return frozenset(
            name.text()
            for parameter in self._parameters(node)
            if (name := parameter.field("name")) is not None and self.given(parameter, node)
        )

    def returned(self, node: Node) -> list[Node]:
        """What the ``return`` statements of a function return, those of functions inside it left out."""
        found: list[Node] = []
        for statement in visit(node, (self.returning,)):
            inner = items(statement)
            if inner and belongs(statement, node, self.functions):
                found.append(inner[0])
        body = node.field("body")
        if body is not None and body.kind() == "arrow_expression_clause":
            found.append(items(body)[-1])
        return found

    def dotted(self, node: Node) -> str:
        """``a.b``, ``f().g``, ``a[].b``; packages and ``this`` left out."""
        tail: list[str] = []
        current: Node | None = node
        for _ in range(MAX_DEPTH):
            if current is None:
                break
            step = self.step(current)
            if step is None:
                tail.append("")
                break
            parts, current = step
            tail.extend(reversed(parts))
        tail.reverse()
        return ".".join(self.shortened(tail)) if any(tail) else ""

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Whether a statement is run: always, never by constant conditions around it, or ``None`` for perhaps."""
        perhaps = False
        inner = node
        for _ in range(MAX_NESTING):
            outer = inner.parent()
            if outer is None or outer.kind() in self.functions:
                break
            runs = self._branch_runs(outer, inner, scope)
            if runs is False:
                return False
            perhaps = perhaps or (runs is None and _CONDITIONAL.search(outer.kind()) is not None)
            inner = outer
        return None if perhaps else True

    def _branch_runs(self, outer: Node, inner: Node, scope: Scope) -> bool | None:
        branching = self.branches(outer)
        if branching is not None:
            condition, then, otherwise = branching
            for branch, wanted in ((then, "true"), (otherwise, "false")):
                if branch is not None and same(branch, inner):
                    known = self.evaluate(condition, scope, 2)
                    return (
                        known.kind == wanted if known.constant and known.kind in ("true", "false") else None
                    )
            return None
        switch = self.choices(outer)
        if switch is None:
            return None
        subject, cases = switch
        chosen = self._chosen(self.evaluate(subject, scope, 2), cases, scope)
        if chosen is None:
            return None
        return (
            any(same(case, inner) for case in chosen) if any(same(case, inner) for _, case in cases) else None
        )

    def _chosen(
        self, value: Value, cases: list[tuple[list[Node] | None, Node]], scope: Scope
    ) -> list[Node] | None:
        if not value.constant or value.text is None:
            return None
        default: list[Node] = []
        for labels, case in cases:
            if labels is None:
                default.append(case)
            elif any(self.evaluate(label, scope, 2).text == value.text for label in labels):
                return [case]
        return default or None


def grown(owner: str, node: Node, method: str) -> list[Binding]:
    """``text.append(x)`` gives ``text`` a value, and so does a chain of it; ``a.text.append(x)`` gives ``a`` none.

    Args:
        owner: The dotted name of what the method is called on.
        node: The call.
        method: How the names of the methods begin of which there may be a chain.
    """
    root = owner.partition(".")[0]
    return [Binding(root, node, "assign")] if owner == root or owner.startswith(f"{root}.{method}") else []
