"""Each number of an answer against the evidence of its turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tieout.contract.figures import Figure, Formula, MarketData, Origin, ReportSpan, TableRow, UserInput
from tieout.contract.results import Result
from tieout.events import MarkEvent
from tieout.evidence import EvidenceBook
from tieout.marks import tie_out
from tieout.quantities import DEFAULT, format_quantity


class Evidence(Result):
    """A tool's result that holds what a test needs."""

    listed: tuple[str, ...] = ()
    found: tuple[Figure, ...] = ()
    read: tuple[ReportSpan, ...] = ()


def row(device: str, field: str) -> TableRow:
    return TableRow(table="hardware", row=device, field=field, source="maker's datasheet, rev 1.2 (2024-05)")


def span(quote: str, title: str = "AI 算力周报 2024-05", page: int = 3) -> ReportSpan:
    return ReportSpan(document="ab" * 32, title=title, page=page, start=0, end=len(quote), quote=quote)


def figure(
    value: float, unit: str, metric: str = "", subject: str = "", origin: Origin | None = None
) -> Figure:
    return Figure(value=value, unit=unit, metric=metric, subject=subject, origin=origin)


SIZE = figure(70e9, "parameter", "parameters", "Llama 3 70B", UserInput(text="70B", start=0, end=3))
TOKENS = figure(15e12, "token", "training tokens", "Llama 3 70B", row("Llama 3 70B", "tokens"))
HOURS = figure(6.4e6, "GPU-hour", "device-hours", "Llama 3 70B", row("Llama 3 70B", "hours"))
FLOP = figure(
    6.3e24, "FLOP", "training FLOP", "Llama 3 70B",
    Formula(name="training FLOP", expression="6 · N · D", inputs={"N": SIZE, "D": TOKENS}),
)  # fmt: skip
H100 = figure(989.5, "TFLOP/s", "dense BF16 peak", "H100 SXM", row("H100 SXM", "peak"))
A100 = figure(312, "TFLOP/s", "dense BF16 peak", "A100-80GB SXM", row("A100-80GB SXM", "peak"))
MFU = figure(
    0.27634, "ratio", "MFU", "Llama 3 70B",
    Formula(name="MFU", expression="C / (3600 · h · P · 10¹²)", inputs={"C": FLOP, "h": HOURS, "P": H100}),
)  # fmt: skip


def book(*figures: Figure, spans: Sequence[ReportSpan] = ()) -> EvidenceBook:
    collected = EvidenceBook()
    collected.add(Evidence(found=tuple(figures), read=tuple(spans)), tool="compute.mfu", call_id="c1")
    return collected


def marks(
    answer: str, *figures: Figure, spans: Sequence[ReportSpan] = (), question: str = ""
) -> list[tuple[str, str]]:
    found = tie_out(answer, book(*figures, spans=spans), question)
    return [(answer[mark.start : mark.end], mark.status) for mark in found]


def status(answer: str, *figures: Figure, question: str = "") -> str:
    found = marks(answer, *figures, question=question)
    assert len(found) == 1, found
    return found[0][1]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The MFU is 27.6%.", "computed"),
        ("The MFU is 28%.", "computed"),
        ("MFU 约 **28%**", "computed"),
        ("about 28%", "computed"),
        ("27–28%", "computed"),
        ("超过 25%", "computed"),
        ("0.276", "computed"),
        ("| MFU (%) | 27.6 |", "computed"),
        ("The MFU is 35%.", "mismatch"),
        ("MFU 为 35%", "mismatch"),
        ("模型的算力利用率是 35%", "mismatch"),
        ("MFU: 27%", "mismatch"),
        ("MFU 超过 10%", "mismatch"),
        ("It takes 27.6 GB.", "untied"),
        ("27.6 个百分点", "untied"),
        ("市占率 35%", "untied"),
        ("A typical MFU is 35–45%.", "untied"),
        ("而不是 MFU 35%", "untied"),
        ("10–90%", "untied"),
    ],
)
def test_a_rounding_is_computed_and_another_number_is_not(answer: str, expected: str) -> None:
    assert status(answer, MFU) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "6.3×10^24 FLOPs", "6.30e24 FLOP", "6.3 亿亿亿次", "6.3 亿亿亿次浮点运算", "6.3 × 10²⁴ 次浮点运算", "6.3 YFLOP",
    ],
)  # fmt: skip
def test_one_size_in_many_spellings(answer: str) -> None:
    assert status(answer, FLOP) == "computed"


