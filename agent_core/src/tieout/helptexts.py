"""Help texts in the user's language: docstrings of tools and commands, and what a package says of itself.

They are written in English where they belong, need no mark, and are translated by the catalogue of their own package.
"""

from __future__ import annotations

__all__ = ["ToolTexts", "localized", "paragraphs", "plugin_summary", "tool_texts"]

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tieout.i18n import Language, Translator, package_of, translator

if TYPE_CHECKING:
    from tieout.contract.tools import Tool
    from tieout.loading import FoundEntry

_ = translator("tieout")


@dataclass(frozen=True)
class ToolTexts:
    """What is shown to a person about a tool; a language model reads the English docstring."""

    summary: str
    """The first line."""
    description: str
    parameters: Mapping[str, str]
    """Name to description; empty where the docstring has none."""


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a docstring, each on one line: what a catalogue has as one message."""
    plain = inspect.cleandoc(text).partition("\f")[0]
    found = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", plain))
    return [paragraph for paragraph in found if paragraph]


def localized(text: str, translate: Translator = _, *, lang: Language | None = None) -> str:
    """A help text, paragraph by paragraph, in ``lang`` or the language of the context; else it stays English."""
    return "\n\n".join(translate(paragraph, lang=lang) for paragraph in paragraphs(text))


def plugin_summary(entry: FoundEntry) -> str:
    """The line about a plugin from its package's metadata, translated by its own catalogue; imports nothing."""
    return localized(entry.summary, translator(package_of(entry.value)))


def tool_texts(tool: Tool[..., Any], *, lang: Language | None = None) -> ToolTexts:
    """Summary, description and parameters of a tool, translated by its plugin's catalogue."""
    translate = translator(package_of(tool.function.__module__))
    described = {item.name: localized(item.description, translate, lang=lang) for item in tool.parameters}
    return ToolTexts(
        localized(tool.summary, translate, lang=lang),
        localized(tool.description, translate, lang=lang),
        described,
    )
