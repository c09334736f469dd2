"""What the shield's tools return."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.errors import ExitCode
from tieout.plugin import (
    Card,
    CardBlock,
    Code,
    Figure,
    Language,
    Note,
    Result,
    Severity,
    Table,
    Text,
    ToolCall,
    translator,
)
from tieout_code_shield.naming import printable
from tieout_code_shield.rules import SEVERITIES

__all__ = [
    "CodeScan",
    "Edit",
    "FailOn",
    "FixReport",
    "FixedFile",
    "Found",
    "NotChecked",
    "counted",
    "number_text",
    "severity_word",
]

_ = translator("tieout_code_shield")

SHOWN = 200


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Edit(_Frozen):
    """One replacement in a file's text."""

    start: int
    """Offset of the first character that goes."""
    end: int
    text: str
    """What takes its place."""
    line: int
    """1-based, as the other places are."""
    column: int
    end_line: int
    end_column: int


class Found(_Frozen):
    """One finding."""

    rule: str
    cwe: str
    severity: Severity
    message: dict[Language, str]
    advice: dict[Language, str]
    path: str
    line: Figure
    """1-based; in a notebook, within the cell."""
    column: int
    """1-based."""
    end_line: int = 0
    end_column: int = 0
    """Just behind the last character."""
    cell: int = 0
    """Number of the notebook's cell, 1-based; 0 where there are no cells."""
    file_line: int = 0
    """In a notebook, the line of the file, 1-based."""
    text: str
    """The line, cut at 200 characters; empty where it holds a credential."""
    tool: str = "tieout"
    """Who found it; other tools are asked with ``--also``."""
    also: tuple[str, ...] = ()
    """Rules of other tools that object to the same weakness on the same line."""
    fingerprint: str = ""
    """The same for as long as the flagged line reads the same, wherever in the file it stands."""
    suppressed: str = ""
    """The comment that silences it; empty when none does."""
    fix: tuple[Edit, ...] = ()
    """A rewrite that was tried: the code parses, this finding is gone, no other came. Empty when there is none."""

    @property
    def place(self) -> str:
        """Path, cell, line and column, as compilers print them."""
        cell = f"#cell{self.cell}" if self.cell else ""
        return f"{printable(self.path)}{cell}:{self.line.value:g}:{self.column}"

    @property
    def name(self) -> str:
        """The weakness and the rule."""
        return f"{self.cwe} {self.rule}".strip()


class NotChecked(_Frozen):
    """A file, or a part of one, that nobody can say is fine; or a tool that did not say."""

    path: str
    """The file; or the name of another tool that was asked and gave no answer."""
    kind: Literal["file", "tool"] = "file"
    reason: str
    partly: bool = False
    """True where only the rules of its language are missing: the rules for every text read it, and no check fails."""

    def __str__(self) -> str:
        return f"{printable(self.path)}: {self.reason}"


FailOn = Literal["info", "low", "medium", "high", "critical", "never"]


class CodeScan(Result):
    """Findings in code, and what could not be checked: where something was not, nothing here says it is fine."""

    target: str
    findings: tuple[Found, ...] = ()
    suppressed: tuple[Found, ...] = ()
    """Findings that comments in the files silence."""
    unknown: tuple[NotChecked, ...] = ()
    """What was not checked, and why."""
    count: Figure
    """Number of findings."""
    files: Figure
    """Number of files (or texts) looked at."""
    left_out: dict[str, int] = Field(default_factory=dict[str, int])
    """How much below folders was not looked at: ``folders`` (hidden, generated, foreign; each counted whole), and files
    by why: ``packed``, ``ignored`` (named by .gitignore and not kept by git; folders too), ``excluded``, ``binary``,
    ``links``."""
    fail_on: FailOn = "never"
    """Severity from which on findings fail a check."""
    allow_unknown: bool = True
    """False when a check fails because something could not be checked; languages without rules do not count."""
    page: str | None = Field(default=None, exclude=True, repr=False)
    """What the command line prints; ``None`` for the card."""

    @property
    def exit_code(self) -> int:
        """10 for findings that are to fail a check, 11 where only something could not be checked, else 0.

        A file in a language without rules is no failure of the check: it stays among what was not checked.
        """
        if self.fail_on != "never":
            least = SEVERITIES.index(self.fail_on)
            if any(SEVERITIES.index(found.severity) >= least for found in self.findings):
                return ExitCode.CHECK_FAILED
        failed = any(not each.partly for each in self.unknown)
        return ExitCode.UNCHECKED if failed and not self.allow_unknown else ExitCode.OK

    def printout(self, lang: Language = "en") -> str | None:
        """The listing, or the SARIF log."""
        return self.page

    def say(self, lang: Language = "en") -> str:
        """The findings in a few sentences."""
        lines = [self.headline(lang)]
        for found in self.findings[:5]:
            lines.append(
                _(
                    "- line {line}: {message} ({name}) {advice}",
                    lang=lang,
                    line=number_text(found.line, lang),
                    message=found.message[lang],
                    name=found.name,
                    advice=found.advice[lang],
                )
            )
        lines += [_("Not checked: {reason}.", lang=lang, reason=reason) for reason in self.unknown[:3]]
        return "\n".join(lines)

    def card(self, lang: Language = "en") -> Card:
        """A table of findings and notes on what was not checked."""
        rows = tuple(
            (found.place, severity_word(found.severity, lang), found.name, found.message[lang], found.text)
            for found in self.findings[:SHOWN]
        )
        columns = (
            _("Place", lang=lang),
            _("Severity", lang=lang),
            _("Rule", lang=lang),
            _("What", lang=lang),
            _("Code", lang=lang),
        )
        blocks: list[CardBlock] = [Text(text=self.headline(lang))]
        if rows:
            blocks.append(Table(columns=columns, rows=rows))
        blocks += [
            Note(level="warning", text=_("Not checked: {reason}.", lang=lang, reason=reason))
            for reason in self.unknown[:SHOWN]
        ]
        blocks += [Note(level="info", text=note) for note in self.notes]
        return Card(title=_("Code shield: {target}", lang=lang, target=self.target), blocks=tuple(blocks))

    def headline(self, lang: Language) -> str:
        """The outcome in one sentence."""
        if not self.findings:
            if self.unknown:
                return _(
                    "Nothing was found in what could be checked of {target}.", lang=lang, target=self.target
                )
            return _(
                "No known weakness was found in {target}; that is no proof that it is safe.",
                lang=lang,
                target=self.target,
            )
        count = number_text(self.count, lang)
        if all(found.severity in ("info", "low") for found in self.findings):
            return _("Worth a look in {target}: {count}.", lang=lang, target=self.target, count=count)
        return _(
            "Not safe as it stands. Findings in {target}: {count}.",
            lang=lang,
            target=self.target,
            count=count,
        )


