"""Messages in the user's language: stdlib gettext, one catalogue per package, chosen per context."""

from __future__ import annotations

__all__ = [
    "LANGUAGES",
    "N_",
    "Language",
    "Translator",
    "current_language",
    "detect_language",
    "package_of",
    "set_language",
    "translator",
    "use_language",
]

import gettext
import os
import re
import struct
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import util
from pathlib import Path
from string import Formatter
from typing import Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")

_language: ContextVar[Language] = ContextVar("tieout_language", default="en")


def current_language() -> Language:
    """The language of the running context (``en`` unless :func:`use_language` says otherwise)."""
    return _language.get()


def set_language(language: Language) -> None:
    """Make ``language`` the language of messages from here on in this context; for programs, not libraries."""
    _language.set(language)


@contextmanager
def use_language(language: Language) -> Generator[None]:
    """Make ``language`` the language of messages within the block, in this thread or task only."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def detect_language() -> Language:
    """``zh`` when the locale variables name Chinese, else ``en``."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Translator:
    """``_ = translator("my_package")`` and then ``_("text {n}", n=3)``.

    The English text is the key. The language is looked up at the time of the call, so a message built inside
    ``use_language("zh")`` is Chinese.
    """

    def __init__(self, package: str) -> None:
        self.package = package

    def __call__(self, message: str, /, *, lang: Language | None = None, **values: object) -> str:
        """Translate ``message`` and fill in ``{names}``; a text without an entry stays English.

        Chinese sets a blank between a Chinese word and a Latin one or a number, and none between two Chinese words,
        so a blank around a name stays only where what is filled in asks for it.
        """
        chosen = lang or current_language()
        text = _catalogue(self.package, chosen).gettext(message) if message else ""
        if not values:
            return text
        return _filled_in(text, values) if chosen == "zh" and " " in text else text.format(**values)

    def pieces(self, text: str, *, lang: Language | None = None) -> str:
        """Translate what stands between semicolons and parentheses, each piece for itself; a title stays as it is.

        For sources, which are put together of names and remarks: ``vendor datasheet (not read again); H100 only``.
        """
        whole = self(text, lang=lang)
        if whole != text:
            return whole
        return "".join(self(piece, lang=lang) for piece in _BETWEEN.split(text))


_BETWEEN = re.compile(r"(; | \(|\), |\): |\)|(?<=[a-z]): )")
"""What stands between the pieces of a source."""
_HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BEHIND_HAN = re.compile(f"[{_HAN}] $")
_BEFORE_HAN = re.compile(f" [{_HAN}]")
_BEGINS_HAN = re.compile(f"[{_HAN}]")
_ENDS_HAN = re.compile(f"[{_HAN}]$")


def _filled_in(text: str, values: Mapping[str, object]) -> str:
    """``text.format(**values)`` without the blanks that would stand between two Chinese characters."""
    made = ""
    value = ""
    for literal, name, spec, conversion in Formatter().parse(text):
        if _BEFORE_HAN.match(literal) and _ENDS_HAN.search(value):
            literal = literal[1:]
        made += literal
        value = ""
        if name is not None:
            value = f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}".format(
                **values
            )
            if _BEHIND_HAN.search(literal) and _BEGINS_HAN.match(value):
                made = made[:-1]
            made += value
    return made


@cache
def _catalogue(package: str, language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    try:
        spec = util.find_spec(package)
        folders = list(spec.submodule_search_locations or ()) if spec else []
        if folders:
            folder = Path(folders[0]) / "locale"
            return gettext.translation(package, folder, languages=[language], fallback=True)
    except (ImportError, OSError, ValueError, struct.error):
        # A package that is broken, or whose catalogue is, is shown in English.
        pass
    return gettext.NullTranslations()


def N_(message: str) -> str:
    """Mark ``message`` for the catalogue where it is written down; it is translated where it is shown."""
    return message


def translator(package: str) -> Translator:
    """The translator of one package: ``locale/zh/LC_MESSAGES/<package>.mo`` inside it."""
    return Translator(package)


def package_of(module: str) -> str:
    """The package whose catalogue serves a module, or what an entry point names (``package.module:name``)."""
    return module.partition(":")[0].partition(".")[0]
