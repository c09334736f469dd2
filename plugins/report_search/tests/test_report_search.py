from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.quantities import find
from tieout_report_search import ReportLibrary, holds
from tieout_report_search.question import read_question
from tieout_report_search.searching import Found

Write = Callable[[str, str], Path]

ASKED = [
    (
        "Which company makes WPS Office according to the report, 金山办公?",
        "ai_compute_weekly_llama3_zh.pdf",
        5,
        "WPS AI",
    ),
    ("70B 版本用了多少 H100 卡时", "ai_compute_weekly_llama3_zh.pdf", 1, "640 万"),
    ("两代模型的有效训练时间和训练效率对比", "ai_compute_weekly_llama3_zh.pdf", 3, "三倍"),
    ("H20 的显存带宽和功耗", "inference_cost_domestic_cards_zh.txt", 2, "4.0 TB/s"),
    ("日均 token 消耗量增长了多少倍", "inference_cost_domestic_cards_zh.txt", 1, "300 多倍"),
    ("DeepSeek 一天的理论收入和成本利润率", "inference_cost_domestic_cards_zh.txt", 4, "545%"),
    ("range of listed H100 rental prices", "training_economics_en.pdf", 1, "USD 6.88"),
    ("mean draw of OLMo 3 as a share of TDP", "inference_memory_energy_en.txt", 4, "89%"),
    ("bytes of KV cache per token of DeepSeek-V3 with MLA", "inference_memory_energy_en.txt", 2, "70,272"),
    ("does a leak say how many A100s trained GPT-4", "training_economics_en.pdf", 5, "25,000"),
]


def hits(library: ReportLibrary, question: str, limit: int = 5) -> tuple[Found, ...]:
    return library.search(question, limit=limit).hits


@pytest.mark.parametrize(("question", "file", "page", "words"), ASKED)
def test_a_question_finds_its_passage_among_the_first_three(
    sample_library: ReportLibrary, question: str, file: str, page: int, words: str
) -> None:
    found = hits(sample_library, question, 3)
    places = [(hit.document.name, hit.passage.span.page) for hit in found]
    assert (file, page) in places
    assert any(words in hit.passage.text for hit in found)


def test_the_quote_is_the_sentence_that_answers() -> None:
    question = read_question("What does the report say about 金山办公?")
    assert question.needed == ("金山办公",)


def test_a_company_in_an_english_question_is_quoted_from_prose(sample_library: ReportLibrary) -> None:
    best = hits(sample_library, "Tell me about 金山办公, please: what do the notes write about it?")[0]
    span = best.passage.span
    assert span.quote.startswith("金山办公（688111）")
    assert span.quote.endswith("。")
    assert (span.page, span.publisher, span.source) == (5, "子虚证券", "reports")
    assert str(span.published) == "2024-04-28"


def test_every_citation_of_every_hit_is_borne_out_by_the_raw_page(sample_library: ReportLibrary) -> None:
    for question, *_ in ASKED:
        for hit in hits(sample_library, question, 10):
            raw = sample_library.reread(hit.passage.span)
            assert raw is not None
            assert holds(hit.passage.span, raw)
            for figure in hit.citation.figures:
                assert figure.origin is not None
                assert figure.origin.type == "report"
                again = sample_library.reread(figure.origin)
                assert again is not None
                assert [q.value for q in find(again)][:1] == [figure.value] or holds(figure.origin, again)


def test_the_numbers_of_a_quote_have_places_of_their_own(sample_library: ReportLibrary) -> None:
    best = hits(sample_library, "70B 版本用了多少 H100 卡时")[0]
    figure = next(f for f in best.citation.figures if f.text.startswith("640 万"))
    assert figure.value == 6.4e6
    assert figure.origin is not None
    assert figure.origin.type == "report"
    raw = sample_library.reread(figure.origin)
    assert raw is not None
    assert raw.replace("\r\n", "").startswith("640 万")
    assert best.passage.span.start <= figure.origin.start < figure.origin.end <= best.passage.span.end


def test_the_property_asked_for_counts_most(sample_library: ReportLibrary) -> None:
    question = "Llama 3 70B 用 15T tokens 和 640 万 H100 卡时训练，MFU 是多少？"
    assert "MFU" in hits(sample_library, question)[0].passage.span.quote
    assert read_question(question).focus == {"mfu"}
    assert read_question("what is the memory bandwidth of the H20?").focus == {"memory", "bandwidth"}


def test_a_question_about_one_product_is_not_answered_with_another(sample_library: ReportLibrary) -> None:
    found = hits(sample_library, "what is the memory bandwidth of the H20?")
    assert found[0].document.name == "inference_cost_domestic_cards_zh.txt"
    assert all("H20 " in hit.passage.text or "H20," in hit.passage.text for hit in found)


def test_footnote_marks_are_no_quantities(sample_library: ReportLibrary) -> None:
    found = hits(sample_library, "MFU implied by the Llama 3.1 405B model card")[0]
    assert "[5]" in found.passage.span.quote
    assert "5" not in [figure.text for figure in found.citation.figures]


