"""Tools: one typed function is the model's tool, the command, the slash command and the card."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, update_wrapper
from pathlib import Path
from types import FunctionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    get_args,
    get_origin,
    overload,
)

from tieout.contract.results import Result
from tieout.contract.slots import Candidate, Slot
from tieout.i18n import Language

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pydantic import BaseModel

__all__ = ["Effect", "Embedder", "Face", "Parameter", "Tool", "ToolContext", "tool"]

P = ParamSpec("P")
R = TypeVar("R")

Face = Literal["model", "cli", "slash"]
ALL_FACES: tuple[Face, ...] = ("model", "cli", "slash")


class Effect(StrEnum):
    """What running a tool does to the world; policy allows, asks or denies each."""

    READ = "read"
    """Reads what is on this machine."""
    WRITE = "write"
    """Changes files or settings."""
    NETWORK = "network"
    """Sends something off this machine."""
    SPEND = "spend"
    """Costs money."""


class Embedder(Protocol):
    """Turns texts into vectors; one instance serves the router and report search."""

    @property
    def model_id(self) -> str:
        """Identifier that changes whenever the vectors would."""
        ...

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> NDArray[np.float32]:
        """Return float32 vectors of shape (len(texts), dimension), each of length 1."""
        ...


class ToolContext(Protocol):
    """What the host hands to a tool that asks for it with a parameter of this type."""

    @property
    def lang(self) -> Language:
        """Language to answer in."""
        ...

    @property
    def question(self) -> str:
        """The user's text of this turn; empty on the command line."""
        ...

    @property
    def data_dir(self) -> Path:
        """A folder of the plugin's own, which exists."""
        ...

    @property
    def online(self) -> bool:
        """Whether policy lets tools use the network at all."""
        ...

    @property
    def embedder(self) -> Embedder | None:
        """The host's embedder, or ``None``: then use character n-grams."""
        ...

    @property
    def cancelled(self) -> bool:
        """True once the user has cancelled; long loops should look."""
        ...

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Report progress of long work, in any unit; thread-safe."""
        ...

    async def call(self, name: str, /, **arguments: object) -> Result:
        """Run another plugin's tool by its qualified name (``compute.memory``).

        It passes policy, guards and limits like a model's call.

        Raises:
            ToolUnavailable: No such tool is loaded.
            ToolError: The tool failed.
        """
        ...

    def find(self, kind: str, text: str) -> list[Candidate]:
        """Run every finder declared for the slot kind over ``text``, best first."""
        ...


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool, as every face sees it."""

    name: str
    annotation: Any
    """The full annotation, ``Annotated`` metadata included."""
    slot: Slot | None
    required: bool
    default: Any
    description: str


