"""Names inside texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout_stock_lookup import default_directory, find_tickers
from tieout_stock_lookup.scan import find_benchmarks, find_securities


def symbols(text: str) -> list[str]:
    return [str(found.value) for found in find_tickers(text)]


def test_names_in_a_sentence_are_found_in_order_with_their_places() -> None:
    text = "服务器链条看工业富联与浪潮信息,港股关注腾讯、商汤,海外看 NVIDIA 和 Broadcom。"
    found = find_tickers(text)
    assert [str(c.value) for c in found] == [
        "601138.SH", "000977.SZ", "00700.HK", "00020.HK", "NVDA.US", "AVGO.US",
    ]  # fmt: skip
    assert all(text[c.start : c.end] == c.text for c in found)


def test_the_longest_name_wins() -> None:
    assert symbols("金山软件与金山办公是两家公司") == ["03888.HK", "688111.SH"]
    assert symbols("中信建投发布了年报") == ["601066.SH"]


@pytest.mark.parametrize(
    "text",
    [
        "工业机器人出货量上升", "海量数据的清洗", "太平洋两岸的光缆", "高通信带宽和大显存",
        "Tesla 架构的老显卡", "a meta-learning method",
        "资料来源:Wind,东方财富", "中信证券研究部整理", "共采购 600000 张卡",
        "Arm 架构处理器", "2024 年 3000 亿美元", "turn it on now",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_companies(text: str) -> None:
    assert symbols(text) == []


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("机器人(300024)今日涨停", "300024.SZ"),
        ("海量数据的股价", "603138.SH"),
        ("关注寒武纪、机器人等", "300024.SZ"),
        ("东方财富股价大涨", "300059.SZ"),
        ("机器人", "300024.SZ"),
    ],
)
def test_ordinary_words_are_companies_beside_a_cue(text: str, symbol: str) -> None:
    assert symbol in symbols(text)


def test_codes_in_a_text_need_an_exchange_brackets_or_a_cue() -> None:
    assert symbols("see 0992.HK, NASDAQ: AVGO, $MU and (601138)") == [
        "00992.HK",
        "AVGO.US",
        "MU.US",
        "601138.SH",
    ]
    assert symbols("代码 300502") == ["300502.SZ"]
    assert symbols("编号 300502 的样品") == []


def test_a_date_glued_to_a_name_of_digits() -> None:
    assert symbols("2023.3.20360/商汤科技") == ["601360.SH", "00020.HK"]
    assert symbols("旋转 360 度") == []


def test_a_company_is_named_once_whatever_its_listings() -> None:
    assert symbols("中芯国际(688981.SH,00981.HK)与中芯国际") == ["688981.SH"]


def test_traditional_characters_and_full_width_are_read() -> None:
    assert symbols("看好科大訊飛和\uff23\uff21\uff34\uff2c") == ["002230.SZ", "300750.SZ"]


def test_a_short_form_is_handed_on_as_written_when_a_cue_is_near() -> None:
    assert symbols("紫光的股票代码") == ["紫光"]
    assert symbols("紫光闪闪") == []


def test_an_unknown_name_beside_a_cue_is_handed_on_with_a_low_score() -> None:
    found = find_tickers("请问大疆的股票代码")
    assert [(c.value, c.score < 0.5) for c in found] == [("大疆", True)]


def test_benchmarks_are_indices_beside_a_share() -> None:
    text = "比亚迪相对沪深300的表现"
    assert [c.value for c in find_securities(text)] == ["002594.SZ"]
    assert [c.value for c in find_benchmarks(text)] == ["000300.SH"]
    assert [c.value for c in find_securities("沪深300的表现")] == ["000300.SH"]
    assert list(find_benchmarks("沪深300的表现")) == []


NAMES = [
    s.name
    for s in default_directory().by_symbol.values()
    if s.market == "SH" and s.status == "listed" and len(s.name) == 4
]


@given(st.sampled_from(NAMES), st.text("的了是,。 与和", max_size=6), st.text("的了是,。 与和", max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_name_between_particles_is_found_unless_it_is_a_word(name: str, before: str, after: str) -> None:
    known = default_directory()
    text = before + name + after
    found = find_tickers(text)
    assert all(text[c.start : c.end] == c.text for c in found)
    key = name.lower().lstrip("*")
    if key not in known.common_words and key.removeprefix("st") not in known.common_words:
        assert known.names[key.replace(" ", "")][0].instrument.symbol in [c.value for c in found]


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_places_inside_it(text: str) -> None:
    for found in find_tickers(text):
        assert 0 <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.text or found.reason == "demo"


def test_ten_kilobytes_of_one_character_are_read_to_the_end() -> None:
    assert symbols("中" * 10_000 + " 工业富联") == ["601138.SH"]


@pytest.mark.parametrize(
    "text",
    [
        "for a in b; do echo $a $F $all; done",
        "Focus on what Power and Sunrise mean in this sentence.",
        "The story stood in the New York Times yesterday.",
        "把数字标识写进文件头,再读一次。",
    ],
)
def test_words_that_are_names_in_the_long_lists_only_are_no_shares(text: str) -> None:
    assert find_securities(text) == []


def test_an_english_name_of_several_words_is_found_in_running_text() -> None:
    text = "Orders at NAURA Technology Group and at Shengyi Technology grew again."
    assert [found.value for found in find_securities(text)] == ["002371.SZ", "600183.SH"]
