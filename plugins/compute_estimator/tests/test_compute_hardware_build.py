"""The script that makes data/hardware.json."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "build_hardware.py"


@pytest.fixture(name="build")
def _build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_hardware", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ROW = {
    "name": "X1 SXM 80GB",
    "vendor": "X",
    "aliases": ["X1"],
    "kind": "datacenter",
    "announced": "2030",
    "peak_dense_tflops": {"bf16": 100},
    "structured_sparsity_multiplier": None,
    "memory_gb": 80,
    "memory_bw_tb_s": 1,
    "power_w": 100,
    "interconnect_gb_s": 0,
    "rental_usd_per_hour": {"low": 1, "mid": 2, "high": 3, "date": "2030-09", "source": "s"},
    "source": "vendor datasheet, from memory",
    "confidence": "high",
    "notes": "",
}


def _survey(folder: Path, *rows: object) -> Path:
    path = folder / "survey.json"
    path.write_text(json.dumps({"meta": {"date": "2030-11-21"}, "hardware": rows}), encoding="utf-8")
    return path


def test_rows_get_dates_and_honest_confidence(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "ALIASES", {"X1-80GB SXM": ("X-One",)})
    assert build.main([str(_survey(tmp_path, ROW)), str(tmp_path / "out.json")]) == 0
    (row,) = json.loads((tmp_path / "out.json").read_text())["devices"]
    assert row["name"] == "X1-80GB SXM"
    assert row["aliases"] == ["X1", "X-One"]
    assert row["confidence"] == "medium"  # recalled, not read
    assert row["as_of"] == "2030-11-21"
    assert (row["price"]["as_of"], row["price"]["valid_until"]) == ("2030-09-01", "2031-03-01")
    assert row["interconnect_gb_s"] is None


def test_aliases_of_no_device_stop_the_build(
    build: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main([str(_survey(tmp_path, ROW)), str(tmp_path / "out.json")]) == 1
    assert "H100 SXM" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_usage(build: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main([]) == 2
    assert "SURVEY.json" in capsys.readouterr().err
