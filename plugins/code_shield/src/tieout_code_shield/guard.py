"""The guard itself: code in answers and tool calls, and hidden or steering text in prompts and tool results."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import ClassVar, Final

from tieout.plugin import (
    Allow,
    Block,
    Effect,
    Finding,
    Guard,
    GuardInput,
    Redact,
    Retry,
    Stage,
    Unknown,
    Verdict,
    Warn,
    translator,
)
from tieout_code_shield.clothes import TooMuch, texts_in
from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.limits import Clock, OutOfTime
from tieout_code_shield.matching import Hit
from tieout_code_shield.prose import without
from tieout_code_shield.reports import Issue, Report, line_starts
from tieout_code_shield.rules import Category
from tieout_code_shield.scanner import CODE_CATEGORIES, Scanner
from tieout_code_shield.settings import ACTIONS
from tieout_code_shield.shield import Shield
from tieout_code_shield.speech import is_code
from tieout_code_shield.stream import ShieldStream, describe
from tieout_code_shield.telling import findings_told, worth_telling

__all__ = ["ShieldGuard"]

_ = translator("tieout_code_shield")

TEXT_CATEGORIES: Final[frozenset[Category]] = frozenset({"secret", "unicode", "injection"})
"""What is looked for in prompts and tool results."""
_COMMANDS: Final = frozenset({"command", "cmd", "shell", "bash"})
_OWN_TOOLS: Final = "shield."
"""How the names of the shield's own tools begin: what they are handed is there to be looked at, and never run."""


