"""Cards as plain text: nothing of a card is lost for those who read instead of look."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tieout.cardtext import card_text, origin_text
from tieout.i18n import use_language
from tieout.plugin import (
    Card,
    CardBlock,
    Code,
    Fact,
    Figure,
    Formula,
    MarketData,
    Note,
    Origin,
    Plot,
    Quote,
    ReportSpan,
    Series,
    Table,
    TableRow,
    Text,
    ToolCall,
    Tree,
    UserInput,
)

SPAN = ReportSpan(document="a" * 64, title="Weekly", page=3, start=0, end=4, quote="four", publisher="Broker")
ROW = TableRow(table="prices", row="industrial", field="price", source="EIA", as_of=date(2023, 12, 31))
FORMULA = Formula(name="energy", expression="P · t")
MARKET = MarketData(
    kind="cached",
    provider="exchange",
    fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    data_time=date(2025, 12, 31),
)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (SPAN, ["Broker", "Weekly", "3"]),
        (ROW, ["prices", "industrial", "EIA", "2023-12-31"]),
        (MARKET, ["exchange", "cached", "2025-12-31"]),
        (FORMULA, ["P · t"]),  # its name is told in the language of whoever brings it
        (
            Formula(name="energy", expression="P · t", inputs={"P": Figure(value=3.5, unit="kW")}),
            ["P = 3.5"],
        ),
        (UserInput(text="100 MW", start=0, end=6), ["100 MW"]),
        (ToolCall(tool="power.bill", argument="pue"), ["power.bill", "pue"]),
        (UserInput(text="100 MW", start=0, end=6, earlier=True), ["100 MW"]),
        (ToolCall(tool="power.bill", path="total"), ["power.bill"]),
        (ToolCall(tool="power.bill"), ["power.bill"]),
    ],
)
def test_every_origin_says_where_it_is_from(origin: Origin, words: list[str]) -> None:
    for lang in ("en", "zh"):
        with use_language("zh" if lang == "zh" else "en"):
            text = origin_text(origin)
        for word in words:
            assert word in text


BLOCKS: list[tuple[CardBlock, list[str]]] = [
    (
        Fact(label="Cost", value="5 USD", figure=Figure(value=5, unit="USD", origin=ROW)),
        ["Cost: 5 USD", "EIA"],
    ),
    (Text(text="A paragraph."), ["A paragraph."]),
    (Quote(text="four\nwords", span=SPAN), ["│ four", "│ words", "Weekly"]),
    (
        Table(columns=("name", "价格"), rows=(("工业", "8.04"), ("b", "12.75")), numeric=(1,)),
        ["工业", "12.75"],
    ),
    (Code(text="a()\nb()", marked=(2,)), [">   2 │ b()"]),
    (
        Tree(label="C", children=(Tree(label="E", children=(Tree(label="P"),)), Tree(label="p"))),
        ["├─ E", "└─ p"],
    ),
    (Note(level="warning", text="Old."), ["Warning: Old."]),
    (
        Plot(
            kind="interval",
            title="MFU",
            x_label="model",
            y_label="share",
            series=(Series(name="runs", x=(0, 1), y=(0.4, 0.5), low=(0.3, 0.4), high=(0.5, 0.6)),),
            categories=("A", "B"),
        ),
        ["MFU", "runs", "A", "0.4", "0.3–0.5"],
    ),
]


@pytest.mark.parametrize(("block", "words"), BLOCKS, ids=[block.type for block, _words in BLOCKS])
def test_every_block_is_written_out(block: CardBlock, words: list[str]) -> None:
    text = card_text(Card(title="Title", blocks=(block,)))
    assert text.startswith("Title\n─")
    for word in words:
        assert word in text


def test_a_point_of_a_chart_stands_at_the_category_of_its_x() -> None:
    sides = (Series(name="stated", x=(0.0,), y=(10.0,)), Series(name="published", x=(1.0,), y=(8.0,)))
    plot = Plot(
        kind="interval", title="T", x_label="", y_label="day", series=sides, categories=("claim", "table")
    )
    rows = [line.split() for line in card_text(Card(title="T", blocks=(plot,))).splitlines()]
    assert ["stated", "claim", "10"] in rows
    assert ["published", "table", "8"] in rows
    assert plot.row_name(sides[1], 0) == "published table"
    assert plot.model_copy(update={"categories": ("claim", "published")}).row_name(sides[1], 0) == "published"


def test_a_formula_keeps_its_symbols_and_tells_those_that_are_words() -> None:
    """``stated / computed`` is a word of the claim checker's catalogue; ``P`` is a symbol in every language."""
    inputs = {"stated": Figure(value=2.0), "P": Figure(value=3.0)}
    ratio = Formula(name="ratio", expression="stated / P", inputs=inputs)
    with use_language("zh"):
        assert "文中 / P; 文中 = 2, P = 3" in origin_text(ratio)
    with use_language("en"):
        assert "stated / P; stated = 2, P = 3" in origin_text(ratio)


def test_columns_line_up_where_characters_are_wide() -> None:
    table = Table(columns=("名称", "x"), rows=(("a", "1"), ("工业电价", "2")), numeric=(1,))
    rows = card_text(Card(title="T", blocks=(table,))).splitlines()[2:]
    ends = {sum(2 if ord(char) > 0x2E7F else 1 for char in row) for row in rows if "─" not in row}
    assert len(ends) == 1


def test_an_empty_card_is_its_title() -> None:
    assert card_text(Card(title="Nothing")).splitlines()[0] == "Nothing"
