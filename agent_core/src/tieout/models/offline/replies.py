"""The sentences of the offline mode: results, what is missing, and what it can do."""

from __future__ import annotations

__all__ = ["abstention", "not_answered", "objected", "question_language", "results", "still_needed"]

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tieout.contract.tools import Parameter, Tool
from tieout.helptexts import tool_texts
from tieout.i18n import N_, Language, translator
from tieout.models.offline.history import Outcome
from tieout.text import clean_line, language_of

_ = translator("tieout")

_MOST_EXAMPLES = 5


def question_language(texts: Iterable[str], fallback: Language) -> Language:
    """The language to answer in: that of the first text with words in it (``15T`` has none), else ``fallback``."""
    for text in texts:
        if any("\u4e00" <= character <= "\u9fff" for character in text) or re.search(
            r"[A-Za-z]{3,}[^A-Za-z]+[a-z]{2,}", text
        ):
            return "zh" if language_of(text) == "zh" else "en"
    return fallback


def results(outcomes: Sequence[Outcome], tools: Mapping[str, Tool[..., Any]], lang: Language) -> str:
    """The results as paragraphs; a failure is a sentence that names its tool where there are several results."""
    paragraphs: list[str] = []
    for outcome in outcomes:
        text = outcome.text
        if outcome.failed and len(outcomes) > 1:
            tool = tools.get(outcome.tool)
            text = _(
                "{tool}: {problem}",
                lang=lang,
                tool=tool.qualified_name if tool else outcome.tool,
                problem=text,
            )
        if text and text not in paragraphs:
            paragraphs.append(text)
    return "\n\n".join(paragraphs) or _("The tool returned nothing.", lang=lang)


def not_answered(parts: Sequence[str], lang: Language) -> str:
    """Name the parts of the question that nothing above is about."""
    said = ("、" if lang == "zh" else ", ").join(_as_typed(part) for part in parts)
    return _("Not answered: {parts}. Ask for it in a question of its own.", lang=lang, parts=said)


def still_needed(missing: Iterable[tuple[Tool[..., Any], Sequence[Parameter]]], lang: Language) -> str:
    """Ask for exactly what is missing, each with an example."""
    paragraphs: list[str] = []
    for tool, parameters in missing:
        lines = [_("To answer this with {tool} I still need:", lang=lang, tool=tool.qualified_name)]
        texts = tool_texts(tool, lang=lang)
        lines += [
            f"- {_described(parameter, texts.parameters[parameter.name], lang)}" for parameter in parameters
        ]
        paragraphs.append("\n".join(lines))
    paragraphs.append(_("Just send what is missing; the rest of your question is kept.", lang=lang))
    return "\n\n".join(paragraphs)


def _described(parameter: Parameter, description: str, lang: Language) -> str:
    name = parameter.name.replace("_", " ")
    example = _as_typed(parameter.slot.example) if parameter.slot and parameter.slot.example else ""
    description = description.rstrip(".。")
    if example and description:
        shown = N_("**{name}**, e.g. {example} ({description})")
        return _(shown, lang=lang, name=name, example=example, description=description)
    if example:
        return _("**{name}**, e.g. {example}", lang=lang, name=name, example=example)
    return f"**{name}**" + (f" ({description})" if description else "")


def _as_typed(example: str) -> str:
    """An example as inline code: what one may type is no statement, and its numbers need no source."""
    mark = "``" if "`" in example else "`"
    return f"{mark}{clean_line(example)}{mark}"


def abstention(tools: Mapping[str, Tool[..., Any]], lang: Language) -> str:
    """Say that no tool is for this, what there is instead, and how to get a language model."""
    lines = [
        _("I am running offline, without a language model, and none of the tools answers this.", lang=lang)
    ]
    examples = _samples(tools.values(), lang)
    if examples:
        lines.append("")
        lines.append(_("What I can do, for example:", lang=lang))
        lines += [f"- {_as_typed(example)}" for example in examples]
    lines.append("")
    lines.append(
        _(
            "For free conversation, configure a language model: `tieout models` lists them, and `--model` or "
            "`model = …` in tieout.toml chooses one.",
            lang=lang,
        )
    )
    return "\n".join(lines)


def objected(reason: str, lang: Language) -> str:
    """The answer was sent back; without a language model it cannot be put differently."""
    return _(
        "The answer was held back: {reason} Offline mode has no language model and cannot word it differently.",
        lang=lang,
        reason=reason.strip(),
    )


def _samples(tools: Iterable[Tool[..., Any]], lang: Language) -> list[str]:
    """One example of each tool, a tool of every plugin before a second one of any."""
    ordered: list[tuple[int, int, str]] = []
    seen: dict[str, int] = {}
    for position, tool in enumerate(tools):
        held = tool.examples.get(lang) or next((texts for texts in tool.examples.values() if texts), ())
        if "model" in tool.faces and held:
            seen[tool.group] = seen.get(tool.group, -1) + 1
            ordered.append((seen[tool.group], position, held[0]))
    return [text for _turn, _position, text in sorted(ordered)[:_MOST_EXAMPLES]]
