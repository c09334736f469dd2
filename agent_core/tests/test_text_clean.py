"""Nothing that acts on a terminal gets through, and nothing else is lost."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.text import Cleaner, clean, clean_line

HOSTILE = [
    *"\x1b\x07\x18\x1a\x00\x0e\x7f\r\n\t \x9b\x9d\x90\x98\x9c\x9e\x9f\x85[]PX^_\\;?0123hmJ(/B",
    *"\u200b\u200d\u200e\u202e\u2028\u2066\u2069\u061c\ufeff\ufe0f\u20e3\u0301\u0489\U000e0041\U000e0001\ud800\udfff",
    *"👩🚀👍🏽❤🔥🇨🇳中文，aZ…é",
]
texts = st.text(st.sampled_from(HOSTILE), max_size=60) | st.text(max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b[31;1mred\x1b[0mb", "aredb"),
        ("a\x1b[2J\x1b[Hb", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]52;c;aGVsbG8=\x1b\\b", "ab"),
        ("a\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bPq#0;2\x1b\\b", "ab"),
        ("a\x1bXsos\x1b\\b\x1b^pm\x1b\\c\x1b_apc\x1b\\d", "abcd"),
        ("a\x9b31mb\x9d0;t\x9cc\x90x\x9cd", "abcd"),
        ("a\x1b(Bb\x1b7c\x1bcd", "abcd"),
        ("a\x1b[31\x18b", "ab"),
        ("a\x1b[31中b", "a中b"),
        ("a\x1b]0;x\x1b[31mb", "ab"),
        ("a\x1b", "a"),
        ("a\x1b[12", "a"),
        ("a\x1b]0;never", "a"),
        ("a\x00\x08\x0b\x0c\x0e\x7f\x85b", "ab"),
        ("a\r\nb\rc\n\td", "a\nb\nc\n\td"),
        ("a\r\r\nb", "a\n\nb"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\u202eb\u2066c\u200fd\u061ce\ufefff\u200bg", "abcdefg"),
        ("a\U000e0041\U000e007fb", "ab"),
        ("👩\u200d🚀 x\u200dy 👍\u200d", "👩\u200d🚀 xy 👍"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("e" + "\u0301" * 200, "e" + "\u0301" * 8),
        ("a\ud83d\ude00b", "a\ufffd\ufffdb"),
        ("报告 [2024].pdf =[/]=", "报告 [2024].pdf =[/]="),
        ("한국어 Ελληνικά हिन्दी", "한국어 Ελληνικά हिन्दी"),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@given(texts)
def test_nothing_dangerous_is_left(text: str) -> None:
    marks = 0
    for character in clean(text):
        category = unicodedata.category(character)
        assert character in "\n\t" or category not in ("Cc", "Cs")
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
        assert not "\U000e0000" <= character <= "\U000e007f"
        marks = marks + 1 if category in ("Mn", "Me") else 0
        assert marks <= 8


@given(texts)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(texts, st.lists(st.integers(0, 60)))
def test_a_stream_gives_the_same_text_however_it_is_cut(text: str, cuts: list[int]) -> None:
    cleaner = Cleaner()
    edges = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    out = "".join(cleaner.feed(text[a:b]) for a, b in itertools.pairwise(edges)) + cleaner.finish()
    assert out == clean(text)


@pytest.mark.parametrize("introducer", ["\x1b]0;", "\x1b[", "\x1bP", "\x9d", "\x1b]" + "\x1b", "\x1b_"])
def test_a_sequence_without_end_does_not_swallow_the_answer(introducer: str) -> None:
    shown = clean(introducer + "0" * 5_000 + "the rest is shown")
    assert shown.endswith("the rest is shown")


def test_a_finished_cleaner_starts_afresh() -> None:
    cleaner = Cleaner()
    assert cleaner.feed("a\x1b]0;x") == "a"
    assert cleaner.finish() == ""
    assert cleaner.feed("b") == "b"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("  a\n\tb\r\nc  ", "a b c"),
        ("\x1b]0;t\x07report\u202efdp.exe", "reportfdp.exe"),
        ("x" * 200, "x" * 119 + "…"),
        ("x" * 120, "x" * 120),
    ],
)
def test_one_line(raw: str, line: str) -> None:
    assert clean_line(raw) == line


@given(texts, st.integers(1, 20))
def test_a_line_keeps_its_limit(text: str, limit: int) -> None:
    line = clean_line(text, limit=limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert "\t" not in line


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        clean_line("x", limit=0)


def test_long_hostile_text_keeps_its_plain_characters() -> None:
    assert clean("ab\x1b[0m" * 20_000) == "ab" * 20_000
