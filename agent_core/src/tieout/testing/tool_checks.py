"""Checks of what a plugin declares: tools with their arguments, and models."""

from __future__ import annotations

__all__ = ["model_problems", "tool_problems"]

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from tieout.contract.models import ModelSpec
    from tieout.contract.tools import Parameter, Tool

_EXAMPLES: Final = 6
"""Utterances per language below which the offline router does not reach a tool reliably."""


def tool_problems(tools: Mapping[str, Tool[..., Any]]) -> list[str]:
    """What a model, the command line or the offline router would miss in the declarations of tools."""
    return [f"{tool.qualified_name}: {problem}" for tool in tools.values() for problem in _of_tool(tool)]


def _of_tool(tool: Tool[..., Any]) -> Iterator[str]:
    if not (inspect.getdoc(tool.function) or "").strip():
        yield "has no docstring; a model chooses tools by it"
    for parameter in tool.parameters:
        if not parameter.description:
            yield f"argument {parameter.name!r} is not described under 'Args:' in the docstring"
        yield from _of_slot(parameter)
    if "model" in tool.faces:
        for lang in ("zh", "en"):
            utterances = set(tool.examples.get(lang, ()))
            if len(utterances) < _EXAMPLES:
                yield f"has {len(utterances)} example utterances in {lang!r}; the offline mode needs {_EXAMPLES}"
    try:
        json.dumps(tool.arguments_model.model_json_schema())
    except Exception as error:
        yield f"its arguments have no JSON schema: {error}"


def _of_slot(parameter: Parameter) -> Iterator[str]:
    from pydantic import TypeAdapter, ValidationError

    slot = parameter.slot
    if slot is None:
        return
    if not slot.example:
        yield f"the slot of {parameter.name!r} has no example; it is shown when the argument is missing"
        return
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(parameter.annotation)
        adapter.validate_python(slot.example)
    except ValidationError as error:
        yield f"{parameter.name!r} does not accept its own example {slot.example!r}: {error.errors()[0]['msg']}"
    if slot.find is not None:
        found = list(slot.find(slot.example))
        if not found:
            yield f"the finder of {parameter.name!r} does not find its own example {slot.example!r}"
        for candidate in found:
            if slot.example[candidate.start : candidate.end] != candidate.text:
                yield f"the finder of {parameter.name!r} gives offsets that are not those of {candidate.text!r}"


def model_problems(models: Sequence[ModelSpec]) -> list[str]:
    """What ``tieout models`` and ``tieout doctor`` could not say about a plugin's models."""
    from tieout.contract.models import Probe

    found: list[str] = []
    for spec in models:
        if not spec.summary:
            found.append(f"model {spec.prefix}: has no summary")
        if not spec.local and not spec.sends_to:
            found.append(f"model {spec.prefix}: is not local and does not say to which host prompts are sent")
        for name in ("", "no-such-model"):
            try:
                probe = cast("object", spec.probe(name))
            except Exception as error:
                found.append(f"model {spec.prefix}: probe({name!r}) raised {type(error).__name__}: {error}")
                continue
            if not isinstance(probe, Probe):
                found.append(f"model {spec.prefix}: probe({name!r}) returned {type(probe).__name__}")
    return found