@dataclass(eq=False)
class Tool(Generic[P, R]):
    """A function with what the faces need to know about it; calling it calls the function."""

    function: Callable[P, R]
    name: str
    effects: frozenset[Effect] = frozenset({Effect.READ})
    timeout: float = 30.0
    faces: tuple[Face, ...] = ALL_FACES
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Utterances per language that this tool answers; they train the offline router."""
    group: str = ""
    """The plugin's entry-point name; set by the host."""
    effects_when: Mapping[str, Effect] = field(default_factory=dict[str, Effect])
    """Effects that an argument adds when it is true: ``{"write": Effect.WRITE}``."""

    def __post_init__(self) -> None:
        """Take over the function's name and docstring."""
        update_wrapper(self, self.function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function directly, as a Python library would."""
        return self.function(*args, **kwargs)

    @property
    def qualified_name(self) -> str:
        """``group.name``, the name used by ``ctx.call`` and in settings."""
        return f"{self.group}.{self.name}" if self.group else self.name

    def effects_of(self, arguments: Mapping[str, object]) -> frozenset[Effect]:
        """What a call with these arguments does to the world."""
        return self.effects | {effect for name, effect in self.effects_when.items() if arguments.get(name)}

    @property
    def model_name(self) -> str:
        """The name a language model sees; models allow no dots."""
        return self.qualified_name.replace(".", "_").replace("-", "_")

    @cached_property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.function) or self.name).strip().splitlines()[0]

    @cached_property
    def description(self) -> str:
        """The docstring without its ``Args:`` and later sections: what a language model reads."""
        doc = inspect.getdoc(self.function) or self.name
        return re.split(r"\n(?:Args|Returns|Raises|Example|Examples|Sources?):", doc, maxsplit=1)[0].strip()

    @cached_property
    def context_parameter(self) -> str | None:
        """Name of the parameter that receives the ToolContext, if the function has one."""
        for name, annotation in self._annotations.items():
            if annotation is ToolContext or ToolContext in get_args(annotation):
                return name
        return None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arguments in order, without the context."""
        described = _argument_docs(inspect.getdoc(self.function) or "")
        found: list[Parameter] = []
        for name, parameter in inspect.signature(self.function).parameters.items():
            if name == self.context_parameter:
                continue
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TypeError(f"tool {self.name!r}: the argument {parameter} has no name to be given by")
            annotation = self._annotations.get(name, str)
            required = parameter.default is inspect.Parameter.empty
            found.append(
                Parameter(
                    name=name,
                    annotation=annotation,
                    slot=_slot_of(annotation),
                    required=required,
                    default=None if required else parameter.default,
                    description=described.get(name, ""),
                )
            )
        return tuple(found)

    @cached_property
    def arguments_model(self) -> type[BaseModel]:
        """A pydantic model of the arguments: validation and JSON schema for every face."""
        from pydantic import ConfigDict, Field, create_model

        fields: dict[str, Any] = {
            p.name: (p.annotation, Field(... if p.required else p.default, description=p.description or None))
            for p in self.parameters
        }
        config = ConfigDict(extra="forbid", allow_inf_nan=False)
        return create_model(f"{self.name}_arguments", __config__=config, **fields)

    @cached_property
    def _annotations(self) -> dict[str, Any]:
        function = _plain_function(self.function)
        written = {name: item for name, item in inspect.get_annotations(function).items() if name != "return"}
        # Nobody needs the return type, which may be imported for type checkers only; so it is not evaluated.
        holder = FunctionType((lambda: None).__code__, getattr(function, "__globals__", {}))
        holder.__annotations__ = written
        return inspect.get_annotations(holder, eval_str=True)


def _plain_function(function: Callable[..., Any]) -> Callable[..., Any]:
    return function if inspect.isroutine(function) else type(function).__call__


def _slot_of(annotation: Any) -> Slot | None:
    if get_origin(annotation) is Annotated:
        for item in get_args(annotation)[1:]:
            if isinstance(item, Slot):
                return item
    for inner in get_args(annotation):
        if (slot := _slot_of(inner)) is not None:
            return slot
    return None


def _argument_docs(doc: str) -> dict[str, str]:
    """Read the ``Args:`` section of a Google-style docstring."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    if not section:
        return {}
    entries = re.findall(r"^ {4}(\w+)[^:\n]*: (.*(?:\n {6,}.*)*)", section.group(1), re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


@overload
def tool(function: Callable[P, R], /) -> Tool[P, R]: ...


@overload
def tool(
    *,
    name: str | None = None,
    effects: Iterable[Effect | str] = (Effect.READ,),
    effects_when: Mapping[str, Effect | str] | None = None,
    timeout: float = 30.0,
    faces: Sequence[Face] = ALL_FACES,
    examples: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[Callable[P, R]], Tool[P, R]]: ...


def tool(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    effects: Iterable[Effect | str] = (Effect.READ,),
    effects_when: Mapping[str, Effect | str] | None = None,
    timeout: float = 30.0,
    faces: Sequence[Face] = ALL_FACES,
    examples: Mapping[str, Sequence[str]] | None = None,
) -> Tool[P, R] | Callable[[Callable[P, R]], Tool[P, R]]:
    """Declare a tool: ``@tool`` or ``@tool(effects=("network",), timeout=10)``.

    The function may be sync (run in a worker thread) or async, and returns a :class:`Result`.

    Args:
        name: Name within the plugin; the function's name when left out.
        effects: What running it does to the world.
        effects_when: What it does besides when an argument is true: ``{"write": "write"}``.
        timeout: Seconds before the host gives up on it.
        faces: Where it appears: as a model's tool, a command, a slash command.
        examples: Language to utterances, at least six per language for a tool that the offline mode should reach.
    """

    def declare(inner: Callable[P, R]) -> Tool[P, R]:
        return Tool(
            function=inner,
            name=name or getattr(inner, "__name__", "tool"),
            effects=frozenset(Effect(effect) for effect in effects),
            effects_when={name: Effect(effect) for name, effect in (effects_when or {}).items()},
            timeout=timeout,
            faces=tuple(faces),
            examples=dict(examples or {}),
        )

    return declare if function is None else declare(function)
