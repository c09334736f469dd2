"""One fix at one place: which pieces of text it replaces, and by what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tieout_code_shield.commandwords import command_words
from tieout_code_shield.placeholders import with_placeholders
from tieout_code_shield.prudence import treated_before
from tieout_code_shield.rewrites import ArgumentChange, Fix

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["Change", "NotHere", "Rewriter"]


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of text that is replaced."""

    start: int
    end: int
    text: str


class NotHere(Exception):
    """The fix does not fit this place."""


class Rewriter:
    """The changes of one fix at one site."""

    def __init__(self, walk: Walk, site: Site, text: str, language: str) -> None:
        self._walk, self._site, self._text, self._language = walk, site, text, language
        self._equals = _EQUALS.get(language, ": ")
        self.reached = False
        """Whether the new callee is reached by the way that the old one was."""

    def changes(self, fix: Fix) -> list[Change]:
        """The changes.

        Raises:
            NotHere: The place lacks something that the fix needs.
        """
        if fix.count is not None:
            arguments = self._walk.arguments(self._site)
            if arguments.spread or len(arguments.positional) + len(arguments.named) != fix.count:
                raise NotHere
        if fix.parameters:
            return [self._parameters(fix.parameters)]
        if fix.whole:
            return [Change(self._site.start, self._site.end, self._filled(fix.whole))]
        changes: list[Change] = []
        if fix.callee or fix.method:
            changes.append(self._renamed(fix))
        if fix.value:
            value = self._value()
            changes.append(_replaced(value, self._filled(fix.value.replace("{}", "{value}"))))
        for change in fix.arguments:
            changes += self._argument(change)
        return changes

    def _parameters(self, mark: str) -> Change:
        """The SQL text with placeholders, and its values behind it."""
        arguments = self._walk.arguments(self._site)
        if not arguments.positional or arguments.named or arguments.spread:
            raise NotHere
        first, *others = arguments.positional
        if len(others) > 1 or (others and not _CALLBACK.match(others[0].text())):
            raise NotHere
        written = with_placeholders(first.text(), mark, self._language)
        if written is None or treated_before(self._before(), first.text()):
            raise NotHere
        return _replaced(first, written)

    def _before(self) -> str:
        """The text of the function up to the place."""
        text = self._walk.text_before(self._site)
        return text[: max(0, len(text) - (self._site.end - self._site.start))]

    def _renamed(self, fix: Fix) -> Change:
        """The callee, or the target of a binding, under its new name."""
        callee = self._callee()
        start, end = callee.range().start.index, callee.range().end.index
        written = self._text[start:end]
        receiver, dot, _last = written.rpartition(".")
        if fix.method:
            last = re.search(r"[\w$?!]+$", written)
            if last is None:
                raise NotHere
            return Change(start + last.start(), end, fix.method)
        module, _dot, name = fix.callee.rpartition(".")
        if dot and self._walk.qualified(receiver) == module:
            self.reached = True
            return Change(start + len(receiver) + 1, end, name)
        return Change(start, end, fix.callee)

    def _callee(self) -> Node:
        if self._site.role == "call":
            callee = self._walk.dialect.callee(self._site.node)
            if callee is None:
                raise NotHere
            return callee
        target = (
            self._site.node.field("left") or self._site.node.field("name") or self._site.node.field("key")
        )
        if target is None:
            raise NotHere
        return target

    def _value(self) -> Node:
        if self._site.binding is None:
            raise NotHere
        return self._site.binding.value

    def _argument(self, change: ArgumentChange) -> list[Change]:
        arguments = self._walk.arguments(self._site)
        node: Node | None = None
        if change.position is not None and change.position < len(arguments.positional):
            node = arguments.positional[change.position]
        named = next((name for name in change.names if name in arguments.named), None)
        if node is None and named is not None:
            node = arguments.named[named]
        if node is None:
            if change.add:
                return [self._added(change)]
            if change.optional:
                return []
            raise NotHere
        if change.matches is not None and not change.matches.search(node.text()):
            raise NotHere
        if change.to is None:
            return [self._dropped(node)]
        to = change.to
        if "{words}" in to:
            to = to.replace("{words}", _words(node.text()))
        return [_replaced(node, to.replace("{}", node.text()))]

    def _added(self, change: ArgumentChange) -> Change:
        """``name=value`` behind the last argument; ``name: value`` in the languages that write it so."""
        if self._walk.arguments(self._site).spread:
            raise NotHere
        end = self._site.end - 1
        if self._text[end : end + 1] != ")":
            raise NotHere
        before = self._text[self._site.start : end].rstrip()
        at = self._site.start + len(before)
        separator = "" if before.endswith("(") else " " if before.endswith(",") else ", "
        return Change(at, at, f"{separator}{change.names[0]}{self._equals}{change.to}")

    def _dropped(self, node: Node) -> Change:
        """An argument with its name and the comma that goes with it."""
        parent = node.parent()
        if parent is not None and parent.kind() in _PAIRS:
            node = parent
        start, end = node.range().start.index, node.range().end.index
        behind = re.compile(r"\s*,[ \t]*").match(self._text, end)
        ahead = re.search(r",\s*$", self._text[self._site.start : start])
        if ahead is not None:
            return Change(self._site.start + ahead.start(), end, "")
        return Change(start, behind.end() if behind else end, "")

    def _filled(self, template: str) -> str:
        """The template with the pieces of the place filled in; a piece that is missing means it does not fit."""

        def piece(match: re.Match[str]) -> str:
            return self._piece(match[1])

        return re.sub(r"\{(\w+)\}", piece, template)

    def _between_parentheses(self) -> str:
        """All arguments as they are written."""
        end = self._callee().range().end.index
        opened = _END_OF_CALLEE.match(self._text, end)
        if opened is None or self._text[self._site.end - 1] != ")":
            raise NotHere
        return self._text[opened.end() : self._site.end - 1]

    def _piece(self, name: str) -> str:
        if name == "value":
            return self._value().text()
        if name == "NAME":
            return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.split(r"\W+", self._site.name)[-1]).upper()
        if name in ("callee", "receiver", "target"):
            written = self._callee().text()
            return written.rpartition(".")[0] if name == "receiver" else written
        if name == "arguments":
            return self._between_parentheses()
        arguments = self._walk.arguments(self._site)
        if name == "words":
            return _words(self._piece("0"))
        if name.isdigit() and int(name) < len(arguments.positional):
            return arguments.positional[int(name)].text()
        if name in arguments.named:
            return arguments.named[name].text()
        raise NotHere


_END_OF_CALLEE: Final = re.compile(r"\s*\(")
_CALLBACK: Final = re.compile(
    r"(?:async\s+)?function\b|\([\w$, {}]*\)\s*=>|\w+\s*=>|(?:done|next|cb|callback)$"
)
_EQUALS: Final = {"python": "=", "kotlin": " = "}
"""What stands between the name of an argument and its value."""
_PAIRS: Final = frozenset({"keyword_argument", "pair", "named_argument", "argument", "value_argument"})


def _words(source: str) -> str:
    words = command_words(source)
    if words is None:
        raise NotHere
    return words


def _replaced(node: Node, text: str) -> Change:
    span = node.range()
    return Change(span.start.index, span.end.index, text)
