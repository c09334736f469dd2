"""What dialects share: names and their members, names bound for a moment, collections, what conditions prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import proofs
from tieout_code_shield.values import (
    HELD,
    HOLE,
    MAX_KNOWN,
    Leaf,
    LeafKind,
    Value,
    alternatives,
    joined,
    leaf,
    merged,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Scope

__all__ = [
    "OPPOSITE",
    "Bound",
    "collection",
    "conditional",
    "given_out",
    "inserted",
    "member",
    "named",
    "removed",
    "strung_together",
    "tagged",
]

OPPOSITE: Final = {"true": "false", "false": "true"}
"""The kinds of values that decide a condition."""


class Bound:
    """A scope in which a few names stand for values of their own, as inside a comprehension."""

    def __init__(self, scope: Scope, names: Mapping[str, Value]) -> None:
        self._scope, self._names = scope, names

    def qualified(self, name: str) -> str:
        """As outside."""
        return self._scope.qualified(name)

    def is_source(self, name: str) -> bool:
        """As outside."""
        return self._scope.is_source(name)

    def lookup(self, name: str) -> Value | None:
        """The value that a name stands for here, or outside."""
        return self._names[name] if name in self._names else self._scope.lookup(name)

    def result(self, name: str, given: Sequence[Value], named: Mapping[str, Value]) -> Value | None:
        """As outside."""
        return self._scope.result(name, given, named)


def given_out(
    base: Value, method: str, given: Sequence[Value], named: Mapping[str, Value], scope: Scope
) -> Value | None:
    """What a method returns of an object whose class stands in the same text: what the object was made of, as the
    method gives it out; ``None`` where nobody can tell."""
    maker = base.leaves[0] if base.leaves else None
    if maker is None or maker.kind != "call" or maker.tainted:
        return None
    owner = maker.name.removesuffix(".new").rpartition(".")[2]
    if not owner[:1].isupper():
        return None
    held = Value("other", None, base.leaves[1:] or (Leaf(method, "call"),))
    return scope.result(f"{owner}.().{method}", given, {**named, HELD: held})


def named(name: str, scope: Scope, kind: LeafKind = "name") -> Value:
    """The value that a name was given, or a leaf with the name."""
    found = scope.lookup(name)
    if found is not None:
        return found
    qualified = scope.qualified(name)
    return leaf(qualified, kind, tainted=scope.is_source(qualified))


def member(value: Value, path: str, scope: Scope) -> Value | None:
    """The member ``path`` of a value that is another name of an object (``r = request``), or of input; ``None`` of any
    other."""
    only = value.leaves[0] if len(value.leaves) == 1 and value.text is None else None
    if only is not None and only.kind in ("name", "attribute"):
        name = f"{only.name}.{path}"
        tainted = only.tainted or scope.is_source(name)
        return Value("other", None, (replace(only, name=name, kind="attribute", tainted=tainted),))
    return Value("other", None, value.leaves) if value.tainted else None


def conditional(evaluate: Callable[[Node], Value], condition: Node, then: Node, otherwise: Node) -> Value:
    """The branch that a conditional expression takes; where nobody knows, both, with what the condition proves."""
    known = evaluate(condition)
    if known.constant and known.kind in OPPOSITE:
        return evaluate(then if known.kind == "true" else otherwise)
    return alternatives(
        [
            _proved(evaluate(branch), condition.text(), branch.text(), holds=held)
            for branch, held in ((then, True), (otherwise, False))
        ]
    )


def collection(values: Sequence[Value]) -> Value:
    """A list, tuple, set or array of values."""
    text = " ".join(value.text or HOLE for value in values) or None
    known = tuple((str(index), value) for index, value in enumerate(values))
    built = any(value.built for value in values)
    return Value("collection", text, merged(values), built, known if len(values) <= MAX_KNOWN else ())


def inserted(base: Value, index: Value, value: Value) -> Value:
    """A list in which something was put in front of an index; whatever was known of it, where the index is not."""
    values = [item for _, item in base.items]
    place = index.text if index.constant else None
    if (
        base.kind != "collection"
        or place is None
        or not place.lstrip("-").isdigit()
        or not (values or base.constant)
    ):
        return Value("collection", None, merged([base, value]), built=base.built or value.built)
    values.insert(int(place), value)
    return collection(values)


def removed(base: Value, key: str) -> Value:
    """A collection without what stands under a key or index; those behind it in a list move up."""
    gone = base.item(key)
    kept = [(name, value) for name, value in base.items if value is not gone]
    if all(name.isdigit() for name, _ in base.items):
        return collection([value for _, value in kept])
    return Value("collection", None, merged(value for _, value in kept), items=tuple(kept))


def strung_together(separator: Value, given: Value) -> Value:
    """The items of a collection with a separator between them."""
    if given.items:
        parts: list[Value] = []
        for index, (_, value) in enumerate(given.items):
            parts += [separator, value] if index else [value]
        return joined(parts)
    if not given.leaves:
        return Value("string", given.text, separator.leaves)
    return joined([given, separator, given])


def tagged(value: Value, tags: Iterable[str]) -> Value:
    """A value that is known to have passed through something."""
    added = frozenset(tags)
    if not added or not value.leaves:
        return value
    return replace(value, leaves=tuple(replace(item, through=item.through | added) for item in value.leaves))


def _proved(value: Value, condition: str, branch: str, *, holds: bool) -> Value:
    """The value of one branch of a conditional expression, with what its condition proves about the names in it.

    Args:
        condition: The condition as it is written.
        branch: The branch as it is written.
        holds: Whether the branch is taken when the condition holds.
    """
    if not value.leaves:
        return value
    return tagged(
        value,
        {one.tag for one in proofs(condition) if one.holds is holds and one.name in branch and not one.among},
    )
