"""Whether a value was compared with what is allowed before it was used, told by the text in front of the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.walk import Site, Walk

__all__ = ["Guards"]

MAX_NAMES: Final = 8


@dataclass(frozen=True, slots=True)
class Guards:
    """How a language writes that a value is allowed."""

    names: re.Pattern[str]
    """Variables, and parts of them, in an expression as it is written."""
    written: Callable[[str], Sequence[str]]
    """The ways in which code writes the dotted name of what comes from outside."""
    forms: str
    """Regular expression of a check, with ``%s`` for the name that is checked."""

    def unguarded(self, walk: Walk, site: Site) -> bool:
        """Whether no name in the arguments (or the value) of ``site`` was checked in the same function before it."""
        arguments = walk.arguments(site) if site.role == "call" else None
        nodes = [*arguments.positional, *arguments.named.values()] if arguments is not None else []
        receiver = walk.dialect.receiver(site.node) if site.role == "call" else None
        if receiver is not None:
            nodes.append(receiver)
        if site.binding is not None:
            nodes.append(site.binding.value)
        names: dict[str, None] = {}
        for node in nodes:
            names.update(dict.fromkeys(self.names.findall(node.text())))
            for leaf in walk.evaluate(node, site).leaves:
                if leaf.tainted:
                    names.update(dict.fromkeys(self.written(leaf.name)))
        before = walk.text_ahead(site) + _modifiers(site)
        return not any(self._guarded(name, before) for name in list(names)[:MAX_NAMES])

    def _guarded(self, name: str, before: str) -> bool:
        if name not in before:
            return False
        exact = rf"(?<![\w$@.]){re.escape(name)}(?![\w\[])"
        return re.search(self.forms.replace("%s", exact), before) is not None


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