class FixedFile(_Frozen):
    """What the rules' fixes make of one file."""

    path: str
    rules: tuple[str, ...]
    """The rules whose findings were fixed, one entry for each."""
    diff: str
    """From the file as it was to the file as it is fixed, in the unified format."""
    written: bool = False


class FixReport(Result):
    """Rewrites of unsafe code, each of them tried before."""

    target: str
    files: tuple[FixedFile, ...] = ()
    unknown: tuple[NotChecked, ...] = ()
    """What was not looked at or not written, and why."""
    count: Figure
    """Number of findings fixed."""

    @property
    def exit_code(self) -> int:
        """11 where something could not be looked at or written, else 0."""
        return ExitCode.UNCHECKED if self.unknown else ExitCode.OK

    def printout(self, lang: Language = "en") -> str | None:
        """The differences, then what was done."""
        lines = [file.diff.rstrip("\n") for file in self.files]
        lines += [_("Not fixed: {reason}.", lang=lang, reason=reason) for reason in self.unknown]
        return "\n".join([*lines, *self.notes, self.say(lang)])

    def say(self, lang: Language = "en") -> str:
        """How many were fixed, and whether files were changed."""
        count = number_text(self.count, lang)
        if not self.files:
            return _("There is nothing in {target} that a rule can rewrite.", lang=lang, target=self.target)
        if all(file.written for file in self.files):
            return _("Rewritten in {target}: {count}.", lang=lang, target=self.target, count=count)
        return _(
            "Could be rewritten in {target}: {count}. No file was changed; --write changes them.",
            lang=lang,
            target=self.target,
            count=count,
        )

    def card(self, lang: Language = "en") -> Card:
        """The differences as listings."""
        blocks: list[CardBlock] = [Text(text=self.say(lang))]
        blocks += [Code(text=file.diff, language="diff") for file in self.files[:SHOWN]]
        blocks += [
            Note(level="warning", text=_("Not fixed: {reason}.", lang=lang, reason=reason))
            for reason in self.unknown[:SHOWN]
        ]
        return Card(title=_("Code shield: {target}", lang=lang, target=self.target), blocks=tuple(blocks))


def severity_word(severity: Severity, lang: Language) -> str:
    """A severity in the user's language; in English it is the name that settings and options take."""
    words: dict[Severity, str] = {
        "info": _("info", lang=lang),
        "low": _("low", lang=lang),
        "medium": _("medium", lang=lang),
        "high": _("high", lang=lang),
        "critical": _("critical", lang=lang),
    }
    return words[severity]


def counted(value: int, *, subject: str, metric: str, tool: str) -> Figure:
    """A count that a tool of the shield made."""
    return Figure(value=value, subject=subject, metric=metric, origin=ToolCall(tool=f"shield.{tool}"))


def number_text(figure: Figure, lang: Language) -> str:
    """A count as it is written in the user's language."""
    from tieout.quantities import format_quantity

    return format_quantity(figure.value, figure.unit, lang=lang)