def test_a_code_of_a_security_is_no_quantity(library: ReportLibrary, write: Write) -> None:
    library.add(write("a.txt", "公司一览\n浪潮信息（000977）生产服务器，2023 年收入为 658 亿元。"))
    figures = hits(library, "浪潮信息")[0].citation.figures
    assert [figure.text for figure in figures] == ["658 亿元"]


def test_a_citation_whose_page_was_changed_is_refused(library: ReportLibrary, write: Write) -> None:
    library.add(write("a.txt", "铜缆连接报告\n铜缆连接的价格是每根 30 美元，比去年低。"))
    span = hits(library, "铜缆连接价格")[0].passage.span
    assert not holds(
        span.model_copy(update={"quote": span.quote.replace("30", "80")}), library.reread(span) or ""
    )
    assert library.reread(span.model_copy(update={"page": 2})) is None
    assert library.reread(span.model_copy(update={"document": "0" * 16})) is None
    assert library.reread(span.model_copy(update={"end": 10_000})) is None
    with closing(sqlite3.connect(library.data_dir / "reports.db")) as db, db:
        db.execute("UPDATE pages SET raw = CAST(replace(CAST(raw AS TEXT), '30', '80') AS BLOB)")
    assert library.reread(span) is None
    assert hits(library, "铜缆连接价格") == ()


def test_a_quote_does_not_reach_over_what_was_cut_out(library: ReportLibrary, write: Write) -> None:
    text = "铜缆报告\n铜缆连接在机柜内的价格请务必阅读正文之后的免责条款和声明。一直在下降，今年是 30 美元。"
    library.add(write("a.txt", text))
    found = hits(library, "铜缆连接 机柜 价格 下降 美元")[0]
    assert "价格一直" not in found.passage.span.quote
    assert found.citation.cut_before or found.citation.cut_after


def test_a_number_split_in_the_raw_text_is_found_and_cited_whole(
    library: ReportLibrary, write: Write
) -> None:
    line = "为了说明租金的变化情况，这里先写下一段足够长的文字，数据统计截止到 202"
    library.add(
        write("a.txt", f"租金报告\n{line}\n5 年 6 月，每小时租金是 2.95 美元，没有别的变化发生，也没有例外。")
    )
    best = hits(library, "2025 年 6 月租金")[0]
    assert "2025 年 6 月" in best.passage.span.quote
    raw = library.reread(best.passage.span) or ""
    assert "202\n5 年" in raw
    assert holds(best.passage.span, raw)


def test_body_text_comes_before_disclaimers_and_contents(library: ReportLibrary, write: Write) -> None:
    body = "算力租金报告\n算力租金在第二季度下降，因为供给增加。"
    disclaimer = "免责声明\n" + "本报告不构成投资建议，算力租金仅供参考，未经书面授权不得转载算力租金。" * 3
    contents = "\n".join(f"{n}. 算力租金 {'.' * 40} {n}" for n in range(1, 9))
    library.add(write("a.txt", f"{contents}\f{disclaimer}\f{body}"))
    assert hits(library, "算力租金")[0].passage.span.page == 3


def test_what_no_report_mentions_is_not_answered(sample_library: ReportLibrary) -> None:
    for question in ("贵州茅台的目标价是多少", "明天北京的天气", "what is the capital of France"):
        assert hits(sample_library, question) == ()


def test_a_name_that_no_report_holds_is_reported_missing(sample_library: ReportLibrary) -> None:
    found = sample_library.search("What do the notes say about 贵州茅台 and inference cost?")
    assert (found.hits, found.missing) == ((), ("贵州茅台",))
    found = sample_library.search("H100 与 Blackwell-9 的显存带宽")
    assert found.hits
    assert found.missing == ("Blackwell-9",)


def test_the_same_sentence_from_two_files_is_quoted_once(library: ReportLibrary, write: Write) -> None:
    sentence = "铜缆连接的价格是每根 30 美元，比去年低。"
    library.add(write("a.txt", f"第一份报告\n{sentence}"))
    library.add(write("b.txt", f"第二份报告\n{sentence}"))
    assert [hit.passage.span.quote for hit in hits(library, "铜缆连接价格")] == [sentence]


def test_full_width_and_traditional_writing_find_the_same(sample_library: ReportLibrary) -> None:
    plain = hits(sample_library, "显存带宽高于 H100")[0].passage.span
    assert hits(sample_library, "顯存帶寬高於 Ｈ１００")[0].passage.span == plain


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("What does the report say about energy?", {"energy"}),
        ("请问报告里怎么说功耗？", {"功耗"}),
        ("Which weights are stored?", {"weights", "stored"}),
    ],
)
def test_question_words_do_not_count(question: str, left: set[str]) -> None:
    assert set(read_question(question).tokens) == left


def test_a_plural_finds_the_singular(library: ReportLibrary, write: Write) -> None:
    library.add(
        write("a.txt", "Cables\nOne copper cable costs 30 dollars in the second quarter of the year.")
    )
    assert len(hits(library, "price of cables made of copper")) == 1


@given(question=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_question_is_answered_without_an_error(sample_library: ReportLibrary, question: str) -> None:
    for hit in sample_library.search(question).hits:
        assert holds(hit.passage.span, sample_library.reread(hit.passage.span) or "")
