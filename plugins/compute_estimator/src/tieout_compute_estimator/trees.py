"""Derivation trees that say each quantity once: a busy engine's figures share most of what they are computed from."""

from __future__ import annotations

from collections.abc import Iterable

from tieout.plugin import Figure, Language, Tree, translator
from tieout_compute_estimator.derivation import derivation

__all__ = ["derivations"]

_ = translator("tieout_compute_estimator")


def derivations(figures: Iterable[Figure], lang: Language) -> list[Tree]:
    """The derivation of each figure; what was derived further up is only named again."""
    seen: set[str] = set()
    return [_once(derivation(figure, lang), seen, lang) for figure in figures]


def _once(tree: Tree, seen: set[str], lang: Language) -> Tree:
    if not tree.children:
        return tree
    # The same quantity may stand under another symbol.
    name = tree.label.partition(" = ")[2] if " = " in tree.label.split("(")[0] else tree.label
    key = name + tree.children[0].label
    if key in seen:
        return Tree(label=_("{text}, as above", lang=lang, text=tree.label))
    seen.add(key)
    return Tree(label=tree.label, children=tuple(_once(child, seen, lang) for child in tree.children))
