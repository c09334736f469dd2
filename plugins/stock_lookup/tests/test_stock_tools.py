"""The tools as a user meets them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tieout.errors import InputError, ToolError
from tieout.plugin import Formula, Language, MarketData
from tieout.quantities import agrees, find
from tieout_stock_lookup import default_directory, plugin
from tieout_stock_lookup import tools as stock
from tieout_stock_lookup.evaluate import evaluate
from tieout_stock_lookup.imports import find_csv_paths
from tieout_stock_lookup.lookup import lookup_result
from tieout_stock_lookup.resolver import resolve

ROOT = Path(__file__).resolve().parents[3]


def untied(result, lang: str) -> list[str]:
    """Numbers of the sentence that no figure of the result accounts for; tickers and days name things."""
    figures = [inner for _path, figure in result.figures() for inner in figure.walk()]
    text = result.say(lang)
    for name in ("000300.SH", "688111.SH", "600519.SH", "000063.SZ", "00763.HK", "600837.SH", "DEMOA.DEMO"):
        text = text.replace(name, "")
    return [
        number.text
        for number in find(text)
        if number.kind not in ("date", "period") and not any(agrees(number, f.value, f.unit) for f in figures)
    ]


def write_prices(folder: Path, name: str, closes: dict[str, float], head: str = "date,close") -> str:
    path = folder / name
    path.write_text(
        head + "\n" + "".join(f"{day},{close}\n" for day, close in closes.items()), encoding="utf-8"
    )
    return str(path)


@pytest.fixture
def imported(context, weekday_closes, tmp_path: Path):
    stock.import_prices(
        context, write_prices(tmp_path, "600519.csv", weekday_closes("2025-01-01", "2026-06-30", step=0.5))
    )
    stock.import_prices(
        context,
        write_prices(tmp_path, "index.csv", weekday_closes("2025-01-01", "2026-06-30", start=4000.0)),
        "沪深300",
    )
    return context


def test_a_name_is_answered_with_symbol_exchange_and_source(context) -> None:
    result = stock.lookup(context, "工业富联")
    assert result.identity is not None
    assert (result.identity.symbol, result.identity.listed_on) == ("601138.SH", date(2018, 6, 8))
    said = result.say("en")
    assert "601138.SH" in said
    assert "2026-10-22" in said
    assert "上海证券交易所" in stock.lookup(context, "工业富联").say("zh") or "Shanghai" in said
    assert result.identity.listing is not None
    origin = result.identity.listing.origin
    assert isinstance(origin, MarketData)
    assert origin.kind == "embedded"
    assert "2026-10-22" in origin.provider


def test_an_ambiguous_name_is_a_question_with_candidates(context) -> None:
    result = stock.lookup(context, "紫光")
    assert result.identity is None
    assert "Which one?" in result.say("en")
    assert "000938.SZ" in result.say("en")
    assert result.card("en").blocks


def test_an_unknown_name_is_nothing_and_says_what_was_searched(context) -> None:
    result = stock.lookup(context, "大疆")
    assert result.status == "none"
    assert "2026-10-22" in result.say("zh")
    assert "大疆" in result.say("zh")


def test_a_guess_is_called_a_guess(context) -> None:
    said = stock.lookup(context, "工叶富联").say("en")
    assert "probably" in said
    assert "sounds like" in said


def test_old_and_vanished_entries_say_so(context) -> None:
    assert "no longer" in stock.lookup(context, "海通证券").say("en")
    known = default_directory()
    late = lookup_result(resolve("NVDA"), directory=known, lang="en", today=date(2028, 1, 1))
    assert any("out of date" in note for note in late.notes)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("query", ["金山办公", "沪深300", "中兴通讯", "大疆", "海通证券"])
def test_every_number_of_a_lookup_has_a_figure(context, query: str, lang: Language) -> None:
    assert untied(stock.lookup(context, query), lang) == []


def test_importing_says_what_was_read(context, tmp_path: Path) -> None:
    path = write_prices(tmp_path, "mine.csv", {"2026-01-05": 10.5, "2026-01-06": 11.0, "2026-01-07": -1.0})
    result = stock.import_prices(context, path, "贵州茅台")
    assert (result.symbol, result.bars.value, result.last_close.value) == ("600519.SH", 2, 11.0)
    assert [(row.line, "above zero" in row.reason) for row in result.skipped] == [(4, True)]
    assert result.last_close.origin.kind == "user"  # type: ignore[union-attr]
    assert "11" in result.say("zh")
    assert untied(result, "zh") == []


def test_the_file_s_own_symbol_or_name_is_enough(context, tmp_path: Path) -> None:
    named = write_prices(tmp_path, "300750.csv", {"2026-01-05": 10.5})
    assert stock.import_prices(context, named).symbol == "300750.SZ"
    column = tmp_path / "x.csv"
    column.write_text("日期,收盘,代码\n2026-01-05,10,sz002594\n", encoding="gbk")
    assert stock.import_prices(context, str(column)).symbol == "002594.SZ"


def test_a_full_symbol_outside_the_directory_is_taken_at_its_word(context, tmp_path: Path) -> None:
    path = write_prices(tmp_path, "y.csv", {"2026-01-05": 10.5})
    assert stock.import_prices(context, path, "08888.HK").symbol == "08888.HK"


@pytest.mark.parametrize("symbol", ["", "平安", "火星"])
def test_an_unclear_security_is_refused_with_the_way_to_say_it(context, tmp_path: Path, symbol: str) -> None:
    with pytest.raises(InputError, match="not clear") as caught:
        stock.import_prices(context, write_prices(tmp_path, "prices.csv", {"2026-01-05": 1.0}), symbol)
    assert "--symbol" in caught.value.hint


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_an_unreadable_file_is_one_message(context, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        stock.import_prices(context, str(tmp_path / name))


def test_returns_with_origin_down_to_the_closes(imported) -> None:
    result = stock.returns(imported, "贵州茅台", "3M", as_of="2026-04-19")
    [row] = result.windows
    assert result.benchmark == "000300.SH"
    assert row.base_day == date(2026, 1, 16)  # three months before Friday 17 April is a Saturday
    assert row.relative is not None
    assert row.absolute is not None
    assert row.index is not None
    assert isinstance(row.relative.origin, Formula)
    kinds = {figure.origin.kind for figure in row.relative.walk() if isinstance(figure.origin, MarketData)}
    assert kinds == {"user"}
    assert row.relative.value == pytest.approx(row.absolute.value - row.index.value)
    closes = {figure.metric for figure in row.absolute.inputs().values()}
    assert closes == {"close"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_number_of_the_return_table_has_a_figure(imported, lang: Language) -> None:
    result = stock.returns(imported, "600519.SH", "1M,3M,12M,YTD")
    assert untied(result, lang) == []
    assert len(result.card(lang).blocks) >= 2
    assert result.advice_notice


def test_a_window_before_the_history_is_null_with_a_reason(imported) -> None:
    result = stock.returns(imported, "600519", "36M")
    assert result.windows[0].absolute is None
    assert "prices begin on" in result.say("en")


def test_without_index_prices_there_is_no_relative_return_and_a_note(
    context, tmp_path: Path, weekday_closes
) -> None:
    stock.import_prices(
        context, write_prices(tmp_path, "300750.csv", weekday_closes("2025-01-01", "2025-12-31"))
    )
    result = stock.returns(context, "宁德时代", "3M")
    assert result.windows[0].relative is None
    assert any("000300.SH" in note for note in result.notes)
    assert stock.returns(context, "宁德时代", "3M", benchmark="none").notes


def test_the_hong_kong_listing_is_taken_when_only_that_was_imported(
    context, tmp_path: Path, weekday_closes
) -> None:
    stock.import_prices(
        context, write_prices(tmp_path, "p.csv", weekday_closes("2025-01-01", "2025-12-31")), "0763.HK"
    )
    result = stock.price(context, "中兴通讯")
    assert result.symbol == "00763.HK"
    assert result.close.unit == "HKD"


@pytest.mark.parametrize(
    "ask", [lambda c: stock.price(c, "工业富联"), lambda c: stock.returns(c, "工业富联")]
)
def test_without_a_price_source_the_way_out_is_said(context, ask) -> None:
    with pytest.raises(ToolError, match="no price source is installed or enabled") as caught:
        ask(context)
    assert caught.value.code == "no-price-source"
    assert "import_prices" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "words"), [("平安", "not certain"), ("大疆", "no listed company"), ("工叶富联", "not certain")]
)
def test_prices_of_an_uncertain_name_are_not_guessed(imported, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        stock.returns(imported, name)


def test_made_up_prices_stay_apart(imported) -> None:
    for name in ("demo_share", "demo_index"):
        assert stock.import_prices(imported, str(ROOT / "examples/sample_prices" / f"{name}.csv")).demo
    result = stock.returns(imported, "DEMOA", "12M")
    assert result.demo
    assert result.benchmark == "DEMOX.DEMO"
    assert "made up" in result.say("en")
    kinds = {
        f.origin.kind for _p, fig in result.figures() for f in fig.walk() if isinstance(f.origin, MarketData)
    }
    assert kinds == {"demo"}
    with pytest.raises(InputError, match="not compared"):
        stock.returns(imported, "600519.SH", benchmark="DEMOX")
    with pytest.raises(InputError, match="synthetic"):
        stock.import_prices(imported, str(ROOT / "examples/sample_prices/demo_share.csv"), "600519.SH")


@pytest.mark.parametrize(
    ("argument", "value"), [("window", "soon"), ("as_of", "yesterday"), ("benchmark", "大疆")]
)
def test_bad_arguments_are_refused(imported, argument: str, value: str) -> None:
    arguments: dict[str, Any] = {argument: value}
    with pytest.raises(InputError):
        stock.returns(imported, "600519.SH", **arguments)


def test_arguments_are_validated_from_their_schema() -> None:
    model = stock.returns.arguments_model
    assert model(name="600519.SH").window == "1M,3M,12M"  # type: ignore[attr-defined]
    with pytest.raises(ValidationError):
        model(name="600519.SH", method="magic")
    with pytest.raises(ValidationError):
        stock.lookup.arguments_model()


def test_finders_fill_the_slots_of_a_question() -> None:
    slots = {p.name: p.slot for p in stock.returns.parameters}
    text = "截至2025年6月30日,中兴通讯近半年相对恒生指数的收益"
    found = {name: [c.value for c in slot.find(text)] for name, slot in slots.items() if slot and slot.find}
    assert found == {
        "name": ["000063.SZ"],
        "window": ["6M"],
        "benchmark": ["HSI.INDEX"],
        "as_of": ["2025-06-30"],
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("导入data/k线.csv的价格", "data/k线.csv"),
        ('load "my file.csv" now', "my file.csv"),
        ("读入prices.csv", "prices.csv"),
    ],
)
def test_file_names_in_a_question(text: str, path: str) -> None:
    assert path in [c.value for c in find_csv_paths(text)]


def test_the_plugin_declares_what_it_has() -> None:
    names = [tool.name for tool in plugin.tools()]
    assert names == ["lookup", "returns", "price", "import_prices", "providers", "eval"]
    by_name = {tool.name: tool for tool in plugin.tools()}
    assert {str(effect) for effect in by_name["import_prices"].effects} == {"read", "write"}
    for name in ("lookup", "returns", "price", "import_prices"):
        for lang in ("zh", "en"):
            assert len(set(by_name[name].examples[lang])) >= 6
    assert by_name["eval"].faces == ("cli", "slash")


def test_the_scorer_counts_by_kind_and_lists_misses(context, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(
        '{"id": "1", "kind": "name", "query": "新易盛", "expected": "300502.SZ"}\n\n'
        '{"id": "2", "kind": "name", "query": "新易盛", "expected": "600000.SH"}\n'
        '{"id": "3", "kind": "none", "query": "大疆", "expected": null}\n'
        '{"id": "4", "kind": "ambiguous", "query": "长城", "expected": ["601633.SH", "000066.SZ"]}\n'
        '{"id": "5", "kind": "sentences", "query": "看好新易盛和寒武纪", "expected": ["688256.SH", "300502.SZ"]}\n'
        '{"id": "6", "kind": "none", "query": "", "expected": null}\n',
        encoding="utf-8",
    )
    result = evaluate(context, str(path))
    assert (result.total, result.passed) == (6, 5)
    assert result.by_kind["name"].passed == 1
    assert [(miss.id, "300502.SZ" in miss.got) for miss in result.misses] == [("2", True)]
    assert result.metrics["refusals that were right"] == 1.0


@pytest.mark.parametrize(("text", "words"), [("{", "line 1"), ('{"id": "1"}', "line 1"), ("[1]", "line 1")])
def test_a_bad_case_file_names_the_line(context, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        evaluate(context, str(path))


def test_eval_names_the_field_that_a_case_lacks(context, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"kind": "name", "query": "a", "expected": "b"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"\(id: Field required\)"):
        evaluate(context, str(path))


def test_a_symbol_behind_the_file_is_told_where_it_goes(context, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        stock.import_prices(context, f"{tmp_path / 'prices.csv'} 688111")
    assert "--symbol" in caught.value.hint
