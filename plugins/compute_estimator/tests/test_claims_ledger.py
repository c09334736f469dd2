"""The ledger: what follows from a claim's own numbers, and what each of them is for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout_compute_estimator.claims.checking import check_claims, claim_of
from tieout_compute_estimator.claims.entries import vector_of
from tieout_compute_estimator.claims.verdicts import worst


def _verdict(text: str) -> str:
    return worst([claim.verdict for claim in check_claims(text, whole=True)])


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("单卡功耗 700 W", [("gpu",)]),
        ("每台服务器功耗 10.2 kW", [("server",)]),
        ("each prompt takes 0.3 Wh", [("visit",)]),
        ("平均每条提问 0.34 Wh,一天共 0.85 GWh", [("visit",), ("day",)]),
        ("uses 50 MWh a day", [("day",)]),
        ("640 TFLOPS per GPU", [("gpu",)]),
        ("人均每天 10 次提问", [("user", "day")]),
        ("eight 400 Gb/s NICs", [(), ("port",)]),
        ("16 nodes with eight GPUs each", [(), ("server",)]),
        ("每度电 0.5 元", [("kwh",)]),
        ("按每个参数 20 个 token 计", [("parameter",)]),
        ("运行 30 天", [()]),
    ],
)
def test_a_number_is_for_one_of_what_the_words_say(text: str, scopes: list[tuple[str, ...]]) -> None:
    claim = claim_of(text)
    assert claim is not None
    assert [measure.scope for measure in claim.measures] == scopes


def test_dimensions_hold_what_a_number_is_for() -> None:
    claim = claim_of("每条提问 0.3 Wh,每天 10 亿条提问,一天耗电 300 MWh")
    assert claim is not None
    vectors = [dict(vector_of(measure) or ()) for measure in claim.measures]
    assert vectors == [{"joule": 1, "visits": -1}, {"visits": 1, "time": -1}, {"joule": 1, "time": -1}]


@given(
    devices=st.integers(16, 30_000), days=st.integers(2, 200), factor=st.sampled_from([0.4, 0.7, 1.5, 2.0])
)
@settings(max_examples=60, deadline=None)
def test_device_hours_come_out_or_do_not(devices: int, days: int, factor: float) -> None:
    hours = devices * days * 24
    text = "{n} 张 GPU 连续运行 {d} 天,合计 {h} 卡时"
    assert _verdict(text.format(n=devices, d=days, h=hours)) == "ok"
    assert _verdict(text.format(n=devices, d=days, h=round(hours * factor))) in ("inconsistent", "unit_error")


@given(hours=st.integers(10, 900), cents=st.integers(50, 600))
@settings(max_examples=60, deadline=None)
def test_rent_is_hours_times_price(hours: int, cents: int) -> None:
    price = cents / 100
    text = "At ${p:.2f} per GPU-hour, {h},000 GPU-hours cost ${c:,.0f}."
    cost = hours * 1000 * price
    assert _verdict(text.format(p=price, h=hours, c=cost)) == "ok"
    assert _verdict(text.format(p=price, h=hours, c=cost * 1.4)) == "inconsistent"
    assert _verdict(text.format(p=price, h=hours, c=cost * 1000)) == "unit_error"


@given(megawatts=st.integers(2, 900), pue=st.sampled_from([1.1, 1.2, 1.25, 1.4]))
@settings(max_examples=40, deadline=None)
def test_power_over_a_year_with_a_pue(megawatts: int, pue: float) -> None:
    total = megawatts * pue
    text = f"With a PUE of {pue}, an IT load of {megawatts} MW draws {total:.4g} MW"
    assert _verdict(text) == "ok"
    assert _verdict(text.replace(f"draws {total:.4g} MW", f"draws {total * 1.5:.4g} MW")) == "inconsistent"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("三部分分别为 100 万、200 万和 300 万卡时,合计 600 万卡时", "ok"),
        ("三部分分别为 100 万、200 万和 300 万卡时,合计 700 万卡时", "inconsistent"),
        ("The sites have 40 MW, 60 MW and 80 MW, 180 MW in total.", "ok"),
        ("营收由 20 亿元增至 30 亿元,增长 50%", "ok"),
        ("营收由 20 亿元增至 30 亿元,增长 150%", "inconsistent"),
        ("The T1 has 900 GB/s, 0.14 times the 128 GB/s of the other link.", "inconsistent"),
        ("Each node has eight 400 Gb/s ports, 3.2 Tb/s in total.", "ok"),
        ("Each node has eight 400 Gb/s ports, 3.2 TB/s in total.", "unit_error"),
        ("H800 每卡时租金 14 元,10 万卡时的成本约为 140 万美元", "unit_error"),
        ("2,000 张卡跑 50 天,约合 10 万卡时", "unit_error"),
        (
            "A cost $10 million and took 5,000 PF-days; B cost $30 million, so it took 15,000 PF-days.",
            "rescaled",
        ),
        ("671 GB of FP8 weights for 671B parameters are more than one 8x80GB server holds", "ok"),
        ("671 GB of FP8 weights for 671B parameters are more than one 8x141GB server holds", "inconsistent"),
    ],
)
def test_sums_ratios_and_slips(text: str, verdict: str) -> None:
    assert _verdict(text) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("OpenAI's technical report discloses that GPT-4 has 1.8 trillion parameters.", "false_premise"),
        ("据外媒爆料,GPT-4 参数规模约 1.8 万亿", "ok_with_assumption"),
        ("Llama 3.1 405B is a mixture-of-experts model.", "false_premise"),
        ("V100 的 BF16 算力为 125 TFLOPS", "false_premise"),
        ("The V100 does not support FP8; it has 125 TFLOPS of FP16.", "ok"),
        ("Every H100 in a DGX H100 draws 10.2 kW.", "unit_error"),
        ("The H20 matches the H100 with 989 TFLOPS of dense BF16.", "false_premise"),
        ("Meta trained Llama 2 on H100 GPUs.", "false_premise"),
        ("The new campus will have a power capacity of 500 MWh.", "unit_error"),
        ("T4 的算力为 130 TFLOPS", "unit_error"),
    ],
)
def test_premises_and_kinds_of_units(text: str, verdict: str) -> None:
    assert _verdict(text) == verdict
