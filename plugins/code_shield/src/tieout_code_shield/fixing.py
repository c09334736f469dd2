"""Fixes: a rule's rewrite put into practice on one place, and the proof that it helped and harmed nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tieout_code_shield.languages import Language
from tieout_code_shield.limits import FILE_LIMITS, Clock, Limits, OutOfTime
from tieout_code_shield.prudence import about_passwords, import_alias, is_shadowed, suits
from tieout_code_shield.reports import Issue
from tieout_code_shield.rewriter import Change, NotHere, Rewriter
from tieout_code_shield.rewrites import Fix
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.syntax import error_share, parse

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["Change", "Fixer", "applied"]


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
        if about_passwords(issue.rule, text, issue.start, issue.end):
            return ()
        for fix in issue.rule.fixes:
            if not _fits(fix, text):
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
        if fix.of_site:
            at_site, reached = self._at_site(text, issue, fix)
            changes += at_site
        if fix.imports and not reached and self._language is not None:
            if self._language.name == "python" and len(fix.imports) == 1:
                changes, reached = self._under_alias(text, fix.imports[0], changes)
            if not reached:
                changes += self._imports(text, fix.imports, self._language)
        return tuple(_disjoint(changes))

    def _under_alias(self, text: str, line: str, changes: list[Change]) -> tuple[list[Change], bool]:
        """The changes with the name that the text gave to the module, and whether it was imported already.

        Raises:
            NotHere: The text uses the module's name for something else.
        """
        module = line.removeprefix("import ")
        alias = import_alias(self._walk(text), module)
        if alias:
            named = re.compile(rf"(?<![\w.]){re.escape(module)}(?=\.)")
            return [Change(each.start, each.end, named.sub(alias, each.text)) for each in changes], True
        if is_shadowed(text, module):
            raise NotHere
        return changes, False

    def _at_site(self, text: str, issue: Issue, fix: Fix) -> tuple[list[Change], bool]:
        """The changes at the place, and whether they need no import."""
        walk = self._walk(text)
        for site in walk.sites:
            if (site.start, site.end) == (issue.start, issue.end) and _is_for(walk, site, fix):
                language = self._language.rules if self._language is not None else ""
                if not suits(fix, walk, site, text):
                    raise NotHere
                rewriter = Rewriter(walk, site, text, language)
                return rewriter.changes(fix), rewriter.reached
        raise NotHere

    def _walk(self, text: str) -> Walk:
        if self._language is None or not self._language.grammar:
            raise NotHere
        if self._walked is None or self._walked[0] != text:
            self._walked = (text, self._scanner.walk(text, self._language, self._clock))
        return self._walked[1]

    def _imports(self, text: str, lines: Sequence[str], language: Language) -> list[Change]:
        wanted = [line for line in lines if not _is_imported(text, line, language.name)]
        if not wanted:
            return []
        at = _import_offset(text, parse(text, language.grammar_for(text), self._clock))
        newline = "\r\n" if "\r\n" in text else "\n"
        return [Change(at, at, "".join(line + newline for line in wanted))]


def _fits(fix: Fix, text: str) -> bool:
    """Whether the library is used that the fix is for."""
    if fix.where is not None and not fix.where.search(text):
        return False
    return fix.where_lacks is None or not fix.where_lacks.search(text)


def _is_imported(text: str, line: str, language: str) -> bool:
    """Whether an import stands in the text; in Python also among others (``import a, b``), outside of functions."""
    if language == "python" and line.startswith("import "):
        module = re.escape(line.removeprefix("import "))
        among = rf"^import[ \t]+(?:[^#;\n]*,[ \t]*)?{module}[ \t]*(?:[,;#]|\r?$)"
        return re.search(among, text, re.MULTILINE) is not None
    return re.search(rf"^[ \t]*{re.escape(line)}[ \t]*\r?$", text, re.MULTILINE) is not None


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
