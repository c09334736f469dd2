"""What is read out of Chinese and English sentences about compute, money and time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.quantities import Quantity, find


def only(text: str) -> Quantity:
    found = find(text)
    assert len(found) == 1, [quantity.text for quantity in found]
    return found[0]


def read(text: str) -> list[tuple[str, float, str]]:
    return [(quantity.text, float(f"{quantity.value:.12g}"), quantity.unit) for quantity in find(text)]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        # magnitudes
        ("15T tokens", 15e12, "token"),
        ("15t tokens", 15e12, "token"),
        ("15 trillion tokens", 15e12, "token"),
        ("15-trillion-token", 15e12, "token"),
        ("15 万亿个 token", 15e12, "token"),
        ("15T 的 token", 15e12, "token"),
        ("１５Ｔ　ｔｏｋｅｎｓ", 15e12, "token"),
        ("1.3万亿参数", 1.3e12, "parameter"),
        ("三萬億參數", 3e12, "parameter"),
        ("3千万", 3e7, ""),
        ("2 千万亿", 2e15, ""),
        ("1亿2000万元", 1.2e8, "CNY"),
        ("128K", 128_000, ""),
        ("1.08w张卡", 10_800, "GPU"),
        ("1,234,567", 1_234_567, ""),
        ("１，２３４", 1_234, ""),
        # words
        ("一百二十台服务器", 120, "server"),
        ("两万张卡", 20_000, "GPU"),
        ("两万五", 25_000, ""),
        ("一千二百万", 1.2e7, ""),
        ("一百零五", 105, ""),
        ("十二个月", 12, "month"),
        ("一点五万亿", 1.5e12, ""),
        ("三千瓦", 3, "kW"),
        ("半年", 0.5, "year"),
        ("seven billion parameters", 7e9, "parameter"),
        ("two hundred thousand GPUs", 2e5, "GPU"),
        ("one hundred and twenty", 120, ""),
        ("three months", 3, "month"),
        # powers of ten
        ("3.14e23 FLOP", 3.14e23, "FLOP"),
        ("2.15×10^25 FLOPs", 2.15e25, "FLOP"),
        ("2.15 x 10^25", 2.15e25, ""),
        ("2.15*10**25", 2.15e25, ""),
        ("10^25 FLOP", 1e25, "FLOP"),
        ("6.3×10²⁴ FLOP", 6.3e24, "FLOP"),
        ("1.2×10⁻³", 1.2e-3, ""),
        ("2.15×1025 FLOP", 2.15e25, "FLOP"),
        # ratios
        ("27.9%", 27.9, "%"),
        ("２７．９％", 27.9, "%"),
        ("百分之五", 5, "%"),
        ("百分之百", 100, "%"),
        ("twenty-five percent", 25, "%"),
        ("40 pct", 40, "%"),
        ("七成", 70, "%"),
        ("三分之一", 1 / 3, "ratio"),
        ("2.5 个百分点", 2.5, "pp"),
        ("1.5 percentage points", 1.5, "pp"),
        ("25bp", 25, "bp"),
        ("3x", 3, "x"),
        ("7 倍", 7, "x"),
        ("三倍", 3, "x"),
        ("-14.5%", -14.5, "%"),
        ("负 5%", -5, "%"),
        # money
        ("460 万美元", 4.6e6, "USD"),
        ("$4.6M", 4.6e6, "USD"),
        ("US$ 4.6 million", 4.6e6, "USD"),
        ("-$3.4B", -3.4e9, "USD"),
        ("$5m", 5e6, "USD"),
        ("HK$5bn", 5e9, "HKD"),
        ("RMB 35 亿", 3.5e9, "CNY"),
        ("人民币 3.4亿元", 3.4e8, "CNY"),
        ("¥50 million", 5e7, "CNY"),
        ("39.2万亿元", 39.2e12, "CNY"),
        ("12 港元", 12, "HKD"),
        ("99 cents", 99, "cent"),
        ("2.5 美元/卡时", 2.5, "USD/GPU-hour"),
        ("$2 per GPU-hour", 2, "USD/GPU-hour"),
        ("$10 per million tokens", 10, "USD/Mtoken"),
        ("8 元/百万 tokens", 8, "CNY/Mtoken"),
        # compute
        ("3640 PFlop/s-day", 3640, "PF-day"),
        ("27.5PFlop/s-days", 27.5, "PF-day"),
        ("3640 petaflop/s-days", 3640, "PF-day"),
        ("100 PF-days", 100, "PF-day"),
        ("640P", 640, "PFLOP/s"),
        ("15625P", 15_625, "PFLOP/s"),
        ("989 TFLOPS", 989, "TFLOP/s"),
        ("989 TFLOPs", 989, "TFLOP/s"),
        ("1.2 EFLOP/s", 1.2, "EFLOP/s"),
        ("256 TOPS", 256, "TOP/s"),
        ("1 万亿次浮点运算/秒", 1e12, "FLOP/s"),
        # accelerators and their time
        ("640 万 H100 卡时", 6.4e6, "GPU-hour"),
        ("770 万个 GPU 小时", 7.7e6, "GPU-hour"),
        ("1,300,000 GPU hours", 1.3e6, "GPU-hour"),
        ("6.4M GPU-hours", 6.4e6, "GPU-hour"),
        ("128 H100-hours", 128, "GPU-hour"),
        ("16,384 H100 GPUs", 16_384, "GPU"),
        ("10 H100s", 10, "GPU"),
        ("8×H100", 8, "GPU"),
        ("2048 块 H800", 2048, "GPU"),
        ("3125台英伟达A100服务器", 3125, "server"),
        ("500 张", 500, "GPU"),
        ("28.5万个CPU核心", 285_000, "CPU core"),
        # information
        ("80GB", 80, "GB"),
        ("80-GB", 80, "GB"),
        ("80 gib", 80, "GiB"),
        ("80G", 80, "GB"),
        ("400 Gb/s", 400, "Gb/s"),
        ("400 GB/s", 400, "GB/s"),
        ("3.35 TB/s", 3.35, "TB/s"),
        ("512 B", 512, "B"),
        ("4-bit", 4, "bit"),
        # power, energy, time
        ("700W", 700, "W"),
        ("1.2 GW", 1.2, "GW"),
        ("22.4 GWh", 22.4, "GWh"),
        ("500 kWh", 500, "kWh"),
        ("300 千瓦时", 300, "kWh"),
        ("2,290 tCO2eq", 2290, "tCO2e"),
        ("54 天", 54, "day"),
        ("2,300 tokens/s", 2300, "token/s"),
        ("50 tokens per second per GPU", 50, "token/s/GPU"),
        ("5 nm", 5, "nm"),
    ],
)
def test_one_quantity(text: str, value: float, unit: str) -> None:
    found = only(text)
    assert (found.value, found.unit, found.text) == (pytest.approx(value, rel=1e-12), unit, text)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("3-4 个月", 3, 4, "month"),
        ("90~100天", 90, 100, "day"),
        ("5%–8%", 5, 8, "%"),
        ("5–8%", 5, 8, "%"),
        ("100 to 200 billion", 1e11, 2e11, ""),
        ("500-1万", 500, 10_000, ""),
        ("2-3 亿元", 2e8, 3e8, "CNY"),
        ("$2-3/GPU-hour", 2, 3, "USD/GPU-hour"),
        ("$2-$3", 2, 3, "USD"),
        ("500 MB - 2 GB", 0.5, 2, "GB"),
        ("三至五年", 3, 5, "year"),
        ("95 ± 3 %", 92, 98, "%"),
    ],
)
def test_ranges(text: str, low: float, high: float, unit: str) -> None:
    found = only(text)
    assert (found.low, found.high, found.unit) == (pytest.approx(low), pytest.approx(high), unit)
    assert found.value == pytest.approx((low + high) / 2)
    assert found.text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 10% to 20%", [("10%", 10, "%"), ("20%", 20, "%")]),
        ("从 10% 到 20%", [("10%", 10, "%"), ("20%", 20, "%")]),
        ("changed by -12.7 -21.3", [("-12.7", -12.7, ""), ("-21.3", -21.3, "")]),
        ("between 3 and 4 months", [("3 and 4 months", 3.5, "month")]),
        ("3 and 4 months", [("3", 3, ""), ("4 months", 4, "month")]),
        ("1-2-3", [("1", 1, "")]),
        ("8×80 GB", [("8", 8, ""), ("80 GB", 80, "GB")]),
    ],
)
def test_what_is_and_is_not_a_range(text: str, expected: list[tuple[str, float, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "iso", "kind"),
    [
        ("2024 年 04 月 22 日", "2024-04-22", "date"),
        ("2024年4月22日", "2024-04-22", "date"),
        ("24年4月22日", "2024-04-22", "date"),
        ("2024-04-22", "2024-04-22", "date"),
        ("2024/4/22", "2024-04-22", "date"),
        ("2024.4.22", "2024-04-22", "date"),
        ("April 22, 2024", "2024-04-22", "date"),
        ("22 Apr 2024", "2024-04-22", "date"),
        ("4月22日", "--04-22", "date"),
        ("2023年1月", "2023-01", "period"),
        ("2023-01", "2023-01", "period"),
        ("January 2023", "2023-01", "period"),
        ("2024Q1", "2024Q1", "period"),
        ("1Q24", "2024Q1", "period"),
        ("Q1 2024", "2024Q1", "period"),
        ("24Q1", "2024Q1", "period"),
        ("2024年第一季度", "2024Q1", "period"),
        ("2024年一季度", "2024Q1", "period"),
        ("2024年前三季度", "2024Q1/2024Q3", "period"),
        ("2024年上半年", "2024H1", "period"),
        ("H2 2024", "2024H2", "period"),
        ("第三季度", "Q3", "period"),
        ("FY2024", "FY2024", "period"),
        ("2024财年", "FY2024", "period"),
        ("2024年", "2024", "period"),
        ("2024", "2024", "period"),
        ("2024E", "2024", "period"),
        ("二〇二四年", "2024", "period"),
        ("2023-2025年", "2023/2025", "period"),
        ("2023–25年", "2023/2025", "period"),
        ("the 1990s", "1990/1999", "period"),
    ],
)
def test_dates_and_periods(text: str, iso: str, kind: str) -> None:
    found = only(text)
    assert (found.iso, found.kind, found.dimension, found.unit) == (iso, kind, "date", "")
    assert found.text == text.removeprefix("the ")


@pytest.mark.parametrize("text", ["2024-13-01", "2023-02-29", "2024年4月31日"])
def test_an_impossible_day_is_no_date(text: str) -> None:
    assert all(quantity.kind != "date" for quantity in find(text))


def test_four_digits_with_a_unit_or_bound_are_no_year() -> None:
    assert [(q.kind, q.unit) for q in find("2000 GPUs, more than 2000, 2,000, 2048")] == [
        ("number", "GPU"), ("number", ""), ("number", ""), ("number", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "approximate", "bound"),
    [
        ("约 5 天", True, None),
        ("大约 5 天", True, None),
        ("about 5 days", True, None),
        ("~5 days", True, None),
        ("5 天左右", True, None),
        ("超过 5 天", False, "at least"),
        ("不超过 5 天", False, "at most"),
        ("more than 5 days", False, "at least"),
        ("≥5 天", False, "at least"),
        ("5 天以上", False, "at least"),
        ("100+ GPUs", False, "at least"),
        ("不到 5 天", False, "at most"),
        ("up to 5 days", False, "at most"),
        ("≤ 5 天", False, "at most"),
        ("5 天以内", False, "at most"),
        ("up to about $5", True, "at most"),
        ("30 多天", True, "at least"),
        ("discover 5 days", False, None),
        ("A->5 days", False, None),
        ("近 3 年", False, None),
        ("近 30%", True, None),
        ("128K 上下文", False, None),
    ],
)
def test_words_around_a_number(text: str, approximate: bool, bound: str | None) -> None:
    found = only(text)
    assert (found.approximate, found.bound) == (approximate, bound)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Llama 3 70B", ["", "parameter"]),
        ("LLaMA-65B", ["parameter"]),
        ("GPT-3(175B)", ["parameter"]),
        ("70B 模型", ["parameter"]),
        ("70B params", ["parameter"]),
        ("70 B parameters", ["parameter"]),
        ("8B 和 70B 版本", ["parameter", "parameter"]),
        ("7B, 13B and 70B parameters", ["parameter"] * 3),
        ("参数量达 1750 亿", ["parameter"]),
        ("revenue of 70B", [""]),
        ("15T", [""]),
    ],
)
def test_what_a_bare_size_counts(text: str, units: list[str]) -> None:
    assert [quantity.unit for quantity in find(text)] == units


@pytest.mark.parametrize(
    "text",
    [
        "H100 A800 GPT-4 GPT-3.5 v2.0 Llama3 M6-OFA S1450522040001",
        "5G 3D 10-K 1.2.3 10.0.0.1 Mixtral-8x7B 1080P",
        "统一 一个 一些 进一步 十分 百度 万科 三星 五一 双十一 十四五 万一 三年级 二元件",
        "one of them, no one, seven dwarfs",
        "9" * 60,
        "1e999",
        "",
    ],
)
def test_what_is_no_quantity(text: str) -> None:
    assert [quantity.text for quantity in find(text) if quantity.text != "1080"] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("第三", "ordinal"), ("第 12", "ordinal"), ("3rd", "ordinal"), ("Table 3", "ordinal"), ("图 4", "ordinal"),
        ("No. 5", "ordinal"), ("Llama 3", "label"), ("27%", "percent"), ("$3", "money"), ("3x", "multiple"),
        ("3 GB", "number"),
    ],
)  # fmt: skip
def test_kinds(text: str, kind: str) -> None:
    assert only(text).kind == kind


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("27.9%", 0.1),
        ("640 万", 1e4),
        ("3.14e23 FLOP", 1e21),
        ("1,200", 1),
        ("两万", 1e4),
        ("一百二十台服务器", 10),
        ("$4.6M", 1e5),
    ],
)
def test_the_last_printed_digit(text: str, step: float) -> None:
    assert only(text).step == pytest.approx(step)


@pytest.mark.parametrize(
    ("text", "quantity", "value", "unit"),
    [
        ("利润增长-5%", "-5%", -5, "%"),
        ("对应 640P 算力", "640P", 640, "PFLOP/s"),
        ("对应 312T 算力", "312T", 312, "TFLOP/s"),
        ("算力达 3.2E", "3.2E", 3.2, "EFLOP/s"),
        ("80G 显存", "80G", 80, "GB"),
        ("H100-80GB", "80GB", 80, "GB"),
        ("since mid-2024", "2024", 2024, ""),
        ("结合 200 多万家企业", "200 多万", 2e6, ""),
        ("30 余种语言", "30", 30, ""),
        ("模型-70B", "70B", 70e9, "parameter"),
    ],
)
def test_one_quantity_among_words(text: str, quantity: str, value: float, unit: str) -> None:
    assert read(text) == [(quantity, value, unit)]


def test_a_whole_question() -> None:
    assert read("Llama 3 70B：15T tokens、640 万 H100 卡时，MFU 是多少？") == [
        ("3", 3, ""),
        ("70B", 70e9, "parameter"),
        ("15T tokens", 15e12, "token"),
        ("640 万 H100 卡时", 6.4e6, "GPU-hour"),
    ]


WORDS = """
3 12 2024 1.5 ,000 万 亿 千 一 百 两 第 半 个 张 GPU H100 B T M K % $ ¥ 元 美元 / - – ~ 至 to 约
超过 以上 年 月 日 天 个月 tokens 参数 百分之
分之 成 倍 x × 10^ e5 PFlop/s -day TB /s 卡时 ， 。 （ ) Q1 May one million ３
萬 more than 多 W
h 负 FY
"""
SCRAPS = st.sampled_from(WORDS.split())
noise = st.lists(SCRAPS | st.just(" "), max_size=30).map("".join) | st.text(max_size=60)


@given(noise)
def test_spans_are_in_order_and_hold_the_text(text: str) -> None:
    end = 0
    for quantity in find(text):
        assert end <= quantity.start < quantity.end
        assert text[quantity.start : quantity.end] == quantity.text
        assert quantity.low is None or (
            quantity.high is not None and quantity.low <= quantity.value <= quantity.high
        )
        assert quantity.step > 0
        end = quantity.end


@given(noise)
def test_full_width_text_reads_the_same(text: str) -> None:
    wide = text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) != ","})
    assert [(q.start, q.end, q.value, q.unit, q.iso) for q in find(wide)] == [
        (q.start, q.end, q.value, q.unit, q.iso) for q in find(text)
    ]


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ("1", 0),
        ("一", 0),
        ("万", 0),
        ("1.", 0),
        ("A1", 0),
        ("$", 0),
        ("第", 0),
        ("llama ", 0),
        ("about ", 0),
        ("one ", 0),
        ("5 GB ", 20_000),
        ("百分之五 ", 20_000),
    ],
)
def test_100_kilobytes_of_one_thing(block: str, count: int) -> None:
    found = find(block * (100_000 // len(block)))
    assert len(found) == (count if count == 0 else 100_000 // len(block))


@pytest.mark.parametrize(
    "middle", [" ", "-", "1,111", "1e9", "1×10^", "3万", "8x", "2024-01-", "至", "每", "~", "."]
)
def test_hostile_filling_does_not_hide_what_follows(middle: str) -> None:
    found = find("5 GB 。" + middle * (50_000 // len(middle)) + " 。 7 TB")
    assert (found[0].text, found[-1].text) == ("5 GB", "7 TB")
