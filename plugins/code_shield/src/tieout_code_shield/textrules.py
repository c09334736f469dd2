"""The text rules over one text: which expressions are worth trying on it, and what they find."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout.text import nfkc
from tieout_code_shield.matching import Hit
from tieout_code_shield.rules import Category, Rule, RuleSet, TextMatch

if TYPE_CHECKING:
    from tieout_code_shield.limits import Clock

__all__ = ["TextRules"]

_DISGUISED: Final = re.compile("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]{3}")


class TextRules:
    """The text rules of a set, by the categories that are asked for."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._plans: dict[frozenset[Category], _Prefilter] = {}

    def hits(self, text: str, categories: frozenset[Category], clock: Clock | None = None) -> list[Hit]:
        """Hits of the text rules of the given categories.

        Phrases that try to steer a model are also looked for in what letters of other widths and faces stand for.
        """
        found = self._found_in(text, categories, clock)
        if "injection" in categories and _DISGUISED.search(text):
            plain = nfkc(text)
            spans = {(hit.rule.id, hit.start) for hit in found}
            for hit in self._found_in(plain.text, frozenset({"injection"}), clock):
                start, end = plain.raw_span(hit.start, hit.end)
                if (hit.rule.id, start) not in spans:
                    found.append(replace(hit, start=start, end=end))
        return found

    def _found_in(self, text: str, categories: frozenset[Category], clock: Clock | None) -> list[Hit]:
        plan = self._plans.get(categories)
        if plan is None:
            plan = self._plans[categories] = _Prefilter(self._rules.text_rules(categories))
        found: list[Hit] = []
        for rule, wanted in plan.candidates(text):
            if clock is not None:
                clock.check()
            found += [Hit(rule, rule.severity, match.start(), match.end()) for match in wanted.finds(text)]
        return found


class _Prefilter:
    """Which expressions of a set of text rules are worth trying on a text: each keyword is looked for once, and only
    among the different words of the text, which are half of it or less."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._tried = [(rule, wanted) for rule in rules for wanted in rule.texts]
        self._by_word: dict[str, list[int]] = {}
        self._by_words: dict[str, list[int]] = {}
        for index, (_rule, wanted) in enumerate(self._tried):
            for word in wanted.keywords or ("",):
                by = self._by_words if len(word.split()) > 1 or word != word.strip() else self._by_word
                by.setdefault(word, []).append(index)

    def candidates(self, text: str) -> list[tuple[Rule, TextMatch]]:
        """Those whose keyword the text holds, in the order of the rules."""
        ascii_only = text.isascii()
        words = "\n".join(dict.fromkeys(text.split()))
        lowered = words.lower()
        worth = {index for word, indexes in self._by_word.items() if word in lowered for index in indexes}
        lowered = text.lower()
        worth.update(
            index for word, indexes in self._by_words.items() if word in lowered for index in indexes
        )
        chosen = [self._tried[index] for index in sorted(worth)]
        return [
            (rule, wanted)
            for rule, wanted in chosen
            if not (ascii_only and rule.category == "unicode")
            and not (wanted.token and wanted.pattern.search(words) is None)
        ]
