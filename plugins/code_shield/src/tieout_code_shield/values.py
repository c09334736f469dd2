"""What is known about an expression without running it: a constant, or text assembled from named pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from tieout_code_shield.checks import CHECKED

__all__ = [
    "APPENDED",
    "HELD",
    "HOLE",
    "MAX_KNOWN",
    "UNKNOWN",
    "Leaf",
    "Value",
    "alternatives",
    "called",
    "constant",
    "joined",
    "leaf",
    "merged",
    "put",
]

HELD: Final = "held"
"""As a parameter's name: what an object keeps in its fields."""
HOLE: Final = "\ufffc"
"""Stands in ``Value.text`` for a piece that is not known."""

APPENDED: Final = "[]"
"""As a key: behind the last item."""
MAX_KNOWN: Final = 32
"""Items of a collection that are kept apart."""
MAX_TEXT: Final = 4_000
MAX_LEAVES: Final = 24

ValueKind = Literal["string", "number", "true", "false", "none", "function", "collection", "other"]
LeafKind = Literal["name", "attribute", "subscript", "call", "other"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of an expression whose value is not known."""

    name: str
    """Dotted name with aliases resolved: ``flask.request.args``, ``shlex.quote``; empty when it has none."""
    kind: LeafKind
    tainted: bool = False
    """True when it comes from outside the program: a request, standard input, arguments."""
    through: frozenset[str] = frozenset()
    """Qualified names of the functions it was passed through."""

    @property
    def named_like_a_constant(self) -> bool:
        """Whether its last part is written in capitals, as constants are by convention."""
        rest, _, last = self.name.rpartition(".")
        if "env" in rest or self.tainted:
            return False
        return self.kind in ("name", "attribute") and len(last) > 1 and last.isupper()


@dataclass(frozen=True, slots=True)
class Value:
    """An expression, evaluated as far as that is possible.

    ``leaves`` is empty exactly when the expression is constant.
    """

    kind: ValueKind = "other"
    text: str | None = None
    """A string's text, with ``HOLE`` for each unknown piece; ``None`` when nothing of it is known."""
    leaves: tuple[Leaf, ...] = ()
    built: bool = False
    """True when literal text and unknown pieces were put together: concatenation, format, interpolation."""
    items: tuple[tuple[str, Value], ...] = ()
    """What stands in a collection by key or index, where all of it is known; empty otherwise."""

    @property
    def constant(self) -> bool:
        """Whether the value is the same on every run."""
        return not self.leaves

    @property
    def tainted(self) -> bool:
        """Whether a piece comes from outside the program."""
        return any(leaf.tainted for leaf in self.leaves)

    def item(self, key: str) -> Value | None:
        """What stands in a collection under a key or index, where that is known."""
        if key.startswith("-") and self.items and self.items[0][0] == "0":
            key = str(len(self.items) + int(key)) if key[1:].isdigit() else key
        return next((value for name, value in self.items if name == key), None)

    def without(self, sanitizers: frozenset[str]) -> Value:
        """The value as it looks to a weakness that ``sanitizers`` (qualified or bare function names) prevent."""
        if not self.leaves:
            return self
        kept = tuple(leaf for leaf in self.leaves if not _sanitised(leaf, sanitizers))
        return (
            self
            if len(kept) == len(self.leaves)
            else replace(self, leaves=kept, built=self.built and bool(kept))
        )


_NUMERIC: Final = frozenset(
    {"int", "float", "bool", "len", "Number", "parseInt", "parseFloat", "Boolean", CHECKED}
)
"""What nothing can hide in: numbers, and what was compared with a list of what is allowed."""


def _sanitised(leaf: Leaf, sanitizers: frozenset[str]) -> bool:
    if leaf.named_like_a_constant:
        return True
    names = {*leaf.through, leaf.name} if leaf.kind == "call" else leaf.through
    if not names:
        return False
    last = {name.rpartition(".")[2] for name in names}
    return not (_NUMERIC.isdisjoint(last) and sanitizers.isdisjoint(last) and sanitizers.isdisjoint(names))


def constant(kind: ValueKind, text: str | None = None) -> Value:
    """A value that is known, or at least known to be the same on every run."""
    return Value(kind, text[:MAX_TEXT] if text else text)


def leaf(name: str, kind: LeafKind, *, tainted: bool = False) -> Value:
    """A value of which only a name is known."""
    return Value("other", None, (Leaf(name, kind, tainted),))


def called(name: str, given: Sequence[Value], *, source: bool) -> Value:
    """What an unknown function returns: its own leaf, and whatever came in from outside the program."""
    inner = [replace(item, through=item.through | {name}) for item in merged(given) if item.tainted]
    return Value("other", None, (Leaf(name, "call", source), *inner)[:MAX_LEAVES])


UNKNOWN: Final = leaf("", "other")


def joined(parts: Sequence[Value]) -> Value:
    """Strings put together, in order: concatenation, interpolation, format."""
    leaves = merged(parts)
    known = any(part.text for part in parts)
    texts = [HOLE if part.text is None else part.text for part in parts]
    numbers_only = all(part.kind == "number" for part in parts)
    kind: ValueKind = "number" if numbers_only else "string" if known or not leaves else "other"
    text = "".join(texts)[:MAX_TEXT] if known else None if leaves else "".join(texts)[:MAX_TEXT]
    return Value(kind, text, leaves, built=bool(leaves) and (known or any(part.built for part in parts)))


def alternatives(options: Sequence[Value]) -> Value:
    """One of several values: both branches of a conditional, or every assignment that may have been the last."""
    if len(options) == 1:
        return options[0]
    leaves = merged(options)
    texts = dict.fromkeys(option.text for option in options)
    if len(texts) == 1 or not any(texts):
        text = next((text for text in texts if text is not None), None)
    else:
        # What is not known stands among them: ``next || "/home"`` does not begin with "/home".
        text = "\n".join(HOLE if text is None else text for text in texts if text != "")
    kinds: set[ValueKind] = {option.kind for option in options}
    kind: ValueKind = kinds.pop() if len(kinds) == 1 else "other"
    items = _either(options) if kind == "collection" else ()
    return Value(kind, text, leaves, built=any(option.built for option in options), items=items)


def put(base: Value, key: str | None, value: Value) -> Value:
    """A collection in which something was put.

    Args:
        key: The key or index, :data:`APPENDED` for behind the last; ``None`` where nobody knows, so that any item may
            be another one afterwards.
    """
    if key is None or not _listed(base):
        return joined([base, value])
    items = dict(base.items)
    items[str(len(items)) if key == APPENDED else key] = value
    leaves = merged([base, value])
    kept = tuple(items.items()) if len(items) <= MAX_KNOWN else ()
    return Value("collection", None, leaves, built=any(item.built for item in items.values()), items=kept)


def _listed(value: Value) -> bool:
    """Whether all that stands in a collection is known; in an empty one, that it is nothing."""
    return value.kind == "collection" and (bool(value.items) or (value.constant and value.text is None))


def _either(options: Sequence[Value]) -> tuple[tuple[str, Value], ...]:
    """What may stand under each key, where every option tells."""
    if not all(_listed(option) for option in options):
        return ()
    found: dict[str, list[Value]] = {}
    for option in options:
        for key, value in option.items:
            found.setdefault(key, []).append(value)
    return (
        tuple((key, alternatives(values)) for key, values in found.items()) if len(found) <= MAX_KNOWN else ()
    )


def merged(values: Iterable[Value]) -> tuple[Leaf, ...]:
    """Every leaf of ``values`` once, in order."""
    found: dict[Leaf, None] = {}
    for value in values:
        for item in value.leaves:
            found[item] = None
    return tuple(found)[:MAX_LEAVES]
