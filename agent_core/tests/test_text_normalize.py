"""Normal forms keep their way back to the raw text."""

import unicodedata
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.text import Normalized, fold, nfkc, to_simplified

# Half of the examples from the characters that normalize in unusual ways.
TRICKY = (
    "aAеſﬁ㎡①１Ａ，。％～ﾊﾟガか゛각각ᄀ\u1161İΣςǅJ\u030cé\u0301\u0327\u0344Ωﷺ萬億後台灣GPU 𝟘\ud800\U00016d67"
)
texts = st.text(st.sampled_from(TRICKY)) | st.text()


def assert_runs_cover(normalized: Normalized, raw: str) -> None:
    at = raw_at = 0
    for run in normalized.runs:
        assert (run.start, run.raw_start) == (at, raw_at)
        assert run.atomic or run.length == run.raw_length
        at, raw_at = at + run.length, raw_at + run.raw_length
    assert (at, raw_at) == (len(normalized.text), len(raw))


@given(texts)
def test_nfkc_equals_the_standard_form(text: str) -> None:
    assert nfkc(text).text == unicodedata.normalize("NFKC", text)


@given(texts)
def test_runs_cover_both_texts_without_a_gap(text: str) -> None:
    assert_runs_cover(nfkc(text), text)
    assert_runs_cover(fold(text), text)


@given(texts, st.data())
def test_every_span_leads_back_to_raw_text_that_normalizes_to_it(text: str, data: st.DataObject) -> None:
    for normalize in (nfkc, fold):
        normalized = normalize(text)
        start = data.draw(st.integers(0, len(normalized.text)))
        end = data.draw(st.integers(start, len(normalized.text)))
        raw_start, raw_end = normalized.raw_span(start, end)
        assert 0 <= raw_start <= raw_end <= len(text)
        assert normalized.text[start:end] in normalize(text[raw_start:raw_end]).text


@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = fold(text).text
    assert fold(folded).text == folded


@given(texts)
def test_simplified_keeps_the_length_and_is_a_fixed_point(text: str) -> None:
    simplified = to_simplified(text)
    assert len(simplified) == len(text)
    assert to_simplified(simplified) == simplified


def test_span_of_full_width_digits_is_exact() -> None:
    raw = "约６４０ 萬"
    folded = fold(raw)
    assert folded.text == "约640 万"
    start = folded.text.index("640")
    assert raw[slice(*folded.raw_span(start, start + 3))] == "６４０"


def test_span_inside_a_ligature_widens_to_the_whole_of_it() -> None:
    assert nfkc("x㎡y").raw_span(2, 3) == (1, 2)
    assert nfkc("x㎡y").raw_span(3, 4) == (2, 3)


def test_empty_span_and_empty_text() -> None:
    assert nfkc("x㎡y").raw_span(3, 3) == (2, 2)
    assert fold("").raw_span(0, 0) == (0, 0)


@pytest.mark.parametrize("span", [(-1, 1), (2, 1), (0, 99)])
def test_span_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside a text of 3"):
        nfkc("abc").raw_span(*span)


def test_traditional_reads_like_simplified() -> None:
    assert to_simplified("臺灣積體電路製造：晶圓產能與參數") == "台湾积体电路制造：晶圆产能与参数"
    assert to_simplified("训练参数 abc") == "训练参数 abc"


def test_the_table_is_what_the_script_writes() -> None:
    pytest.importorskip("opencc", reason="opencc-python-reimplemented is a development dependency")
    import subprocess
    import sys
    from pathlib import Path

    script = Path(__file__).parents[1] / "scripts" / "make_simplified_table.py"
    assert subprocess.run([sys.executable, script, "--check"], check=False).returncode == 0


def test_a_long_text_of_marks_gives_the_standard_form() -> None:
    text = "e" + "\u0301\u0327" * 20_000
    assert nfkc(text).text == unicodedata.normalize("NFKC", text)
    assert_runs_cover(nfkc(text), text)


def test_lookup_in_many_runs() -> None:
    raw = "㎡a" * 2_000
    normalized = nfkc(raw)
    assert [partial(normalized.raw_span)(3 * i, 3 * i + 2) for i in range(2_000)] == [
        (2 * i, 2 * i + 1) for i in range(2_000)
    ]
