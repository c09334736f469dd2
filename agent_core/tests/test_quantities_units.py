"""Converting, writing and comparing."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tieout.quantities import (
    DEFAULT,
    Unit,
    UnitMismatch,
    UnitTable,
    agrees,
    convert,
    find,
    format_quantity,
    same,
)

units = st.sampled_from(sorted(unit.symbol for unit in DEFAULT))
values = st.floats(1e-6, 1e26) | st.integers(1, 10**12).map(float)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1, "PF-day", "FLOP", 8.64e19),
        (3640, "PF-day", "FLOP", 3.14496e23),
        (400, "Gb/s", "GB/s", 50),
        (1, "GiB", "B", 2**30),
        (40, "%", "", 0.4),
        (2, "x", "%", 200),
        (1, "GPU-year", "GPU-hour", 8760),
        (1, "kWh", "J", 3.6e6),
        (2, "USD/GPU-hour", "cent/GPU-hour", 200),
        (10, "USD/Mtoken", "USD/token", 1e-5),
        (1, "天", "小时", 24),
        (25, "bp", "pp", 0.25),
    ],
)
def test_conversions(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("FLOP", "FLOP/s"),
        ("GW", "GWh"),
        ("USD", "CNY"),
        ("token", "parameter"),
        ("%", "pp"),
        ("GPU", "GPU-hour"),
        ("TOP/s", "TFLOP/s"),
    ],
)
def test_what_measures_something_else_is_refused(source: str, target: str) -> None:
    with pytest.raises(UnitMismatch, match="cannot convert"):
        convert(1, source, target)


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(UnitMismatch, match="unknown unit 'furlong'"):
        convert(1, "furlong", "km")


@given(values, units, units)
def test_conversion_and_back(value: float, source: str, target: str) -> None:
    assume(DEFAULT.get(source).dimension == DEFAULT.get(target).dimension)
    assert convert(convert(value, source, target), target, source) == pytest.approx(value, rel=1e-12)


@given(values, values, units, units)
def test_conversion_keeps_the_order(a: float, b: float, source: str, target: str) -> None:
    assume(DEFAULT.get(source).dimension == DEFAULT.get(target).dimension)
    assert (a <= b) <= (convert(a, source, target) <= convert(b, source, target))


def test_extending_gives_a_new_table() -> None:
    hops = Unit("hop", "distance in hops", en="hops", zh="跳", words=("hop", "hops"))
    table = DEFAULT.extend(hops)
    assert "hop" in table
    assert "hop" not in DEFAULT
    assert len(table) == len(DEFAULT) + 1
    assert [(q.value, q.unit) for q in find("3 hops 和 4 跳", units=table)] == [(3, "hop"), (4, "hop")]
    assert find("3 hops")[0].unit == ""
    assert format_quantity(3, "hop", lang="zh", units=table) == "3 跳"


def test_one_spelling_cannot_mean_two_units() -> None:
    with pytest.raises(ValueError, match="already in the table"):
        DEFAULT.extend(Unit("GB", "information"))
    with pytest.raises(ValueError, match="'GB' cannot mean 'gigabuck'"):
        DEFAULT.extend(Unit("gigabuck", "money:USD", 1e9, spellings=("GB",)))


def test_an_empty_table_still_finds_bare_numbers() -> None:
    table = UnitTable([Unit("", "number")])
    assert [(q.value, q.unit) for q in find("5 apples, 12 million", units=table)] == [(5, ""), (12e6, "")]


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (6.4e6, "GPU-hour", "6.4M GPU-hours", "640 万 GPU 小时"),
        (6.3e24, "FLOP", "6.30e24 FLOP", "6.30e24 FLOP"),
        (70e9, "parameter", "70B parameters", "700 亿参数"),
        (15e12, "token", "15T tokens", "15 万亿 token"),
        (15_625, "GPU", "15,625 GPUs", "15,625 卡"),
        (1, "GPU", "1 GPU", "1 卡"),
        (27.894, "%", "27.9%", "27.9%"),
        (0.27894, "ratio", "27.9%", "27.9%"),
        (15.6, "ratio", "15.6", "15.6"),
        (3.4e9, "USD", "$3.4B", "34 亿美元"),
        (-3.4e9, "USD", "-$3.4B", "-34 亿美元"),
        (2.5, "USD/GPU-hour", "$2.5/GPU-hour", "2.5 美元/GPU 小时"),
        (3.6e8, "CNY", "¥360M", "3.6 亿元"),
        (3640, "PF-day", "3,640 PF-days", "3,640 PF-day"),
        (2024, "", "2,024", "2,024"),
        (0, "GB", "0 GB", "0 GB"),
        (1.5, "pp", "1.5 percentage points", "1.5 个百分点"),
        (7, "x", "7x", "7 倍"),
        (12, "month", "12 months", "12 个月"),
        (1, "day", "1 day", "1 天"),
        (2.5, "furlong", "2.5 furlong", "2.5 furlong"),
    ],
)
def test_written_for_people(value: float, unit: str, en: str, zh: str) -> None:
    assert format_quantity(value, unit, lang="en") == en
    assert format_quantity(value, unit, lang="zh") == zh


def test_more_digits_on_request() -> None:
    assert format_quantity(0.278943, "ratio", lang="en", digits=5) == "27.894%"
    assert format_quantity(6.2999e24, "FLOP", lang="en", digits=5) == "6.2999e24 FLOP"


@pytest.mark.parametrize(
    ("value", "digits", "lang"), [(math.inf, 3, "en"), (math.nan, 3, "en"), (1.0, 0, "en"), (1.0, 3, "fr")]
)
def test_what_cannot_be_written(value: float, digits: int, lang: str) -> None:
    with pytest.raises(ValueError, match="cannot write"):
        format_quantity(value, "", lang=lang, digits=digits)


@given(values, units, st.sampled_from(["en", "zh"]), st.integers(1, 8))
def test_what_is_written_is_read_back(value: float, unit: str, lang: str, digits: int) -> None:
    text = format_quantity(value, unit, lang=lang, digits=digits)
    found = find(text)
    assert len(found) == 1, text
    assert found[0].text == text
    assert found[0].dimension == DEFAULT.get(unit).dimension
    assert agrees(found[0], value, unit), (text, found[0])


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("27.9%", 0.27894, "ratio"),
        ("27.9%", 0.27894, ""),
        ("0.279", 0.27894, "ratio"),
        ("640 万", 6.4e6, ""),
        ("640 万", 6.404e6, ""),
        ("640 万 GPU 小时", 6.4e6, "GPU-hour"),
        ("3640 PF-days", 3.1448e23, "FLOP"),
        ("约 15,000 GPUs", 14_873, "GPU"),
        ("超过 15T tokens", 15.6e12, "token"),
        ("up to 400B", 398e9, ""),
        ("3-4 个月", 3.4, "month"),
        ("2024", 2024, ""),
    ],
)
def test_right_roundings(text: str, value: float, unit: str) -> None:
    assert agrees(find(text)[0], value, unit)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("27.8%", 0.27894, "ratio"),  # cut off, not rounded
        ("27.9%", 27.894, "ratio"),
        ("640 万", 6.44e6, ""),
        ("640 亿", 6.4e6, ""),
        ("640 万 GPU 小时", 6.4e6, "GPU"),
        ("15,000 GPUs", 14_873, "GPU"),
        ("超过 15T tokens", 14e12, "token"),
        ("超过 15T tokens", 30e12, "token"),
        ("3-4 个月", 5, "month"),
        ("400 GB/s", 400, "Gb/s"),
        ("$5", 5, "CNY"),
        ("2024", 2024, "GPU"),
    ],
)
def test_wrong_roundings(text: str, value: float, unit: str) -> None:
    assert not agrees(find(text)[0], value, unit)


@given(st.floats(0.001, 1e12), st.integers(1, 6), st.sampled_from(["", "%", "GB", "token", "USD"]))
def test_a_step_more_never_agrees(value: float, digits: int, unit: str) -> None:
    shown = find(format_quantity(value, unit, lang="zh", digits=digits))[0]
    assert not agrees(shown, value + 2 * shown.step, unit)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("15.6 万亿 token", "16T tokens", True),
        ("15.6 万亿 token", "15T tokens", False),
        ("2024年4月22日", "April 22, 2024", True),
        ("2024年4月", "April 22, 2024", False),
        ("$3.4B", "34 亿美元", True),
        ("3640 PF-days", "3.14e23 FLOP", True),
        ("80 GB", "80 Gb", False),
    ],
)
def test_two_printed_quantities(a: str, b: str, expected: bool) -> None:
    assert same(find(a)[0], find(b)[0]) is expected
    assert same(find(b)[0], find(a)[0]) is expected
