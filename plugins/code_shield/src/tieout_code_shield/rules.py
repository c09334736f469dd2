"""Rules as data: what a rule file says, and the index the engine looks rules up in."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar, get_args

from tieout.plugin import Language, Severity
from tieout_code_shield.rewrites import Fix

__all__ = ["SEVERITIES", "Category", "Condition", "Match", "Rule", "RuleSet", "Test", "TextMatch"]

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the least to the most severe."""
MAX_REMEMBERED: Final = 4_096
"""Names whose matches are remembered: most of a program's names come again."""

Category = Literal["code", "secret", "unicode", "injection", "abuse"]
"""code: needs a syntax tree. The others are found in any text: credentials, hidden characters, phrases that try to
steer a model, commands that harm the machine they run on."""

Test = Literal[
    "dynamic",
    "built",
    "tainted",
    "remote",
    "constant",
    "string",
    "true",
    "false",
    "none",
    "missing",
    "present",
    "function",
]


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for one argument (or the value, or the receiver)."""

    of: Literal["argument", "any", "value", "receiver"]
    position: int | None = None
    names: tuple[str, ...] = ()
    tests: frozenset[Test] = frozenset()
    matches: re.Pattern[str] | None = None
    """Must be found in the value's known text."""
    lacks: re.Pattern[str] | None = None
    """Must not be found in it."""
    source: re.Pattern[str] | None = None
    """Must be found in the expression as written."""
    source_lacks: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which a code rule is broken; all parts must hold."""

    calls: tuple[str, ...] = ()
    """Qualified names; one that starts with a dot is a method of any receiver."""
    called: re.Pattern[str] | None = None
    """Must match the last part of the name of what is called."""
    binds: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    """Names of functions that are defined; the value is the whole definition."""
    target: re.Pattern[str] | None = None
    """For bindings: must match the last part of the target's name."""
    forms: frozenset[str] = frozenset()
    imports: tuple[str, ...] = ()
    compare: re.Pattern[str] | None = None
    """For ``==`` and its kin: must match one operand's name."""
    operators: tuple[str, ...] = ()
    """Signs of operations with two operands, such as ``/``."""
    receiver: re.Pattern[str] | None = None
    receiver_lacks: re.Pattern[str] | None = None
    near: re.Pattern[str] | None = None
    """Must be found in a name around the place: what is assigned, the keyword, the function."""
    near_lacks: re.Pattern[str] | None = None
    before: re.Pattern[str] | None = None
    """Must be found in the text of the function (of everything, outside of functions) up to the end of the place."""
    before_lacks: re.Pattern[str] | None = None
    when: tuple[Condition, ...] = ()
    checks: tuple[str, ...] = ()
    """Properties by name that the dialect decides (``Dialect.check``)."""
    whole: bool = False
    """True when it can be judged only once the whole expression, function bodies included, is there."""
    severity: Severity | None = None
    """Overrides the rule's."""

    @property
    def demands(self) -> int:
        """How many conditions a place must meet besides its name: the more, the more it is what the rule means."""
        asked = (
            self.receiver,
            self.receiver_lacks,
            self.near,
            self.near_lacks,
            self.before,
            self.before_lacks,
        )
        return len(self.when) + len(self.checks) + sum(each is not None for each in asked)


@dataclass(frozen=True, slots=True)
class TextMatch:
    """One way in which a text rule is broken."""

    pattern: re.Pattern[str]
    keywords: tuple[str, ...]
    """Lower-case words of which one must occur before the pattern is tried; empty for none."""
    lacks: re.Pattern[str] | None = None
    """Found text that also has this is a placeholder, not a finding."""
    entropy: float = 0.0
    """Least entropy, in bits a character, of the match (of its first group, where it has one): what people make up and
    what names things has less than what a generator made."""
    token: bool = False
    """True when the pattern matches a single unbroken token, so that it can be taken out of prose as well."""

    def finds(self, text: str) -> Iterator[re.Match[str]]:
        """The places in ``text`` that break it."""
        for match in self.pattern.finditer(text):
            if match.end() == match.start() or (self.lacks is not None and self.lacks.search(match[0])):
                continue
            if not self.entropy or _entropy(match[1] if self.pattern.groups else match[0]) >= self.entropy:
                yield match


