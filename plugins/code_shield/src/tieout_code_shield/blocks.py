"""One block of code while it is being written: each statement is scanned before it is let go."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tieout.plugin import Finding, Stage, translator
from tieout.plugin import Language as Lang
from tieout_code_shield.clothes import Bare, Dressing
from tieout_code_shield.dialects import has_dialect
from tieout_code_shield.fences import CodeLine
from tieout_code_shield.guessing import CLEARLY, clearly_other, guess
from tieout_code_shield.languages import Language, language_of_tag
from tieout_code_shield.limits import Clock, OutOfTime
from tieout_code_shield.markup import holds_script
from tieout_code_shield.matching import Hit
from tieout_code_shield.reports import said, unsaid
from tieout_code_shield.rules import SEVERITIES
from tieout_code_shield.scanner import CODE_CATEGORIES, Scanner
from tieout_code_shield.settings import ACTIONS, Action, ShieldSettings
from tieout_code_shield.statements import Splitter, Unit
from tieout_code_shield.walk import Carried

__all__ = ["CodeBlock", "Decision"]

_ = translator("tieout_code_shield")

WINDOW_LINES: Final = 40
"""Lines before a statement that are parsed with it again; what stands further up is carried as aliases and values.
Bounds the work per line (measured: 0.5 ms of processor time), where parsing the whole block again would grow."""
TEXT_LINES: Final = 4
"""Lines before a statement in which what a text rule finds may begin."""
SETTLED_LINES: Final = 30
MAX_STRANGERS: Final = 2
MAX_RECENT: Final = 2_000
STRANGE: Final = CLEARLY + 1
"""How much more a statement must look like another language than like the one that its block is said to be in."""
STOPPING: Final = frozenset({"redact", "retry", "block"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one statement: the text to show, and why."""

    text: str
    action: Action = "allow"
    findings: tuple[Finding, ...] = ()
    unknown: str = ""


@dataclass(slots=True)
class _Scanned:
    first: int
    unit: Unit
    facts: dict[str, Carried] = field(default_factory=dict[str, Carried])