@pytest.mark.parametrize(
    "answer", ["640 万", "640 万卡时", "6.4M", "6.4 million GPU-hours", "6,400,000 H100 小时"]
)
def test_magnitudes_of_both_languages(answer: str) -> None:
    assert status(answer, HOURS) == "tied"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("rent is $2.50/GPU-hr", "tied"),
        ("每张卡每小时 2.5 美元", "tied"),
        ("per GPU and hour it is $2–$4", "tied"),
        ("a budget of $2.50", "untied"),
        ("每小时 2.6 美元", "untied"),
        ("每小时 2.5 欧元", "untied"),
    ],
)
def test_a_price_per_hour(answer: str, expected: str) -> None:
    price = Figure(
        value=2.5, low=2, high=4, unit="USD/GPU-hour", metric="rental price", origin=row("H100", "usd")
    )
    assert status(answer, price) == expected


def test_a_size_without_a_unit_is_not_a_count_of_something_else() -> None:
    assert status("我们有 640 万用户", HOURS) == "untied"


@pytest.mark.parametrize(
    "answer", ["共 8.1M GPU-hours", "相差 1.7M GPU-hours", "The total is 12.8M GPU-hours."]
)
def test_what_the_model_added_up_itself_is_untied(answer: str) -> None:
    assert status(answer, HOURS, figure(1.71e6 * 2, "GPU-hour")) == "untied"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The A100 reaches 989.5 TFLOP/s.", ["mismatch"]),
        ("H100 的峰值是 312 TFLOP/s", ["mismatch"]),
        ("A100 has 989.5 TFLOP/s, H100 has 312 TFLOP/s.", ["mismatch", "mismatch"]),
        ("A100:989.5 TFLOP/s\nH100:312 TFLOP/s", ["mismatch", "mismatch"]),
        ("| A100 | 989.5 TFLOP/s |", ["mismatch"]),
        ("The H100 reaches 989.5 TFLOP/s and the A100 312 TFLOP/s.", ["tied", "tied"]),
        ("989.5 TFLOP/s for the H100, 312 TFLOP/s for the A100", ["tied", "tied"]),
        ("The A100 and the H100 have 312 and 989.5 TFLOP/s.", ["tied", "tied"]),
        ("Its successor reaches 989.5 TFLOP/s.", ["tied"]),
        ("与 A100 的 312 TFLOP/s 相比,H100 有 989.5 TFLOP/s", ["tied", "tied"]),
        ("16 H100s at 989.5 TFLOP/s", ["untied", "tied"]),
    ],
)
def test_a_value_goes_with_the_subject_that_has_it(answer: str, expected: list[str]) -> None:
    found = [mark for text, mark in marks(answer, H100, A100) if text not in ("312 and",)]
    assert found == expected


@pytest.mark.parametrize(
    ("answer", "device"),
    [
        ("The H200 SXM is dear. Rent is $2.95 an hour.", "H200 SXM"),
        ("The H100 SXM came first, then the H200 SXM.\n\n- rent: $2.95 per hour", "H200 SXM"),
        ("The H100 SXM is older. Rent is $2.95 an hour.", "H100 SXM"),
        ("For the H100 SXM: rent is $2.95 an hour. The H200 SXM is newer.", "H100 SXM"),
    ],
)
def test_a_value_that_two_things_share_goes_with_the_one_named_last(answer: str, device: str) -> None:
    rents = [figure(2.95, "USD/h", "rent", name, row(name, "price")) for name in ("H100 SXM", "H200 SXM")]
    found = [mark for mark in tie_out(answer, book(*rents), "") if mark.status == "tied"]
    assert [mark.detail for mark in found] == [f"hardware: {device}, price"]