def _entropy(text: str) -> float:
    """Shannon entropy of a text's characters, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


@dataclass(frozen=True, slots=True)
class Rule:
    """A weakness in one language (or in any text), and how to tell it."""

    id: str
    languages: tuple[str, ...]
    """``python``, ``javascript`` …; ``any`` for a text rule."""
    category: Category
    cwe: str
    severity: Severity
    message: Mapping[Language, str]
    advice: Mapping[Language, str]
    references: tuple[str, ...]
    must_hit: tuple[str, ...]
    must_miss: tuple[str, ...]
    matches: tuple[Match, ...] = ()
    texts: tuple[TextMatch, ...] = ()
    sanitizers: frozenset[str] = frozenset()
    """Functions (qualified or bare names) whose result cannot carry the weakness."""
    audit: bool = False
    """True where it asks to look at a place rather than says that it is wrong: it is silent where another rule finds
    something there."""
    origin: str = ""
    """The file or package it came from; empty for the ones that ship."""
    examples: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    )
    """What it must hit and miss in languages that do not share the examples above."""
    fixes: tuple[Fix, ...] = ()
    """Ways to rewrite a place that breaks it; the first that can be proved is offered."""

    @property
    def language(self) -> str:
        """Its languages in one word or list: ``javascript, typescript``."""
        return ", ".join(self.languages)

    def hits(self, language: str) -> tuple[str, ...]:
        """Examples in ``language`` that it must hit."""
        return self.examples[language][0] if language in self.examples else self.must_hit

    def misses(self, language: str) -> tuple[str, ...]:
        """Examples in ``language`` that it must miss."""
        return self.examples[language][1] if language in self.examples else self.must_miss

    def say(self, lang: Language = "en") -> str:
        """The message in ``lang``."""
        return self.message.get(lang) or self.message["en"]

    def advise(self, lang: Language = "en") -> str:
        """The advice in ``lang``."""
        return self.advice.get(lang) or self.advice.get("en", "")


Entry = tuple[Rule, Match]
Key = TypeVar("Key")


class RuleSet:
    """Rules by language, indexed by the last part of the names they look for.

    A later rule replaces an earlier one of the same id; ``disabled`` ids are left out.
    """

    def __init__(self, rules: Iterable[Rule], *, disabled: Iterable[str] = ()) -> None:
        left_out = frozenset(disabled)
        self._given: tuple[Rule, ...] = tuple(rules)
        by_id = {rule.id: rule for rule in self._given if rule.id not in left_out}
        self.rules: tuple[Rule, ...] = tuple(by_id[name] for name in sorted(by_id))
        self._index: dict[str, LanguageRules] = {}

    def __len__(self) -> int:
        return len(self.rules)

    def get(self, rule_id: str) -> Rule | None:
        """The rule of that id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def ids(self) -> frozenset[str]:
        """The ids of all rules, those that are disabled included."""
        return frozenset(rule.id for rule in self._given)

    def canary_rules(self, language: str) -> LanguageRules:
        """What a language's self-test looks with: every code rule that was given, disabled and replaced ones too, since
        it proves the engine and not the choice of rules; none where the user left no rule of that language."""
        mine = (rule for rule in self._given if language in rule.languages)
        return LanguageRules(mine if any(language in rule.languages for rule in self.rules) else ())

    def languages(self) -> list[str]:
        """Languages with code rules."""
        return sorted({name for rule in self.rules if rule.category == "code" for name in rule.languages})

    def text_rules(self, categories: frozenset[Category]) -> list[Rule]:
        """Text rules of the given categories."""
        return [rule for rule in self.rules if rule.texts and rule.category in categories]

    def code_rules(self, language: str) -> LanguageRules:
        """The index of a language's code rules."""
        if language not in self._index:
            self._index[language] = LanguageRules(rule for rule in self.rules if language in rule.languages)
        return self._index[language]


class LanguageRules:
    """The code rules of one language, looked up by name: one dictionary access per call in the code."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.calls: dict[str, list[tuple[str, Rule, Match]]] = {}
        self.binds: dict[str, list[tuple[str, Rule, Match]]] = {}
        self.called: list[Entry] = []
        self.targets: list[Entry] = []
        self.functions: dict[str, list[Entry]] = {}
        self.imports: dict[str, list[Entry]] = {}
        self.compares: list[Entry] = []
        self.operators: dict[str, list[Entry]] = {}
        self._by_callee: dict[str, tuple[Entry, ...]] = {}
        self._by_target: dict[tuple[str, str], tuple[Entry, ...]] = {}
        for rule in rules:
            for match in rule.matches:
                self._add(rule, match)

    def by_callee(self, name: str) -> tuple[Entry, ...]:
        """Matches whose ``called`` fits the last part of a callee's name."""
        found = self._by_callee.get(name)
        if found is None:
            found = tuple(entry for entry in self.called if entry[1].called and entry[1].called.search(name))
            _remember(self._by_callee, name, found)
        return found

    def by_target(self, name: str, form: str) -> tuple[Entry, ...]:
        """Matches whose ``target`` fits the last part of a binding's name, and whose ``form`` fits how it is bound."""
        found = self._by_target.get((name, form))
        if found is None:
            found = tuple(
                entry
                for entry in self.targets
                if (not entry[1].forms or form in entry[1].forms)
                and entry[1].target is not None
                and entry[1].target.search(name)
            )
            _remember(self._by_target, (name, form), found)
        return found

    def _add(self, rule: Rule, match: Match) -> None:
        for name in match.calls:
            self.calls.setdefault(name.rpartition(".")[2], []).append((name, rule, match))
        for name in match.binds:
            self.binds.setdefault(name.rpartition(".")[2], []).append((name, rule, match))
        for name in match.functions:
            self.functions.setdefault(name, []).append((rule, match))
        for name in match.imports:
            self.imports.setdefault(name, []).append((rule, match))
        if match.called is not None:
            self.called.append((rule, match))
        if match.target is not None and not match.binds:
            self.targets.append((rule, match))
        for sign in match.operators:
            self.operators.setdefault(sign, []).append((rule, match))
        if match.compare is not None:
            self.compares.append((rule, match))


def _remember(known: dict[Key, tuple[Entry, ...]], name: Key, found: tuple[Entry, ...]) -> None:
    if len(known) >= MAX_REMEMBERED:
        known.clear()
    known[name] = found
