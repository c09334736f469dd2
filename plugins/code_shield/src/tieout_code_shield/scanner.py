"""One scan: text rules and code rules over one text, within limits; what could not be checked is said, never hidden."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tieout.plugin import Language as Lang
from tieout.plugin import Severity, translator
from tieout_code_shield.dialects import dialect
from tieout_code_shield.languages import Language, guess, language_of_tag
from tieout_code_shield.limits import GUARD_LIMITS, Clock, Limits, OutOfTime
from tieout_code_shield.matching import Hit, match_code
from tieout_code_shield.rules import SEVERITIES, Category, Rule, RuleSet
from tieout_code_shield.statements import closers, starts_inside
from tieout_code_shield.suppress import suppressed
from tieout_code_shield.syntax import parse
from tieout_code_shield.walk import Carried, Walk

__all__ = ["CODE_CATEGORIES", "Issue", "Report", "Scanner", "line_starts", "said"]

_ = translator("tieout_code_shield")

CODE_CATEGORIES: Final[frozenset[Category]] = frozenset({"secret", "unicode", "abuse"})
"""Text rules that apply to code."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding of a scan."""

    rule: Rule
    severity: Severity
    start: int
    """Offset of the first character."""
    end: int
    line: int
    """1-based."""
    column: int
    """1-based."""
    text: str
    """The line, cut at 200 characters."""

    def say(self, lang: Lang = "en") -> str:
        """The rule's message in ``lang``."""
        return self.rule.say(lang)


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan found, and what it could not check."""

    language: str
    """The language it was scanned as; empty when it looked like none."""
    issues: tuple[Issue, ...] = ()
    unknown: str = ""
    """Why the text, or a part of it, was not checked; empty when it was. A text that is unknown is never secure."""

    @property
    def worst(self) -> Severity | None:
        """The highest severity found."""
        worst = max(self.issues, key=lambda issue: SEVERITIES.index(issue.severity), default=None)
        return worst.severity if worst is not None else None


class Scanner:
    """Scans texts with one set of rules.

    Before the first scan of a language its canary runs: a snippet in which a rule must find something. Where it finds
    nothing, every scan of that language is unknown.
    """

    def __init__(self, rules: RuleSet, *, limits: Limits = GUARD_LIMITS) -> None:
        self.rules = rules
        self.limits = limits
        self._canaries: dict[str, str] = {}
        self._text_rules: dict[frozenset[Category], list[Rule]] = {}

    def scan(
        self,
        code: str,
        language: str | Language | None = None,
        *,
        limits: Limits | None = None,
        honour_suppressions: bool = False,
    ) -> Report:
        """Scan a text.

        Args:
            language: A name or tag (``python``, ``js``); ``None`` to guess.
            limits: Bounds of this scan; the scanner's own when left out.
            honour_suppressions: Let comments such as ``# nosec`` silence findings; for the user's own files only.
        """
        bounds = limits or self.limits
        found = (
            language
            if isinstance(language, Language)
            else language_of_tag(language)
            if language
            else guess(code)
        )
        name = found.name if found else language if isinstance(language, str) else ""
        if len(code) > bounds.characters:
            return Report(name, (), _("longer than {limit} characters", limit=bounds.characters))
        clock = Clock(bounds.seconds)
        try:
            hits = self.text_hits(code, CODE_CATEGORIES, clock)
            clock.check()
            code_hits, unknown = self._scan_languages(code, found, language, clock)
            hits += code_hits
        except OutOfTime:
            return Report(
                name, (), _("not done within {seconds:g} s of processor time", seconds=bounds.seconds)
            )
        except Exception as error:
            return Report(name, (), said(error))
        return Report(name, tuple(_issues(code, hits, honour_suppressions=honour_suppressions)), unknown)

    def _scan_languages(
        self, code: str, found: Language | None, asked: str | Language | None, clock: Clock
    ) -> tuple[list[Hit], str]:
        hits: list[Hit] = []
        unknown = ""
        languages = self.plausible(code, found)
        for language in languages:
            hits += self.code_hits(code, language, clock)
            unknown = unknown or self.canary(language.rules)
        if found is not None and found.kind == "code" and not found.rules:
            unknown = _("there are no rules for {language} yet", language=found.name)
        elif found is None and asked:
            unknown = _("{language} is not a language it knows", language=repr(asked))
        return hits, unknown

    def plausible(self, code: str, named: Language | None) -> list[Language]:
        """The languages with rules that a text may be in: the one it is said to be, and the one it looks like."""
        found = [named] if named is not None and named.rules else []
        guessed = guess(code)
        if guessed is not None and guessed.rules not in {language.rules for language in found}:
            found.append(guessed)
        if not found and named is None:
            found = [
                language for tag in ("python", "javascript") if (language := language_of_tag(tag)) is not None
            ]
        return found

    def code_hits(self, code: str, language: Language, clock: Clock) -> list[Hit]:
        """Hits of one language's code rules in a text of its own."""
        inside = starts_inside(code, language)
        if inside:
            code = re.sub(r"[^\n]", " ", code[:inside]) + code[inside:]
        walk = self._walk(code + closers(code, language), language, clock, None)
        return match_code(walk, self.rules.code_rules(language.rules), clock)

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
        root = parse(code, language.grammar, clock)
        clock.check()
        return Walk(root, dialect(language.rules), language.grammar, clock, carried)

    def text_hits(self, text: str, categories: frozenset[Category], clock: Clock | None = None) -> list[Hit]:
        """Hits of the text rules of the given categories."""
        rules = self._text_rules.get(categories)
        if rules is None:
            rules = self._text_rules[categories] = self.rules.text_rules(categories)
        lowered = text.lower()
        ascii_only = text.isascii()
        found: list[Hit] = []
        for rule in rules:
            if ascii_only and rule.category == "unicode":
                continue
            if clock is not None:
                clock.check()
            for wanted in rule.texts:
                if wanted.keywords and not any(word in lowered for word in wanted.keywords):
                    continue
                for match in wanted.pattern.finditer(text):
                    if match.end() > match.start() and not (wanted.lacks and wanted.lacks.search(match[0])):
                        found.append(Hit(rule, rule.severity, match.start(), match.end()))
        return found

    def canary(self, language: str) -> str:
        """Why the rules of a language cannot be trusted; empty when its canary was found."""
        if language not in self._canaries:
            self._canaries[language] = self._run_canary(language)
        return self._canaries[language]

    def _run_canary(self, name: str) -> str:
        language = language_of_tag(name)
        if language is None:
            return _("there are no rules for {language} yet", language=name)
        try:
            hits = self.code_hits(dialect(name).canary, language, Clock(5.0))
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


def _issues(code: str, hits: Sequence[Hit], *, honour_suppressions: bool) -> list[Issue]:
    """Hits with their lines, in order, each rule once per line."""
    starts = line_starts(code)
    found: dict[tuple[str, int], Issue] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start, -SEVERITIES.index(hit.severity), hit.rule.id)):
        if hit.start >= len(code):
            continue
        line = bisect_right(starts, hit.start)
        begin = starts[line - 1]
        end = starts[line] - 1 if line < len(starts) else len(code)
        text = code[begin:end]
        key = (hit.rule.id, line)
        if key in found or (honour_suppressions and suppressed(text, hit.rule.id)):
            continue
        found[key] = Issue(
            rule=hit.rule,
            severity=hit.severity,
            start=hit.start,
            end=min(hit.end, len(code)),
            line=line,
            column=hit.start - begin + 1,
            text=text.strip()[:200],
        )
    return list(found.values())


def said(error: Exception) -> str:
    """An error in one line; the engine's own carry a stack trace."""
    return f"{type(error).__name__}: {error}".partition("\n")[0][:200]


def line_starts(text: str) -> list[int]:
    """Offset of the first character of each line."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts
