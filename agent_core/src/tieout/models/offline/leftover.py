"""What a question asks for that none of the calls made for it answers, so that the offline mode can say so."""

from __future__ import annotations

__all__ = ["left_out"]

from collections.abc import Iterator, Sequence
from typing import Any, get_type_hints

from pydantic import BaseModel

from tieout.contract.tools import Tool
from tieout.models.offline.entities import MASK, Reading
from tieout.models.offline.filling import is_search
from tieout.models.offline.phrases import asks_documents, function_words, imperative, interrogative, joints
from tieout.models.offline.router import NONE, Router
from tieout.text import tokens

_SERVED = 0.33
"""Least likeness of a part to a tool that shows that the tool is what the part asks for."""
_ASIDE = 0.3
"""Most likeness of a part to every tool called that leaves it possible that none of them answers it."""
_ELSEWHERE = 0.5
"""Least likeness to something else of a part that asks without a question word ("… and its share price")."""
_MOST = 4


def left_out(reading: Reading, called: Sequence[Tool[..., Any]], router: Router, answer: str) -> list[str]:
    """The parts of a question that nothing in its answer is about, in their own words.

    A part counts when it asks, is like none of the tools called, and most of its words are strange to these tools and
    to the answer, while another part shows what they were called for. Where code is looked at, or nothing but a
    search was made, everything is about that.

    Args:
        reading: The question.
        called: The tools that were called for it.
        router: Knows what every tool is asked for.
        answer: What was found, as text.
    """
    working = [tool for tool in called if not is_search(tool)]
    if not working or any(_takes_code(tool) for tool in working):
        return []
    known = _words(answer) | {word for tool in called for word in _vocabulary(tool)}
    parts = list(_parts(reading))
    served: list[str] = []
    aside: list[str] = []
    for part in parts:
        own = router.read(part)
        likeness = router.likeness(own)
        most = max(likeness.get(tool.qualified_name, 0.0) for tool in called)
        if most >= _SERVED:
            served.append(part)
        elif most < _ASIDE and _is_foreign(own, known) and _asks(own, likeness, called):
            aside.append(part)
    return aside[:_MOST] if served else []


def _parts(reading: Reading) -> Iterator[str]:
    at = 0
    for match in joints().finditer(reading.prose):
        mark = match[0].strip()[:1]
        end = match.end() if mark in ("?", "？") else match.start()
        if part := reading.text[at:end].strip():
            yield part
        at = match.end()
    if part := reading.text[at:].strip():
        yield part


def _asks(part: Reading, likeness: dict[str, float], called: Sequence[Tool[..., Any]]) -> bool:
    if asks_documents().search(part.prose):
        return not any(is_search(tool) for tool in called)
    if interrogative().search(part.prose):
        return True
    names = {tool.qualified_name for tool in called}
    elsewhere = max((score for name, score in likeness.items() if name not in names), default=0.0)
    return elsewhere >= _ELSEWHERE and (
        likeness.get(NONE, 0.0) < elsewhere or bool(imperative().match(part.prose))
    )


def _is_foreign(part: Reading, known: frozenset[str] | set[str]) -> bool:
    own = _words(part.masked.replace(MASK, " "))
    return 2 * len(own & known) < len(own)


def _takes_code(tool: Tool[..., Any]) -> bool:
    return any(parameter.slot is not None and parameter.slot.kind == "code" for parameter in tool.parameters)


def _vocabulary(tool: Tool[..., Any]) -> set[str]:
    """The words a tool is asked with, and those that name what it returns."""
    texts = [tool.name, tool.description, *(text for held in tool.examples.values() for text in held)]
    for parameter in tool.parameters:
        texts += [parameter.name, parameter.description, *(parameter.slot.cues if parameter.slot else ())]
    return _words(" ; ".join([*texts, *_fields(tool)]).replace("_", " "))


def _fields(tool: Tool[..., Any]) -> list[str]:
    try:
        returned = get_type_hints(tool.function).get("return")
    except (NameError, TypeError):  # an annotation that only a type checker can read
        return []
    return (
        list(returned.model_fields) if isinstance(returned, type) and issubclass(returned, BaseModel) else []
    )


def _words(text: str) -> set[str]:
    """The words that say what a text is about: pairs of Chinese characters, and stems of English words."""
    plain = function_words().sub(" ", text.lower())
    found = tokens(plain, query=True)
    return {_stem(word) for word in found if len(word) > 1 and not any(c.isdigit() for c in word)}


def _stem(word: str) -> str:
    if not word.isascii():
        return word
    for ending in ("ing", "ers", "er", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
