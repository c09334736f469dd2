"""Reads rule files (TOML): the ones that ship, a user's folder, and other packages'."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from tieout.errors import SettingsError
from tieout.plugin import Severity, load_entry_points, translator
from tieout_code_shield.dialects import dialect, rule_languages
from tieout_code_shield.dialects.base import BindForm
from tieout_code_shield.lookup import did_you_mean
from tieout_code_shield.rewrites import ArgumentChange, Fix
from tieout_code_shield.rules import Category, Condition, Match, Rule, RuleSet, Test, TextMatch

__all__ = ["ENTRY_POINT_GROUP", "load_all", "read_folder", "read_rule", "shipped_rules"]

ENTRY_POINT_GROUP: Final = "tieout.shield.rules"
"""Entry points of other packages: each names a folder of rule files (``str`` or ``Path``), or a function that
returns one."""

_ = translator("tieout_code_shield")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _pattern(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None


Pattern = Annotated[re.Pattern[str] | None, BeforeValidator(_pattern)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


def _known(name: str, names: Sequence[str]) -> str:
    if name not in names:
        near = did_you_mean(name, names) or f"It can be one of: {', '.join(names)}."
        raise ValueError(f"there is no {name!r}. {near}")
    return name


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class _ConditionTable(_Table):
    of: Literal["argument", "any", "value", "receiver"] = "argument"
    arg: int | None = Field(None, ge=0, le=20)
    name: Names = ()
    is_: Annotated[frozenset[Test], BeforeValidator(_listed)] = Field(frozenset(), alias="is")
    matches: Pattern = None
    lacks: Pattern = None
    source: Pattern = None
    source_lacks: Pattern = None

    @model_validator(mode="after")
    def _names_something(self) -> _ConditionTable:
        if self.of == "argument" and self.arg is None and not self.name:
            raise ValueError('a condition needs arg, name, or of = "any", "value" or "receiver"')
        if not (self.is_ or self.matches or self.lacks or self.source or self.source_lacks):
            raise ValueError("a condition needs is, matches, lacks, source or source_lacks")
        return self

    def build(self) -> Condition:
        return Condition(
            self.of, self.arg, self.name, self.is_, self.matches, self.lacks, self.source, self.source_lacks
        )


class _MatchTable(_Table):
    call: Names = ()
    called: Pattern = None
    bind: Names = ()
    function: Names = ()
    target: Pattern = None
    form: Annotated[frozenset[str], BeforeValidator(_listed)] = frozenset()
    imports: Names = Field((), alias="import")
    compare: Pattern = None
    operator: Names = ()
    receiver: Pattern = None
    receiver_lacks: Pattern = None
    near: Pattern = None
    near_lacks: Pattern = None
    before: Pattern = None
    before_lacks: Pattern = None
    when: tuple[_ConditionTable, ...] = ()
    check: Names = ()
    whole: bool = False
    severity: Severity | None = None
    regex: Pattern = None
    keywords: Names = ()
    lacks: Pattern = None
    entropy: float = Field(0.0, ge=0, le=8)
    token: bool = False

    @field_validator("form")
    @classmethod
    def _known_forms(cls, forms: frozenset[str]) -> frozenset[str]:
        return frozenset(_known(form, get_args(BindForm)) for form in forms)

    @model_validator(mode="after")
    def _looks_for_something(self) -> _MatchTable:
        names = (self.call, self.bind, self.function, self.imports, self.operator)
        if not (any(names) or self.called or self.target or self.compare or self.regex):
            raise ValueError(
                "a match needs call, called, bind, function, target, import, compare, operator or regex"
            )
        return self

    def build(self) -> Match:
        return Match(
            calls=self.call,
            called=self.called,
            binds=self.bind,
            functions=self.function,
            target=self.target,
            forms=self.form,
            imports=self.imports,
            compare=self.compare,
            operators=self.operator,
            receiver=self.receiver,
            receiver_lacks=self.receiver_lacks,
            near=self.near,
            near_lacks=self.near_lacks,
            before=self.before,
            before_lacks=self.before_lacks,
            when=tuple(condition.build() for condition in self.when),
            checks=self.check,
            whole=self.whole,
            severity=self.severity,
        )

    def build_text(self) -> TextMatch | None:
        if self.regex is None:
            return None
        return TextMatch(
            self.regex, tuple(word.lower() for word in self.keywords), self.lacks, self.entropy, self.token
        )


class _ArgumentTable(_Table):
    arg: int | None = Field(None, ge=0, le=20)
    name: Names = ()
    to: str | None = None
    matches: Pattern = None
    add: bool = False
    optional: bool = False

    @model_validator(mode="after")
    def _names_one(self) -> _ArgumentTable:
        if self.arg is None and not self.name:
            raise ValueError("an argument of a fix needs arg or name")
        if self.add and (self.to is None or not self.name):
            raise ValueError("an argument that a fix adds needs name and to")
        return self

    def build(self) -> ArgumentChange:
        return ArgumentChange(self.arg, self.name, self.to, self.matches, self.add, self.optional)


class _TextTable(_Table):
    from_: Annotated[re.Pattern[str], BeforeValidator(_pattern)] = Field(alias="from")
    to: str


class _FixTable(_Table):
    call: Names = ()
    bind: Names = ()
    where: Pattern = None
    where_lacks: Pattern = None
    count: int | None = Field(None, ge=0)
    callee: str = ""
    method: str = ""
    argument: tuple[_ArgumentTable, ...] = ()
    parameters: Literal["", "?", "%s", "$1"] = ""
    refused: Pattern = None
    near_lacks: Pattern = None
    within: Pattern = None
    local_array: bool = False
    result: Literal["", "unused", "status"] = ""
    without: Names = ()
    value: str = ""
    whole: str = ""
    text: tuple[_TextTable, ...] = ()
    imports: Names = Field((), alias="import")

    @model_validator(mode="after")
    def _changes_something(self) -> _FixTable:
        made = (self.callee, self.method, self.argument, self.value, self.whole, self.text, self.parameters)
        if not any(made):
            raise ValueError("a fix needs callee, method, argument, parameters, value, whole or text")
        return self

    def build(self) -> Fix:
        return Fix(
            calls=self.call,
            binds=self.bind,
            where=self.where,
            where_lacks=self.where_lacks,
            count=self.count,
            callee=self.callee,
            method=self.method,
            arguments=tuple(change.build() for change in self.argument),
            parameters=self.parameters,
            refused=self.refused,
            near_lacks=self.near_lacks,
            within=self.within,
            local_array=self.local_array,
            result=self.result,
            without=self.without,
            value=self.value,
            whole=self.whole,
            texts=tuple((text.from_, text.to) for text in self.text),
            imports=self.imports,
        )


class _Texts(_Table):
    en: str = Field(min_length=1)
    zh: str = ""


class _ExamplesTable(_Table):
    must_hit: tuple[str, ...] = Field(min_length=2)
    must_miss: tuple[str, ...] = Field(min_length=2)


class _RuleFile(_Table):
    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    language: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)
    category: Category = "code"
    cwe: str = Field("", pattern=r"^(CWE-\d+)?$")
    severity: Severity
    references: tuple[str, ...] = ()
    sanitizers: frozenset[str] = frozenset()
    audit: bool = False
    must_hit: tuple[str, ...] = Field(min_length=2)
    must_miss: tuple[str, ...] = Field(min_length=2)
    examples: dict[str, _ExamplesTable] = Field(default_factory=dict[str, "_ExamplesTable"])
    message: _Texts
    advice: _Texts
    match: tuple[_MatchTable, ...] = Field(min_length=1)
    fix: tuple[_FixTable, ...] = ()

    @field_validator("language")
    @classmethod
    def _known_languages(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_known(name, (*rule_languages(), "any")) for name in languages)

    @model_validator(mode="after")
    def _can_be_found(self) -> _RuleFile:
        texts = [match for match in self.match if match.regex is not None]
        if "any" in self.language and len(texts) < len(self.match):
            raise ValueError('what is no regex needs a language: under "any" nothing is read as code')
        if self.category == "code" and texts:
            raise ValueError('a regex needs category = "secret", "unicode", "injection" or "abuse"')
        return self

    def build(self, origin: str) -> Rule:
        texts = [text for match in self.match if (text := match.build_text()) is not None]
        return Rule(
            id=self.id,
            languages=self.language,
            category=self.category,
            cwe=self.cwe,
            severity=self.severity,
            message={"en": self.message.en, "zh": self.message.zh or self.message.en},
            advice={"en": self.advice.en, "zh": self.advice.zh or self.advice.en},
            references=self.references,
            must_hit=self.must_hit,
            must_miss=self.must_miss,
            examples={name: (table.must_hit, table.must_miss) for name, table in self.examples.items()},
            matches=tuple(match.build() for match in self.match if match.regex is None),
            texts=tuple(texts),
            sanitizers=self.sanitizers,
            audit=self.audit,
            origin=origin,
            fixes=tuple(fix.build() for fix in self.fix),
        )


def read_rule(path: Path, *, origin: str = "", own: bool = False) -> Rule:
    """Read one rule file.

    Args:
        own: For rules that do not ship: the properties they ask for are looked up, which takes the dialects.

    Raises:
        SettingsError: The file cannot be read, is no TOML, or says something a rule cannot say.
    """
    hint = _("The README in tieout_code_shield/pack shows every field; or take the file out of the folder.")
    try:
        rule = _RuleFile.model_validate(tomllib.loads(path.read_text("utf-8"))).build(origin)
        if own:
            _look_up_checks(rule)
        return rule
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{where}: {first['msg']}", path=path, hint=hint) from None
    except (OSError, ValueError) as error:  # no UTF-8, no TOML, no such property
        raise SettingsError(str(error), path=path, hint=hint) from None


def _look_up_checks(rule: Rule) -> None:
    """Whether each language of a rule knows the properties that the rule asks for.

    Raises:
        ValueError: It does not.
    """
    for name in (name for match in rule.matches for name in match.checks):
        for language in rule.languages:
            try:
                _known(name, sorted(dialect(language).checks))
            except ValueError as error:
                raise ValueError(f"match.check, {language}: {error}") from None


def read_folder(folder: Path, *, origin: str = "") -> list[Rule]:
    """Read every ``*.toml`` below a folder, in a fixed order.

    Raises:
        SettingsError: The folder does not exist, or a file in it is no rule.
    """
    if not folder.is_dir():
        raise SettingsError(
            _("The rules folder {folder} does not exist.", folder=folder),
            hint=_("Create it, or change `rules` in [plugins.shield]."),
        )
    return [read_rule(path, origin=origin or str(path), own=True) for path in sorted(folder.rglob("*.toml"))]


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules inside this package."""
    folder = Path(__file__).parent / "pack"
    return tuple(read_rule(path) for path in sorted(folder.rglob("*.toml")))


def load_all(
    *, folder: Path | None = None, disabled: Iterable[str] = (), entry_points: bool = True
) -> tuple[RuleSet, Sequence[str]]:
    """The rules that ship, other packages' and a user's, the later replacing the earlier; and what could not be read.

    Raises:
        SettingsError: A file of the user's own folder is malformed; that is for the user to know at once.
    """
    rules = list(shipped_rules())
    problems: list[str] = []
    for entry in load_entry_points(ENTRY_POINT_GROUP) if entry_points else ():
        try:
            if entry.error:
                raise SettingsError(entry.error)
            value = entry.value() if callable(entry.value) else entry.value
            rules += read_folder(Path(str(value)), origin=entry.distribution)
        except Exception as error:
            problems.append(_("Rules of {name} were left out: {error}", name=entry.name, error=error))
    if folder is not None:
        rules += read_folder(folder)
    return RuleSet(rules, disabled=disabled), tuple(problems)
