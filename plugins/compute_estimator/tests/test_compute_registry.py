"""The registry: lint of the shipped tables, rows of one's own, rows of packages, conflicts side by side."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from tieout.errors import InputError
from tieout.plugin import LoadedEntry
from tieout_compute_estimator import ModelResult, data_layers, hardware, models, plugin, registry
from tieout_compute_estimator.accelerators import Device, device_table, find_device, find_devices
from tieout_compute_estimator.claims.tool import check_text
from tieout_compute_estimator.data_layers import bind_data, use_data
from tieout_compute_estimator.published import find_model
from tieout_compute_estimator.registry_lint import clock_table, lint
from tieout_compute_estimator.settings import ComputeSettings

TODAY = date(2026, 11, 21)
ROW = {
    "name": "Nimbus X1",
    "aliases": ["云山X1"],
    "peak_tflops": {"bf16": 400},
    "memory_gb": 64,
    "memory_bandwidth_tb_s": 2.0,
    "source": "a talk of the vendor",
    "as_of": "2026-10-01",
}


def _file(folder: Path, **tables: object) -> Path:
    path = folder / "mine.json"
    path.write_text(json.dumps(tables), "utf-8")
    return path


def _errors(files: tuple[Path, ...] = ()) -> list[tuple[str, str]]:
    with use_data(files):
        return [(problem.row, problem.check) for problem in lint(on=TODAY) if problem.level == "error"]


def test_the_shipped_tables_are_clean() -> None:
    assert _errors() == []
    assert registry().clean


def test_clocks_are_known_for_the_devices_people_ask_about() -> None:
    known = {row.device for row in clock_table().rows if row.peak_tflops}
    assert {"V100-32GB SXM2", "A100-80GB SXM", "H100 SXM", "H200 SXM", "MI300X", "TPU v4"} <= known


def test_every_exception_is_one_that_the_lint_would_find() -> None:
    """An exception that excuses nothing would hide the next mistake."""
    for waiver in clock_table().waived:
        device = find_device(waiver.device)
        peaks = device.peak_tflops
        wide = max(peaks.get("bf16", 0.0), 0.0)
        assert peaks[waiver.dtype] < 0.99 * wide, waiver


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"peak_tflops": {"bf16": 1979.0, "fp16": 1979.0}}, "sparsity"),
        ({"peak_tflops": {"bf16": 756.0, "fp16": 756.0}}, "peak"),
        ({"peak_tflops": {"bf16": 989.5, "fp16": 989.5, "fp8": 500.0}}, "narrower"),
        ({"peak_tflops": {"bf16": 989.5, "fp16": 500.0}}, "equal"),
        ({"peak_tflops": {"bf16": 989.5, "fp13": 989.5}}, "format"),
        ({"memory_bandwidth_tb_s": 26.8}, "bandwidth"),
        ({"memory_bandwidth_tb_s": 2.0}, "bandwidth"),
        ({"sparsity_multiplier": 8}, "sparsity"),
        ({"as_of": "2027-01-01"}, "date"),
        ({"source": "https://brick-house.org/a-post"}, "source"),
    ],
)
def test_the_lint_finds(change: dict[str, object], check: str, tmp_path: Path) -> None:
    row = {
        "name": "H100 SXM",
        "peak_tflops": {"bf16": 989.5, "fp16": 989.5},
        "sparsity_multiplier": 2,
        "memory_bandwidth_tb_s": 3.35,
        "source": "a note",
        "as_of": "2026-01-01",
    } | change
    found = _errors((_file(tmp_path, hardware=[row]),))
    assert ("H100 SXM", check) in found


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"training_flops": 1e26}, "flops"),
        ({"device_hours": 1e5}, "mfu"),
        ({"device": "Abacus 9"}, "device"),
        ({"params": 90e9}, "params"),
        ({"layers": 79, "kv_heads": 8, "head_dim": 128}, "layers"),
    ],
)
def test_the_lint_finds_in_models(change: dict[str, object], check: str, tmp_path: Path) -> None:
    row = {
        "name": "Llama 3 70B",
        "params": 70.6e9,
        "tokens": 15e12,
        "device": "H100 SXM",
        "device_hours": 6.4e6,
        "source": "a note",
        "as_of": "2026-01-01",
    } | change
    assert ("Llama 3 70B", check) in _errors((_file(tmp_path, models=[row]),))


def test_a_row_of_ones_own_is_found_by_every_name(tmp_path: Path) -> None:
    with use_data((_file(tmp_path, hardware=[ROW]),)):
        assert find_device("nimbus x1").peak_tflops == {"bf16": 400}
        assert [found.value for found in find_devices("训练用云山X1")] == ["Nimbus X1"]
        assert "Nimbus X1" in {device.name for device in device_table().devices}
    assert "Nimbus X1" not in {device.name for device in device_table().devices}


def test_claims_are_checked_with_rows_of_ones_own(tmp_path: Path) -> None:
    claim = "The Nimbus X1 has a BF16 peak of 400 TFLOPS."
    before = check_text(claim).verdict
    with use_data((_file(tmp_path, hardware=[ROW]),)):
        assert check_text(claim).verdict == "ok"
    assert check_text(claim).verdict == before == "not_checkable"


def test_a_row_of_a_known_name_replaces_it_and_both_stay_visible(tmp_path: Path) -> None:
    row = {
        "name": "H20",
        "peak_tflops": {"bf16": 150},
        "memory_gb": 141,
        "source": "ours",
        "as_of": "2026-10-01",
    }
    with use_data((_file(tmp_path, hardware=[row]),)):
        result = hardware("H20")
    assert result.memory is not None
    assert result.memory.value == 141
    assert result.vendor == "NVIDIA"
    shipped = {conflict.figure.metric: conflict.figure.value for conflict in result.conflicts}
    assert shipped["memory"] == 96
    assert shipped["dense BF16 peak"] == 148
    assert all(conflict.layer == "shipped" for conflict in result.conflicts)
    assert "96 GB" in result.say("en")
    assert any("shipped" in getattr(block, "label", "") for block in result.card("zh").blocks)


def test_a_price_alone_leaves_the_rest_of_the_row(tmp_path: Path) -> None:
    price = {
        "low": 1.0,
        "mid": 1.5,
        "high": 2.0,
        "period": "2026-11",
        "as_of": "2026-11-01",
        "valid_until": "2027-05-01",
        "source": "our contract",
    }
    with use_data((_file(tmp_path, hardware=[{"name": "H100 SXM", "price": price}]),)):
        device = find_device("H100")
    assert device.price is not None
    assert device.price.mid == 1.5
    assert device.peak_tflops["fp8"] == 1979


def test_models_of_ones_own(tmp_path: Path) -> None:
    row = {"name": "Acme-1 9B", "params": 9e9, "tokens": 3e12, "source": "our note", "as_of": "2026-10-01"}
    other = {
        "name": "Llama 3 70B",
        "params": 71e9,
        "tokens": 14e12,
        "source": "our note",
        "as_of": "2026-10-01",
    }
    with use_data((_file(tmp_path, models=[row, other]),)):
        assert find_model("acme-1 9b").params == 9e9
        result = models("Llama 3 70B")
    assert isinstance(result, ModelResult)
    assert {conflict.figure.metric for conflict in result.conflicts} >= {"parameters", "training tokens"}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    import os

    path = _file(tmp_path, hardware=[ROW])
    with use_data((path,)):
        assert find_device("Nimbus X1").memory_gb == 64
        _file(tmp_path, hardware=[ROW | {"memory_gb": 80}])
        os.utime(path, ns=(1, 10**18))
        assert find_device("Nimbus X1").memory_gb == 80


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ("[]", "not an object"),
        ('{"hardware": {}}', "no list"),
        ('{"hardware": [{"name": "X"}]}', "peak_tflops"),
        (
            '{"hardware": [{"name": "X", "peak_tflops": {"bf16": -1}, "source": "abc", "as_of": "2026-01-01"}]}',
            "positive",
        ),
        ('{"hardware": [{"name": "X", "colour": "red"}]}', "X"),
    ],
)
def test_a_bad_file_is_one_clear_error(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with use_data((path,)), pytest.raises(InputError, match=says):
        find_device("H100")


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with use_data((tmp_path / "gone.json",)), pytest.raises(InputError, match=r"gone\.json"):
        find_device("H100")


def test_tools_and_their_finders_are_bound_to_the_files_of_the_settings(tmp_path: Path) -> None:
    path = _file(tmp_path, hardware=[ROW])
    made = {tool.name: tool for tool in plugin.tools(ComputeSettings(data=(path,)))}
    assert made["hardware"]("Nimbus X1").memory.value == 64
    slot = next(parameter.slot for parameter in made["hardware"].parameters if parameter.name == "device")
    assert slot is not None
    assert slot.find is not None
    assert [found.value for found in slot.find("Nimbus X1?")] == ["Nimbus X1"]
    plain = {tool.name: tool for tool in plugin.tools(ComputeSettings())}
    assert plain["hardware"] is hardware
    assert [p.name for p in made["train"].parameters] == [p.name for p in plain["train"].parameters]
    assert made["train"].description == plain["train"].description
    assert made["check"].context_parameter == plain["check"].context_parameter


def test_a_bound_finder_never_raises(tmp_path: Path) -> None:
    bound = bind_data(hardware, (tmp_path / "gone.json",))
    slot = bound.parameters[0].slot
    assert slot is not None
    assert slot.find is not None
    assert [found.value for found in slot.find("H100")] == ["H100 SXM"]
    with pytest.raises(InputError):
        bound("H100")


def _with_packages(monkeypatch: pytest.MonkeyPatch, *entries: LoadedEntry) -> data_layers.Layered[Device]:
    monkeypatch.setattr(data_layers, "load_entry_points", lambda group: list(entries))  # pyright: ignore[reportUnknownLambdaType]
    data_layers._packages.cache_clear()  # pyright: ignore[reportPrivateUsage]
    try:
        return data_layers.layered(
            "hardware",
            device_table().devices,
            Device,
            name=lambda device: device.name,
            defaults=_defaults(),
        )
    finally:
        monkeypatch.undo()
        data_layers._packages.cache_clear()  # pyright: ignore[reportPrivateUsage]


def _defaults() -> dict[str, object]:
    from tieout_compute_estimator import accelerators

    return accelerators._UNKNOWN  # pyright: ignore[reportPrivateUsage]


def _entry(value: object, error: str = "") -> LoadedEntry:
    return LoadedEntry("extra", "tieout-extra", "1.0", value, error)


def test_packages_add_rows_but_replace_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [ROW, {"name": "H20", "peak_tflops": {"bf16": 1}, "source": "them", "as_of": "2026-10-01"}]
    found = _with_packages(monkeypatch, _entry(lambda: {"hardware": rows}))
    assert found.layers == {"Nimbus X1": "tieout-extra"}
    by_name = {device.name: device for device in found.rows}
    assert by_name["H20"].peak_tflops["bf16"] == 148
    assert [rival.layer for rival in found.rivals["H20"]] == ["tieout-extra"]
    assert found.problems == ()


def test_a_package_may_name_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = _file(tmp_path, hardware=[ROW])
    assert "Nimbus X1" in _with_packages(monkeypatch, _entry(lambda: path)).layers


def _raises() -> object:
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (_entry(None, error="module 'gone' is not installed"), "gone"),
        (_entry(_raises), "broken"),
        (_entry(lambda: SimpleNamespace()), "not an object"),
        (_entry(lambda: {"hardware": [{"name": "X"}]}), "peak_tflops"),
    ],
)
def test_a_broken_package_costs_only_itself(
    entry: LoadedEntry, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = LoadedEntry("good", "tieout-good", "1.0", lambda: {"hardware": [ROW]})
    found = _with_packages(monkeypatch, entry, good)
    assert "Nimbus X1" in found.layers
    assert len(found.problems) == 1
    assert says in found.problems[0]


def test_the_registry_reads_in_both_languages(tmp_path: Path) -> None:
    row = ROW | {"name": "H100 SXM", "peak_tflops": {"bf16": 1979}, "sparsity_multiplier": 2}
    with use_data((_file(tmp_path, hardware=[row]),)):
        result = registry()
    assert not result.clean
    assert "sparsity" in result.say("en")
    assert result.card("zh").blocks


CONFIG = {
    "model_type": "llama", "hidden_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 16,
    "num_key_value_heads": 4, "intermediate_size": 4096, "vocab_size": 32000, "tie_word_embeddings": False,
}  # fmt: skip
MINE = {"name": "Mine 1", "source": "our own configuration", "as_of": "2026-10-01"}


def test_an_architecture_of_ones_own_is_counted_layer_by_layer(tmp_path: Path) -> None:
    from tieout_compute_estimator import memory

    file = _file(tmp_path, models=[{**MINE, "params": 150e6}], architectures=[{**MINE, "config": CONFIG}])
    with use_data((file,)):
        cache = memory(model="Mine 1", context=1000)
        assert memory(model="Llama 3 8B", context=1000).kv_cache is not None
    # 2 values x 8 layers x 4 heads x 64 wide x 2 bytes x 1000 tokens
    assert cache.kv_cache is not None
    assert cache.kv_cache.value == pytest.approx(2 * 8 * 4 * 64 * 2 * 1000)


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    from tieout_compute_estimator import memory

    file = _file(tmp_path, models=[{**MINE, "params": 150e6}], architectures=[{**MINE, "config": 7}])
    with use_data((file,)), pytest.raises(InputError, match="Mine 1"):
        memory(model="Mine 1", context=1000)
