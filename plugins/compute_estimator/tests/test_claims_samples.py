"""Our own sentences: each gets its verdict, and no altered copy of a confirmed one is confirmed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tieout_compute_estimator import evaluate
from tieout_compute_estimator.claims.checking import check_claims, claim_of
from tieout_compute_estimator.claims.verdicts import VERDICTS, worst

SAMPLES = Path(__file__).resolve().parents[3] / "examples" / "sample_claims" / "claims.json"


@cache
def _samples() -> list[tuple[str, str]]:
    cases = json.loads(SAMPLES.read_text(encoding="utf-8"))["cases"]
    return [(case["inputs"]["text"], case["expected"]["verdict"]) for case in cases]


def _verdict(text: str) -> str:
    return worst([claim.verdict for claim in check_claims(text, whole=True)])


@pytest.mark.parametrize(("text", "verdict"), _samples())
def test_each_sample_gets_its_verdict(text: str, verdict: str) -> None:
    assert _verdict(text) == verdict


def test_the_samples_cover_both_languages_and_every_verdict() -> None:
    chinese = sum(bool(re.search("[一-鿿]", text)) for text, _verdict in _samples())
    assert chinese >= 60
    assert len(_samples()) - chinese >= 40
    assert {verdict for _text, verdict in _samples()} == set(VERDICTS)


def test_the_scorer_reproduces_the_expected_numbers_of_the_samples() -> None:
    result = evaluate(str(SAMPLES))
    assert result.misses == []
    assert result.metrics["claim_verdict_accuracy"] == 1
    assert result.metrics["false_claims_called_ok"] == 0


FACTORS = (3.0, 0.37, 1.6, 1.3, 0.7, 10.0, 1000.0)
SWAPS = (
    ("GB/s", "Gb/s"), ("Gb/s", "GB/s"), ("TB/s", "GB/s"), ("MWh", "GWh"), ("GWh", "MWh"), ("TFLOPS", "PFLOPS"),
    ("PFLOPS", "EFLOPS"), ("EFLOPS", "PFLOPS"), ("万亿", "亿"), ("亿", "万"), ("万", "亿"), ("trillion", "billion"),
    ("billion", "million"), ("days", "hours"), ("天", "小时"), ("美元", "元"), ("卡时", "卡天"),
)  # fmt: skip
"""Units and magnitudes that people mix up."""


def _altered(text: str) -> Iterator[str]:
    """Copies of a text with one of its numbers made larger or smaller."""
    claim = claim_of(text)
    if claim is None or claim.text != text:
        return
    for measure in claim.measures:
        digits = re.search(r"(?<![A-Za-z\d])\d[\d,]*\.?\d*", measure.text)
        if digits is None or measure.role in ("count", "per_server", "ports"):
            continue
        value = float(digits.group().replace(",", ""))
        for factor in FACTORS:
            written = f"{value * factor:.4g}"
            written = f"{value * factor:.0f}" if "e" in written else written
            number = measure.text[: digits.start()] + written + measure.text[digits.end() :]
            yield text[: measure.start] + number + text[measure.end :]


def _swapped(text: str) -> Iterator[str]:
    """Copies of a text with the unit or the magnitude of one number exchanged."""
    for unit, other in SWAPS:
        for match in re.finditer(rf"(?<=[\d\s]){re.escape(unit)}(?![A-Za-z亿时])", text):
            yield text[: match.start()] + other + text[match.end() :]


TRUE_ANYWAY = (
    # so many per cent less is as true of another unit of price
    "per billion tokens",
    # a ratio whose unit is no unit of the checker's: the number is not read as a rate per watt
    "per watt",
)


@pytest.mark.parametrize("text", [text for text, verdict in _samples() if verdict == "ok"])
def test_no_altered_copy_of_a_confirmed_claim_is_confirmed(text: str) -> None:
    copies = [copy for copy in (*_altered(text), *_swapped(text)) if copy != text]
    false = [copy for copy in copies if not any(words in copy for words in TRUE_ANYWAY)]
    assert [copy for copy in false if _verdict(copy) == "ok"] == []


@pytest.mark.parametrize(
    "text", [text for text, verdict in _samples() if verdict not in ("ok", "ok_with_assumption")][::3]
)
def test_full_width_characters_change_nothing(text: str) -> None:
    wide = text.translate(
        {code: code + 0xFEE0 for code in range(0x30, 0x3A)} | {ord(","): "，", ord(";"): "；"}
    )
    if re.search(r"\d,\d", text):
        pytest.skip("grouping commas are ASCII in every text")
    assert _verdict(wide) == _verdict(text)
