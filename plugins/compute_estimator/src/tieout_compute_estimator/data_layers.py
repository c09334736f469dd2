"""Tables in layers: what ships, what other packages add, and what the user's own files say.

A data file or package gives ``{"hardware": [...], "models": [...], "architectures": [...]}`` with rows in the form of
the shipped tables; fields that are not known may be left out. An architecture is the ``config`` of the model so named.
A row of the user's replaces a shipped one of the same name, a package's row does not; the one that is not used stays
visible beside it. A row with a name and a price alone only sets the price.

Packages declare the entry-point group ``tieout.compute.data``: a function without arguments that returns such a
mapping, or the path of such a file.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, wraps
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tieout.errors import InputError
from tieout.plugin import (
    Candidate,
    Finder,
    Slot,
    Tool,
    ToolContext,
    load_entry_points,
    refreshed_table,
    translator,
)
from tieout.text import clean_line

__all__ = [
    "GROUP",
    "Layered",
    "Rival",
    "Stamps",
    "bind_data",
    "data_files",
    "data_stamps",
    "layered",
    "use_data",
]

GROUP = "tieout.compute.data"
RENTS = "compute rental prices"
_ = translator("tieout_compute_estimator")
Kind = Literal["hardware", "models", "architectures"]
Row = TypeVar("Row", bound=BaseModel)
MAX_BYTES = 5_000_000
_IDENTITY = ("aliases", "vendor", "kind", "announced", "maker", "released")
_files: ContextVar[tuple[Path, ...]] = ContextVar("tieout_compute_data", default=())


def data_files() -> tuple[Path, ...]:
    """The user's data files in this context."""
    return _files.get()


Stamps = tuple[tuple[str, int], ...]
"""Data files with the time each was last changed: what caches of the tables are kept by."""


def data_stamps() -> Stamps:
    """Refreshed and the user's data files in this context as they are now; a file that is gone never changed."""
    return tuple((str(path), _changed(path)) for path in (*_refreshed(), *data_files()))


def _refreshed() -> tuple[Path, ...]:
    """What ``tieout data refresh`` brought, behind the user's own files and before packages."""
    found = refreshed_table(RENTS)
    return () if found is None else (found,)


def _changed(path: Path) -> int:
    try:
        return path.expanduser().stat().st_mtime_ns
    except OSError:
        return 0


@contextmanager
def use_data(files: tuple[Path, ...]) -> Generator[None]:
    """Look rows up in ``files`` first within the block, in this thread or task only."""
    token = _files.set(files)
    try:
        yield
    finally:
        _files.reset(token)


@dataclass(frozen=True)
class Rival(Generic[Row]):
    """A row that is not used because another layer has one of the same name."""

    layer: str
    """``shipped``, or the name of the package or file."""
    row: Row


@dataclass(frozen=True)
class Layered(Generic[Row]):
    """The rows in use, and those they stand in front of."""

    rows: tuple[Row, ...]
    rivals: Mapping[str, tuple[Rival[Row], ...]]
    """Row name to the rows of other layers with that name."""
    layers: Mapping[str, str]
    """Row name to the layer it is from, for rows that do not ship."""
    problems: tuple[str, ...] = ()
    """What is wrong with the rows of packages; such a row is left out."""


@dataclass(frozen=True)
class _Layer:
    name: str
    rows: tuple[Mapping[str, object], ...]
    replaces: bool
    problem: str = ""
    own: bool = False
    """Whether the user wrote it, who has to hear of every mistake in it."""


def layered(
    kind: Kind,
    shipped: Sequence[Row],
    model: type[Row],
    *,
    name: Callable[[Row], str],
    defaults: Mapping[str, object],
) -> Layered[Row]:
    """Put the layers of this context together.

    Args:
        shipped: Rows of the package.
        model: Their class.
        name: How a row is called.
        defaults: What fields hold that a file leaves out.

    Raises:
        InputError: A data file cannot be read, or a row in it is not valid.
    """
    rows = {name(row): row for row in shipped}
    rivals: dict[str, list[Rival[Row]]] = {}
    layers: dict[str, str] = {}
    problems: list[str] = []
    renewed = (_refreshed_layer(path, kind) for path in _refreshed())
    for layer in (*_packages(kind), *renewed, *(_file_layer(path, kind) for path in data_files())):
        problems += [layer.problem] if layer.problem else []
        for raw in layer.rows:
            try:
                row = _valid(raw, model, defaults, layer, kind, rows)
            except InputError as error:
                if layer.own:
                    raise
                # Not the user's: its other rows, and everybody else's, still count.
                problems.append(error.message)
                continue
            known = rows.get(name(row))
            if known is not None:
                loser = known if layer.replaces else row
                origin = layers.get(name(row), "shipped") if layer.replaces else layer.name
                rivals.setdefault(name(row), []).append(Rival(origin, loser))
            if known is None or layer.replaces:
                rows[name(row)] = row
                layers[name(row)] = layer.name
    return Layered(
        tuple(rows.values()), {key: tuple(found) for key, found in rivals.items()}, layers, tuple(problems)
    )


