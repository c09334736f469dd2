"""Numbers inside names, times of day, fractions, vague counts, and what stands right after a date or a price."""

import pytest

from tieout.quantities import Quantity, agrees, find, rounding_interval


def only(text: str) -> Quantity:
    found = find(text)
    assert len(found) == 1, [quantity.text for quantity in found]
    return found[0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Ascend 910B", "910B"), ("昇腾 910B", "910B"), ("华为昇腾910C", "910C"), ("RTX 4090", "4090"),
        ("RTX 4090 GPUs", "4090"), ("Xeon 8480", "8480"), ("WPS 365", "365"), ("Windows 11", "11"),
        ("ChatGPT 5", "5"), ("CUDA 12.4", "12.4"), ("PCIe 5.0", "5.0"), ("S&P 500", "500"), ("沪深300", "300"),
        ("科创 50", "50"), ("ISO 27001", "27001"), ("Llama 3.1", "3.1"),
    ],
)  # fmt: skip
def test_a_number_that_belongs_to_a_name_is_a_label(text: str, number: str) -> None:
    found = only(text)
    assert (found.kind, found.text, found.unit) == ("label", number, "")


@pytest.mark.parametrize(
    "text",
    [
        "B200 MI300X TPU v5p GB200 NVL72 i7-13700 L40S",
        "DeepSeek-V3 GPT-4o SHA-256 CWE-78 CVE-2024-1234",
        "3GPP 5G o3-mini",
        "15:00 收盘, 09:30-15:00, 9:30 am",
        "24/7 support, 7*24 小时值守",
        "几十亿, 数十亿",
    ],
)
def test_names_and_times_of_day_hold_no_quantity(text: str) -> None:
    assert [quantity.text for quantity in find(text) if quantity.unit != "h"] == []


@pytest.mark.parametrize(
    ("text", "quantity", "unit"),
    [
        ("昇腾 3000 张", "3000 张", "GPU"),
        ("HBM 3 TB/s", "3 TB/s", "TB/s"),
        ("Orin 254 TOPS", "254 TOPS", "TOP/s"),
        ("MFU27.6%", "27.6%", "%"),
        ("25,000+ H100", "25,000+ H100", "GPU"),
        ("表 1:25 家公司", "25", ""),
    ],
)
def test_a_number_after_a_name_still_counts(text: str, quantity: str, unit: str) -> None:
    assert (quantity, unit) in [(found.text, found.unit) for found in find(text)]


@pytest.mark.parametrize(
    "text", ["$2/GPU-hr", "$2/GPU-hour", "$2 per GPU hr", "$2/GPU/hour", "$2 per GPU per hour"]
)
def test_prices_per_device_and_hour(text: str) -> None:
    found = only(text)
    assert (found.text, found.value, found.unit) == (text, 2, "USD/GPU-hour")


@pytest.mark.parametrize(
    ("text", "date", "iso"),
    [
        ("until 2025-08-01.", "2025-08-01", "2025-08-01"),
        ("2025/08/01.", "2025/08/01", "2025-08-01"),
        ("on May 5.", "May 5", "--05-05"),
        ("2025-08-01T15:00:00Z", "2025-08-01T15:00:00Z", "2025-08-01"),
        ("2025-08-01 15:00", "2025-08-01", "2025-08-01"),
        ("1H24", "1H24", "2024H1"),
        ("24H1", "24H1", "2024H1"),
        ("上半年", "上半年", "H1"),
        ("8 月", "8 月", "--08"),
    ],
)
def test_dates_and_periods(text: str, date: str, iso: str) -> None:
    found = only(text)
    assert (found.text, found.iso) == (date, iso)


def test_a_count_like_a_year_is_a_count() -> None:
    assert [only(text).kind for text in ("2000 家公司", "2000 年", "2000")] == ["number", "period", "period"]


def test_months_that_count_are_no_month_of_the_year() -> None:
    assert [quantity.iso for quantity in find("近 3 月, 3 个月")] == ["", ""]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("a million", 1e6, ""),
        ("a million tokens", 1e6, "token"),
        ("half a million GPUs", 5e5, "GPU"),
        ("1/3", 1 / 3, "ratio"),
        ("half of it", 0.5, "ratio"),
        ("two thirds of the cost", 2 / 3, "ratio"),
        ("一半", 0.5, "ratio"),
    ],
)
def test_fractions_and_articles(text: str, value: float, unit: str) -> None:
    found = only(text)
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize("text", ["5/8/2024", "a/1/2", "10/100", "half past", "一半径"])
def test_what_is_no_fraction(text: str) -> None:
    assert [quantity for quantity in find(text) if quantity.unit == "ratio"] == []


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [("三四个月", 3, 4, "month"), ("两三天", 2, 3, "day"), ("七八十台服务器", 70, 80, "server")],
)
def test_neighbouring_digits_are_a_range(text: str, low: float, high: float, unit: str) -> None:
    found = only(text)
    assert (found.low, found.high, found.unit, found.approximate) == (low, high, unit, True)


def test_words_before_a_bold_number_count() -> None:
    assert find("约 **27.6%**")[0].approximate
    assert find("more than **5 days**")[0].bound == "at least"


@pytest.mark.parametrize("text", ["27.6%", "约 30%", "超过 25%", "3-4 个月", "6.4M GPU-hours"])
def test_the_rounding_interval_is_what_agrees(text: str) -> None:
    shown = only(text)
    low, high = rounding_interval(shown)
    assert agrees(shown, (low + high) / 2, shown.unit)
    assert not agrees(shown, low - shown.step * 1e-3, shown.unit)
    assert not agrees(shown, high + shown.step * 1e-3, shown.unit)


def test_a_long_column_of_numbers_is_read_to_its_end() -> None:
    assert len(find("1 " * 50_000)) == 50_000
