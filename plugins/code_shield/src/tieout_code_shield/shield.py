"""A scanner made from settings on first use, shared by the guard and the commands of one host."""

from __future__ import annotations

from functools import lru_cache

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import load_all
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ShieldSettings

__all__ = ["Shield", "shield_for"]


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
            SettingsError: A rule file of the user's folder cannot be used.
        """
        if self._scanner is None:
            settings = self.settings
            rules, problems = load_all(folder=settings.rules, disabled=settings.disabled_rules)
            self.problems = tuple(problems)
            self._scanner = Scanner(rules, limits=Limits(settings.max_characters, settings.max_seconds))
        return self._scanner

    @property
    def rules(self) -> RuleSet:
        """The rules."""
        return self.scanner.rules


def shield_for(settings: ShieldSettings) -> Shield:
    """One shield per settings: the guard and the commands of a host read the rules once between them."""
    return _shield(settings.model_dump_json())


@lru_cache(maxsize=4)
def _shield(settings: str) -> Shield:
    return Shield(ShieldSettings.model_validate_json(settings))
