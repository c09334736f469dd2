"""Fixes: a rule's rewrite put into practice on one place, and the proof that it helped and harmed nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tieout_code_shield.commandwords import command_words
from tieout_code_shield.languages import Language
from tieout_code_shield.limits import FILE_LIMITS, Clock, Limits, OutOfTime
from tieout_code_shield.rewrites import ArgumentChange, Fix
from tieout_code_shield.scanner import Issue, Scanner
from tieout_code_shield.syntax import error_share, parse

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["Change", "Fixer", "applied"]


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of text that is replaced."""

    start: int
    end: int
    text: str


class NotHere(Exception):
    """The fix does not fit this place."""


def applied(text: str, changes: Sequence[Change]) -> str:
    """The text with all changes made; they must not overlap."""
    for change in sorted(changes, key=lambda change: (change.start, change.end), reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text


class Fixer:
    """Rewrites places in one language.

    A change is offered only when the new text has no more syntax errors than the old one, lacks the finding, and has no
    finding more of any rule.
    """

    def __init__(self, scanner: Scanner, language: Language | None, *, limits: Limits = FILE_LIMITS) -> None:
        self._scanner, self._language, self._limits = scanner, language, limits
        self._clock = Clock(limits.seconds)
        self._walked: tuple[str, Walk] | None = None

    def offer(self, text: str, issue: Issue, issues: Sequence[Issue]) -> tuple[Change, ...]:
        """The first rewrite of an issue's rule that can be proved; nothing where there is none or time is up.

        Args:
            issues: Everything that was found in ``text``.
        """
        for fix in issue.rule.fixes:
            if not self._fits(fix, text):
                continue
            try:
                self._clock.check()
                changes = self._changes(text, issue, fix)
                if changes and self._proved(text, applied(text, changes), issue, issues):
                    return changes
            except NotHere:
                continue
            except OutOfTime:
                return ()
        return ()

    def _fits(self, fix: Fix, text: str) -> bool:
        if fix.languages and (self._language is None or self._language.rules not in fix.languages):
            return False
        if fix.where is not None and not fix.where.search(text):
            return False
        return fix.where_lacks is None or not fix.where_lacks.search(text)

    def _proved(self, before: str, after: str, issue: Issue, issues: Sequence[Issue]) -> bool:
        report = self._scanner.scan(after, self._language, limits=self._limits)
        if report.unknown or not self._still_parses(before, after):
            return False
        had = Counter(each.rule.id for each in issues)
        has = Counter(each.rule.id for each in report.issues)
        return has[issue.rule.id] < had[issue.rule.id] and not has - had

    def _still_parses(self, before: str, after: str) -> bool:
        if self._language is None or not self._language.grammar:
            return True
        if self._language.name == "python" and _compiles(before) and not _compiles(after):
            return False
        grammar = self._language.grammar_for(before)
        was, now = (error_share(text, grammar) * max(1, len(text)) for text in (before, after))
        return now <= was

    def _changes(self, text: str, issue: Issue, fix: Fix) -> tuple[Change, ...]:
        start, end = issue.start, issue.end
        if issue.rule.texts:
            start, end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
            end = len(text) if end < 0 else end
        changes: list[Change] = []
        for pattern, to in fix.texts:
            for match in pattern.finditer(text[start:end]):
                changes.append(Change(start + match.start(), start + match.end(), match.expand(to)))
        if fix.texts and not changes:
            raise NotHere
        reached = False
        if (
            fix.calls
            or fix.binds
            or fix.needs
            or fix.callee
            or fix.method
            or fix.arguments
            or fix.value
            or fix.whole
        ):
            at_site, reached = self._at_site(text, issue, fix)
            changes += at_site
        if fix.imports and not reached and self._language is not None:
            changes += self._imports(text, fix.imports, self._language)
        return tuple(_disjoint(changes))

    def _at_site(self, text: str, issue: Issue, fix: Fix) -> tuple[list[Change], bool]:
        """The changes at the place, and whether they need no import."""
        walk = self._walk(text)
        for site in walk.sites:
            if (site.start, site.end) == (issue.start, issue.end) and _is_for(walk, site, fix):
                language = self._language.rules if self._language is not None else ""
                rewriter = _Rewriter(walk, site, text, language)
                return rewriter.changes(fix), rewriter.reached
        raise NotHere

    def _walk(self, text: str) -> Walk:
        if self._language is None or not self._language.grammar:
            raise NotHere
        if self._walked is None or self._walked[0] != text:
            self._walked = (text, self._scanner.walk(text, self._language, self._clock))
        return self._walked[1]

    def _imports(self, text: str, lines: Sequence[str], language: Language) -> list[Change]:
        wanted = [
            line
            for line in lines
            if not re.search(rf"^[ \t]*{re.escape(line)}[ \t]*\r?$", text, re.MULTILINE)
        ]
        if not wanted:
            return []
        at = _import_offset(text, parse(text, language.grammar_for(text), self._clock))
        newline = "\r\n" if "\r\n" in text else "\n"
        return [Change(at, at, "".join(line + newline for line in wanted))]


def _compiles(text: str) -> bool:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _disjoint(changes: Sequence[Change]) -> list[Change]:
    """The changes in order.

    Raises:
        NotHere: Two of them touch the same text.
    """
    ordered = sorted(set(changes), key=lambda change: (change.start, change.end))
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise NotHere
    return ordered


def _is_for(walk: Walk, site: Site, fix: Fix) -> bool:
    if site.role == "call":
        names = {site.name, walk.qualified(site.name)}
        return not fix.binds and (not fix.calls or any(_named(name, fix.calls) for name in names))
    if site.role == "bind":
        return not fix.calls and (not fix.binds or _named(site.name, fix.binds))
    return not fix.calls and not fix.binds


def _named(name: str, wanted: Sequence[str]) -> bool:
    return any(name == each or (each[0] == "." and name.endswith(each)) for each in wanted)


_PREAMBLE: Final = frozenset(
    {"comment", "line_comment", "block_comment", "php_tag", "package_clause", "package_declaration", "hash_bang_line",
     "namespace_definition", "declare_statement", "future_import_statement", "package_header", "text", "\n"}
)  # fmt: skip


def _import_offset(text: str, root: Node) -> int:
    """Where an import may stand: before the first statement, behind comments, docstring and package clause."""
    offset = 0
    for node in root.children():
        kind = node.kind()
        bare_string = kind == "expression_statement" and node.text().lstrip("rRuUbB")[:1] in ('"', "'")
        if kind not in _PREAMBLE and not bare_string:
            start = node.range().start.index
            return text.rfind("\n", 0, start) + 1
        offset = node.range().end.index
    line_end = text.find("\n", offset)
    return line_end + 1 if line_end >= 0 else len(text)


class _Rewriter:
    """The changes of one fix at one site."""

    def __init__(self, walk: Walk, site: Site, text: str, language: str) -> None:
        self._walk, self._site, self._text = walk, site, text
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
        if fix.needs:
            needed = re.sub(r"\{(\w+)\}", lambda match: re.escape(self._piece(match[1])), fix.needs)
            if not re.search(needed, self._text):
                raise NotHere
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
