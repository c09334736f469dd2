"""What the shield's tools return."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

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
from tieout_code_shield.rules import Rule
from tieout_code_shield.scanner import Issue

__all__ = ["CodeScan", "Found", "RuleDetail", "RuleEntry", "RuleList", "counted"]

_ = translator("tieout_code_shield")

SHOWN = 200


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Found(_Frozen):
    """One finding."""

    rule: str
    cwe: str
    severity: Severity
    message: dict[Language, str]
    advice: dict[Language, str]
    path: str
    line: Figure
    """1-based."""
    column: int
    """1-based."""
    text: str
    """The line, cut at 200 characters; empty where it holds a credential."""

    @classmethod
    def of(cls, issue: Issue, path: str, tool: str) -> Found:
        """A scan's issue in a file (or in code that was handed over), found by a tool."""
        rule = issue.rule
        secret = rule.category == "secret" or rule.cwe == "CWE-798"
        return cls(
            rule=rule.id,
            cwe=rule.cwe,
            severity=issue.severity,
            message=dict(rule.message),
            advice=dict(rule.advice),
            path=path,
            line=counted(issue.line, subject=path, metric="line", tool=tool),
            column=issue.column,
            text="" if secret else issue.text,
        )


class CodeScan(Result):
    """Findings in code, and what could not be checked: where something was not, nothing here says it is fine."""

    target: str
    findings: tuple[Found, ...] = ()
    unknown: tuple[str, ...] = ()
    """What was not checked, and why."""
    count: Figure
    """Number of findings."""
    files: Figure
    """Number of files (or texts) looked at."""

    def say(self, lang: Language = "en") -> str:
        """The findings in a few sentences."""
        lines = [self._headline(lang)]
        for found in self.findings[:5]:
            place = _number(found.line, lang)
            name = f"{found.cwe} {found.rule}".strip()
            lines.append(
                _(
                    "- line {line}: {message} ({name}) {advice}",
                    lang=lang,
                    line=place,
                    message=found.message[lang],
                    name=name,
                    advice=found.advice[lang],
                )
            )
        lines += [_("Not checked: {reason}.", lang=lang, reason=reason) for reason in self.unknown[:3]]
        return "\n".join(lines)

    def card(self, lang: Language = "en") -> Card:
        """A table of findings and notes on what was not checked."""
        rows = tuple(
            (
                f"{found.path}:{found.line.value:g}:{found.column}",
                found.severity,
                f"{found.cwe} {found.rule}".strip(),
                found.message[lang],
                found.text,
            )
            for found in self.findings[:SHOWN]
        )
        columns = (
            _("Place", lang=lang),
            _("Severity", lang=lang),
            _("Rule", lang=lang),
            _("What", lang=lang),
            _("Code", lang=lang),
        )
        blocks: list[CardBlock] = [Text(text=self._headline(lang))]
        if rows:
            blocks.append(Table(columns=columns, rows=rows))
        blocks += [
            Note(level="warning", text=_("Not checked: {reason}.", lang=lang, reason=reason))
            for reason in self.unknown[:SHOWN]
        ]
        blocks += [Note(level="info", text=note) for note in self.notes]
        return Card(title=_("Code shield: {target}", lang=lang, target=self.target), blocks=tuple(blocks))

    def _headline(self, lang: Language) -> str:
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
        count = _number(self.count, lang)
        if all(found.severity in ("info", "low") for found in self.findings):
            return _("Worth a look in {target}: {count}.", lang=lang, target=self.target, count=count)
        return _(
            "Not safe as it stands. Findings in {target}: {count}.",
            lang=lang,
            target=self.target,
            count=count,
        )


class RuleEntry(_Frozen):
    """A rule in a list."""

    id: str
    language: str
    category: str
    cwe: str
    severity: Severity
    message: dict[Language, str]
    origin: str = ""

    @classmethod
    def of(cls, rule: Rule) -> RuleEntry:
        """The entry of a rule."""
        return cls(
            id=rule.id,
            language=rule.language,
            category=rule.category,
            cwe=rule.cwe,
            severity=rule.severity,
            message=dict(rule.message),
            origin=rule.origin,
        )


class RuleList(Result):
    """Rules that fit a filter."""

    rules: tuple[RuleEntry, ...]
    count: Figure

    def say(self, lang: Language = "en") -> str:
        """How many, and the first of them."""
        count = _number(self.count, lang)
        first = "\n".join(f"- `{rule.id}`: {rule.message[lang]}" for rule in self.rules[:12])
        return _("The code shield has {count} such rules.", lang=lang, count=count) + (
            f"\n{first}" if first else ""
        )

    def card(self, lang: Language = "en") -> Card:
        """The rules in a table."""
        columns = (
            _("Rule", lang=lang),
            _("Language", lang=lang),
            "CWE",
            _("Severity", lang=lang),
            _("What", lang=lang),
        )
        rows = tuple(
            (rule.id, rule.language, rule.cwe, rule.severity, rule.message[lang]) for rule in self.rules
        )
        blocks: list[CardBlock] = [Table(columns=columns, rows=rows)]
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=_("Rules of the code shield", lang=lang), blocks=tuple(blocks))


class RuleDetail(Result):
    """One rule, explained."""

    rule: RuleEntry
    advice: dict[Language, str]
    references: tuple[str, ...]
    bad: str
    """Code that the rule objects to; empty for credentials."""
    good: str
    """Code that it lets pass."""

    def say(self, lang: Language = "en") -> str:
        """What the rule finds, and what to do instead."""
        name = f"`{self.rule.id}`" + (f" ({self.rule.cwe})" if self.rule.cwe else "")
        return f"{name}: {self.rule.message[lang]} {self.advice[lang]}"

    def card(self, lang: Language = "en") -> Card:
        """The rule with an example of each kind."""
        blocks: list[CardBlock] = [
            Text(text=self.rule.message[lang]),
            Text(text=self.advice[lang]),
            Text(text=_("Severity: {severity}", lang=lang, severity=self.rule.severity)),
        ]
        if self.bad:
            blocks += [
                Text(text=_("It objects to", lang=lang)),
                Code(text=self.bad, language=self.rule.language),
            ]
        blocks += [Text(text=_("It lets pass", lang=lang)), Code(text=self.good, language=self.rule.language)]
        blocks += [Text(text=link) for link in self.references]
        return Card(title=f"{self.rule.id} {self.rule.cwe}".strip(), blocks=tuple(blocks))


def counted(value: int, *, subject: str, metric: str, tool: str) -> Figure:
    """A count that a tool of the shield made."""
    return Figure(value=value, subject=subject, metric=metric, origin=ToolCall(tool=f"shield.{tool}"))


def _number(figure: Figure, lang: Language) -> str:
    from tieout.quantities import format_quantity

    return format_quantity(figure.value, figure.unit, lang=lang)