class CodeBlock:
    """Takes lines of code, returns decisions about whole statements, in order.

    Args:
        info: What the fence says of the language; may be empty or wrong.
    """

    def __init__(self, scanner: Scanner, settings: ShieldSettings, info: str, *, lang: Lang) -> None:
        self._scanner, self._settings = scanner, settings
        self._lang: Lang = lang
        self._named = language_of_tag(info)
        self._dressing = Dressing(info)
        self._language = self._named
        self._splitter = Splitter(self._language)
        self._lines: list[CodeLine] = []
        self._bare: list[Bare] = []
        self._code: list[str] = []
        self._offsets: list[int] = []
        self._length = 0
        self._done = 0
        self._since = 0
        """The line with which the statements begin that may still be split otherwise."""
        self._window: list[_Scanned] = []
        self._carried: dict[str, Carried] = {}
        self._seen: dict[tuple[str, int], int] = {}
        """How severe each finding was when it was told: a statement further down may make it worse."""
        self._strangers: list[Language] = []
        """Languages that a statement clearly looked like, besides the block's own."""
        self._removed: Unit | None = None
        """The unit before, where it was taken out."""
        self._margin = ""
        """What stands before the statement that was taken out last."""

    def push(self, line: CodeLine) -> list[Decision]:
        """Take the next line."""
        bare = self._dressing.bare(line.code)
        decided = self._break(bare) if bare.breaks else []
        self._lines.append(line)
        self._bare.append(bare)
        self._code.append(bare.code)
        self._offsets.append(self._length)
        self._length += len(bare.code) + 1
        units = self._resettle() if self._unsettled() else None
        if units is None:
            units = self._splitter.push(bare.code)
        return [*decided, *(self._decide(unit) for unit in units)]

    def _break(self, bare: Bare) -> list[Decision]:
        """What came before ends here; where a patch goes on with another file, nothing said before holds."""
        decided = [self._decide(unit) for unit in self._splitter.flush()]
        if bare.language is not None:
            self._named = self._language = bare.language
            self._window, self._carried = [], {}
        self._splitter = Splitter(self._language)
        self._since = self._done
        return decided

    def close(self) -> list[Decision]:
        """The block has ended: the last statement, and one look at the whole."""
        decided = [self._decide(unit) for unit in self._splitter.flush()]
        late = self._whole()
        return [*decided, late] if late else decided

    def _unsettled(self) -> bool:
        named = self._named is not None and self._named.kind == "code"
        return not named and len(self._lines) - self._since <= SETTLED_LINES

    def _resettle(self) -> list[Unit] | None:
        """Guess the language again; when it changed, split again what was not let go. ``None`` when it did not."""
        code, named = "\n".join(self._code[self._since :]), self._named
        if named is not None and has_dialect(named.rules):
            guessed = clearly_other(code, named) or named
        else:
            guessed = guess(code) or named
        if guessed == self._language:
            return None
        self._language = guessed
        if self._dressing.kind == "json":
            return None
        self._splitter = Splitter(guessed)
        units: list[Unit] = []
        count = self._since
        for line in self._code[self._since :]:
            for unit in self._splitter.push(line):
                skipped = max(0, self._done - count)
                count += len(unit.lines)
                if count > self._done:
                    units.append(replace(unit, lines=unit.lines[skipped:]))
        self._splitter.forget(max(0, self._done - count))
        return units

    def _decide(self, unit: Unit) -> Decision:
        first = self._done
        self._done += len(unit.lines)
        lines = self._lines[first : self._done]
        text = "".join(line.text for line in lines)
        before, self._removed = self._removed, None
        margin = self._margin
        clock = Clock(self._settings.max_seconds)
        try:
            hits, unknown = self._scan(unit, first, clock)
        except OutOfTime:
            hits, unknown = [], _("a statement took too long to check", lang=self._lang)
        except Exception as error:
            hits, unknown = [], said(error)
        if unit.cut and not unknown:
            unknown = _("a statement is too long to be checked as a whole", lang=self._lang)
        decision = self._judge(hits, unknown, text, unit, lines)
        if before is not None and unit.continues and decision.action not in ("retry", "block"):
            # The statement is gone that this is the rest of: alone it is no code, and nobody has checked it.
            self._margin, self._removed = margin, unit
            decision = replace(decision, text=self._rest(before, unit, lines), unknown="")
        elif decision.action == "redact":
            self._removed = unit
        return decision

    def _judge(self, hits: list[Hit], unknown: str, text: str, unit: Unit, lines: list[CodeLine]) -> Decision:
        actions = [self._action(hit) for hit in hits]
        start = self._offsets[self._done - len(unit.lines)]
        # What began further up (a function that only now turns out to accept anything) is out: the statement that makes
        # it unsafe is what is taken out, and what the finding shows.
        findings = tuple(
            self._finding(replace(hit, start=max(hit.start, start)) if action in STOPPING else hit)
            for hit, action in zip(hits, actions, strict=True)
        )
        action: Action = ACTIONS[max(map(ACTIONS.index, actions), default=0)]
        if action == "redact":
            text = self._replacement(hits, unit, lines)
        elif action in ("retry", "block"):
            text = ""
        if action in STOPPING:
            unknown = ""
        return Decision(
            text, action, tuple(f for f, a in zip(findings, actions, strict=True) if a != "allow"), unknown
        )

    def _action(self, hit: Hit) -> Action:
        return self._settings.action(Stage.OUTPUT, hit.severity, hit.rule.cwe, hit.rule.id)

    def _scan(self, unit: Unit, first: int, clock: Clock) -> tuple[list[Hit], str]:
        """New hits in a statement, at offsets in the whole block."""
        scanned = _Scanned(first, unit)
        self._window.append(scanned)
        self._slide()
        begin = self._window[0].first
        text = "\n".join(self._code[begin : self._done]) + "\n"
        code = text
        inside = self._window[0].unit.inside
        if inside:
            # The window starts in a comment or string: what is left of it is no code.
            end = text.find(inside) + len(inside) if inside in text else len(text)
            code = re.sub(r"[^\n]", " ", text[:end]) + text[end:]
        base = self._offsets[begin]
        start = self._offsets[first] - base
        lowest = min(each.unit.lowest for each in self._window)
        near = self._offsets[max(begin, first - TEXT_LINES)] - base
        hits = [
            replace(hit, start=hit.start + near, end=hit.end + near)
            for hit in self._scanner.text_hits(text[near:], CODE_CATEGORIES, clock)
        ]
        clock.check()
        unknown = ""
        for language in self._languages(code, unit):
            why = self._scanner.unsupported(language)
            if not why and has_dialect(language.rules):
                why = self._scanner.canary(language.rules, clock)
                carried = self._carried.get(language.rules)
                tail = unit.closing(lowest)
                found, facts = self._scanner.window_hits(
                    code, language, clock, carried, tail=tail, start=start
                )
                scanned.facts[language.rules] = facts
                late = [hit for hit in found if hit.end <= start and self._is_late(hit, base)]
                if late:
                    # Its place is out. Was it this statement that made it wrong?
                    before, _facts = self._scanner.window_hits(
                        code[:start],
                        language,
                        clock,
                        carried,
                        tail=_closing_before(self._window),
                        start=start,
                    )
                    known = {(hit.rule.id, hit.start, hit.severity) for hit in before}
                    made = [hit for hit in late if (hit.rule.id, hit.start, hit.severity) not in known]
                    found = [replace(hit, end=start + 1) if hit in made else hit for hit in found]
                hits += unsaid(hits, found)
            unknown = unknown or why
        return self._fresh(hits, base, start), unknown

    def _languages(self, code: str, unit: Unit) -> list[Language]:
        """The languages that a window is read in: what it looks like, and what some statement clearly looked like.

        A block's beginning may mislead, and a block may hold several languages.
        """
        found = self._scanner.plausible(code, self._language)
        language = self._language
        if language is not None and language.kind == "code" and len(self._strangers) < MAX_STRANGERS:
            recent = "\n".join(self._code[max(0, self._done - len(unit.lines) - 1) : self._done])[:MAX_RECENT]
            other = clearly_other(recent, language, CLEARLY if self._named is None else STRANGE)
            if other is not None and has_dialect(other.rules) and other not in self._strangers:
                self._strangers.append(other)
        return [*found, *(each for each in self._strangers if each not in found and each is not language)]

    def _is_late(self, hit: Hit, base: int) -> bool:
        """Whether a hit would have stopped the statement that it stands in, and was not there when that was let go."""
        return self._action(hit) in STOPPING and not self._told(hit, base)

    def _told(self, hit: Hit, base: int = 0) -> bool:
        """Whether a finding was told, and as severe as this."""
        return self._seen.get((hit.rule.id, hit.start + base), -1) >= SEVERITIES.index(hit.severity)

    def _fresh(self, hits: list[Hit], base: int, start: int) -> list[Hit]:
        """Hits that touch the new statement, or that it completes, and were not reported before."""
        fresh: list[Hit] = []
        for hit in sorted(hits, key=lambda hit: (hit.start, -SEVERITIES.index(hit.severity))):
            if not self._told(hit, base) and hit.end > start and self._counts(hit, base):
                self._seen[hit.rule.id, hit.start + base] = SEVERITIES.index(hit.severity)
                fresh.append(replace(hit, start=hit.start + base, end=hit.end + base))
        return self._scanner.once(fresh)

    def _counts(self, hit: Hit, base: int) -> bool:
        """Whether a hit touches a line that says something new."""
        first, last = self._line_at(hit.start + base), self._line_at(max(hit.start, hit.end - 1) + base)
        return any(bare.counts for bare in self._bare[first : last + 1])

    def _slide(self) -> None:
        """Let the window go on; what leaves it is carried."""
        while len(self._window) > 1 and self._done - self._window[0].first > WINDOW_LINES:
            for name, facts in self._window.pop(0).facts.items():
                carried = self._carried.setdefault(name, Carried())
                carried.aliases.update(facts.aliases)
                carried.values.update(facts.values)
                carried.types.update(facts.types)

    def _whole(self) -> Decision | None:
        """What only the whole block shows. Its text is out, so this can only warn."""
        if self._dressing.kind or self._length > self._settings.max_characters:
            return None
        markup = self._named is not None and self._named.kind == "markup"
        language = self._named if markup else self._language
        code = "\n".join(self._code) + "\n"
        report = self._scanner.scan(code, language)
        told = [Hit(issue.rule, issue.severity, issue.start, issue.end) for issue in report.issues]
        hits = [hit for hit in told if not self._told(hit)]
        findings = tuple(self._finding(hit) for hit in hits if self._action(hit) != "allow")
        unknown = report.unknown
        if markup and not unknown and holds_script(code):
            unknown = _("scripts in a page are only checked when the page is whole", lang=self._lang)
        return Decision("", "warn" if findings else "allow", findings, unknown)

    def _finding(self, hit: Hit) -> Finding:
        index = self._line_at(hit.start)
        line = self._lines[index]
        begin, end = line.start, line.start + len(line.code)
        if self._dressing.kind != "json":
            begin += self._bare[index].column + hit.start - self._offsets[index]
            end = begin + hit.end - hit.start
        return Finding(
            rule=hit.rule.id,
            severity=hit.severity,
            message=hit.rule.say(self._lang),
            start=begin,
            end=end,
            line=index + 1,
            cwe=hit.rule.cwe,
            url=next(iter(hit.rule.references), ""),
            advice=hit.rule.advise(self._lang),
        )

    def _line_at(self, offset: int) -> int:
        return min(bisect_right(self._offsets, offset), len(self._lines)) - 1

    def _replacement(self, hits: list[Hit], unit: Unit, lines: list[CodeLine]) -> str:
        """A comment in the code's language, so placed that what is left still reads as code."""
        why = ", ".join(dict.fromkeys(f"{hit.rule.cwe} {hit.rule.id}".strip() for hit in hits))
        notice = _("[code shield: removed {why}]", lang=self._lang, why=why)
        dressed = [self._dressing.without(line.text, notice) for line in lines]
        if dressed[0] is not None:
            return "".join(line or "" for line in dressed)
        language = self._language
        code = unit.lines[0]
        self._margin = _margin(lines[0], code)
        end = "\n" if lines[-1].text.endswith("\n") else ""
        comment = language.comment if language is not None else "#"
        kept = _stand_in(language, unit, code.strip())
        return f"{self._margin}{kept}{comment} {notice}{end}"

    def _rest(self, before: Unit, unit: Unit, lines: list[CodeLine]) -> str:
        """What must stay of the further lines of a statement that was taken out, so that it still reads as code."""
        brackets = [opening for opening in before.stack[unit.lowest :] if opening.text is None]
        closed = "".join(opening.closing for opening in reversed(brackets))
        kept = _stand_in(self._language, replace(unit, closed=closed), "").removeprefix("pass").rstrip()
        return f"{self._margin}{kept}{chr(10) if lines[-1].text.endswith(chr(10)) else ''}" if kept else ""