def _valid(
    raw: Mapping[str, object],
    model: type[Row],
    defaults: Mapping[str, object],
    layer: _Layer,
    kind: Kind,
    rows: Mapping[str, Row],
) -> Row:
    called = clean_line(str(raw.get("name", "?")), limit=60)
    known = rows.get(called)
    fields: dict[str, Any] = {**defaults, **raw}
    if known is not None:
        # Who the row is about does not change with its figures.
        fields = {**defaults, **{name: getattr(known, name) for name in _IDENTITY if name in defaults}, **raw}
    if known is not None and set(raw) <= {"name", "price", "aliases"}:
        # A price has a source and date of its own, so the rest of the row can stay as it is.
        fields = {**known.model_dump(), **raw}
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            _(
                "{layer}: the row {row} of {kind} is not valid: {field}: {reason}",
                layer=layer.name,
                row=repr(called),
                kind=kind,
                field=where,
                reason=first["msg"],
            ),
            code="compute-data-row",
            hint=_(
                "Rows need a name, a source and an as_of date, and no fields that the tables do not have."
            ),
        ) from None


@cache
def _packages(kind: Kind) -> tuple[_Layer, ...]:
    """What installed packages add; a broken one costs only itself."""
    found: list[_Layer] = []
    for entry in load_entry_points(GROUP):
        layer = entry.distribution or entry.name
        rows: tuple[Mapping[str, object], ...] = ()
        problem = entry.error
        if not problem:
            try:
                value: object = entry.value() if callable(entry.value) else entry.value
                rows = _rows(_read(Path(value)) if isinstance(value, str | Path) else value, kind)
            except Exception as error:  # code of somebody else: whatever it does, the others are read
                problem = f"{type(error).__name__}: {error}"
        shown = clean_line(problem, limit=200)
        found.append(_Layer(layer, rows, replaces=False, problem=f"{layer}: {shown}" if shown else ""))
    return tuple(found)


def _file_layer(path: Path, kind: Kind) -> _Layer:
    try:
        return _Layer(path.name, _rows(_read(path.expanduser()), kind), replaces=True, own=True)
    except (OSError, ValueError) as error:
        raise InputError(
            _(
                "The data file {path} cannot be read: {reason}",
                path=path,
                reason=clean_line(str(error), limit=200),
            ),
            code="compute-data-file",
            hint=_(
                'It is JSON: {"hardware": [rows], "models": [rows], "architectures": [rows]}; '
                "its path is in [plugins.compute] data."
            ),
        ) from None


def _refreshed_layer(path: Path, kind: Kind) -> _Layer:
    try:
        return _Layer(path.name, _rows(_read(path), kind), replaces=True)
    except (OSError, ValueError) as error:
        reason = clean_line(str(error), limit=200)
        problem = _("The refreshed table {path} cannot be read: {reason}", path=path, reason=reason)
        return _Layer(path.name, (), replaces=True, problem=problem)


def _read(path: Path) -> object:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes")
    return cast("object", json.loads(path.read_text("utf-8")))


def _rows(data: object, kind: Kind) -> tuple[Mapping[str, object], ...]:
    if not isinstance(data, Mapping):
        raise ValueError("not an object with hardware and models")
    rows = cast("Mapping[str, object]", data).get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in cast("list[object]", rows)):
        raise ValueError(f"{kind} is no list of rows")
    return tuple(cast("list[Mapping[str, object]]", rows))


def bind_data(tool: Tool[..., Any], files: tuple[Path, ...]) -> Tool[..., Any]:
    """The same tool, looking rows up in ``files`` first; so do the finders of its arguments."""
    if not files:
        return tool
    bound = _within(tool.function, files)
    bound.__annotations__ = {
        parameter.name: _bound_annotation(parameter.annotation, files) for parameter in tool.parameters
    }
    if tool.context_parameter:
        bound.__annotations__[tool.context_parameter] = ToolContext
    return replace(tool, function=bound)


def _within(function: Callable[..., Any], files: tuple[Path, ...]) -> Callable[..., Any]:
    """``function`` called with ``files``; a coroutine function stays one."""

    @wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        with use_data(files):
            return function(*args, **kwargs)

    @wraps(function)
    async def call_async(*args: object, **kwargs: object) -> object:
        with use_data(files):
            return await function(*args, **kwargs)

    return call_async if inspect.iscoroutinefunction(function) else call


def _bound_annotation(annotation: Any, files: tuple[Path, ...]) -> Any:
    if get_origin(annotation) is not Annotated:
        return annotation
    base, *extras = get_args(annotation)
    bound = [
        replace(item, find=_bound_finder(item.find, files)) if isinstance(item, Slot) and item.find else item
        for item in extras
    ]
    return Annotated[(base, *bound)]


def _bound_finder(find: Finder, files: tuple[Path, ...]) -> Finder:
    def bound(text: str) -> Sequence[Candidate]:
        try:
            with use_data(files):
                return find(text)
        except InputError:
            # The tool itself will say what is wrong with the file; a finder never raises.
            return find(text)

    return bound
