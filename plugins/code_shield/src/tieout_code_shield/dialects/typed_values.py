"""What expressions of Java, Kotlin and C# are worth: declared types, constants that fold, texts put together."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from tieout_code_shield.dialects.base import Dialect, Scope
from tieout_code_shield.dialects.containers import item_of, stored
from tieout_code_shield.dialects.folding import as_number, collected, operated, typed, unescaped
from tieout_code_shield.dialects.gathering import named
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.texts import PARSES, created, method_value
from tieout_code_shield.dialects.typed_collections import (
    ADDS,
    CHANGES,
    COLLECTIONS,
    changed,
    gathered,
    mapped,
    read,
)
from tieout_code_shield.values import UNKNOWN, Value, alternatives, called, constant, leaf

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["MAX_DEPTH", "Call", "TypedValues", "type_name"]

MAX_DEPTH: Final = 14
_OWN: Final = re.compile(r"[A-Z]\w*(?:\.\(\))?\.\w+$")


@dataclass(frozen=True, slots=True)
class Call:
    """A call, taken apart."""

    receiver: Node | None
    """What it is called on; ``None`` for a plain function or a construction."""
    method: str
    """The last part of the name; the type for a construction."""
    created: bool = False
    """True for a construction."""


class TypedValues(Dialect):
    """Evaluates expressions; :class:`~tieout_code_shield.dialects.typed.TypedDialect` adds the rest."""

    source_calls: ClassVar[re.Pattern[str]]
    """Found in the qualified names of calls and members whose value comes from outside the program."""
    evaluators: ClassVar[Mapping[str, str]]
    """The method here that evaluates a kind of expression, without its leading ``_on_``."""
    wrappers: ClassVar[frozenset[str]] = frozenset()
    """Kinds of expressions that are worth what their last part is."""
    functions: ClassVar[frozenset[str]]
    """Kinds of nodes that are functions."""
    statements: ClassVar[frozenset[str]] = frozenset({"expression_statement"})
    """Kinds of nodes in which a call stands whose result nobody uses."""

    @abstractmethod
    def call(self, node: Node) -> Call | None:
        """A call or construction taken apart; ``None`` for what is neither."""

    @abstractmethod
    def step(self, node: Node) -> tuple[tuple[str, ...], Node | None] | None:
        """The last parts of an expression's dotted name and the expression before them; ``None`` when it has none."""

    @abstractmethod
    def branches(self, node: Node) -> tuple[Node, Node | None, Node | None] | None:
        """Condition, what runs when it holds, and what runs otherwise; ``None`` for what does not branch."""

    @abstractmethod
    def index(self, node: Node) -> Node | None:
        """The key or index of ``x[key]``, the only one it has; ``None`` for anything else."""

    def yielded(self, node: Node) -> Node | None:
        """The expression that a lambda of one expression returns; ``None`` for anything else."""
        return node.field("body") if node.kind() == "lambda_expression" else None

    def initial(self, node: Node, scope: Scope, depth: int) -> Value | None:
        """What the braces behind the making of a list or map put into it; ``None`` where there are none."""
        return None

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings, numbers and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in self.wrappers:
            inner = items(node)
            return self.evaluate(inner[-1], scope, depth + 1) if inner else UNKNOWN
        evaluator = self.evaluators.get(kind)
        if evaluator is None:
            return constant("function") if kind in self.functions else UNKNOWN
        method: Callable[[Node, Scope, int], Value] = getattr(self, f"_on_{evaluator}")
        return method(node, scope, depth)

    def _on_text(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("string", unescaped("".join(child.text() for child in items(node))))

    def _on_number(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("number", node.text().replace("_", "").rstrip("lLfFdDuUmM") or "0")

    def _on_truth(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("true" if node.text() == "true" else "false")

    def _on_nothing(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("none")

    def _on_other(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("other", node.text())

    def _on_character(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("string", node.text()[1:-1])

    def _on_function(self, node: Node, scope: Scope, depth: int) -> Value:
        return constant("function")

    def _on_first(self, node: Node, scope: Scope, depth: int) -> Value:
        inner = items(node)
        return self.evaluate(inner[0], scope, depth + 1) if inner else UNKNOWN

    def _on_cast(self, node: Node, scope: Scope, depth: int) -> Value:
        inner = node.field("value")
        value = self.evaluate(inner, scope, depth + 1) if inner is not None else UNKNOWN
        return typed(value, type_name(node.field("type")))

    def _on_name(self, node: Node, scope: Scope, depth: int) -> Value:
        name = node.text()
        return typed(named(name, scope), scope.qualified(f"{name}.x")[:-2])

    def _on_member(self, node: Node, scope: Scope, depth: int) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        qualified = scope.qualified(name)
        last = name.rpartition(".")[2]
        if last in ("length", "Length", "Count", "size"):
            return as_number(leaf(qualified, "attribute"), qualified)
        step = self.step(node)
        base = self.evaluate(step[1], scope, depth + 1) if step and step[1] is not None else None
        if base is not None and base.constant and base.kind in ("string", "collection") and last == "Empty":
            return base
        tainted = self.comes_from_outside(qualified, scope) or (base is not None and base.tainted)
        if last == "Empty" and qualified in ("string.Empty", "String.Empty"):
            return constant("string", "")
        # ``row.ID`` is no constant, ``Limits.MAX`` is.
        named = "other" if last.isupper() and not name[:1].isupper() else "attribute"
        return leaf(qualified, named, tainted=tainted)

    def comes_from_outside(self, qualified: str, scope: Scope) -> bool:
        """Whether the value of a qualified name comes from outside the program."""
        return self.source_calls.search(qualified) is not None or scope.is_source(qualified)

    def _on_element(self, node: Node, scope: Scope, depth: int) -> Value:
        step = self.step(node)
        base = step[1] if step else None
        if base is None:
            return UNKNOWN
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        value = self.evaluate(base, scope, depth + 1)
        index = self.index(node)
        if value.items and index is not None and scope.lookup(f"{self.dotted(base)}.[]") is None:
            found = item_of(value, self.evaluate(index, scope, depth + 1))
            if found is not None:
                return found
        if value.constant and value.kind in ("string", "collection"):
            return value
        qualified = scope.qualified(name)
        return leaf(
            qualified, "subscript", tainted=value.tainted or self.comes_from_outside(qualified, scope)
        )

    def _on_collection(self, node: Node, scope: Scope, depth: int) -> Value:
        return collected([self.evaluate(part, scope, depth + 1) for part in items(node)])

    def _on_choice(self, node: Node, scope: Scope, depth: int) -> Value:
        branching = self.branches(node)
        if branching is None:
            return UNKNOWN
        condition, then, otherwise = branching
        known = self.evaluate(condition, scope, depth + 1)
        options = [branch for branch in (then, otherwise) if branch is not None]
        if known.constant and known.kind in ("true", "false") and len(options) == 2:
            options = [options[known.kind == "false"]]
        return alternatives([self.evaluate(option, scope, depth + 1) for option in options] or [UNKNOWN])

    def _on_operation(self, node: Node, scope: Scope, depth: int) -> Value:
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        if left is None or right is None or operator is None:
            parts = node.children()
            if len(parts) != 3:
                return UNKNOWN
            left, operator, right = parts
        a, b = self.evaluate(left, scope, depth + 1), self.evaluate(right, scope, depth + 1)
        return operated(operator.text(), a, b)

    def _on_negation(self, node: Node, scope: Scope, depth: int) -> Value:
        inner = items(node)
        value = self.evaluate(inner[-1], scope, depth + 1) if inner else UNKNOWN
        if node.text().startswith("!") and value.constant and value.kind in ("true", "false"):
            return constant("false" if value.kind == "true" else "true")
        if node.text().startswith("-") and value.kind == "number" and value.text is not None:
            return replace(value, text=f"-{value.text}")
        return value if value.constant and value.kind == "number" else Value("other", None, value.leaves)

    def _on_call(self, node: Node, scope: Scope, depth: int) -> Value:
        call = self.call(node)
        if call is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(node).removesuffix(".()"))
        arguments = self.arguments(node)
        given = [self.evaluate(part, scope, depth + 1) for part in arguments.positional]
        if call.created:
            written = self.initial(node, scope, depth) if call.method.endswith(COLLECTIONS) else None
            if written is not None:
                return written
            members = [self.evaluate(part, scope, depth + 1) for part in arguments.named.values()]
            return created(call.method, [*given, *members], name)
        base = self.evaluate(call.receiver, scope, depth + 1) if call.receiver is not None else None
        if call.method == "nameof" and base is None:
            return constant("string", arguments.positional[0].text() if arguments.positional else "")
        if PARSES.search(name):
            return as_number(called(name, given, source=False), name)
        if base is not None and self._changes(node, call, base):
            return changed(call.method, base, given)
        known = self._stored(call, given, scope)
        if known is None:
            known = self._from_collection(call, base, arguments.positional, given, name, scope)
        if known is not None:
            return known
        worked = method_value(call.method, base, given, name)
        if worked is not None:
            return worked
        if base is None or _OWN.match(name):
            # A method of this text, perhaps of another class in it.
            result = scope.result(call.method, given, {})
            if result is not None:
                return result
        return called(
            name, given if base is None else [base, *given], source=self.comes_from_outside(name, scope)
        )

    def _changes(self, node: Node, call: Call, base: Value) -> bool:
        """Whether a call is a statement that changes the list or map it is called on."""
        if call.method not in CHANGES or (base.kind != "collection" and call.method in ADDS):
            return False
        outer = node.parent()
        return outer is not None and outer.kind() in self.statements

    def _from_collection(
        self,
        call: Call,
        base: Value | None,
        nodes: Sequence[Node],
        given: list[Value],
        name: str,
        scope: Scope,
    ) -> Value | None:
        """What a call makes, changes or reads of a list or map that is known item by item."""
        if base is None or name[:1].isupper():
            made = mapped(call.method, name, given)
            if made is not None:
                return made
        if base is None:
            return None
        body = self.yielded(nodes[-1]) if nodes else None
        each = self.evaluate(body, scope, 2) if body is not None else None
        if each is not None and call.method == "getOrElse":
            given = [*given[:-1], each]
        return read(call.method, base, given, name) or gathered(call.method, base, each)

    def _on_assigned(self, node: Node, scope: Scope, depth: int) -> Value:
        """A list or map after ``x[key] = value``; what is none stays as it was."""
        left, right = self._sides_of(node)
        step = self.step(left) if left is not None else None
        if left is None or right is None or step is None or step[1] is None:
            return UNKNOWN
        base, index = self.evaluate(step[1], scope, depth + 1), self.index(left)
        if base.kind != "collection" or index is None:
            return base
        return stored(base, self.evaluate(index, scope, depth + 1), self.evaluate(right, scope, depth + 1))

    def _sides_of(self, node: Node) -> tuple[Node | None, Node | None]:
        left, right = node.field("left"), node.field("right")
        return (left, right) if left is not None else (items(node)[0], items(node)[-1])

    def _stored(self, call: Call, given: list[Value], scope: Scope) -> Value | None:
        """What ``map.put("key", value)`` put there."""
        if call.method not in ("get", "getOrDefault", "getProperty") or call.receiver is None or not given:
            return None
        if given[0].text is None or not given[0].constant:
            return None
        return scope.lookup(f"{self.dotted(call.receiver)}.[{given[0].text}]")


def type_name(node: Node | None) -> str:
    """A type without its arguments and packages: ``List`` for ``java.util.List<String>``, ``String[]``."""
    if node is None:
        return ""
    text = node.text()
    array = "[]" if text.rstrip().endswith("]") else ""
    name = re.split(r"[<\[?]", text, maxsplit=1)[0].strip().rpartition(".")[2]
    return name + array if name not in ("var", "val", "dynamic") else ""