def _closing_before(window: Sequence[_Scanned]) -> str:
    """What closes the part of a window in front of its last statement."""
    if len(window) < 2:
        return ""
    return window[-2].unit.closing(min(each.unit.lowest for each in window[:-1]))


def _margin(line: CodeLine, code: str) -> str:
    """What stands before the code of a line: the marks of quotes and lists, the dressing, and its indent."""
    raw = line.text.rstrip("\r\n")
    before = raw[: len(raw) - len(code)] if raw.endswith(code) else ""
    return before + code[: len(code) - len(code.lstrip())]


def _stand_in(language: Language | None, unit: Unit, code: str) -> str:
    """What takes the place of the statement before the comment: an empty statement or header, or its open brackets."""
    if language is None:
        return ""
    if language.rules == "python":
        if unit.lines[-1].split("#")[0].rstrip().endswith(":") and not unit.cut:
            word = re.match(r"\w+", code)
            return {"elif": "elif False:  ", "else": "else:  ", "except": "except OSError:  "}.get(
                word[0] if word else "", "if False:  "
            )
        return "pass  "
    opened = [opening for opening in unit.stack[unit.lowest :] if opening.text is None]
    if language.rules in ("ruby", "shell"):
        commands = {"ruby": "begin", "shell": "if false; then"}
        closed = " ".join(unit.closed.split())
        opens = "; ".join(commands[language.rules] for opening in opened if opening.closing.strip().isalpha())
        return "; ".join(part for part in (closed, opens) if part) + ("  " if closed or opens else "")
    closing = unit.closed
    marks = "".join("{" if opening.closing == "}" else opening.mark for opening in opened)
    return f"{closing}{marks} " if closing or marks else ""
