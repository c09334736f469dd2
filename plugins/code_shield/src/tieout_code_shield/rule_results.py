"""What the shield's commands about its rules return."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

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
    translator,
)
from tieout_code_shield.results import number_text, severity_word
from tieout_code_shield.rules import Rule

__all__ = ["FailedExample", "RuleCheck", "RuleDetail", "RuleEntry", "RuleList"]

_ = translator("tieout_code_shield")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class RuleEntry(_Frozen):
    """A rule in a list."""

    id: str
    language: str
    category: str
    cwe: str
    severity: Severity
    message: dict[Language, str]
    origin: str = ""
    fixable: bool = False
    """Whether ``shield fix`` can rewrite some of what it finds."""

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
            fixable=bool(rule.fixes),
        )


class RuleList(Result):
    """Rules that fit a filter."""

    rules: tuple[RuleEntry, ...]
    count: Figure

    def say(self, lang: Language = "en") -> str:
        """How many, and the first of them."""
        count = number_text(self.count, lang)
        first = "\n".join(f"- `{rule.id}`: {rule.message[lang]}" for rule in self.rules[:12])
        return _("The code shield has {count} such rules.", lang=lang, count=count) + (
            f"\n{first}" if first else ""
        )

    def card(self, lang: Language = "en") -> Card:
        """The rules in a table."""
        blocks: list[CardBlock] = [_rule_table(self.rules, lang)]
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
    others: tuple[RuleEntry, ...] = ()
    """The other rules of the weakness, where a weakness was asked for and not a rule."""

    def say(self, lang: Language = "en") -> str:
        """What the rule finds, and what to do instead; of a weakness, what each of its rules finds."""
        if self.others:
            rules = "\n".join(f"- `{rule.id}`: {rule.message[lang]}" for rule in (self.rule, *self.others))
            return _("The rules about {weakness}:", lang=lang, weakness=self.rule.cwe) + f"\n{rules}"
        name = f"`{self.rule.id}`" + (f" ({self.rule.cwe})" if self.rule.cwe else "")
        return f"{name}: {self.rule.message[lang]} {self.advice[lang]}"

    def card(self, lang: Language = "en") -> Card:
        """The rule with an example of each kind; of a weakness, the table of its rules."""
        if self.others:
            hint = _("`tieout shield explain {rule}` shows one with examples.", lang=lang, rule=self.rule.id)
            table = _rule_table((self.rule, *self.others), lang)
            return Card(title=self.rule.cwe, blocks=(table, Text(text=hint)))
        blocks: list[CardBlock] = [
            Text(text=self.rule.message[lang]),
            Text(text=self.advice[lang]),
            Text(text=_("Severity: {severity}", lang=lang, severity=severity_word(self.rule.severity, lang))),
        ]
        if self.bad:
            blocks += [
                Text(text=_("It objects to", lang=lang)),
                Code(text=self.bad, language=self.rule.language.partition(",")[0]),
            ]
        blocks += [
            Text(text=_("It lets pass", lang=lang)),
            Code(text=self.good, language=self.rule.language.partition(",")[0]),
        ]
        if self.rule.fixable:
            blocks.append(Text(text=_("`tieout shield fix` can rewrite some of these places.", lang=lang)))
        blocks += [Text(text=link) for link in self.references]
        return Card(title=f"{self.rule.id} {self.rule.cwe}".strip(), blocks=tuple(blocks))


class FailedExample(_Frozen):
    """An example in a rule file that the rule gets wrong."""

    rule: str
    path: str
    language: str
    code: str
    wanted: bool
    """True for one that the rule must hit and does not; False for one that it must miss and hits."""
    unknown: str = ""
    """Why it was not checked, where that is the reason."""

    def why(self, lang: Language) -> str:
        """What is wrong."""
        if self.unknown:
            return _("Not checked: {reason}.", lang=lang, reason=self.unknown)
        return (
            _("must be hit, and is not", lang=lang)
            if self.wanted
            else _("must be missed, and is hit", lang=lang)
        )


class RuleCheck(Result):
    """Rules tried on their own examples."""

    target: str
    failed: tuple[FailedExample, ...] = ()
    count: Figure
    """Number of rules."""

    @property
    def exit_code(self) -> int:
        """10 where an example fails."""
        return ExitCode.CHECK_FAILED if self.failed else ExitCode.OK

    def say(self, lang: Language = "en") -> str:
        """How many rules were tried, and which examples fail."""
        count = number_text(self.count, lang)
        if not self.failed:
            return _("Every example holds. Rules: {count}.", lang=lang, count=count)
        lines = [
            f"- `{each.rule}` ({each.language}): {each.why(lang)}: `{each.code.strip()}`"
            for each in self.failed
        ]
        said = _(
            "Examples that fail: {failed}. Rules: {count}.", lang=lang, failed=len(self.failed), count=count
        )
        return "\n".join([said, *lines])

    def card(self, lang: Language = "en") -> Card:
        """The examples that fail, each with its file."""
        blocks: list[CardBlock] = [Text(text=self.say(lang).partition("\n")[0])]
        for each in self.failed:
            blocks += [
                Note(level="error", text=f"{each.path}: {each.rule} ({each.language}): {each.why(lang)}"),
                Code(text=each.code.strip("\n"), language=each.language),
            ]
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=_("Rules of the code shield", lang=lang), blocks=tuple(blocks))


def _rule_table(rules: Sequence[RuleEntry], lang: Language) -> Table:
    columns = (
        _("Rule", lang=lang),
        _("Language", lang=lang),
        "CWE",
        _("Severity", lang=lang),
        _("What", lang=lang),
    )
    rows = tuple(
        (rule.id, rule.language, rule.cwe, severity_word(rule.severity, lang), rule.message[lang])
        for rule in rules
    )
    return Table(columns=columns, rows=rows)
