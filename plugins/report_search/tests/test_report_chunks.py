from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tieout_report_search.chunks import chunk_pages, sentences, weight

SENTENCE = "训练一个模型需要很多算力，也需要很多数据，还需要有人把账算清楚。"


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_a_note_mark_stays_with_its_sentence_and_a_source_note_is_a_line_of_its_own() -> None:
    assert pieces("算力很贵。[1] 数据也贵。[2]\n[1] 来源：模型卡") == [
        "算力很贵。[1]",
        "数据也贵。[2]",
        "[1] 来源：模型卡",
    ]


def test_decimals_abbreviations_and_heading_numbers_end_no_sentence() -> None:
    text = "3. Energy\nTouvron et al. 2023 report 0.385 kg. Later cards do not."
    assert pieces(text) == ["3. Energy", "Touvron et al. 2023 report 0.385 kg.", "Later cards do not."]


def test_passages_end_at_sentences_and_are_no_longer_than_a_page_of_reading() -> None:
    text = SENTENCE * 60
    chunks = chunk_pages([text], [()])
    assert len(chunks) > 3
    assert all(weight(text[c.start : c.end]) <= 500 for c in chunks)
    assert all(text[c.start : c.end].endswith("。") for c in chunks)
    assert "".join(text[c.start : c.end] for c in chunks) == text


def test_a_passage_never_reaches_over_a_page() -> None:
    chunks = chunk_pages([SENTENCE, SENTENCE], [(), ()])
    assert [(c.page, c.start, c.end) for c in chunks] == [(1, 0, len(SENTENCE)), (2, 0, len(SENTENCE))]


def test_a_heading_names_the_section_also_on_the_next_page() -> None:
    page = "一、训练账本\n" + SENTENCE * 20
    assert {c.section for c in chunk_pages([page, SENTENCE], [(), ()])} == {"一、训练账本"}


def test_contents_and_disclaimers_are_marked() -> None:
    contents = "\n".join(f"{n}. 本周行业观点 {'.' * 40} {n}" for n in range(1, 12))
    disclaimer = "免责声明\n" + "本报告仅供客户使用，不构成投资建议，未经书面授权不得转载。" * 4
    kinds = [c.kind for c in chunk_pages([contents, SENTENCE, disclaimer], [(), (), ()])]
    assert kinds == ["contents", "body", "disclaimer"]


def test_a_text_without_any_stop_is_still_cut() -> None:
    text = "算" * 3000
    chunks = chunk_pages([text], [()])
    assert max(c.end - c.start for c in chunks) <= 500
    assert "".join(text[c.start : c.end] for c in chunks) == text


@given(st.text(alphabet="算力。，. A1\n[]", max_size=2000))
def test_passages_are_in_order_and_lose_nothing_but_white_space(text: str) -> None:
    chunks = chunk_pages([text], [()])
    assert all(a.end <= b.start for a, b in pairwise(chunks))
    kept = "".join(text[c.start : c.end] for c in chunks)
    assert "".join(kept.split()) == "".join(text.split())
