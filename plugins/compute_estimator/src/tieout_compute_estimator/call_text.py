"""Calls of this plugin's tools as text: ``train 70B 15T device=H100``, a saved result, or a plain question."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from tieout.errors import InputError
from tieout.plugin import Figure, Parameter, Result, Tool, translator

__all__ = ["Call", "call_of", "named_figures", "saved_figures"]

_ = translator("tieout_compute_estimator")
_HINTS = (
    ("memory", r"memory|显存|内存|KV"),
    ("scaling", r"chinchilla|scaling law|compute-optimal|缩放|最优"),
    (
        "mfu",
        r"\bMFU\b.{0,20}(?:reach|of)|(?:reach|what).{0,20}\bMFU\b|(?:MFU|利用率).{0,6}(?:多少|多高|怎么)",
    ),
)
_MOST_BYTES = 20_000_000


class Call:
    """A tool of this plugin with arguments as text or values; the tool checks them."""

    def __init__(
        self, tool: Tool[..., Result], arguments: Mapping[str, object], *, question: str = ""
    ) -> None:
        self.tool, self.arguments = tool, dict(arguments)
        self.question = question
        """The words it was taken from, when it was not typed as a call."""

    def __str__(self) -> str:
        """The call as it would be typed."""
        given = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in self.arguments.items())
        return f"{self.tool.name} {given}".strip()

    def changed(self, text: str) -> Call:
        """The same call with other arguments.

        Raises:
            InputError: An argument that the tool does not have, or a value without a name.
        """
        return Call(self.tool, self.arguments | _bound(self.tool, _words(text), named_only=True))

    def run(self) -> Result:
        """Call the tool.

        Raises:
            InputError: The arguments do not fit.
            ToolError: The tool failed.
        """
        try:
            checked = self.tool.arguments_model.model_validate(self.arguments)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{self.tool.name}: {name}: {first['msg']}",
                code="compute-bad-call",
                hint=_("It takes: {names}.", names=", ".join(p.name for p in self.tool.parameters)),
            ) from None
        return self.tool(**{name: getattr(checked, name) for name in type(checked).model_fields})


def _tools() -> dict[str, Tool[..., Result]]:
    from tieout_compute_estimator.fleet_sizing import fleet
    from tieout_compute_estimator.footprint import memory
    from tieout_compute_estimator.scaling_tool import scaling
    from tieout_compute_estimator.serving import serve
    from tieout_compute_estimator.solving import solve
    from tieout_compute_estimator.training import train
    from tieout_compute_estimator.utilisation import mfu

    tools = (train, mfu, solve, scaling, memory, serve, fleet)
    return {tool.name: cast("Tool[..., Result]", tool) for tool in tools}


def call_of(text: str) -> Call:
    """Read a call: the name of a tool and its arguments, or a question from which they are taken.

    Raises:
        InputError: A word is left over, or there is no call in the text.
    """
    words = _words(text)
    while words and words[0].lstrip("/").lower() in ("compute", "tieout"):
        words = words[1:]
    name = words[0].lower().removeprefix("compute.") if words else ""
    known = _tools()
    if name in known:
        return Call(known[name], _bound(known[name], words[1:]))
    call = _asked(text, known)
    if not call.arguments:
        raise InputError(
            _("{text} is no call that can be explained.", text=repr(text[:60])),
            code="compute-bad-call",
            hint=_(
                "Write a tool and its arguments, e.g. train 70B 15T device=H100; tools: {names}.",
                names=", ".join(known),
            ),
        )
    return call


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _bound(tool: Tool[..., Result], words: list[str], *, named_only: bool = False) -> dict[str, object]:
    names = [parameter.name for parameter in tool.parameters]
    bound: dict[str, object] = {}
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        name = name.replace("-", "_")
        if equals and name in names:
            bound[name] = value
            continue
        free = next((other for other in names if other not in bound), None)
        if named_only or free is None or equals:
            raise InputError(
                _("{tool} does not know what to do with {word}.", tool=tool.name, word=repr(word)),
                code="compute-bad-call",
                hint=_("It takes: {names}.", names=", ".join(names)),
            )
        bound[free] = word
    return bound


def _asked(text: str, known: Mapping[str, Tool[..., Result]]) -> Call:
    """A tool by the words of the question, its arguments by their finders and units."""
    name = next((tool for tool, words in _HINTS if re.search(words, text, re.IGNORECASE)), "train")
    tool = known.get(name) or known["train"]
    arguments: dict[str, object] = {}
    used: list[tuple[int, int]] = []
    # Names first: the 70B of "Llama 3 70B" is part of one.
    for parameter in sorted(tool.parameters, key=lambda item: item.slot is None or item.slot.find is None):
        found = _found(parameter, text, used)
        if found is not None:
            arguments[parameter.name], span = found
            used.append(span)
    return Call(tool, arguments, question=text)


def _found(
    parameter: Parameter, text: str, used: list[tuple[int, int]]
) -> tuple[object, tuple[int, int]] | None:
    from tieout.quantities import DEFAULT, find

    slot = parameter.slot
    if slot is None:
        return None
    if slot.find is not None:
        for item in slot.find(text):
            if item.score >= 0.9 and not any(item.start < end and start < item.end for start, end in used):
                return item.value, (item.start, item.end)
        return None
    if slot.kind not in ("quantity", "ratio") or not slot.unit:
        return None
    dimension = DEFAULT.get(slot.unit).dimension
    for quantity in find(text):
        span = (quantity.start, quantity.end)
        free = not any(span[0] < end and start < span[1] for start, end in used)
        if quantity.unit and quantity.dimension == dimension and free:
            return quantity.text, span
    return None


def named_figures(result: Result) -> dict[str, Figure]:
    """The computed figures of a result by their path."""
    beside = ("shares", "median")  # what a result says about its own uncertainty
    return {
        path: figure for path, figure in result.figures() if figure.inputs() and not path.startswith(beside)
    }


def saved_figures(path: Path) -> dict[str, Figure]:
    """The computed figures in a result that was saved as JSON.

    Raises:
        InputError: The file cannot be read, or holds no computed figures.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(_("the file is too large"))
        document: object = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            _("{path} cannot be read as a saved result: {reason}", path=path.name, reason=error),
            code="compute-bad-file",
            hint=_("Save one with --json."),
        ) from None
    found = dict(_figures_in(document, ""))
    if not found:
        raise InputError(
            _("{path} holds no computed figures.", path=path.name),
            code="compute-bad-file",
            hint=_("Save one with --json."),
        )
    return found


def _figures_in(value: object, path: str) -> list[tuple[str, Figure]]:
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [found for index, item in enumerate(items) for found in _figures_in(item, f"{path}[{index}]")]
    if not isinstance(value, dict):
        return []
    fields = cast("dict[str, object]", value)
    if {"value", "unit", "origin"} <= fields.keys():
        try:
            figure = Figure.model_validate(fields)
        except ValidationError:
            return []
        return [(path, figure)] if figure.inputs() else []
    return [
        found
        for name, item in fields.items()
        for found in _figures_in(item, f"{path}.{name}" if path else name)
    ]
