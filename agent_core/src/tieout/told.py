"""Texts that plugins keep in English inside figures, said in the user's language: metrics, formulas, sources."""

from __future__ import annotations

__all__ = ["told", "told_source", "told_words"]

import re
from functools import cache

from tieout.i18n import Language, Translator, current_language, package_of, translator


def told(text: str, *, lang: Language | None = None) -> str:
    """The text in the language of the context, from the first installed plugin that has it; else as it is."""
    if (lang or current_language()) == "en":
        return text
    found = (translate(text, lang=lang) for translate in _translators())
    return next((said for said in found if said != text), text)


def told_source(source: str, *, lang: Language | None = None) -> str:
    """A source, with the remarks between its titles translated."""
    if (lang or current_language()) == "en":
        return source
    found = (translate.pieces(source, lang=lang) for translate in _translators())
    return next((said for said in found if said != source), source)


def told_words(expression: str, *symbols: str, lang: Language | None = None) -> str:
    """A formula, with the symbols that are words (``stated / computed``) told; alone, a symbol is its own formula."""
    words = [symbol for symbol in symbols or (expression,) if _WORD.fullmatch(symbol)]
    if not words or (lang or current_language()) == "en":
        return expression
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(rf"\b(?:{longest_first})\b", lambda word: told(word.group(), lang=lang), expression)


_WORD = re.compile(r"[a-z]{3,}(?: [a-z]+)*")


@cache
def _translators() -> tuple[Translator, ...]:
    """One for each package that brings a plugin; imports none of them."""
    from tieout.loading import plugin_entries

    modules = (entry.value for entry in plugin_entries().values())
    return tuple(translator(package) for package in dict.fromkeys(map(package_of, modules)))
