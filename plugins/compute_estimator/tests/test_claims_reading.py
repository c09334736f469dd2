"""Reading: roles of numbers, names, noise, places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout_compute_estimator.claims.checking import check_claims, claim_of, read_claims
from tieout_compute_estimator.claims.naming import name_finder
from tieout_compute_estimator.claims.tidying import tidy


def _roles(text: str) -> list[tuple[str, float, str]]:
    claim = claim_of(text)
    return [(m.role, m.value, m.unit) for m in claim.measures] if claim else []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "总参数 671B,每个 token 激活 37B",
            [("params", 671e9, "parameter"), ("active_params", 37e9, "parameter")],
        ),
        ("96 台服务器,每台 8 张 A100", [("servers", 96, "server"), ("per_server", 8, "GPU")]),
        ("每秒 1000 万亿次浮点运算", [("rate", 1000, "TFLOP/s")]),
        ("RDMA 网络带宽 3.2T", [("link", 3.2, "Tb/s")]),
        ("访问量为 6.16 亿次", [("visits", 6.16e8, "")]),
        ("算力需求 3-4 个月翻一番", [("doubling", 3.5, "month")]),
        ("占 GDP 的 38.6%", [("share", 38.6, "%")]),
        ("有效训练时间超过 95%", [("goodput", 95, "%")]),
        ("每卡时 2 美元", [("unit_price", 2, "USD/GPU-hour")]),
        ("FLOP 约 3.14e23", [("compute", 3.14e23, "FLOP")]),
        ("a 128K context window", [("context", 128_000, "token")]),
        ("128 layers and 96 attention heads", [("layers", 128, ""), ("heads", 96, "")]),
        (
            "70B model needs 140 GB of memory to load its weights in FP16",
            [("params", 70e9, "parameter"), ("weights", 140, "GB")],
        ),
        ("trained for several weeks", [("duration", 5.0, "week")]),
    ],
)
def test_roles(text: str, expected: list[tuple[str, float, str]]) -> None:
    assert [(role, pytest.approx(value), unit) for role, value, unit in expected] == _roles(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("GPT-3.5-turbo 与 GPT-3", ["GPT-3.5-turbo", "GPT-3 175B"]),
        ("8xH100 节点", ["H100 SXM"]),
        ("Llama 3.1 405B", ["Llama 3.1 405B"]),
        ("Llama 3.7", []),
        ("Chinchilla-optimal training", []),
        ("Med-PaLM 的准确率", []),
        ("frontier models and falcons", []),
        ("GDP 增长", []),
        ("中国 GDP 增长", ["China GDP"]),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert [mention.name for mention in name_finder().find(text)] == names


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("约需1.08w个英伟达A1.OoGPU", "约需1.08万个英伟达A100GPU"),
        ("在IO天内训练、IPB数据", "在10天内训练、1PB数据"),
        ("(练90100天)对应I5625P", "(练90-100天)对应15625P"),
        ("速率高达600GBs,", "速率高达600GB/s,"),
        ("有5%8%的企业", "有5%-8%的企业"),
        ("４００ＧＢ／ｓ", "400GB/s"),
        ("训练 10000 天", "训练 10000 天"),
        ("使用 2024 个 A100", "使用 2024 个 A100"),
    ],
)
def test_recognition_errors_are_undone(given: str, read: str) -> None:
    assert tidy(given).text == read


@given(st.text(alphabet="ABIO01 9天年万亿%P.Ggs/,", max_size=60))
@settings(max_examples=300, deadline=None)
def test_tidied_text_keeps_a_place_for_every_character(text: str) -> None:
    tidied = tidy(text)
    assert len(tidied.offsets) == len(tidied.text) + 1
    assert list(tidied.offsets) == sorted(tidied.offsets)
    assert all(0 <= offset <= len(text) for offset in tidied.offsets)


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_and_judged_without_error(text: str) -> None:
    for claim in check_claims(text):
        assert text[claim.start : claim.end] == claim.text


@given(
    st.lists(
        st.sampled_from(
            [
                "GPT-3 有 1750 亿参数。",
                "H100 功耗 700W；",
                "预计增长 10 倍,",
                "A100 ",
                "3640 PF-day",
                "\n\n",
                "96 台 ",
                "。",
                "5%",
            ]
        ),
        max_size=60,
    )
)
@settings(max_examples=100, deadline=None)
def test_claims_keep_their_place_in_the_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    at = 0
    for part in read_claims(text, document=True):
        claim = part.claim
        assert text[claim.start : claim.end] == claim.raw
        assert claim.start >= at
        at = claim.end


@pytest.mark.parametrize(
    ("narrow", "wide"), [(";", "\uff1b"), ("!", "\uff01"), ("?", "\uff1f"), (",而", "\uff0c而")]
)
def test_full_width_marks_end_a_claim_of_a_document_as_others_do(narrow: str, wide: str) -> None:
    text = f"GPT-3 有 1750 亿参数{narrow}BLOOM 有 1760 亿参数。" * 12
    cut = [part.claim.raw for part in read_claims(text, document=True)]
    claims = [part.claim.raw for part in read_claims(text.replace(narrow, wide), document=True)]
    assert len(claims) == 24
    assert [claim.replace(wide[0], narrow[0]) for claim in claims] == cut


def test_a_number_belongs_to_the_name_in_its_clause() -> None:
    claim = claim_of("GLM 和 Galactica 的参数量分别为 130B 和 120B")
    assert claim is not None
    assert [m.subject for m in claim.measures] == ["GLM-130B", "Galactica 120B"]
    claim = claim_of("LLaMA 与 mT0(13B)都是多语言模型")
    assert claim is not None
    assert [m.subject for m in claim.measures] == [""]
    claim = claim_of("DeepSeek-V3 的参数量约为 GPT-3 的 3.8 倍")
    assert claim is not None
    assert [(m.subject, m.reference) for m in claim.measures] == [("DeepSeek-V3", "GPT-3 175B")]
