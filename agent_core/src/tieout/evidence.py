"""Evidence: the figures of a turn, each with an origin, that numbers in the answer can be tied to."""

from __future__ import annotations

__all__ = ["Evidence", "EvidenceBook", "settle_result"]

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from tieout.contract.figures import Figure, Formula, ReportSpan, ToolCall, UserInput
from tieout.contract.results import Result
from tieout.quantities import Quantity, agrees

R = TypeVar("R", bound=Result)
_MOST_NAMES = 1000
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Evidence:
    """One figure with the identifier that marks and footnotes use."""

    id: str
    tool: str
    call_id: str
    figure: Figure


class EvidenceBook:
    """Collects the figures of one turn's tool results; identifiers are ``e1``, ``e2`` … in order of appearance.

    Args:
        prior: Evidence of earlier turns of the conversation, which a follow-up answer may lean on.
    """

    def __init__(self, *, prior: Sequence[Evidence] = ()) -> None:
        self.items: list[Evidence] = []
        self._alike: dict[tuple[float, str, str, str], list[Figure]] = {}
        self.prior = [replace(item, id=f"prior-{number}") for number, item in enumerate(prior, 1)]
        self.spans: list[ReportSpan] = []
        self.names: dict[str, None] = {}
        """Names with digits in them that results carry as text, in order: listed models, companies, titles."""

    def add(self, result: Result, *, tool: str, call_id: str) -> list[Evidence]:
        """Take the figures of a settled result; a figure that is already there is not added again."""
        new: list[Evidence] = []
        for _, figure in result.figures():
            alike = self._alike.setdefault((figure.value, figure.unit, figure.metric, figure.subject), [])
            if figure in alike:
                continue
            alike.append(figure)
            item = Evidence(f"e{len(self.items) + 1}", tool, call_id, figure)
            self.items.append(item)
            new.append(item)
        self.spans += [span for span in result.spans() if span not in self.spans]
        for name in islice(_names(result), max(0, _MOST_NAMES - len(self.names))):
            self.names[name] = None
        return new

    def walk(self) -> Iterator[tuple[Evidence, Figure]]:
        """Every figure with the evidence it belongs to: results, what they were computed from, earlier turns."""
        for items in (self.items, self.prior):
            for item in items:
                yield item, item.figure
            for item in items:
                for inner in list(item.figure.walk())[1:]:
                    yield item, inner


def _names(value: object) -> Iterator[str]:
    """Short texts in the fields of a result that begin like a name and hold a digit; figures bring their own."""
    if isinstance(value, str):
        if len(value) <= _LONGEST_NAME and value[:2].isalpha() and any(map(str.isdecimal, value)):
            yield value
    elif isinstance(value, BaseModel) and not isinstance(value, Figure | ReportSpan):
        for field in type(value).model_fields:
            if field != "notes":
                yield from _names(getattr(value, field))
    elif isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            yield from _names(key)  # a table by name: {"Llama 3 70B": row}
            yield from _names(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[object] | tuple[object, ...]", value):
            yield from _names(item)


def settle_result(
    result: R,
    *,
    tool: str,
    call_id: str,
    said: Sequence[Quantity],
    earlier: Sequence[Quantity] = (),
    arguments: Collection[str] = (),
) -> R:
    """Give every figure without an origin one: the user's words, the argument it came in by, or the tool call.

    Args:
        said: The numbers of the question.
        earlier: The numbers of the conversation's earlier questions.
        arguments: Names of the call's arguments.
    """
    settler = _Settler(tool, call_id, said, earlier, arguments)
    return cast(R, settler.value(result, ""))


class _Settler:
    def __init__(
        self,
        tool: str,
        call_id: str,
        said: Sequence[Quantity],
        earlier: Sequence[Quantity],
        arguments: Collection[str],
    ) -> None:
        self._tool, self._call_id, self._arguments = tool, call_id, arguments
        self._said = [*((quantity, False) for quantity in said), *((quantity, True) for quantity in earlier)]

    def value(self, value: Any, path: str) -> Any:
        """Rebuild ``value`` with settled figures; whatever holds none is returned as it is."""
        if isinstance(value, Figure):
            return self.figure(value, path)
        if isinstance(value, BaseModel):
            return self._model(value, path)
        if isinstance(value, dict):
            mapping = cast("dict[str, Any]", value)
            settled = {key: self.value(item, f"{path}.{key}") for key, item in mapping.items()}
            return settled if any(settled[key] is not mapping[key] for key in mapping) else mapping
        if isinstance(value, list | tuple):
            sequence = cast("list[Any] | tuple[Any, ...]", value)
            items = [self.value(item, f"{path}[{index}]") for index, item in enumerate(sequence)]
            same = all(new is old for new, old in zip(items, sequence, strict=True))
            return sequence if same else type(sequence)(items)
        return value

    def _model(self, value: BaseModel, path: str) -> BaseModel:
        changed: dict[str, Any] = {}
        for name in type(value).model_fields:
            before = getattr(value, name)
            after = self.value(before, f"{path}.{name}" if path else name)
            if after is not before:
                changed[name] = after
        return value.model_copy(update=changed) if changed else value

    def figure(self, figure: Figure, path: str) -> Figure:
        """Settle one figure and what it was computed from."""
        if isinstance(figure.origin, Formula):
            inputs = {
                name: self.figure(item, f"{path}.{name}") for name, item in figure.origin.inputs.items()
            }
            return figure.model_copy(update={"origin": figure.origin.model_copy(update={"inputs": inputs})})
        if figure.origin is not None:
            return figure
        for said, earlier in self._said:
            bare = said.unit == "" and agrees(said, figure.value, "")  # the 13B of "13B on 2T tokens"
            if bare or agrees(said, figure.value, figure.unit):
                origin = UserInput(text=said.text, start=said.start, end=said.end, earlier=earlier)
                return figure.model_copy(update={"origin": origin, "text": figure.text or said.text})
        name = path.rsplit(".", 1)[-1]
        argument = name if name in self._arguments else ""
        origin = ToolCall(tool=self._tool, call_id=self._call_id, path=name, argument=argument)
        return figure.model_copy(update={"origin": origin})