def test_a_mismatch_says_what_the_evidence_says() -> None:
    (mark,) = tie_out("The A100 reaches 989.5 TFLOP/s.", book(H100, A100), "")
    assert (mark.evidence, mark.detail) == ("e2", "A100-80GB SXM dense BF16 peak: 312 TFLOP/s")
    (mark,) = tie_out("MFU 35%", book(MFU), "")
    assert (mark.evidence, mark.detail) == ("e1", "Llama 3 70B MFU: 27.63%")


def test_a_range_is_that_of_its_figure() -> None:
    spread = Figure(value=0.727, low=0.66, high=0.977, unit="ratio", origin=row("X", "share"))
    for answer in ("66%–97.7%", "between 66% and 98%", "72–74%", "72.7%", "97.7%"):
        assert status(answer, spread) == "tied", answer
    for answer in ("73.2%–97.7%", "66%–95%", "50%–98%", "between 73.18% and 98%"):
        assert status(answer, spread) == "untied", answer


def test_the_nearest_metric_is_what_a_wrong_number_contradicts() -> None:
    weights, cache = figure(140, "GB", "weights", "m"), figure(10, "GB", "KV cache", "m")
    (mark,) = tie_out("The weights and the KV cache of 12 GB", book(weights, cache), "")
    assert (mark.status, mark.detail) == ("mismatch", "m KV cache: 10 GB")


def test_a_size_in_a_name_contradicts_nothing() -> None:
    memory = (figure(40, "GB", "memory", "A100-80GB SXM"), figure(80, "GB", "memory", "H100 SXM"))
    assert "mismatch" not in {mark for _, mark in marks("The A100-80GB SXM is older.", *memory)}


def test_a_sentence_about_a_stranger_contradicts_nothing() -> None:
    assert marks("GPT-4 的 MFU 为 35%", MFU) == [("35%", "untied")]


def test_an_input_of_a_formula_is_evidence_too() -> None:
    answer = "With 70B parameters, 15T tokens and 6.4M GPU-hours at 989.5 TFLOP/s that is 27.6%."
    assert [mark for _, mark in marks(answer, MFU)] == ["user", "tied", "tied", "tied", "computed"]


def test_the_constants_of_a_formula_are_its_own() -> None:
    answer = "C = 6 · N · D = 6 × 70e9 × 15e12; 3600 s, and 6 more"
    assert [mark for _, mark in marks(answer, MFU)][:2] == ["computed", "computed"]
    assert marks("6 more", MFU) == [("6", "untied")]


def test_the_users_own_numbers() -> None:
    question = "If I rent 512 GPUs for 3 个月, at 40%?"
    assert status("512 GPUs", question=question) == "user"
    assert status("共 512", question=question) == "user"
    assert status("40 percent", question=question) == "user"
    assert status("4 个月", question="3-4 个月?") == "user"
    assert status("513 GPUs", question=question) == "untied"
    assert status("3 GB", question="Llama 3?") == "untied"


def test_a_finer_number_than_the_user_gave_is_not_his() -> None:
    assert status("6,412,345 GPU-hours", question="about 6M GPU-hours") == "untied"


def test_a_fall_is_told_without_a_minus() -> None:
    loss = figure(-0.145, "ratio", "return")
    for answer in ("It fell 14.5%.", "下跌 14.5%", "-14.5%", "a 14.5% decline"):
        assert status(answer, loss) == "tied", answer
    assert status("It rose 14.5%.", loss) == "untied"


def test_a_unit_that_the_table_lacks_ties_by_its_name() -> None:
    assert status("12 widgets", figure(12, "widgets")) == "tied"
    assert status("12 gadgets", figure(12, "widgets")) == "untied"


