"""What the dialects of scripting languages share: names bound for a moment, collections, and what conditions prove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import proofs
from tieout_code_shield.values import HOLE, Value, joined, merged

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Scope

__all__ = ["OPPOSITE", "Bound", "collection", "proved", "strung_together", "tagged"]

OPPOSITE: Final = {"true": "false", "false": "true"}
"""The kinds of values that decide a condition."""
MAX_KNOWN: Final = 32
"""Items of a collection that are kept apart."""


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


def collection(values: Sequence[Value]) -> Value:
    """A list, tuple, set or array of values."""
    text = " ".join(value.text or HOLE for value in values) or None
    known = tuple((str(index), value) for index, value in enumerate(values))
    built = any(value.built for value in values)
    return Value("collection", text, merged(values), built, known if len(values) <= MAX_KNOWN else ())


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


def proved(value: Value, condition: str, branch: str, *, holds: bool) -> Value:
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
