"""The hardware table and finding devices by name."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tieout.errors import ToolError
from tieout_compute_estimator.accelerators import (
    Device,
    DeviceTable,
    device_table,
    find_device,
    find_devices,
    other_variants,
)


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("H100", "H100 SXM"),
        ("h100-80gb", "H100 SXM"),
        ("NVIDIA H100 80GB SXM5", "H100 SXM"),
        ("Ｈ１００", "H100 SXM"),
        ("A100 80G", "A100-80GB SXM"),
        ("A100-40GB", "A100-40GB SXM"),
        ("英伟达A100", "A100-80GB SXM"),
        ("910B", "Ascend 910B"),
        ("昇腾910b", "Ascend 910B"),
        ("华为昇腾 910C", "Ascend 910C"),
        ("TPUv4", "TPU v4"),
        ("tpu-v6e", "TPU v6e (Trillium)"),
        ("思元590", "Cambricon MLU590"),
        ("4090", "RTX 4090"),
        ("V100", "V100-32GB SXM2"),
    ],
)
def test_device_is_found_under_its_usual_names(written: str, row: str) -> None:
    assert find_device(written).name == row


@pytest.mark.parametrize(
    ("written", "near"), [("H101", "H100 SXM"), ("MI300", "MI300X"), ("Ascend 920", "Ascend 910B")]
)
def test_unknown_device_names_its_neighbours(written: str, near: str) -> None:
    with pytest.raises(ToolError) as caught:
        find_device(written)
    assert caught.value.code == "unknown-device"
    assert near in str(caught.value)


@pytest.mark.parametrize("written", ["", "   ", "的", "💥", "x" * 100_000])
def test_nonsense_is_an_unknown_device(written: str) -> None:
    with pytest.raises(ToolError, match="No accelerator"):
        find_device(written)


def test_every_name_and_alias_leads_to_a_device_whose_peak_is_known() -> None:
    for device in device_table().devices:
        assert find_device(device.name) is device
        for alias in device.aliases:
            assert find_device(alias).peak_tflops[device.training_dtype] > 0


def test_devices_in_a_sentence_come_with_their_spans() -> None:
    text = "把 8xH100 换成 16,000 张昇腾910B 或者 L40S，再比较 A100s 和 H200 141GB"
    found = find_devices(text)
    assert [item.value for item in found] == [
        "H100 SXM",
        "Ascend 910B",
        "L40S",
        "A100-80GB SXM",
        "H200 SXM",
    ]
    assert all(text[item.start : item.end] == item.text for item in found)


@pytest.mark.parametrize(
    "text",
    [
        "a 910B parameters model",
        "910B 参数的模型",
        "XH100",
        "H1000",
        "H100.5",
        "the 4090 of them",
        "BR1000",
        "no device",
    ],
)
def test_what_only_looks_like_a_device_is_left_alone(text: str) -> None:
    assert find_devices(text) == []


@given(st.text(max_size=200))
def test_finder_never_raises_and_spans_are_true(text: str) -> None:
    for item in find_devices(text):
        assert text[item.start : item.end] == item.text
        assert find_device(str(item.value))


def test_a_family_name_has_other_readings() -> None:
    assert other_variants(find_device("A100"), "A100") == ["A100-40GB SXM", "A100-80GB PCIe"]
    assert other_variants(find_device("H100-80GB"), "H100-80GB") == []
    assert other_variants(find_device("H20"), "H20") == []  # not H200
    assert other_variants(find_device("Apple M4"), "apple m4") == []  # a row's own name is no family


def test_peaks_are_dense() -> None:
    assert find_device("H100").peak_tflops["bf16"] == pytest.approx(989.5)
    assert find_device("A100").peak_tflops["fp16"] == 312
    assert "fp8" not in find_device("A100").peak_tflops


def test_structured_sparsity_speeds_up_the_formats_that_have_it_and_no_others() -> None:
    assert find_device("H100").sparse_peaks["fp8"] == 3958
    assert "fp64" not in find_device("H100").sparse_peaks
    assert find_device("GB300").sparse_peaks["fp4"] == 20000  # not twice the dense 15,000
    assert "fp4" not in find_device("MI355X").sparse_peaks
    assert (
        find_device("Trainium2").sparse_peaks["fp8"] == find_device("Trainium2").sparse_peaks["bf16"] == 2563
    )
    assert find_device("MI250X").sparse_peaks == {}


def test_links_count_both_directions() -> None:
    """Four links of 50 GB/s each way, six of 100, twenty-four ports of 100 Gb/s, sixteen lanes of PCIe 5."""
    links = {"TPU v5e": 400, "TPU v5p": 1200, "TPU v6e": 800, "Gaudi2": 600, "RTX 5090": 128, "H100": 900}
    assert {name: find_device(name).interconnect_gb_s for name in links} == links


def test_every_row_has_source_date_and_confidence() -> None:
    for device in device_table().devices:
        assert device.source
        assert date(2020, 1, 1) < device.as_of <= device_table().as_of
        if device.source.startswith("vendor datasheet (not read again)"):
            assert device.confidence != "high"
        if device.price is not None:
            assert device.price.source
            assert 180 <= (device.price.valid_until - device.price.as_of).days <= 184


def _changed(**values: object) -> dict[str, object]:
    return find_device("H100").model_dump(mode="json") | values


@pytest.mark.parametrize(
    "values",
    [
        {"peak_tflops": {}},
        {"sparse_tflops": {"bf16": 500}},
        {"sparse_tflops": {"int4": 4000}},
        {"peak_tflops": {"bf16": -1}},
        {"memory_gb": 0},
        {"confidence": "sure"},
        {"source": ""},
        {"peak_range_tflops": {"bf16": [1, 2]}},
        {"colour": "green"},
    ],
)
def test_a_row_that_cannot_be_right_is_refused(values: dict[str, object]) -> None:
    Device.model_validate(_changed())
    with pytest.raises(ValidationError):
        Device.model_validate(_changed(**values))


def test_two_devices_of_one_name_are_refused() -> None:
    row = _changed()
    with pytest.raises(ValidationError, match="two devices"):
        DeviceTable.model_validate({"format": 1, "as_of": "2026-01-01", "source": "x", "devices": [row, row]})