@pytest.mark.parametrize(
    "answer",
    [
        "1. First\n2. Second",
        "- 3) third",
        "## 2.1 Method\n### 3 Results",
        "as shown [1][2, 3] and [e12]",
        "p. 5, pp. 12-13, page 7, 第 12 页, 第 3 章",
        "688111.SH (600519) SH600519 0700.HK 688111",
        "https://example.org/2024/05?x=35 www.example.org/99",
        "arXiv:2204.02311, file report_2024.pdf, a.b35@example.org",
        "Llama 3.1 405B, Llama 2 7B, Qwen2.5-72B-Instruct, DeepSeek-V3, GPT-4o, Falcon-180B, Gopher 280B",
        "A100-80GB, B200, MI300X, TPU v5p, RTX 4090, GB200 NVL72, i7-13700, Ascend 910B, 昇腾 910B",
        "WPS 365, Windows 11, 3GPP, 5G, CWE-78, SHA-256, FP8, BF16",
        "a 70B model, 8B 版本",
        "《2024 年 100 大公司》",
        "2024Q1, 2024 年 5 月 6 日, FY2025, 上半年, Table 3, the 3rd, 15:00",
        "`x = 35` and\n```python\nretries = 42\n```\n",
        "```\nan open fence with 42",
    ],
)
def test_names_places_code_and_dates_are_no_claims(answer: str) -> None:
    assert {mark for _, mark in marks(answer, H100)} <= {"structural"}, marks(answer, H100)


def test_code_that_holds_a_figure_is_tied() -> None:
    assert marks("`mfu = 27.6%`, `n = 42`", MFU) == [("27.6%", "computed"), ("42", "structural")]


def test_names_that_a_tool_listed_are_names() -> None:
    listed = EvidenceBook()
    listed.add(Evidence(listed=("Mamba 2.8B", "2.8B")), tool="compute.models", call_id="c1")
    answer = "Models: Mamba 2.8B. Revenue 2.8B."
    assert [mark.status for mark in tie_out(answer, listed, "")] == ["structural", "untied"]


class Catalogue(Result):
    """Rows by key, as a tool returns a table."""

    rows: dict[str, dict[str, str]] = Field(default_factory=dict[str, dict[str, str]])


def test_names_in_the_rows_and_keys_of_a_dictionary_are_names() -> None:
    answer = "Listed are Frostline 4200, Northgate 77 and Harrow 512, of 4200 in all."
    rows = Catalogue(rows={"first": {"name": "Frostline 4200"}, "Northgate 77": {"name": "Harrow 512"}})
    listed = EvidenceBook()
    listed.add(rows, tool="shop.list", call_id="c1")
    assert [mark.status for mark in tie_out(answer, listed, "")] == ["structural"] * 3 + ["untied"]


def test_a_name_never_swallows_the_claim_beside_it() -> None:
    for answer in ("H100的MFU为35%", "up-35%", "GPT-4 35%", "MFU35%"):
        assert marks(answer)[-1] == ("35%", "untied"), marks(answer)


def test_citations_of_the_evidence_are_structural() -> None:
    answer = "It has 989.5 TFLOP/s [maker's datasheet, rev 1.2 (2024-05)], not 1.2."
    assert marks(answer, H100) == [("989.5 TFLOP/s", "tied"), ("1.2", "structural"), ("2024-05", "structural"),
                                   ("1.2", "untied")]  # fmt: skip


QUOTE = "公司披露训练用了 1.8 万张 H100,利用率 38.1%,电费 5,000 万元。"


def test_numbers_of_a_verified_quote() -> None:
    spans = [span(QUOTE)]
    assert {mark for _, mark in marks(f"> {QUOTE}", spans=spans)} == {"quoted"}
    assert {mark for _, mark in marks("报告说“利用率 38.1%,电费 5,000 万元”。", spans=spans)} == {"quoted"}
    assert {mark for _, mark in marks(f"> … {QUOTE} …【AI 算力周报 2024-05,第 3 页】", spans=spans)} == {
        "quoted", "structural",
    }  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        f"> {QUOTE} 明年 99%",
        "> 利用率 39.1%,电费",
        "> 利用率 8.1%,电费 5,000 万元",
        "“利用率 38.1%,电费 5 亿元”",
    ],
)
def test_what_is_not_in_the_span_is_not_quoted(answer: str) -> None:
    found = marks(answer, spans=[span(QUOTE)])
    assert "untied" in {mark for _, mark in found}, found