class ShieldGuard(Guard):
    """Checks code before it is shown, stored or run.

    The first use reads the rules (about 0.1 s) and runs a self-test per language. Rules that cannot be read make every
    verdict Unknown.
    """

    name: ClassVar[str] = "shield"
    stages: ClassVar[frozenset[Stage]] = frozenset(Stage)
    timeout: ClassVar[float] = 5.0

    def __init__(self, shield: Shield | None = None) -> None:
        self._shield = shield or Shield()
        self._settings = self._shield.settings

    async def check(self, given: GuardInput) -> Verdict:
        """Look at one whole text."""
        if len(given.text) > self._settings.max_characters:
            return Unknown(
                _("longer than {limit} characters", lang=given.lang, limit=self._settings.max_characters)
            )
        if given.stage is Stage.OUTPUT:
            return await self._whole_answer(given)
        if given.stage is Stage.TOOL_CALL:
            return self._tool_call(given)
        return self._plain_text(given)

    def open_stream(self, given: GuardInput) -> ShieldStream:
        """A stream for one answer."""
        return ShieldStream(self._shield.scanner, self._settings, given)

    async def _whole_answer(self, given: GuardInput) -> Verdict:
        stream = self.open_stream(given)
        first, last = await stream.feed(given.text), await stream.finish()
        worst = max((first.verdict, last.verdict), key=lambda verdict: _ORDER.index(type(verdict)))
        unchecked = first.unchecked or last.unchecked
        if unchecked is not None and isinstance(worst, Allow | Warn):
            return Unknown(unchecked.reason)
        text = first.text + last.text
        said = [release.verdict for release in (first, last) if isinstance(release.verdict, Redact | Warn)]
        findings, more = findings_told([finding for verdict in said for finding in verdict.findings])
        more += stream.unlisted
        if unchecked is not None and isinstance(worst, Redact):
            # A verdict says one thing: text that must not pass as it is, and cannot be vouched for without it.
            return Block(f"{describe(findings, given.lang, more)} {unchecked.reason}", findings)
        if isinstance(worst, Redact | Allow | Warn) and text != given.text:
            return Redact(text, describe(findings, given.lang, more), findings)
        return worst

    def _plain_text(self, given: GuardInput) -> Verdict:
        scanner = self._shield.scanner  # the first use reads the rules, which is not this text's time
        clock = Clock(self._settings.max_seconds)
        try:
            hits = scanner.text_hits(given.text, TEXT_CATEGORIES, clock)
        except OutOfTime:
            return Unknown(_("the text took too long to check", lang=given.lang))
        return self._decided(_once(hits), given)

    def _decided(self, hits: list[Hit], given: GuardInput) -> Verdict:
        """What the policies make of what was found in a prompt or a tool's result; without one, they warn."""
        settings = self._settings
        judged = [
            (hit, action)
            for hit in hits
            if (action := settings.action(given.stage, hit.severity, hit.rule.cwe, hit.rule.id)) != "allow"
        ]
        told, more = worth_telling(
            [hit for hit, _action in judged], kind=lambda hit: (hit.rule.id, hit.severity)
        )
        starts = line_starts(given.text)
        findings = tuple(self._finding(hit, given, bisect_right(starts, hit.start)) for hit in told)
        message = describe(findings, given.lang, more)
        action = ACTIONS[max((ACTIONS.index(each) for _hit, each in judged), default=0)]
        if action == "block":
            return Block(message, findings)
        if action == "retry":
            return Retry(message, findings)
        if action == "redact":
            gone = [
                (hit.start, hit.end, _("[code shield: removed {why}]", lang=given.lang, why=hit.rule.id))
                for hit, each in judged
                if each == "redact"
            ]
            return Redact(without(given.text, gone), message, findings)
        return Warn(message, findings) if findings else Allow()

    @staticmethod
    def _finding(hit: Hit | Issue, given: GuardInput, line: int) -> Finding:
        return Finding(
            rule=hit.rule.id,
            severity=hit.severity,
            message=hit.rule.say(given.lang),
            start=hit.start,
            end=hit.end,
            line=line,
            cwe=hit.rule.cwe,
            url=next(iter(hit.rule.references), ""),
            advice=hit.rule.advise(given.lang),
        )

    def _tool_call(self, given: GuardInput) -> Verdict:
        """Scan every text in the arguments; code that is about to run is blocked, not rewritten."""
        if given.tool.startswith(_OWN_TOOLS):
            return Allow()
        arguments: Mapping[str, object] = given.args or {
            "": given.text
        }  # JSON in a text is decoded like any other
        scanner = self._shield.scanner
        reads_only = given.effects == frozenset({Effect.READ})
        clock = Clock(self._settings.max_seconds)
        findings: list[Finding] = []
        unknown = ""
        try:
            for name, text in texts_in(arguments):
                clock.check()
                report = self._argument(scanner, name, text, reads_only=reads_only)
                unknown = unknown or report.unknown
                findings += [self._finding(issue, given, issue.line) for issue in report.issues]
        except OutOfTime:
            unknown = _("the arguments took too long to check", lang=given.lang)
        except TooMuch:
            unknown = _("too much is nested in the arguments", lang=given.lang)
        return self._judged(tuple(findings), unknown, given)

    def _argument(self, scanner: Scanner, name: str, text: str, *, reads_only: bool) -> Report:
        """One argument: as code where its name or its look says so, as a command or plain text otherwise."""
        last = name.lower().rpartition(".")[2]
        if last in _COMMANDS:
            return scanner.scan(text, "shell")
        if last in self._settings.code_arguments or is_code(text, reads_only=reads_only):
            named = language_of_tag(last)
            return scanner.scan(text, last if named is not None and named.kind == "code" else None)
        return scanner.scan_text(text, CODE_CATEGORIES)

    def _judged(self, findings: tuple[Finding, ...], unknown: str, given: GuardInput) -> Verdict:
        actions = [
            self._settings.action(Stage.TOOL_CALL, finding.severity, finding.cwe, finding.rule)
            for finding in findings
        ]
        kept = tuple(finding for finding, action in zip(findings, actions, strict=True) if action != "allow")
        action = ACTIONS[max(map(ACTIONS.index, actions), default=0)]
        kept, more = findings_told(kept)
        message = describe(kept, given.lang, more)
        if action in ("block", "redact"):
            return Block(message, kept)
        if action == "retry":
            return Retry(message, kept)
        if unknown:
            return Unknown(unknown)
        return Warn(message, kept) if kept else Allow()


_ORDER: Final = (Allow, Warn, Redact, Retry, Block)


def _once(hits: list[Hit]) -> list[Hit]:
    seen: set[tuple[str, int]] = set()
    found: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if (hit.rule.id, hit.start) not in seen:
            seen.add((hit.rule.id, hit.start))
            found.append(hit)
    return found
