from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tieout_report_search import ReportLibrary
from tieout_report_search.clean import clean_pages
from tieout_report_search.documents import Metadata, ParsedFile
from tieout_report_search.metadata import read_metadata


def read(text: str) -> Metadata:
    return read_metadata(ParsedFile((text,), "text"), [page.text for page in clean_pages([text])], "file.txt")


def test_the_sample_reports_are_described_correctly(sample_library: ReportLibrary) -> None:
    described = {d.name: d.metadata for d in sample_library.documents()}
    weekly = described["ai_compute_weekly_llama3_zh.pdf"]
    assert weekly.title == "AI 算力周报：Llama 3 发布，开源大模型的训练账本"
    assert (weekly.broker, weekly.published, weekly.date_kind) == ("子虚证券", date(2024, 4, 28), "report")
    assert (weekly.analysts, weekly.rating) == (("贾设",), "中性")
    scraped = described["inference_cost_domestic_cards_zh.txt"]
    assert scraped.title == "推理成本与国产加速卡：先看显存，再看算力"
    assert scraped.published == date(2025, 9, 15)
    english = described["training_economics_en.pdf"]
    assert (english.broker, english.analysts, english.rating) == (
        "Nullmere Securities",
        ("Placida Holder",),
        "Neutral",
    )
    assert described["inference_memory_energy_en.txt"].published == date(2026, 2, 9)


def test_an_upload_date_is_not_taken_for_the_date_of_the_report() -> None:
    found = read(
        "模型研究.pdf\n上传人:某人 上传时间:2024-11-25 格式:PDF\n资源描述\n正文从这里开始，没有日期。"
    )
    assert (found.title, found.published, found.date_kind) == ("模型研究", date(2024, 11, 25), "upload")


def test_a_date_in_a_text_that_is_no_broker_report_is_only_mentioned() -> None:
    assert read("一篇网页\n2023年11月20日 每日一题\n正文。").date_kind == "mentioned"


@pytest.mark.parametrize("labels", ["2022/5/302022/6/302022/7/31", "2022/13/45", "042023 302022"])
def test_axis_labels_are_no_dates(labels: str) -> None:
    assert read(f"图表\n{labels}\n正文。").published is None


def test_names_and_ratings_are_found_in_the_forms_that_brokers_use() -> None:
    found = read("远山证券研究所\n李白 分析师 SAC 执业证书编号\n投资评级 领先大市-A 维持评级\n2024-05-06")
    assert (found.broker, found.analysts, found.rating) == ("远山证券研究所", ("李白",), "领先大市-A")
    assert (found.published, found.date_kind) == (date(2024, 5, 6), "report")


def test_a_broker_in_a_sentence_is_not_the_publisher() -> None:
    assert read("模型观察\n据中信建投表示，算力需求仍在增长。").broker == ""


def test_a_title_from_the_file_is_used_only_when_the_page_prints_it(tmp_path: Path) -> None:
    printed = ParsedFile(
        ("真正的标题在这里\n正文。",), "pdf", title="Microsoft Word - 稿件3.doc", heading="真正的标题在这里"
    )
    assert read_metadata(printed, ["真正的标题在这里\n正文。"], "x.pdf").title == "真正的标题在这里"
