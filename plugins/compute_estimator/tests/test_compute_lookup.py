"""The look-up tools."""

from __future__ import annotations

import pytest

from tieout.errors import ToolError
from tieout.plugin import TableRow
from tieout_compute_estimator import ModelList, ModelResult, devices, hardware, models
from tieout_compute_estimator.accelerators import device_table
from tieout_compute_estimator.published import model_table


def test_hardware_row_says_peaks_and_source() -> None:
    result = hardware("H100")
    said = result.say("en")
    assert "BF16 989.5 TFLOP/s" in said
    assert "80 GB" in said
    assert "H100 PCIe" in said  # the other reading
    assert all(isinstance(figure.origin, TableRow) for _path, figure in result.figures())


def test_conflicting_sources_stay_visible() -> None:
    result = hardware("昇腾910B")
    assert (result.peaks["fp16"].low, result.peaks["fp16"].high) == (280, 414)
    assert "在 280 TFLOP/s 与 414 TFLOP/s 之间" in result.say("zh")
    assert any("Low confidence" in note for note in result.notes)


def test_every_device_and_model_can_be_shown_in_both_languages() -> None:
    for device in device_table().devices:
        for lang in ("en", "zh"):
            result = hardware(device.name)
            assert device.name in result.say(lang)
            assert result.card(lang).blocks
    for row in model_table().models:
        for lang in ("en", "zh"):
            result = models(row.name)
            assert isinstance(result, ModelResult)
            assert row.name in result.say(lang)
            assert result.card(lang).blocks


def test_model_row() -> None:
    result = models("deepseek-v3")
    assert isinstance(result, ModelResult)
    assert result.active_params is not None
    assert result.params.value == 671e9
    assert result.active_params.value == 37e9
    assert "671B parameters" in result.say("en")
    assert "其中激活 370 亿参数" in result.say("zh")


def test_lists_name_every_row() -> None:
    listed = models()
    assert isinstance(listed, ModelList)
    assert {row[0] for row in listed.rows} == {row.name for row in model_table().models}
    assert len(devices().rows) == len(device_table().devices)
    assert "Kimi K2" in listed.say("en")


def test_unknown_names() -> None:
    with pytest.raises(ToolError, match="No accelerator"):
        hardware("H101x")
    with pytest.raises(ToolError, match="No model"):
        models("Llama 9")
