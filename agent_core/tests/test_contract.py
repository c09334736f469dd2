"""The contract's types: they survive JSON, and their defaults say something true."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tieout.plugin import (
    Attempt,
    Effect,
    Figure,
    Formula,
    Guard,
    GuardInput,
    MarketData,
    Origin,
    ReportSpan,
    Result,
    ShippedTable,
    Slot,
    Stage,
    TableRow,
    ToolCall,
    UserInput,
    tool,
)

SPAN = ReportSpan(document="a" * 64, title="T", page=1, start=0, end=4, quote="four")
ORIGINS: list[Origin] = [
    SPAN,
    TableRow(table="t", row="r", field="f", source="s", valid_until=date(2030, 1, 1)),
    MarketData(
        kind="live",
        provider="p",
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        data_time=datetime(2026, 1, 1, 9, 30, tzinfo=UTC),
        tried=(Attempt(provider="q", error="timeout"),),
    ),
    ToolCall(tool="a.b"),
    UserInput(text="5", start=0, end=1),
    Formula(name="f", expression="a", inputs={"a": Figure(value=1, origin=SPAN)}),
]


class Holder(Result):
    """A result with what is under test."""

    figure: Figure
    spans_too: tuple[ReportSpan, ...] = ()


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin.type)
def test_every_origin_survives_json(origin: Origin) -> None:
    holder = Holder(figure=Figure(value=1.5, unit="USD", low=1, high=2, origin=origin))
    assert Holder.model_validate_json(holder.model_dump_json()) == holder


@given(value=st.floats(allow_nan=False, allow_infinity=False), text=st.text(max_size=20))
def test_figures_survive_json(value: float, text: str) -> None:
    figure = Figure(value=value, subject=text, metric=text, text=text)
    assert Figure.model_validate_json(figure.model_dump_json()) == figure


def test_types_refuse_fields_they_do_not_know() -> None:
    with pytest.raises(ValidationError):
        Figure.model_validate({"value": 1, "units": "USD"})
    with pytest.raises(ValidationError):
        ReportSpan(document="a", title="T", page=0, start=0, end=1, quote="x")


def test_a_result_says_its_figures_and_quotes_by_default() -> None:
    holder = Holder(
        figure=Figure(value=5.5, unit="USD", subject="Texas", metric="rate"),
        spans_too=(SPAN,),
        notes=("A caveat.",),
    )
    said = holder.say("en")
    assert "Texas rate: $5.5" in said
    assert "> four" in said
    assert "A caveat." in said
    assert [block.type for block in holder.card("en").blocks] == ["fact", "quote", "note"]


def test_the_text_of_the_source_is_said_as_it_is() -> None:
    assert "5.50 dollars" in Holder(figure=Figure(value=5.5, unit="USD", text="5.50 dollars")).say()


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        (Slot("quantity", unit="token"), "15T tokens", 15e12),
        (Slot("quantity", unit="token"), "15T", 15e12),
        (Slot("quantity", unit="h"), "30 days", 720),
        (Slot("quantity", unit="h"), "半年", 4380),
        (Slot("ratio"), "40%", 0.4),
        (Slot("ratio", unit="ratio"), "40%", 0.4),
        (Slot("quantity", unit="GB"), "80", 80),
        (Slot("quantity", unit="GB"), "two numbers 1 and 2", None),
        (Slot("quantity", unit="GB"), "none", None),
        (Slot("quantity", unit="GB"), "5 USD", None),
        (Slot("quantity", unit="GB"), float("nan"), float("nan")),
    ],
)
def test_number_slots_take_text_with_units(slot: Slot, text: object, value: float | None) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[float, slot])
    if value is None:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)
    else:
        assert adapter.validate_python(text) == pytest.approx(value, nan_ok=True)


def test_the_schema_of_a_number_slot_tells_a_model_what_it_may_write() -> None:
    @tool
    def f(size: Annotated[float, Slot("quantity", unit="GB", example="80 GB")]) -> Result:
        """F."""
        return Result()

    described = f.arguments_model.model_json_schema()["properties"]["size"]
    assert {"type": "string"} in described["anyOf"]
    assert "80 GB" in str(described)


def test_effects_may_be_written_as_words() -> None:
    assert tool(effects=("network", Effect.SPEND))(lambda: Result()).effects == {Effect.NETWORK, Effect.SPEND}
    with pytest.raises(ValueError, match="fly"):
        tool(effects=("fly",))(lambda: Result())


def test_a_table_is_out_of_date_after_its_day() -> None:
    table = ShippedTable("t", 1, date(2025, 1, 1), "s", valid_until=date(2026, 1, 1))
    assert not table.expired(date(2026, 1, 1))
    assert table.expired(date(2026, 1, 2))
    assert not ShippedTable("t", 1, date(2025, 1, 1), "s").expired(date(2100, 1, 1))


async def test_a_guard_without_a_check_is_a_mistake_that_shows() -> None:
    with pytest.raises(NotImplementedError):
        await Guard().check(GuardInput(Stage.PROMPT, ""))
