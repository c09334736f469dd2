"""Where a setting stands in its file, and which settings nobody knows."""

from __future__ import annotations

__all__ = ["line_of", "names_at", "near", "place_of", "unknown_keys"]

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from tieout.i18n import translator

_ = translator("tieout")

Keys = tuple[str, ...]
"""A setting's name, table by table."""


def place_of(places: Mapping[str, Path], keys: Keys) -> Path | None:
    """The file that sets the deepest of ``keys``; None for what the environment or the command line says."""
    names = (".".join(keys[:depth]) for depth in range(len(keys), 0, -1))
    return next((places[name] for name in names if name in places), None)


def line_of(path: Path, keys: Keys, profile: str = "") -> int | None:
    """1-based line of the deepest of ``keys`` that the file spells out, of the profile in use if it does."""
    header = _line_of(path, ("profiles", profile)) if profile else None
    line = _line_of(path, ("profiles", profile, *keys)) if header else None
    return line if line and line != header else _line_of(path, keys)


def _line_of(path: Path, keys: Keys) -> int | None:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    table: Keys = ()
    best: tuple[int, int] | None = None
    for number, line in enumerate(lines, 1):
        if header := re.match(r"\s*\[\[?\s*([^\]#]+?)\s*\]", line):
            table = tuple(part.strip().strip("\"'") for part in header.group(1).split("."))
            here = table
        elif pair := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            here = (*table, *(part.strip("\"'") for part in pair.group(1).split(".")))
        else:
            continue
        if here == keys[: len(here)] and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None


def near(word: str, known: Iterable[str]) -> str:
    """`` (did you mean X?)``, or nothing where no name is like it."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1)
    return _(" (did you mean {name}?)", name=close[0]) if close else ""


def unknown_keys(model: type[BaseModel], table: Mapping[str, Any]) -> Iterator[tuple[Keys, list[str]]]:
    """The keys that settings pass over in silence, those of tables inside included, with the names there are."""
    fields = _fields(model)
    for key, value in table.items():
        if key not in fields:
            if model.model_config.get("extra", "ignore") == "ignore":
                yield (key,), list(fields)
            continue
        inner = _model_in(fields[key].annotation)
        if inner is not None and isinstance(value, Mapping):
            for keys, names in unknown_keys(inner, cast("Mapping[str, Any]", value)):
                yield (key, *keys), names


def names_at(model: type[BaseModel], keys: Keys) -> list[str]:
    """The settings that a model has in the table that ``keys`` lead to."""
    found: type[BaseModel] | None = model
    for key in keys:
        field = _fields(found).get(key) if found is not None else None
        found = _model_in(field.annotation) if field is not None else None
    return list(_fields(found)) if found is not None else []


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields by each name under which the model reads them."""
    named: dict[str, FieldInfo] = {}
    by_name = model.model_config.get("populate_by_name") or model.model_config.get("validate_by_name")
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        names = [choice for choice in choices if isinstance(choice, str)]
        named |= dict.fromkeys([*names, name] if by_name or not names else names, field)
    return named


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model that an annotation is, or is next to None."""
    candidates = (annotation, *get_args(annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
