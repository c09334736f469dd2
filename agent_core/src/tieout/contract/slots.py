"""Slots: what an argument is, so that text can be turned into it without a language model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

__all__ = ["Candidate", "Finder", "Slot", "SlotKind"]

SlotKind = Literal["quantity", "ratio", "device", "ticker", "window", "language", "code", "enum", "text"]


@dataclass(frozen=True)
class Candidate:
    """A value for a slot that was found in a text.

    ``start`` and ``end`` are offsets in the text; ``score`` is in 0..1 and only orders candidates of one finder;
    ``reason`` says in words why it was found ("exact code", "former name").
    """

    value: str | float
    text: str
    start: int
    end: int
    score: float = 1.0
    reason: str = ""
    label: str = ""
    """What a person calls it, where the value is a code: a search for it looks for this name too."""


Finder = Callable[[str], Sequence[Candidate]]
"""Finds every candidate of a kind in a text; pure, fast (well under 10 ms), never raises."""


@dataclass(frozen=True)
class Slot:
    """Metadata for a tool's argument: ``tokens: Annotated[float, Slot("quantity", unit="token")]``.

    Slots with different finders differ: ``Annotated`` keeps one object for equal metadata, and would hand one
    plugin's finder to another.

    For ``quantity`` and ``ratio`` slots, text such as ``"70B"``, ``"15T tokens"`` or ``"40%"`` is accepted wherever a
    number is, and converted to ``unit`` (a symbol of :mod:`tieout.quantities`).
    """

    kind: SlotKind
    unit: str = ""
    """Canonical unit of a quantity; the number handed to the function is in it."""
    find: Finder | None = None
    """Finder of candidates for kinds that the core does not know (device, ticker …)."""
    cues: tuple[str, ...] = ()
    """Words in Chinese and English that stand near the value, to tell slots of one unit apart."""
    example: str = ""
    """A value as a user would write it; shown when the argument is missing."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Let number slots accept text with a unit."""
        schema = handler(source)
        if self.kind not in ("quantity", "ratio"):
            return schema
        return core_schema.no_info_before_validator_function(self._parse, schema)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say in the schema what the model may write."""
        described = handler(schema)
        if self.kind in ("quantity", "ratio"):
            hint = f"number in {self.unit}" if self.unit else "number"
            example = f", e.g. {self.example}" if self.example else ""
            described = {
                "anyOf": [described, {"type": "string"}],
                "description": f"{hint}, or text with a unit{example}",
            }
        return described

    def _parse(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        from tieout.quantities import UnitMismatch, convert, find

        found = find(value)
        if len(found) != 1:
            raise PydanticCustomError("quantity", "no single number in {text}", {"text": repr(value[:80])})
        try:
            return convert(found[0].value, found[0].unit, self.unit) if found[0].unit else found[0].value
        except UnitMismatch as error:
            raise PydanticCustomError("quantity", "{reason}", {"reason": str(error)}) from None
