from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout_report_search.clean import clean_pages
from tieout_report_search.offsets import cuts, normal_form, pack_runs, unpack_runs

LONG = "这一页的正文用来说明清理之后文字仍然完整可读并且可以逐字核对"


def cleaned(*pages: str) -> list[str]:
    return [page.text for page in clean_pages(pages)]


def test_headers_and_footers_that_repeat_are_taken_out_although_their_page_numbers_differ() -> None:
    pages = [
        f"远山证券 行业周报\n{LONG}第{word}段。\n请勿转载 第 {n} 页" for n, word in enumerate("甲乙丙丁", 1)
    ]
    assert cleaned(*pages) == [f"{LONG}第{word}段。" for word in "甲乙丙丁"]


def test_a_line_that_stands_on_two_pages_only_is_kept() -> None:
    pages = [f"同一句话写了两遍\n{LONG}{word}。" for word in "甲乙"]
    assert all("同一句话写了两遍" in page for page in cleaned(*pages))


def test_a_year_cut_by_a_line_break_grows_together() -> None:
    assert "2025 年 2 月" in cleaned(f"{LONG}，数据统计到 202\n5 年 2 月末为止，之后没有更新。")[0]


def test_columns_of_digits_are_not_joined_into_one_number() -> None:
    page = cleaned("项目 130\n640 万卡时\n合计 770\n12 台")[0]
    assert "130\n640" in page
    assert "13064" not in page
    assert "77012" not in page


def test_wrapped_chinese_lines_join_without_a_space_and_english_ones_with_one() -> None:
    assert (
        "逐字核对继续写" in cleaned(f"{LONG}{LONG}\n继续写完这一句话，直到句号为止，中间没有空格出现过。")[0]
    )
    english = (
        "The note explains at length how the arithmetic was\ndone and where each of its inputs came from."
    )
    assert "was done" in cleaned(english)[0]


def test_a_space_inside_a_chinese_word_goes_and_one_between_words_stays() -> None:
    assert cleaned("算 力芯片")[0] == "算力芯片"
    assert cleaned("行业周报 证券研究")[0] == "行业周报 证券研究"


def test_page_markers_of_a_sharing_site_go_and_numbered_lists_stay() -> None:
    scraped = "\n\n".join(f"{n}、{LONG}{LONG}而且这一句没有写完" for n in range(1, 6))
    assert "、" not in cleaned(scraped)[0]
    numbered = "\n\n".join(f"{n}、{LONG}。" for n in range(1, 6))
    assert "3、" in cleaned(numbered)[0]


def test_a_number_cut_by_a_page_marker_grows_together() -> None:
    chunks = [f"{n}、{LONG}{LONG}没有写完" for n in range(1, 4)]
    chunks[1] += "的数字是 202"
    chunks[2] = "3、3/2/28 " + chunks[2][2:]
    assert "2023/2/28" in cleaned("\n\n".join(chunks))[0]


def test_doubled_headings_are_halved_when_the_document_has_many() -> None:
    doubled = "行业发展历程行业发展历程\n模型参数规模模型参数规模\n训练数据来源训练数据来源\n谢谢大家"
    assert cleaned(doubled)[0] == "行业发展历程\n模型参数规模\n训练数据来源\n谢谢大家"
    assert cleaned("只有一处重复只有一处重复，不算噪声。")[0] == "只有一处重复只有一处重复，不算噪声。"


def test_repeated_digits_are_never_halved() -> None:
    noise = "行业发展历程行业发展历程\n模型参数规模模型参数规模\n训练数据来源训练数据来源\n"
    assert "2020" in cleaned(noise + "公司在 2020 年完成 12121212 次训练")[0]


def test_compatibility_characters_become_plain_and_control_characters_go() -> None:
    assert cleaned("⾦山\x00办公\u202e　７００Ｗ")[0] == "金山办公 700W"


def test_phrases_that_send_the_reader_to_the_disclaimer_go_and_leave_a_cut() -> None:
    raw = "前一句说到一半请务必阅读正文之后的免责条款和声明。后半句在这里。"
    page = clean_pages([raw])[0]
    assert page.text == "前一句说到一半后半句在这里。"
    assert cuts(page, raw) == (7,)


NOISY = st.text(alphabet="金山办公算力。，、 \n\r\t１2３0.%年A b\u200b⾦一", max_size=120)


@given(st.lists(NOISY, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_every_clean_stretch_between_cuts_is_borne_out_by_its_raw_span(pages: list[str]) -> None:
    for raw, page in zip(pages, clean_pages(pages), strict=True):
        assert sum(run.length for run in page.runs) == len(page.text)
        assert unpack_runs(pack_runs(page.runs)) == page.runs
        bounds = [0, *cuts(page, raw), len(page.text)]
        for start, end in pairwise(bounds):
            low, high = page.raw_span(start, end)
            assert normal_form(page.text[start:end]) in normal_form(raw[low:high])


@pytest.mark.parametrize("pages", [[""], ["\n\n \r\n"], ["", "字"]])
def test_pages_without_text_stay_empty(pages: list[str]) -> None:
    assert [bool(page.text) for page in clean_pages(pages)] == [bool(page.strip()) for page in pages]
