"""One scan: text rules and code rules over one text, within limits; what could not be checked is said, never hidden."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from tieout.plugin import translator
from tieout_code_shield.clothes import Piece, TooMuch, undressed
from tieout_code_shield.dialects import dialect, has_dialect
from tieout_code_shield.fragments import readings
from tieout_code_shield.guessing import CLEARLY, clearly_other, is_marks, likely, related, scores
from tieout_code_shield.languages import Language, language_of_tag
from tieout_code_shield.limits import GUARD_LIMITS, Clock, Limits, OutOfTime
from tieout_code_shield.markup import code_in_markup, is_page, words_of
from tieout_code_shield.matching import Hit, match_code
from tieout_code_shield.reports import Report, issues_of, once, said, unsaid
from tieout_code_shield.rules import Category, RuleSet
from tieout_code_shield.syntax import parse, unread_share
from tieout_code_shield.textrules import TextRules
from tieout_code_shield.walk import Carried, Walk

__all__ = ["CODE_CATEGORIES", "Scanner"]

_ = translator("tieout_code_shield")

CODE_CATEGORIES: Final[frozenset[Category]] = frozenset({"secret", "unicode", "abuse"})
"""Text rules that apply to code."""
UNREADABLE: Final = 0.95
"""A text of which more than this share is in error, and in which nothing was recognised, was not checked."""


class Scanner:
    """Scans texts with one set of rules.

    Before the first scan of a language its canary runs: a snippet in which a rule must find something. Where it finds
    nothing, every scan of that language is unknown.
    """

    def __init__(self, rules: RuleSet, *, limits: Limits = GUARD_LIMITS, apart: Iterable[str] = ()) -> None:
        """A scanner.

        Args:
            apart: Rules that are always told on their own, since somebody asks for them by name.
        """
        self.rules = rules
        self._apart = frozenset(apart)
        self.limits = limits
        self._canaries: dict[str, str] = {}
        self._texts = TextRules(rules)

    def scan(
        self,
        code: str,
        language: str | Language | None = None,
        *,
        limits: Limits | None = None,
    ) -> Report:
        """Scan a text.

        Args:
            language: A name or tag (``python``, ``js``); ``None`` to guess.
            limits: Bounds of this scan; the scanner's own when left out.
        """
        bounds = limits or self.limits
        named = language_of_tag(language) if isinstance(language, str) and language else None
        named = language if isinstance(language, Language) else named
        name = named.name if named else str(language or "")
        if len(code) > bounds.characters:
            return Report(name, (), _("longer than {limit} characters", limit=bounds.characters))
        clock = Clock(bounds.seconds)
        markup = named.kind == "markup" if named is not None else not language and is_page(code)
        try:
            hits = self.text_hits(code, CODE_CATEGORIES, clock)
            clock.check()
            pieces: list[Piece] = code_in_markup(code) if markup else []
            if markup and named is None:
                name = "html"
                if max(scores(words_of(code)).values(), default=0) >= CLEARLY:
                    pieces.append(Piece(code))  # what stands beside the scripts is code as well
            if not markup and (
                named is None
                or named.kind == "data"
                or (isinstance(language, str) and named.kind == "script")
            ):
                pieces = undressed(code, language if isinstance(language, str) else name, clock)
            if pieces or markup:
                found, unknown = self._scan_pieces(pieces, clock)
                name = name or _language_of(found, [])
            else:
                languages = self.plausible(code, named, clock)
                found, unknown = self._scan_languages(code, languages, clock)
                name = name or _language_of(found, languages)
                if not languages and not language and is_marks(code):
                    unknown = _("it looks like code, in no language it knows")
            hits += found
        except OutOfTime:
            return Report(
                name, (), _("not done within {seconds:g} s of processor time", seconds=bounds.seconds)
            )
        except TooMuch:
            return Report(name, (), _("too much is nested in it"))
        except Exception as error:
            return Report(name, (), said(error))
        if named is None and language:
            unknown = _("{language} is not a language it knows", language=repr(language))
        return Report(name, issues_of(code, self.once(hits)), unknown)

    def scan_text(
        self, text: str, categories: frozenset[Category], *, limits: Limits | None = None
    ) -> Report:
        """Scan with the text rules of the given categories alone: what the text says is not read as code."""
        bounds = limits or self.limits
        if len(text) > bounds.characters:
            return Report("", (), _("longer than {limit} characters", limit=bounds.characters))
        try:
            hits = self.text_hits(text, categories, Clock(bounds.seconds))
        except OutOfTime:
            return Report(
                "", (), _("not done within {seconds:g} s of processor time", seconds=bounds.seconds)
            )
        except Exception as error:
            return Report("", (), said(error))
        return Report("", issues_of(text, self.once(hits)))

    def _scan_pieces(self, pieces: Sequence[Piece], clock: Clock) -> tuple[list[Hit], str]:
        """Each piece of code on its own; hits at its place in the whole text."""
        hits: list[Hit] = []
        unknown = ""
        for piece in pieces:
            named = language_of_tag(piece.language) if piece.language else None
            found, why = self._scan_languages(piece.code, self.plausible(piece.code, named, clock), clock)
            unknown = unknown or why
            if piece.at is not None:
                start, end = piece.at
                found += self.text_hits(piece.code, CODE_CATEGORIES, clock)
                found = [replace(hit, start=start, end=end) for hit in found]
            if piece.new:
                found = self._new_in(piece, found, named, clock)
            hits += found
        return hits, unknown

    def _new_in(self, piece: Piece, found: Sequence[Hit], named: Language | None, clock: Clock) -> list[Hit]:
        """Of what is found in a file after a patch, what is on added lines or was not there before."""
        added = [hit for hit in found if any(hit.start < end and hit.end > start for start, end in piece.new)]
        kept = [hit for hit in found if hit not in added]
        if not kept:
            return added
        before, _why = self._scan_languages(piece.old, self.plausible(piece.old, named, clock), clock)
        known = {(hit.rule.id, hit.start) for hit in before}
        return added + [hit for hit in kept if (hit.rule.id, hit.start) not in known]

    def _scan_languages(
        self, code: str, languages: Sequence[Language], clock: Clock
    ) -> tuple[list[Hit], str]:
        hits: list[Hit] = []
        unknown = ""
        unread: list[str] = []
        for language in languages:
            why = self.unsupported(language)
            if not why and has_dialect(language.rules):
                why = self.canary(language.rules, clock)
                found, read = self._read(code, language, clock)
                hits += unsaid(hits, found)
                if not read:
                    unread.append(language.name)
            unknown = unknown or why
        if unread and len(unread) == len(languages):
            unknown = unknown or _("it cannot be read as {language}", language=unread[0])
        return hits, unknown

    @staticmethod
    def unsupported(language: Language) -> str:
        """Why code in a language cannot be read; empty where it can, and for commands, which the text rules cover."""
        if language.kind != "code" or has_dialect(language.rules):
            return ""
        return _("there are no rules for {language} yet", language=language.name)

    def plausible(self, code: str, named: Language | None, clock: Clock | None = None) -> list[Language]:
        """The languages whose rules read a text: the one it is said to be in, and the one it clearly looks like.

        A text that nobody named and that fits nothing is read in a few; one that looks like no code in none.
        """
        if named is None:
            languages = likely(code, clock)
            return (
                languages if len(languages) == 1 else [each for each in languages if has_dialect(each.rules)]
            )
        languages = [named] if named.kind == "code" or has_dialect(named.rules) else []
        other = clearly_other(code, named, CLEARLY if languages else 1)
        if other is not None and has_dialect(other.rules):
            languages.append(other)
        return languages

    def _read(self, code: str, language: Language, clock: Clock) -> tuple[list[Hit], bool]:
        """Hits of one language's code rules in a text of its own, and whether it could be read at all."""
        hits: list[Hit] = []
        read = False
        for reading in readings(code, language, clock):
            walk = self._walk(reading.of(code), language, clock, None)
            found = match_code(walk, self.rules.code_rules(language.rules), clock)
            hits += [hit for hit in found if hit.start < reading.until]
            read = read or bool(walk.sites) or unread_share(walk.root) <= UNREADABLE
        return hits, read

    def walk(self, code: str, language: Language, clock: Clock) -> Walk:
        """The sites of a text of its own, as its rules see them; their offsets are those of ``code``."""
        return self._walk(readings(code, language, clock)[0].of(code), language, clock, None)

    def window_hits(
        self, text: str, language: Language, clock: Clock, carried: Carried | None, *, tail: str, start: int
    ) -> tuple[list[Hit], Carried]:
        """Hits in a part of a text that goes on, and what that part says from offset ``start`` on.

        Args:
            carried: What the text before this part said.
            tail: Closes what the part leaves open. Rules that need a whole statement are not judged by one that
                reaches into it.
        """
        walk = self._walk(text + tail, language, clock, carried)
        hits = match_code(walk, self.rules.code_rules(language.rules), clock, complete_until=len(text))
        facts = Carried()
        walk.carry(facts, start=start)
        return hits, facts

    def _walk(self, code: str, language: Language, clock: Clock, carried: Carried | None) -> Walk:
        spoken = dialect(language.rules)
        grammar = language.grammar_for(code)
        root = parse(spoken.prepare(code), grammar, clock)
        clock.check()
        return Walk(root, spoken, grammar, clock, carried)

    def text_hits(self, text: str, categories: frozenset[Category], clock: Clock | None = None) -> list[Hit]:
        """Hits of the text rules of the given categories."""
        return self._texts.hits(text, categories, clock)

    def once(self, hits: Iterable[Hit]) -> list[Hit]:
        """Each weakness once at a place, but what is asked for by name."""
        return once(hits, self._apart)

    def canary(self, language: str, clock: Clock | None = None) -> str:
        """Why the rules of a language cannot be trusted; empty when its canary was found.

        Args:
            clock: Of a scan that goes on; its time stands still for as long as the first run takes (about
                50 ms, most of it for reading the dialect and the grammar).
        """
        if language not in self._canaries:
            start = time.thread_time()
            self._canaries[language] = self._run_canary(language)
            if clock is not None:
                clock.extend(time.thread_time() - start)
        return self._canaries[language]

    def _run_canary(self, name: str) -> str:
        language = language_of_tag(name)
        if language is None:
            return _("there are no rules for {language} yet", language=name)
        try:
            clock = Clock(5.0)
            walk = self.walk(dialect(name).canary, language, clock)
            hits = match_code(walk, self.rules.canary_rules(name), clock)
        except Exception as error:
            return _(
                "the self-test for {language} failed: {error}",
                language=name,
                error=said(error),
            )
        return (
            ""
            if hits
            else _("the self-test for {language} found nothing in code known to be unsafe", language=name)
        )


def _language_of(hits: Sequence[Hit], languages: Sequence[Language]) -> str:
    """The language that a text was found to be in: the likeliest in which something was found."""
    found = [name for hit in hits if hit.rule.category == "code" for name in hit.rule.languages]
    for language in languages:
        if any(related(language.rules, name) for name in found):
            return language.name
    return languages[0].name if languages else next(iter(found), "")
