"""The arguments of a tool call: checked against the signature, and in the form in which events show them."""

from __future__ import annotations

__all__ = ["shown_arguments", "unavailable", "validate_arguments"]

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from tieout.contract.tools import Tool
from tieout.errors import InputError, ToolUnavailable
from tieout.i18n import translator
from tieout.validation import problem_text

_ = translator("tieout")


def validate_arguments(tool: Tool[..., Any], arguments: Mapping[str, object] | str) -> dict[str, object]:
    """Arguments as the function takes them, defaults filled in.

    Raises:
        InputError: They are not valid JSON or do not fit the signature; says which and why.
    """
    model = tool.arguments_model
    try:
        if isinstance(arguments, str):
            checked = model.model_validate_json(arguments or "{}")
        else:
            checked = model.model_validate(dict(arguments))
    except ValidationError as error:
        first = error.errors()[0]
        field_name = ".".join(str(part) for part in first["loc"]) or _("arguments")
        raise InputError(
            _(
                "{tool}: {field}: {problem}",
                tool=tool.qualified_name,
                field=field_name,
                problem=problem_text(first),
            ),
            code="tool-arguments",
            hint=_argument_hint(tool, field_name),
        ) from None
    return {name: getattr(checked, name) for name in model.model_fields}


def _argument_hint(tool: Tool[..., Any], name: str) -> str:
    for parameter in tool.parameters:
        if parameter.name == name and parameter.slot and parameter.slot.example:
            return _("For example: {example}.", example=parameter.slot.example)
    return _("It takes: {names}.", names=", ".join(parameter.name for parameter in tool.parameters) or "-")


def shown_arguments(arguments: Mapping[str, object] | str) -> dict[str, Any]:
    """The arguments as a model or a caller gave them, as JSON values; what is no object is under ``(raw)``."""
    if isinstance(arguments, str):
        try:
            loaded = json.loads(arguments or "{}")
        except ValueError:
            return {"(raw)": arguments[:2000]}
        return cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {"(raw)": arguments[:2000]}
    return cast("dict[str, Any]", json.loads(json.dumps(dict(arguments), default=str, ensure_ascii=False)))


def unavailable(name: str, known: Sequence[str]) -> ToolUnavailable:
    """The error for a tool that is not loaded, with the nearest name."""
    close = difflib.get_close_matches(name, known, n=1)
    return ToolUnavailable(
        _("There is no tool named {name}.", name=repr(name)),
        hint=_("Did you mean {name}?", name=close[0])
        if close
        else _("`tieout plugins list` shows what is loaded."),
    )
