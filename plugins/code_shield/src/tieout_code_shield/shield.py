"""A scanner made from settings on first use, shared by the guard and the commands of one host."""

from __future__ import annotations

from functools import lru_cache

from tieout.errors import SettingsError
from tieout.plugin import translator
from tieout_code_shield.limits import Limits
from tieout_code_shield.lookup import did_you_mean
from tieout_code_shield.rule_files import load_all
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ShieldSettings

__all__ = ["Shield", "shield_for"]

_ = translator("tieout_code_shield")


class Shield:
    """Settings, and the scanner and rules they lead to."""

    def __init__(self, settings: ShieldSettings | None = None) -> None:
        self.settings = settings or ShieldSettings()
        self.problems: tuple[str, ...] = ()
        """Why other packages' rules were left out, one line each; known once the scanner was used."""
        self._scanner: Scanner | None = None

    @property
    def scanner(self) -> Scanner:
        """The scanner.

        Raises:
            SettingsError: A rule file of the user's folder cannot be used, or the settings name a rule that is not
                there.
        """
        if self._scanner is None:
            settings = self.settings
            rules, problems = load_all(folder=settings.rules, disabled=settings.disabled_rules)
            wrong = _unknown_names(settings, rules)
            if wrong and not problems:
                raise SettingsError(wrong[0], hint=_("`tieout shield rules` lists every rule."))
            # Where another package's rules could not be read, the name may be one of theirs.
            self.problems = (*problems, *wrong)
            named = {policy.rule for policy in settings.policies if policy.rule}
            self._scanner = Scanner(
                rules, limits=Limits(settings.max_characters, settings.max_seconds), apart=named
            )
        return self._scanner

    @property
    def rules(self) -> RuleSet:
        """The rules."""
        return self.scanner.rules


def _unknown_names(settings: ShieldSettings, rules: RuleSet) -> list[str]:
    """What is wrong with the names of rules in the settings, one line each."""
    known = rules.ids()
    named = [("disabled_rules", name) for name in settings.disabled_rules]
    named += [("policies", policy.rule) for policy in settings.policies if policy.rule]
    wrong: list[str] = []
    for key, name in named:
        if name in known:
            continue
        text = _("[plugins.shield] {key}: there is no rule {name}.", key=key, name=name)
        near = did_you_mean(name, known)
        wrong.append(f"{text} {near}".strip())
    return wrong


def shield_for(settings: ShieldSettings) -> Shield:
    """One shield per settings: the guard and the commands of a host read the rules once between them."""
    return _shield(settings.model_dump_json())


@lru_cache(maxsize=4)
def _shield(settings: str) -> Shield:
    return Shield(ShieldSettings.model_validate_json(settings))
