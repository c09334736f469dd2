"""The guard's view of one answer: prose passes word by word, code statement by statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tieout.plugin import (
    Allow,
    Block,
    Finding,
    GuardInput,
    GuardStream,
    Language,
    Redact,
    Release,
    Retry,
    Stage,
    Unchecked,
    Verdict,
    Warn,
    translator,
)
from tieout_code_shield.blocks import CodeBlock, Decision
from tieout_code_shield.fences import CodeLine, FenceClose, FenceOpen, FenceParser, Piece, Prose
from tieout_code_shield.guessing import looks_like_code
from tieout_code_shield.loose import InlineCode, LooseCode
from tieout_code_shield.prose import PROSE, LineBuffer, mentioned, place_to_cut, without
from tieout_code_shield.rules import Rule, TextMatch
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ACTIONS, Action, ShieldSettings
from tieout_code_shield.telling import findings_told

__all__ = ["ShieldStream", "describe"]

_ = translator("tieout_code_shield")


@dataclass(slots=True)
class _Outcome:
    """What one call to the stream has to say."""

    text: list[str] = field(default_factory=list[str])
    action: Action = "allow"
    findings: list[Finding] = field(default_factory=list[Finding])
    unchecked: Unchecked | None = None
    stopped_by: tuple[Finding, ...] = ()

    def add(self, action: Action, findings: tuple[Finding, ...]) -> None:
        if ACTIONS.index(action) > ACTIONS.index(self.action):
            self.action = action
        self.findings += findings
        if action in ("retry", "block"):
            # Only what stopped the answer is named in its notice, however much came before in the same piece.
            self.stopped_by = findings


class ShieldStream(GuardStream):
    """Releases prose at once and code after its scan; the released text does not depend on how the answer is cut."""

    def __init__(self, scanner: Scanner, settings: ShieldSettings, given: GuardInput) -> None:
        self._scanner, self._settings = scanner, settings
        self._lang: Language = given.lang
        self._parser = FenceParser()
        self._block: CodeBlock | None = None
        self._closing = ""
        self._last = ""
        self._over = False
        self.unlisted = 0
        """How many findings the verdicts so far do not list."""
        self._told: set[str] = set()
        self._position = 0
        self._inline = InlineCode()
        self._mentioned: set[str] = set()
        self._held = LineBuffer(lambda text: place_to_cut(text, scanner))
        self._loose = LooseCode()
        secrets = scanner.rules.text_rules(frozenset({"secret"}))
        self._line_rules = [(rule, wanted) for rule in secrets for wanted in rule.texts if not wanted.token]
        self._word_rules = [(rule, wanted) for rule in secrets for wanted in rule.texts if wanted.token]

    async def feed(self, delta: str) -> Release:
        """Take the next piece of the answer."""
        return self._take(self._parser.feed(delta)) if not self._over else Release("")

    async def finish(self) -> Release:
        """The answer has ended."""
        return self._take(self._parser.finish(), last=True) if not self._over else Release("")

    def _take(self, pieces: list[Piece], *, last: bool = False) -> Release:
        outcome = _Outcome()
        for piece in pieces:
            self._piece(piece, outcome)
            if self._over:
                break
        if last and not self._over:
            self._lines(self._held.flush(), outcome)
            self._mentions([*self._inline.flush(), *self._loose.flush()], outcome)
        text = "".join(outcome.text)
        self._last = text[-1:] or self._last
        return Release(text, self._verdict(outcome), outcome.unchecked)

    def _piece(self, piece: Piece, outcome: _Outcome) -> None:
        match piece:
            case Prose():
                lines = self._held.feed(piece.text)
                if not self._settings.holds_prose:
                    outcome.text.append(self._prose(piece, outcome))
                self._position += len(piece.text)
                self._lines(lines, outcome)
                if not self._settings.holds_prose:
                    self._mentions(self._inline.feed(piece.text), outcome)
            case FenceOpen():
                self._lines(self._held.flush(), outcome)
                self._held.skip(len(piece.text))
                self._mentions([*self._inline.flush(), *self._loose.flush()], outcome)
                if self._over:
                    return
                self._block = CodeBlock(self._scanner, self._settings, piece.info, lang=self._lang)
                self._closing = piece.closing
                outcome.text.append(piece.text)
                self._position += len(piece.text)
            case CodeLine():
                assert self._block is not None
                self._decided(self._block.push(piece), outcome)
                self._position += len(piece.text)
                self._held.skip(len(piece.text))
            case FenceClose():
                if self._block is not None:
                    self._decided(self._block.close(), outcome)
                self._block = None
                if not self._over:
                    outcome.text.append(piece.text)
                self._position += len(piece.text)
                self._held.skip(len(piece.text))

    def _lines(self, lines: list[tuple[int, str]], outcome: _Outcome) -> None:
        """Whole lines of prose. Where no policy asks for it they are out by now, and what they hold is only told."""
        for start, line in lines:
            if self._over:
                return
            loose = self._loose.feed(line)
            if self._settings.holds_prose:
                self._held_line(start, line, outcome)
            self._mentions(loose, outcome)
            if self._settings.holds_prose:
                continue
            for rule, match in _found(self._line_rules, line):
                if self._action(rule) != "allow":
                    at = start - self._position
                    outcome.add("warn", (self._finding(rule, at + match.start(), at + match.end()),))

    def _held_line(self, start: int, line: str, outcome: _Outcome) -> None:
        """A line of prose that is not out yet: every policy holds in it."""
        found: list[tuple[Rule, int, int, Action]] = []
        for hit in self._scanner.text_hits(line, PROSE):
            rule = hit.rule
            action = self._action(rule)
            if rule.category == "unicode":
                action = self._settings.explicit(Stage.OUTPUT, rule.severity, rule.cwe, rule.id) or "warn"
            found.append((rule, hit.start, hit.end, action))
        in_code, unknown = mentioned(line, self._scanner, self._settings)
        self._unchecked(unknown, outcome)
        found += in_code
        at = start - self._position
        gone: list[tuple[int, int, str]] = []
        for rule, begin, end, action in found:
            if action == "allow":
                continue
            outcome.add(action, (self._finding(rule, at + begin, at + end),))
            if action in ("retry", "block"):
                self._over = True
                return
            if action == "redact":
                gone.append((begin, end, _("[code shield: removed {why}]", lang=self._lang, why=rule.id)))
        outcome.text.append(without(line, gone))

    def _action(self, rule: Rule) -> Action:
        return self._settings.action(Stage.OUTPUT, rule.severity, rule.cwe, rule.id)

    def _decided(self, decisions: list[Decision], outcome: _Outcome) -> None:
        for decision in decisions:
            outcome.add(decision.action, decision.findings)
            self._unchecked(decision.unknown, outcome, in_block=True)
            outcome.text.append(decision.text)
            if decision.action in ("retry", "block"):
                self._over = True
                outcome.text.append(self._end_of_block(outcome))
                return

    def _unchecked(self, why: str, outcome: _Outcome, *, in_block: bool = False) -> None:
        """What follows could not be checked; each reason is told once in an answer."""
        if not why or why in self._told:
            return
        self._told.add(why)
        before = "".join(outcome.text) + (self._end_of_block(outcome) if in_block else "")
        outcome.unchecked = outcome.unchecked or Unchecked(why, before)

    def _end_of_block(self, outcome: _Outcome) -> str:
        """Closes the block in front of the notice that takes its place: that must not look like code."""
        before = "".join(outcome.text) or self._last
        return self._closing if before.endswith("\n") or not before else f"\n{self._closing}"

    def _prose(self, piece: Prose, outcome: _Outcome) -> str:
        """A word of prose, without any credential in it; anything else as it is."""
        if not piece.word:
            return self._hidden(piece.text, outcome)
        text = piece.text
        for rule, match in _found(self._word_rules, piece.text):
            action = self._action(rule)
            outcome.add(action, (self._finding(rule, match.start(), match.end()),))
            if action == "redact":
                text = text.replace(match[0], _("[code shield: removed {why}]", lang=self._lang, why=rule.id))
            elif action in ("retry", "block"):
                self._over = True
                return ""
        return text

    def _mentions(self, codes: list[str], outcome: _Outcome) -> None:
        """Code in a sentence is there to be read: what is wrong with it is said, once per rule, and it stays."""
        for code in codes:
            if not looks_like_code(code):
                continue
            report = self._scanner.scan(code)
            self._unchecked(report.unknown, outcome)
            for issue in report.issues:
                rule = issue.rule
                allowed = self._settings.action(Stage.OUTPUT, issue.severity, rule.cwe, rule.id) == "allow"
                if not allowed and rule.id not in self._mentioned:
                    self._mentioned.add(rule.id)
                    outcome.add("warn", (self._finding(rule, -len(code), 0),))

    def _hidden(self, text: str, outcome: _Outcome) -> str:
        if not text.isascii():
            for hit in self._scanner.text_hits(text, frozenset({"unicode"})):
                outcome.add("warn", (self._finding(hit.rule, hit.start, hit.end),))
        return text

    def _finding(self, rule: Rule, start: int, end: int) -> Finding:
        return Finding(
            rule=rule.id,
            severity=rule.severity,
            message=rule.say(self._lang),
            start=self._position + start,
            end=self._position + end,
            cwe=rule.cwe,
            advice=rule.advise(self._lang),
        )

    def _verdict(self, outcome: _Outcome) -> Verdict:
        findings, more = findings_told(outcome.findings)
        self.unlisted += more
        message = describe(outcome.stopped_by or findings, self._lang, 0 if outcome.stopped_by else more)
        if outcome.action == "block":
            return Block(message, findings)
        if outcome.action == "retry":
            return Retry(message, findings)
        if outcome.action == "redact":
            return Redact("".join(outcome.text), message, findings)
        return Warn(message, findings) if outcome.action == "warn" else Allow()


def _found(rules: Sequence[tuple[Rule, TextMatch]], text: str) -> Iterator[tuple[Rule, re.Match[str]]]:
    """What is found in a text, by the rules of which it holds a keyword."""
    lowered = text.lower()
    for rule, wanted in rules:
        if not wanted.keywords or any(word in lowered for word in wanted.keywords):
            for match in wanted.finds(text):
                yield rule, match


def describe(findings: tuple[Finding, ...], lang: Language, unlisted: int = 0) -> str:
    """Findings in one line: what is wrong, where, and what to do about the worst.

    Args:
        unlisted: How many there are beside these.
    """
    if not findings:
        return ""
    parts: dict[str, None] = {}
    for finding in findings:
        name = f"{finding.cwe} {finding.rule}".strip()
        parts[f"{finding.message} ({name})"] = None
    said = " ".join(list(parts)[:3])
    more = len(parts) - 3
    said += " " + _("And {count} more.", lang=lang, count=more) if more > 0 else ""
    places = _("{count} more places are not listed.", lang=lang, count=unlisted)
    return f"{said} {places}" if unlisted else said
