"""Lists and maps of Java, Kotlin and C#: how they are made, changed and read."""

from __future__ import annotations

from typing import Final

from tieout_code_shield.dialects.containers import appended, item_of, removed, stored
from tieout_code_shield.dialects.folding import collected
from tieout_code_shield.dialects.gathering import inserted
from tieout_code_shield.values import Value, alternatives, called, constant

__all__ = [
    "ADDS",
    "CHANGES",
    "COLLECTIONS",
    "TRANSFORMS",
    "changed",
    "created_collection",
    "gathered",
    "mapped",
    "read",
]

_STORES: Final = frozenset({"put", "putIfAbsent", "setProperty", "TryAdd"})
_REMOVES: Final = frozenset({"remove", "Remove", "RemoveAt", "removeAt"})
_SETS: Final = frozenset({"set", "SetValue"})
ADDS: Final = frozenset({"add", "Add", "Insert"})
"""Methods that add to a list, or to much else."""
CHANGES: Final = _STORES | _REMOVES | _SETS | ADDS
"""Methods that change the list or map that they are called on."""
TRANSFORMS: Final = frozenset({"map", "Select", "mapIndexed", "joinToString"})
"""Methods that make another list, or a text, by calling a function for each item."""
_GATHERS: Final = frozenset(
    {"collect", "ToList", "toList", "ToArray", "toArray", "AsEnumerable", "joinToString"}
)
_READS: Final = frozenset(
    {"get", "getOrDefault", "getValue", "getOrElse", "getOrNull", "elementAt", "ElementAt", "ElementAtOrDefault",
     "GetValueOrDefault", "TryGetValue"}
)  # fmt: skip
_PAIRS: Final = frozenset({"mapOf", "mutableMapOf", "hashMapOf", "linkedMapOf", "sortedMapOf", "ofEntries"})
COLLECTIONS: Final = (
    "List", "Set", "Vector", "Queue", "Stack", "Deque", "Map", "Dictionary", "Hashtable",
)  # fmt: skip
"""How the names of types of lists and maps end."""


def created_collection(kind: str, given: list[Value]) -> Value | None:
    """A new list or map of a type, which may be a copy of another; ``None`` for other types."""
    if not kind.endswith(COLLECTIONS):
        return None
    return next((value for value in given if value.kind == "collection"), None) or collected(
        [value for value in given if value.tainted]
    )


def mapped(method: str, name: str, given: list[Value]) -> Value | None:
    """The map that ``Map.of("a", 1)`` or ``mapOf("a" to 1)`` makes; ``None`` for all other calls."""
    if name in ("Map.of", "ImmutableMap.of") and len(given) % 2 == 0:
        pairs = list(zip(given[::2], given[1::2], strict=True))
    elif name == "Map.entry" and len(given) == 2:
        return collected(given)
    elif method in _PAIRS and all(len(value.items) == 2 for value in given):
        pairs = [(value.items[0][1], value.items[1][1]) for value in given]
    else:
        return None
    result = collected([])
    for key, value in pairs:
        result = stored(result, key, value)
    return result


def changed(method: str, base: Value, given: list[Value]) -> Value:
    """What a list or map is after one of :data:`CHANGES`; what is none stays as it was."""
    if base.kind != "collection":
        return base
    if method in _REMOVES:
        return removed(base, given[0]) if given else base
    if len(given) == 2 and given[0].kind == "number" and method in ADDS:
        return inserted(base, given[0], given[1])
    if len(given) == 2:
        return stored(base, given[0], given[1])
    return appended(base, given)


def gathered(method: str, base: Value, each: Value | None) -> Value | None:
    """What :data:`TRANSFORMS` and those that end such a chain make of a list; ``None`` where nobody can tell.

    Args:
        each: What the function returns that is called for each item, where it is a constant: ``"?"``.
    """
    if method in TRANSFORMS and each is not None and each.constant and each.kind in ("string", "number"):
        return constant("string" if method == "joinToString" else "collection", each.text)
    if method in _GATHERS and each is None and base.kind == "collection" and (base.constant or base.items):
        kind = "string" if method == "joinToString" else "collection"
        return Value(kind, base.text, base.leaves, built=bool(base.leaves) and base.built)
    return None


def read(method: str, base: Value, given: list[Value], name: str) -> Value | None:
    """What a list or map gives for a key or an index; ``None`` for other methods and where nobody can tell."""
    if method not in _READS or not given:
        return None
    default = given[1] if len(given) > 1 and method != "TryGetValue" else None
    found = item_of(base, given[0], default)
    if found is None and base.kind == "collection" and base.constant and base.text:
        return alternatives([base, default]) if default is not None else base
    return called(name, [base], source=False) if found is None and method == "TryGetValue" else found
