"""The public API, held by a snapshot: a change of a name, an argument or a field is a decision, seen in review.

``python agent_core/tests/test_public_api.py`` writes the snapshot anew.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

MODULES = (
    "tieout",
    "tieout.plugin",
    "tieout.events",
    "tieout.errors",
    "tieout.quantities",
    "tieout.text",
    "tieout.testing",
)
SNAPSHOT = Path(__file__).parent / "public_api.txt"
HEAD = "# What is public. Written by: python agent_core/tests/test_public_api.py"


def written(annotation: object) -> str:
    """An annotation as it stands in the source."""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def default(value: object) -> str:
    """A default value, without what changes from run to run."""
    return re.sub(r"<.* at 0x[0-9a-f]+>", "…", repr(value))


def signature(function: Any) -> str:
    """The signature with annotations as written."""
    found = inspect.signature(function)
    shown: list[str] = []
    star = False
    for parameter in found.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            shown.append("*")
            star = True
        star = star or parameter.kind is parameter.VAR_POSITIONAL
        mark = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = mark + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {written(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {default(parameter.default)}"
        shown.append(text)
    result = "" if found.return_annotation is found.empty else f" -> {written(found.return_annotation)}"
    return f"({', '.join(shown)}){result}"


def _async(function: object) -> str:
    return "async " if inspect.iscoroutinefunction(function) else ""


def of_class(kind: type[Any]) -> Iterator[str]:
    """Fields, methods and properties that a class defines itself."""
    own = {name: item for name, item in vars(kind).items() if not name.startswith("_") or name == "__init__"}
    if issubclass(kind, Enum):
        yield from (f"{member.name} = {member.value!r}" for member in kind)
        return
    annotations = inspect.get_annotations(kind)
    for name, annotation in annotations.items():
        if not name.startswith("_"):
            yield f"{name}: {written(annotation)}{field_default(kind, name)}"
    generated = dataclasses.is_dataclass(kind) or issubclass(kind, BaseModel)
    for name, item in sorted(own.items()):
        if isinstance(item, staticmethod | classmethod):
            yield f"{name}{signature(item.__func__)}  [{type(item).__name__}]"
        elif isinstance(item, property):
            yield f"{name}  [property]"
        elif inspect.isfunction(item) and not (generated and name == "__init__"):
            yield f"{_async(item)}{name}{signature(item)}"
        elif (
            name not in annotations
            and not callable(item)
            and not name.startswith("model_")
            and name != "__init__"
        ):
            yield f"{name} = {default(item)}" if isinstance(item, str | int) else f"{name}  [attribute]"


def field_default(kind: type[Any], name: str) -> str:
    """`` = value`` of a pydantic or dataclass field, empty where it is required."""
    if issubclass(kind, BaseModel):
        field = kind.model_fields.get(name)
        if field is None or field.is_required():
            return ""
        return " = …" if field.default_factory else f" = {default(field.default)}"
    fields = {item.name: item for item in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else {}
    if name not in fields:
        return f" = {default(vars(kind)[name])}" if name in vars(kind) else ""
    if fields[name].default_factory is not dataclasses.MISSING:
        return " = …"
    return "" if fields[name].default is dataclasses.MISSING else f" = {default(fields[name].default)}"


def lines() -> Iterator[str]:
    yield HEAD
    for module_name in MODULES:
        module = import_module(module_name)
        yield f"\n{module_name}"
        for name in sorted(module.__all__):
            item = getattr(module, name)
            if inspect.isclass(item):
                bases = ", ".join(base.__name__ for base in item.__bases__)
                yield f"  class {name}({bases})"
                yield from (f"    {line}" for line in of_class(item))
            elif inspect.isfunction(item):
                yield f"  {_async(item)}def {name}{signature(item)}"
            else:
                yield f"  {name}"


def current() -> str:
    return "\n".join(lines()) + "\n"


def test_the_public_api_is_that_of_the_snapshot() -> None:
    assert current() == SNAPSHOT.read_text(encoding="utf-8"), (
        "the public API changed; if that is meant, write it anew and say so in CHANGELOG.md"
    )


@pytest.mark.parametrize("module_name", MODULES)
def test_every_public_name_exists_and_is_documented(module_name: str) -> None:
    module = import_module(module_name)
    assert module.__doc__
    assert sorted(module.__all__) == sorted(set(module.__all__))
    for name in module.__all__:
        item = getattr(module, name)
        if inspect.isclass(item) or inspect.isfunction(item):
            assert inspect.getdoc(item), f"{module_name}.{name} has no docstring"


def test_the_lists_are_sorted() -> None:
    for module_name in MODULES:
        names = list(import_module(module_name).__all__)
        plain = [name for name in names if not name.isupper() and not name.startswith("_")]
        assert plain == sorted(plain), module_name


if __name__ == "__main__":
    SNAPSHOT.write_text(current(), encoding="utf-8")
