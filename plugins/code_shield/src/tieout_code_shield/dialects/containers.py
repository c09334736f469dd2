"""Lists and maps that are known item by item: what a key gives, and what is in them after a change."""

from __future__ import annotations

from tieout_code_shield.dialects.folding import collected, number_in
from tieout_code_shield.dialects.gathering import removed as without
from tieout_code_shield.values import MAX_TEXT, Value, alternatives, merged, put

__all__ = ["appended", "item_of", "removed", "stored"]


def item_of(base: Value, key: Value, default: Value | None = None) -> Value | None:
    """What a key or index of a collection gives; ``None`` where the collection is not known item by item.

    Args:
        default: What there is where the collection has no such key.
    """
    if base.kind != "collection" or not base.items:
        return None
    every = [value for _, value in base.items]
    if not key.constant or key.text is None:
        return alternatives([*every, default] if default is not None else every)
    return base.item(_key(key)) or default or alternatives(every)


def stored(base: Value, key: Value, value: Value) -> Value:
    """A collection after ``value`` was put under a key of it."""
    known = base.items or (base.constant and base.text is None)
    return put(base, _key(key), value) if known and key.constant and key.text else _unsorted([base, value])


def appended(base: Value, given: list[Value]) -> Value:
    """A list with values behind those that it has."""
    known = base.items or (base.constant and base.text is None)
    return collected([*(value for _, value in base.items), *given]) if known else _unsorted([base, *given])


def removed(base: Value, key: Value) -> Value:
    """A collection without what stands under a key or index."""
    return without(base, _key(key)) if base.items and key.constant and key.text else _unsorted([base])


def _key(key: Value) -> str:
    number = number_in(key.text or "") if key.kind == "number" else None
    return str(int(number)) if number is not None else key.text or ""


def _unsorted(values: list[Value]) -> Value:
    """A collection of which nobody knows what stands where."""
    text = " ".join(value.text for value in values if value.text)[:MAX_TEXT] or None
    return Value("collection", text, merged(values), any(value.built for value in values))
