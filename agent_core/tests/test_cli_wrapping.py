"""Lines that fit, with Chinese characters two columns wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tieout.cli.wrapping import display_width, wrap

TEXTS = st.text(alphabet="ab 数字\uff0c。\uff08\uff09(),-", max_size=80)


def test_wide_character_takes_two_columns_and_a_combining_mark_none() -> None:
    assert display_width("MFU 利用率") == 10
    assert display_width("e\u0301") == 1


def test_chinese_breaks_anywhere_but_not_before_a_comma() -> None:
    assert wrap("每个数字\uff0c都有来源", 8) == ["每个数", "字\uff0c都有", "来源"]


def test_opening_bracket_goes_to_the_next_line_with_its_text() -> None:
    assert wrap("训练算力\uff08估算\uff09", 10) == ["训练算力", "\uff08估算\uff09"]


def test_english_breaks_at_spaces() -> None:
    assert wrap("every number has a source", 12) == ["every number", "has a source"]


def test_word_wider_than_the_line_stays_whole() -> None:
    assert wrap("见 https://example.org/a/long/address 一节", 12) == [
        "见",
        "https://example.org/a/long/address",
        "一节",
    ]


@given(TEXTS, st.integers(min_value=8, max_value=40))
def test_nothing_is_lost_and_no_line_begins_with_a_comma(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line == line.strip() for line in lines)
    for line in lines[1:]:
        if line[0] in "\uff0c。\uff09":
            # Only where the text itself has a space before it.
            assert f" {line[0]}" in text


@given(st.text(alphabet="数字算力利用率", min_size=1, max_size=60), st.integers(min_value=2, max_value=40))
def test_chinese_fills_every_line_but_the_last(text: str, width: int) -> None:
    *full, last = wrap(text, width)
    assert all(display_width(line) == width // 2 * 2 for line in full)
    assert 0 < display_width(last) <= width
