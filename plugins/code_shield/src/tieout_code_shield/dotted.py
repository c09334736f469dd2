"""Dotted names and the prefixes that cover them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

__all__ = ["within"]


def within(name: str, prefixes: Sequence[str]) -> bool:
    """Whether a dotted name begins with one of ``prefixes``; only those that share its first part are compared."""
    return any(_begins(name, prefix) for prefix in _by_root(tuple(prefixes)).get(name.partition(".")[0], ()))


@cache
def _by_root(prefixes: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for prefix in prefixes:
        root = prefix.partition(".")[0]
        found[root] = (*found.get(root, ()), prefix)
    return found


def _begins(name: str, prefix: str) -> bool:
    """Whether a dotted name is ``prefix`` or a part of it; one that ends with a dot covers everything behind it."""
    return name.startswith(prefix) and (prefix[-1] == "." or name[len(prefix) : len(prefix) + 1] in ("", "."))