def test_a_paraphrased_figure_of_a_report_is_tied_to_its_page() -> None:
    utilisation = figure(38.1, "%", origin=span(QUOTE))
    (mark,) = tie_out("According to the report, utilisation was 38.1%.", book(utilisation), "")
    assert (mark.status, mark.evidence, mark.detail) == ("tied", "e1", "AI 算力周报 2024-05, p. 3")


def test_a_price_ties_to_its_provider() -> None:
    when = datetime(2024, 5, 6, tzinfo=UTC)
    origin = MarketData(kind="live", provider="csv", fetched_at=when, data_time=date(2024, 5, 6))
    (mark,) = tie_out("收于 1,701.5 元", book(figure(1701.5, "CNY", "close", "600519.SH", origin)), "")
    assert (mark.status, mark.detail) == ("tied", "csv")


def test_evidence_of_an_earlier_turn_still_ties() -> None:
    earlier = book(MFU)
    now = EvidenceBook(prior=earlier.items)
    (mark,) = tie_out("As said, 27.6%.", now, "")
    assert (mark.status, mark.evidence) == ("computed", "prior-1")


COMPOUND = ["ratio", "USD/GPU-hour", "token/s", "GB/s", "CNY/Mtoken", "widgets"]
SYMBOLS = [*sorted(unit.symbol for unit in DEFAULT if unit.symbol != "ratio"), *COMPOUND]


@given(
    st.floats(1e-6, 1e18) | st.integers(1, 10**7).map(float),
    st.sampled_from(SYMBOLS),
    st.sampled_from(["zh", "en"]),
    st.integers(3, 6),
)
def test_every_printed_figure_ties(value: float, unit: str, lang: str, digits: int) -> None:
    answer = ("结果是 {}。" if lang == "zh" else "The result is {}.").format(
        format_quantity(value, unit, lang=lang, digits=digits)
    )
    found = marks(answer, figure(value, unit, origin=row("X", "y")))
    # A bare 2024 reads as a year; whichever it is, it is not flagged.
    assert [mark for _, mark in found] in (["tied"], ["structural"]), (answer, found)
    assert [mark for _, mark in found] == ["tied"] or not unit


WORDS = """
27.6% 35% 6.3e24 FLOP H100 A100 989.5 TFLOP/s ` ``` > “ ” [1] 【 】 ( ) | . 。 , 、 - – 约 MFU 的
Llama 3 70B p. 5 https://x.y/3 640 万 卡时 2024-05-06 《 》 7 第 页 # 1. " 下跌 for
"""
SCRAPS = [*WORDS.split(), " ", "\n"]
noise = st.lists(st.sampled_from(SCRAPS), max_size=25).map("".join) | st.text(max_size=60)


@given(noise, noise)
def test_marks_are_in_order_and_apart(answer: str, question: str) -> None:
    found: list[MarkEvent] = tie_out(answer, book(MFU, A100, spans=[span(QUOTE)]), question)
    end = 0
    for mark in found:
        assert end <= mark.start < mark.end <= len(answer)
        end = mark.end
        if mark.status in ("tied", "computed", "mismatch"):
            assert mark.evidence in {"e1", "e2"}


@pytest.mark.parametrize(
    "block",
    [
        "A100 has 989.5 TFLOP/s. ",
        "> 利用率 38.1%\n",
        "[rev 1.2] ",
        "`1` ",
        "35% ",
        "H100 ",
        "“7 天” ",
        "《1》",
    ],
)
def test_a_long_answer_is_marked_to_its_end(block: str) -> None:
    answer = block * (50_000 // len(block)) + "\nlast: 8.5 GB"
    figures = [
        figure(float(n), "GB", f"metric {n}", f"Device X{n}", row(f"X{n}", "memory")) for n in range(300)
    ]
    found = tie_out(answer, book(H100, A100, *figures, spans=[span(QUOTE)] * 3), "what is 42 GB? " * 500)
    assert answer[found[-1].start : found[-1].end] == "8.5 GB"
