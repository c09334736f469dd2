"""Codes in every written form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout_stock_lookup.codes import read_code

SHANGHAI_FORMS = [
    "{}.SH", "{}.ss", "sh{}", "SH.{}", "{}.XSHG", "XSHG:{}", "SHSE.{}", "SSE:{}", "1.{}", "{} CG", "s_sh{}", " {}.sh ",
]  # fmt: skip
HONG_KONG_FORMS = [
    "{}.HK",
    "hk{}",
    "HK:{}",
    "r_hk{}",
    "rt_hk{}",
    "HKG:{}",
    "SEHK:{}",
    "{} HK Equity",
    "HK.{}",
]
US_FORMS = [
    "NASDAQ:{}",
    "nyse: {}",
    "{}.US",
    "{}.O",
    "{}.OQ",
    "{}.N",
    "${}",
    "{} US",
    "{} UW Equity",
    "gb_{}",
    "105.{}",
]


@given(st.integers(600000, 689999), st.sampled_from(SHANGHAI_FORMS))
def test_every_shanghai_form_is_one_symbol(code: int, form: str) -> None:
    reading = read_code(form.format(code))
    assert reading is not None
    assert reading.symbols == (f"{code}.SH",)
    assert reading.explicit


@given(st.integers(1, 99999), st.sampled_from(HONG_KONG_FORMS), st.booleans())
def test_every_hong_kong_form_is_five_digits(code: int, form: str, padded: bool) -> None:
    reading = read_code(form.format(f"{code:05d}" if padded else f"{code:04d}"))
    assert reading is not None
    assert reading.symbols == (f"{code:05d}.HK",)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5), st.sampled_from(US_FORMS))
def test_every_us_form_is_the_ticker(ticker: str, form: str) -> None:
    reading = read_code(form.format(ticker))
    assert reading is not None
    assert reading.symbols == (f"{ticker}.US",)


def test_full_width_digits_are_digits() -> None:
    assert read_code("\uff16\uff18\uff18\uff11\uff11\uff11") == read_code("688111")


def test_six_bare_digits_may_be_any_mainland_exchange() -> None:
    reading = read_code("000001")
    assert reading is not None
    assert reading.symbols == ("000001.SZ", "000001.SH", "000001.BJ")
    assert not reading.explicit


def test_four_bare_digits_are_hong_kong_and_never_a_padded_shenzhen_code() -> None:
    reading = read_code("0700")
    assert reading is not None
    assert reading.symbols == ("00700.HK",)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("^HSI", "HSI.INDEX"), (".INX", "SPX.INDEX"), ("HSTECH.HI", "HSTECH.INDEX"), ("100.NDX", "NDX.INDEX")],
)
def test_indices_have_codes_of_their_own(text: str, symbol: str) -> None:
    reading = read_code(text)
    assert reading is not None
    assert reading.symbols == (symbol,)


@pytest.mark.parametrize(
    "text", ["", "H100", "金山办公", "1234567", "2024-04-19", "GPT-4", "600519.XX", "70B", "3.14"]
)
def test_what_is_no_code_is_not_read_as_one(text: str) -> None:
    assert read_code(text) is None
