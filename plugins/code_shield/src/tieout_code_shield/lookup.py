"""Rules as a user asks for them: by id, weakness, language or severity; and the example that shows one best."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from tieout.errors import InputError
from tieout.plugin import Severity, translator
from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.rules import SEVERITIES, Rule, RuleSet

__all__ = [
    "did_you_mean",
    "example_of",
    "language_named",
    "rules_named",
    "severity_named",
    "weakness_named",
]

_ = translator("tieout_code_shield")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """``Did you mean python?`` for ``pythn``; empty where nothing known is near."""
    near = get_close_matches(name.lower(), sorted(known), n=1)
    return _("Did you mean {name}?", name=near[0]) if near else ""


def rules_named(rules: RuleSet, asked: str) -> tuple[Rule, ...]:
    """The rule whose id a text holds, or all rules of the weakness that it names.

    Raises:
        InputError: There is none.
    """
    words = [word.strip("`'\"?？。,，.").lower() for word in asked.split()] or [""]
    for word in words:
        named = rules.get(word)
        if named is not None:
            return (named,)
    weakness = tuple(rule for rule in rules.rules if rule.cwe and rule.cwe.lower() in words)
    if weakness:
        return weakness
    ids = [rule.id for rule in rules.rules]
    near = [each for word in words for each in get_close_matches(word, ids, n=3, cutoff=0.7)]
    near += [each for each in ids if any(word and word in each for word in words)]
    names = ", ".join(list(dict.fromkeys(near))[:5])
    raise InputError(
        _("There is no rule {rule}.", rule=repr(asked[:60])),
        hint=_("Did you mean {names}?", names=names) if names else _("`tieout shield rules` lists them."),
    )


def language_named(rules: RuleSet, asked: str) -> str:
    """The rules' name of a language: ``cpp`` for ``C++``; of one without rules its own name.

    Raises:
        InputError: It is not known.
    """
    spoken = language_of_tag(asked)
    name = (spoken.rules or spoken.name) if spoken is not None else asked.lower()
    if name and spoken is None and name != "any":
        raise InputError(
            _("{language} is not a language it knows", language=repr(asked)),
            hint=did_you_mean(name, {*rules.languages(), "any"})
            or _("Languages with rules: {names}.", names=", ".join(rules.languages())),
        )
    return name


def severity_named(asked: str) -> Severity | None:
    """A severity; ``None`` for an empty name.

    Raises:
        InputError: It is none.
    """
    name = asked.lower()
    if name and name not in SEVERITIES:
        raise InputError(
            _("{severity} is no severity.", severity=repr(asked)),
            hint=did_you_mean(name, SEVERITIES)
            or _("It can be one of: {names}.", names=", ".join(SEVERITIES)),
        )
    return name or None


def weakness_named(asked: str) -> str:
    """``CWE-89`` for ``89`` and ``cwe-89``; empty for an empty name.

    Raises:
        InputError: It is no number of a weakness.
    """
    number = re.fullmatch(r"(?i)(?:cwe)?[-\s]*(\d+)", asked.strip())
    if asked and number is None:
        raise InputError(
            _("{weakness} is no weakness.", weakness=repr(asked)), hint=_("Write it as CWE-89 or 89.")
        )
    return f"CWE-{int(number[1])}" if number else ""


def example_of(rule: Rule, *, hit: bool) -> str:
    """The plainest example that a rule must hit (or miss): the first of one line that is whole, else the first whole
    one, else the first."""
    written = [text.strip("\n") for text in (rule.must_hit if hit else rule.must_miss)]
    whole = [text for text in written if _is_whole(text, rule.languages[0])]
    return next((text for text in whole if "\n" not in text), next(iter(whole), written[0]))


def _is_whole(text: str, language: str) -> bool:
    from tieout_code_shield.syntax import error_share

    spoken = language_of_tag(language)
    if spoken is None or not spoken.grammar:
        return True
    return not error_share(text, spoken.grammar_for(text))
