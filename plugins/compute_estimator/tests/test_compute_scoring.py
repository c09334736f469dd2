"""The scorer behind ``tieout eval compute FILE``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tieout.errors import InputError
from tieout_compute_estimator import evaluate

GPT3 = {
    "id": "gpt3",
    "kind": "train_flops",
    "inputs": {"params": 174.6e9, "tokens": 300e9},
    "expected": {"flops": 3.14e23, "pf_days": 3640},
    "tolerance_rel": 0.01,
}


def _file(folder: Path, *cases: object) -> str:
    path = folder / "cases.json"
    path.write_text(json.dumps({"cases": list(cases)}), encoding="utf-8")
    return str(path)


def test_a_right_case_passes(tmp_path: Path) -> None:
    result = evaluate(_file(tmp_path, GPT3))
    assert (result.total, result.passed, result.misses) == (1, 1, [])
    assert result.by_kind["train_flops"].passed == 1
    assert result.metrics["largest_relative_error"] < 0.002


def test_a_wrong_figure_is_a_miss_with_its_error(tmp_path: Path) -> None:
    result = evaluate(_file(tmp_path, GPT3 | {"expected": {"flops": 4.29e23}}))
    assert result.passed == 0
    (miss,) = result.misses
    assert "26" in miss.difference
    assert "3.14" in miss.got


def test_a_kind_that_is_not_computed_does_not_pass(tmp_path: Path) -> None:
    result = evaluate(_file(tmp_path, GPT3, GPT3 | {"id": "x", "kind": "no_such_kind"}))
    assert (result.total, result.passed) == (2, 1)
    assert result.by_kind["no_such_kind"].passed == 0
    assert result.metrics["supported"] == 0.5


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": {"params": 1e9}},
        {"inputs": {"params": "many", "tokens": 1}},
        {"expected": {"joules": 1.0}},
        {"expected": {"flops": True}},
        {"kind": "aggregate", "inputs": {"tflops_per_gpu": 1, "gpus": 1, "peak_flops": 0}},
        {"kind": "weights", "inputs": {"params": 8e9, "quant": "Q4_K_Z"}, "expected": {"bytes": 4.85e9}},
        {"kind": "params", "inputs": {"layers": 2, "vocab": 10}, "expected": {"params": 1}},
    ],
)
def test_what_cannot_be_computed_does_not_pass(tmp_path: Path, change: dict[str, object]) -> None:
    assert evaluate(_file(tmp_path, GPT3 | change)).passed == 0


@pytest.mark.parametrize(("measured", "passed"), [(50.0, 1), (101.0, 0), (1.0, 0)])
def test_a_bound_must_hold_and_be_near(tmp_path: Path, measured: float, passed: int) -> None:
    case = {
        "id": "b",
        "kind": "decode_bound",
        "inputs": {"weight_bytes": 1e10, "hbm_bytes_per_s": 1e12},
        "expected": {"measured_tokens_per_s": measured, "mbu_range": [0.4, 0.9]},
        "tolerance_rel": None,
    }
    assert evaluate(_file(tmp_path, case)).passed == passed


@pytest.mark.parametrize(
    "content", ["", "not json", "[]", '{"cases": []}', '{"cases": [{"id": 1}]}', "3", "[" * 100_000]
)
def test_a_file_that_holds_no_cases_is_one_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cases.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        evaluate(str(path))
    assert "cases.json" in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json"):
        evaluate(str(tmp_path / "nowhere.json"))
