"""Evidence: figures of results get an origin and an identifier, wherever they stand in a result."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tieout.evidence import EvidenceBook, settle_result
from tieout.plugin import Figure, Formula, ReportSpan, Result, ToolCall, UserInput
from tieout.quantities import find


class Deep(Result):
    """Figures in every kind of container."""

    one: Figure
    many: list[Figure] = Field(default_factory=list[Figure])
    named: dict[str, Figure] = Field(default_factory=dict[str, Figure])
    inner: Deep | None = None
    span: ReportSpan | None = None


Deep.model_rebuild()

SPAN = ReportSpan(document="a" * 64, title="T", page=2, start=0, end=4, quote="four")


def settle(result: Deep, question: str = "") -> Deep:
    return settle_result(result, tool="power.bill", call_id="c1", said=find(question))


def test_an_argument_is_tied_to_the_users_words() -> None:
    question = "What does a load of 100 MW cost?"
    figure = settle(Deep(one=Figure(value=100, unit="MW")), question).one
    assert isinstance(figure.origin, UserInput)
    assert question[figure.origin.start : figure.origin.end] == figure.origin.text == "100 MW"
    assert figure.text == "100 MW"


def test_other_units_of_the_same_amount_are_the_users_words_too() -> None:
    figure = settle(Deep(one=Figure(value=100, unit="MW")), "a load of 0.1 GW").one
    assert isinstance(figure.origin, UserInput)


def test_what_nobody_said_is_tied_to_the_call() -> None:
    settled = settle(Deep(one=Figure(value=1.25), inner=Deep(one=Figure(value=2))), "a load of 100 MW")
    assert settled.one.origin == ToolCall(tool="power.bill", call_id="c1", path="one")
    assert settled.inner is not None
    assert settled.inner.one.origin == ToolCall(tool="power.bill", call_id="c1", path="one")


def test_an_origin_that_is_known_stays() -> None:
    figure = Figure(value=100, unit="MW", origin=SPAN)
    assert settle(Deep(one=figure), "100 MW").one == figure


def test_the_inputs_of_a_formula_are_settled() -> None:
    inner = Formula(name="E", expression="P · t", inputs={"P": Figure(value=100, unit="MW")})
    outer = Formula(name="C", expression="E · p", inputs={"E": Figure(value=2400, unit="MWh", origin=inner)})
    settled = settle(Deep(one=Figure(value=5, unit="USD", origin=outer)), "100 MW").one
    *_rest, power = settled.walk()
    assert isinstance(power.origin, UserInput)


def test_figures_in_every_container_become_evidence() -> None:
    result = Deep(
        one=Figure(value=1),
        many=[Figure(value=2), Figure(value=3)],
        named={"a": Figure(value=4)},
        inner=Deep(one=Figure(value=5), span=SPAN),
    )
    book = EvidenceBook()
    new = book.add(settle(result), tool="t.x", call_id="c1")
    assert [item.id for item in new] == ["e1", "e2", "e3", "e4", "e5"]
    assert [path for path, _figure in result.figures()] == [
        "one",
        "many[0]",
        "many[1]",
        "named.a",
        "inner.one",
    ]
    assert book.spans == [SPAN]


def test_the_same_figure_is_one_piece_of_evidence() -> None:
    book = EvidenceBook()
    result = settle(Deep(one=Figure(value=1)))
    assert len(book.add(result, tool="t.x", call_id="c1")) == 1
    assert book.add(result, tool="t.x", call_id="c1") == []


def test_earlier_turns_come_after_this_one() -> None:
    first = EvidenceBook()
    first.add(settle(Deep(one=Figure(value=1))), tool="t.x", call_id="c1")
    second = EvidenceBook(prior=first.items)
    second.add(settle(Deep(one=Figure(value=2))), tool="t.x", call_id="c1")
    assert [(item.id, figure.value) for item, figure in second.walk()] == [("e1", 2), ("prior-1", 1)]


def test_spans_behind_a_formula_are_spans_of_the_result() -> None:
    formula = Formula(name="f", expression="a", inputs={"a": Figure(value=1, origin=SPAN)})
    assert Deep(one=Figure(value=1, origin=formula)).spans() == [SPAN]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=8))
def test_settling_changes_no_value_and_leaves_none_without_origin(values: list[float]) -> None:
    result = Deep(one=Figure(value=0), many=[Figure(value=value) for value in values])
    settled = settle(result, "0 and 1 and 2.5")
    assert [figure.value for _path, figure in settled.figures()] == [
        figure.value for _path, figure in result.figures()
    ]
    assert all(figure.origin is not None for _path, figure in settled.figures())
