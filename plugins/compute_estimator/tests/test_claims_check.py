"""The tool: what it says about one claim, a document, a report, and input that cannot be checked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tieout.errors import InputError, TieoutError
from tieout.evidence import EvidenceBook, settle_result
from tieout.marks import tie_out
from tieout.plugin import ReportSpan, Result
from tieout.quantities import find
from tieout.testing import FakeToolContext
from tieout_compute_estimator import CheckResult, check, check_text
from tieout_compute_estimator.accelerators import find_device
from tieout_compute_estimator.caveats import today
from tieout_compute_estimator.claims.documents import MOST_CHARACTERS

BITS = "Azure 的每台 GPU 服务器有 400 GB/s 网络带宽"
PARAGRAPH = (
    "训练一次 GPT-3 约需 3640 PF-day,按 Lambda 的估计花费 460 万美元。"
    "单张 V100 训练 GPT-3 需要 288 年。"
    "2023 年 1 月 ChatGPT 访问量 6.16 亿次,每次互动成本约 0.01 美元,对应 616 万美元。"
    "由此,ChatGPT 单月运营约需 4874.4 PF-day 的算力。"
    "今天天气很好,适合散步。"
    "A100 的 NVLink 带宽是 600 GB/s,而 H100 的 NVLink 带宽是 900 Gb/s。"
)


def test_a_unit_error_is_corrected_with_its_source() -> None:
    (claim,) = check_text(BITS).claims
    assert claim.verdict == "unit_error"
    assert "400 Gb/s" in claim.corrected
    assert "Microsoft" in claim.corrected
    assert claim.computed["factor"].value == pytest.approx(8)


def test_missing_values_are_implied() -> None:
    (claim,) = check_text("单个 V100 训练 GPT-3 需 288 年").claims
    assert claim.verdict == "ok_with_assumption"
    assert claim.computed["implied_tflops_6nd"].value == pytest.approx(34.6, rel=0.01)
    assert claim.computed["mfu"].value == pytest.approx(27.7, rel=0.01)


def test_rivals_of_an_unnamed_cluster_are_named_and_not_asserted() -> None:
    (claim,) = check_text("128 台对应 640P 算力").claims
    assert claim.verdict == "ok_with_assumption"
    (found,) = [one for one in claim.findings if one.rule == "unnamed"]
    assert "A100" in found.words["device"]
    assert "sparse" in found.words["form"]
    assert "DGX A100" in found.words["rivals"]
    assert claim.computed["dense_fp16"].value == pytest.approx(319.5, rel=0.01)


def test_what_would_make_a_claim_checkable_is_named() -> None:
    (claim,) = check_text("总体有效训练时间超过 95%").claims
    assert claim.verdict == "not_checkable"
    assert any("effective time" in text for text in claim.missing)


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("企业大模型从千亿级跃升至万亿级,算力需求增速 320%", 10.0),
        ("企业大模型从百亿级升到万亿级,算力需求增速 320%", 100.0),
        ("Models went from 70B to 1T, and demand for compute grew 320%", 1e3 / 70),
    ],
)
def test_a_leap_in_size_says_what_it_means_for_compute(text: str, ratio: float) -> None:
    (claim,) = check_text(text).claims
    assert claim.computed["compute_ratio_fixed_tokens"].value == pytest.approx(ratio)
    assert claim.computed["compute_ratio_at_20x"].value == pytest.approx(ratio**2)


def test_formats_with_the_ratio_of_a_claim_are_named_in_the_order_of_the_datasheet() -> None:
    (claim,) = check_text("H20 的算力仅为 H100 的 15%").claims
    (found,) = [one for one in claim.findings if one.rule == "performance"]
    assert found.words["forms"] == "TF32, BF16, FP16, FP8, INT8"


def test_a_document_is_cut_into_claims_that_keep_their_places() -> None:
    result = check_text(PARAGRAPH * 2)
    for claim in result.claims:
        assert (PARAGRAPH * 2)[claim.start : claim.end] == claim.text
    assert "天气" not in "".join(claim.text for claim in result.claims)
    assert result.verdict == "unit_error"
    rescaled = [claim for claim in result.claims if claim.verdict == "rescaled"]
    assert rescaled
    assert rescaled[0].ways[0].rescales
    assert "3640" in rescaled[0].ways[0].expression


def test_two_estimates_of_one_document_are_held_against_each_other() -> None:
    result = check_text(PARAGRAPH)
    (found,) = [one for one in result.contradictions if one.finding.rule == "estimates"]
    assert found.finding.numbers["usd_from_time"].value == pytest.approx(3.787e6, rel=0.01)


def test_one_value_given_twice_is_a_contradiction() -> None:
    text = "Yuan 1.0 使用 2128 张卡训练。" + "其他内容。" * 60 + "Yuan 1.0 使用 512 张卡训练。"
    assert [one.finding.rule for one in check_text(text).contradictions] == ["document"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "text",
    [
        BITS,
        PARAGRAPH,
        "128 台对应 640P 算力",
        "未来 10 年 AI 效率再提高 100 万倍",
        "GPT-4 has 100 trillion parameters",
        "8B 模型的 Chinchilla 最佳训练计算量对应约 200B token",
        "今天天气很好",
        "Llama 3 训练数据 15T,是 Llama 2 的 7 倍还多",
        "10 天内训练 1000 亿参数、1PB 数据集约需 1.08 万 A100",
        "2020 中国数字经济 39.2 万亿元,占 GDP 38.6%",
        "1 万张 A100 提供 6240P 算力",
        "100,000 H100s draw about 150 MW",
    ],
)
def test_every_number_that_is_said_ties_to_a_figure(text: str, lang: str) -> None:
    language = "zh" if lang == "zh" else "en"
    result = settle_result(check_text(text), tool="compute.check", call_id="c1", said=find(text))
    book = EvidenceBook()
    book.add(result, tool="compute.check", call_id="c1")
    said = result.say(language)
    assert said.strip()
    loose = [
        said[mark.start : mark.end]
        for mark in tie_out(said, book, text)
        if mark.status in ("untied", "mismatch")
    ]
    assert loose == [], said


def test_the_result_survives_json_and_draws_an_interval() -> None:
    result = check_text("On 1,024 A100 GPUs it would take about 34 days to train GPT-3")
    assert CheckResult.model_validate_json(result.model_dump_json()) == result
    plots = [block for block in result.card("en").blocks if block.type == "plot"]
    assert plots
    assert plots[0].kind == "interval"
    assert plots[0].series[1].low[0] < 34 < plots[0].series[1].high[0] * 1.6


def test_a_file_is_checked_in_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(PARAGRAPH.encode("gb18030"))
    result = asyncio.run(check(file=str(path)))
    assert result.title == "report.txt"
    assert {claim.verdict for claim in result.claims} >= {"rescaled", "unit_error"}


class _Page(Result):
    report: object = None
    page: int = 1
    text: str = ""
    spans_on_page: tuple[ReportSpan, ...] = ()


class _Report:
    title, pages = "Weekly", 2


def _show(document: str, page: int) -> _Page:
    assert document == "weekly"
    text = ["这是第一页。ChatGPT 访问量 6.16 亿次。" + BITS + "。", "H100 功耗 700W。"][page - 1]
    start = text.index("Azure") if page == 1 else 0
    end = start + len(BITS) if page == 1 else len(text)
    span = ReportSpan(
        document="a" * 64,
        title="Weekly",
        page=page,
        start=start,
        end=end,
        quote=text[start:end],
        source="reports",
    )
    return _Page(report=_Report(), page=page, text=text, spans_on_page=(span,))


def test_claims_of_a_report_carry_its_page_and_span() -> None:
    ctx = FakeToolContext(answers={"reports.show": _show})
    result = asyncio.run(check(document="weekly", ctx=ctx))
    assert [arguments["page"] for _name, arguments in ctx.called] == [1, 2]
    wrong = next(claim for claim in result.claims if claim.verdict == "unit_error")
    assert wrong.page == 1
    assert wrong.span is not None
    assert wrong.span.quote == BITS
    assert wrong.stated[0].origin == wrong.span
    assert [claim.page for claim in result.claims if "700W" in claim.text] == [2]


def test_a_text_without_claims_says_so() -> None:
    result = check_text("今天天气很好,我们去公园散步。")
    assert result.claims == ()
    assert result.verdict == "not_checkable"
    assert "no number" in result.say("en")


def test_a_text_of_ten_megabytes_is_read_up_to_a_limit_that_is_said() -> None:
    filler = "本页无数据。" * 1000
    text = (filler + BITS + "。") * (10_000_000 // len(filler))
    result = check_text(text[:10_000_000])
    assert result.characters == 10_000_000
    assert result.claims
    assert any(f"{MOST_CHARACTERS:.0f}" in note for note in result.notes)


@pytest.mark.parametrize(
    "arguments", [{}, {"text": "  "}, {"text": "a", "file": "b"}, {"file": "/no/such/file.txt"}]
)
def test_bad_input_is_one_clear_error(arguments: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        asyncio.run(check(arguments.get("text", ""), file=arguments.get("file", "")))
    assert caught.value.hint or "no/such" in str(caught.value)


def test_a_pdf_and_a_binary_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 ...")
    (tmp_path / "b.bin").write_bytes(b"\x00\x01\x02" * 100)
    for name in ("a.pdf", "b.bin"):
        with pytest.raises(InputError, match=name):
            asyncio.run(check(file=str(tmp_path / name)))


def test_a_report_needs_a_session() -> None:
    with pytest.raises(TieoutError):
        asyncio.run(check(document="weekly"))


def test_the_dense_peak_of_a_rack_is_not_that_of_one_of_its_chips() -> None:
    (claim,) = check_text("GB200 NVL72 的 FP4 算力为 1.44 EFLOPS").claims
    (peak,) = [one for one in claim.findings if "dense" in one.figures]
    assert peak.figures["dense"].value == pytest.approx(0.72)
    assert peak.figures["dense"].unit == "EFLOP/s"


def test_a_verdict_that_rests_on_an_expired_rent_says_its_dates() -> None:
    price = find_device("TPU v4").price
    assert price is not None
    assert price.valid_until < today()
    result = check_text(f"Renting a TPU v4 costs {price.mid:g} USD per GPU hour")
    assert result.claims[0].verdict == "ok_with_assumption"
    (note,) = result.notes
    assert f"TPU v4 was read on {price.as_of} and held until {price.valid_until}" in note
    assert not check_text("GPT-3 took 3640 PF-days").notes
