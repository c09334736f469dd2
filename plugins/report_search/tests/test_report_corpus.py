"""Runs over the real, noisy reports in the folder named by TIEOUT_TEST_CORPUS; skipped where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tieout.quantities import find
from tieout_report_search import ReportLibrary, holds

FOLDER = os.environ.get("TIEOUT_TEST_CORPUS", "")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FOLDER or not Path(FOLDER).is_dir(), reason="TIEOUT_TEST_CORPUS names no folder"),
]

QUESTIONS = [
    "Llama3 预训练用了多少 GPU 小时",
    "训练一次 GPT-3 需要多少算力",
    "哪些公司属于 AI 应用",
    "国内企业对英伟达 GPU 的需求",
    "大模型的收费模式有哪几种",
    "what hardware was used",
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ReportLibrary:
    library = ReportLibrary(tmp_path_factory.mktemp("corpus"))
    outcomes = library.add(Path(FOLDER))
    assert {outcome.status for outcome in outcomes} == {"added"}
    return library


def test_raw_text_is_kept_exactly(corpus: ReportLibrary) -> None:
    for path in Path(FOLDER).glob("*.txt"):
        document = corpus.find(path.name)
        page = corpus.page(document, 1)
        assert page is not None
        assert page.raw == path.read_bytes().decode().split("\f")[0]


def test_every_citation_is_borne_out(corpus: ReportLibrary) -> None:
    for question in QUESTIONS:
        for hit in corpus.search(question, limit=10).hits:
            assert holds(hit.passage.span, corpus.reread(hit.passage.span) or "")


def test_questions_are_answered_from_the_body_text(corpus: ReportLibrary) -> None:
    for question in QUESTIONS[:5]:
        hits = corpus.search(question).hits
        assert hits, question
        assert "_第" not in hits[0].passage.span.quote


def test_gpu_hours_are_quoted_with_their_number(corpus: ReportLibrary) -> None:
    best = corpus.search("Llama3 预训练 H100 GPU 小时").hits[0]
    values = [quantity.value for quantity in find(best.passage.span.quote)]
    assert 7.7e6 in values


def test_dates_of_uploads_are_labelled(corpus: ReportLibrary) -> None:
    for document in corpus.documents():
        page = corpus.page(document, 1)
        assert page is not None
        if "上传时间" in page.raw:
            assert document.metadata.date_kind in ("upload", "report")
            assert document.metadata.date_kind == "upload" or document.metadata.broker
