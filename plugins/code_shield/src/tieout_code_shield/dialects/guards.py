"""Whether a value was compared with what is allowed before it was used, told by the text in front of the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.values import Leaf
    from tieout_code_shield.walk import Site, Walk

__all__ = ["Guards"]

MAX_NAMES: Final = 8
MAX_MADE: Final = 2
"""Assignments that are followed back from a name to what it was made of."""
MAX_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class Guards:
    """How a language writes that a value is allowed."""

    names: re.Pattern[str]
    """Variables, and parts of them, in an expression as it is written."""
    written: Callable[[str], Sequence[str]]
    """The ways in which code writes the dotted name of what comes from outside."""
    forms: str
    """Regular expression of a check, with ``%s`` for the name that is checked."""
    parser: str = "\n\n\n"
    """A word of ``derived`` that a text must have."""
    derived: str = "(?!)"
    """Regular expression of what gives a variable (the first group) a part of ``%s``, whose check is the whole's."""
    same: frozenset[str] = frozenset()
    """Functions whose result is as bad as what they are given: ``strip``."""

    def unguarded(self, walk: Walk, site: Site) -> bool:
        """Whether something in the arguments (or the value) of ``site`` was not checked in the same function before it.

        One check does for what is not known to be input; each input that is named there needs its own.
        """
        arguments = walk.arguments(site) if site.role == "call" else None
        nodes = [*arguments.positional, *arguments.named.values()] if arguments is not None else []
        receiver = walk.dialect.receiver(site.node) if site.role == "call" else None
        if receiver is not None:
            nodes.append(receiver)
        if site.binding is not None:
            nodes.append(site.binding.value)
        written = dict.fromkeys(name for node in nodes for name in self.names.findall(node.text()))
        names = dict(written)
        inputs = dict.fromkeys(
            leaf for node in nodes for leaf in walk.evaluate(node, site).leaves if leaf.tainted
        )
        for leaf in inputs:
            names.update(dict.fromkeys(self.written(leaf.name)))
        before = walk.text_ahead(site) + _modifiers(site)
        if any(self._guarded(name, before, walk) for name in list(names)[:MAX_NAMES]):
            return any(self._open(leaf, list(written)[:MAX_NAMES], walk, site, before) for leaf in inputs)
        tainted = [name for name in list(written)[:MAX_NAMES] if self._tainted(name, walk, site)]
        return not (tainted and all(self._made_of_guarded(name, walk, site, before) for name in tainted))

    def _open(self, leaf: Leaf, written: list[str], walk: Walk, site: Site, before: str) -> bool:
        """Whether an input went through nothing, and was checked neither itself nor in a variable that holds it."""
        ways = self.written(leaf.name)
        calls = {*leaf.through, leaf.name} if leaf.kind == "call" else leaf.through
        through = {name.rpartition(".")[2] for name in calls}
        if not ways or not through <= self.same or any(self._guarded(way, before, walk) for way in ways):
            return False
        for name in written:
            value = walk.value_of(name, site)
            if value is not None and not any(held.name == leaf.name for held in value.leaves):
                continue
            if (value is not None or name not in ways) and (
                self._guarded(name, before, walk) or self._made_of_guarded(name, walk, site, before)
            ):
                return False
        return True

    def _made_of_guarded(self, name: str, walk: Walk, site: Site, before: str, depth: int = 0) -> bool:
        """Whether everything from outside that a name was made of was checked: each of several parts of a path."""
        given = walk.assignments_of(name, site, effects=False)
        binding = given[0].binding if len(given) == 1 else None
        if binding is None or depth >= MAX_MADE:
            return False
        parts = [
            part
            for part in dict.fromkeys(self.names.findall(binding.value.text()[:MAX_TEXT]))
            if part != name
        ]
        tainted = [part for part in parts[:MAX_NAMES] if self._tainted(part, walk, site)]
        return bool(tainted) and all(
            self._guarded(part, before, walk) or self._made_of_guarded(part, walk, site, before, depth + 1)
            for part in tainted
        )

    def _tainted(self, name: str, walk: Walk, site: Site) -> bool:
        value = walk.value_of(name, site)
        return (
            value.tainted
            if value is not None
            else walk.is_source(re.split(r"[\[(]", name)[0].replace("->", "."))
        )

    def _guarded(self, name: str, before: str, walk: Walk) -> bool:
        if name not in before:
            return False
        exact = rf"(?<![\w$@.]){re.escape(name)}(?![\w\[])"
        if _found(self.forms.replace("%s", exact), before, walk):
            return True
        if self.parser not in before:
            return False
        parts = {found[1] for found in re.finditer(self.derived.replace("%s", exact), before)} - {name}
        return any(
            _found(self.forms.replace("%s", rf"(?<![\w$@.]){re.escape(part)}(?![\w\[])"), before, walk)
            for part in list(parts)[:MAX_MADE]
        )


def _found(form: str, before: str, walk: Walk) -> bool:
    """Whether a check is there; one place asks several times."""
    return walk.once((form, before), lambda: re.search(form, before) is not None)


def _modifiers(site: Site) -> str:
    """The conditions behind a statement: ``run(x) if allowed.include?(x)``."""
    found: list[str] = []
    node = site.node.parent()
    for _ in range(4):
        if node is None:
            break
        if node.kind().endswith("_modifier"):
            condition = node.field("condition")
            found.append(condition.text() if condition is not None else "")
        node = node.parent()
    return "\n".join(["", *found])
