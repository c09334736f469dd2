"""Build data/hardware.json from a survey of accelerators.

    python scripts/build_hardware.py SURVEY.json [OUTPUT.json]

The survey is one JSON object with ``meta.date`` and ``hardware``: a list of rows with dense peak rates in TFLOP/s,
memory, power, an optional rental price range, and for each row the source and a confidence. What this adds:

- names with the memory beside the chip, and aliases under which people write the device, in English and Chinese;
- ``as_of`` for every row (the date of the snapshot that its source names, else the survey's date);
- ``as_of`` and ``valid_until`` for every price: six months after the first day of the period it was read in;
- ranges where the public sources contradict each other and the survey's note says by how much;
- a lower confidence where the source was recalled and not read again: such a row is never "high".

The result is checked against the plugin's own models before it is written.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

PRICE_LIFE_MONTHS = 6
OUTPUT = Path(__file__).parent.parent / "src" / "tieout_compute_estimator" / "data" / "hardware.json"

ALIASES: dict[str, tuple[str, ...]] = {
    "V100-32GB SXM2": (
        "V100 SXM2 32GB",
        "V100",
        "Tesla V100",
        "V100 32GB",
        "V100 32G",
        "V100 SXM2",
        "V100-SXM2",
    ),
    "V100-16GB PCIe": ("V100 PCIe", "V100 16GB", "V100 16G"),
    "A100-40GB SXM": ("A100 SXM 40GB", "A100 40GB", "A100 40G", "A100 SXM4 40GB"),
    "A100-80GB SXM": (
        "A100 SXM 80GB",
        "A100",
        "A100 80GB",
        "A100 80G",
        "A100 SXM",
        "A100 SXM4",
        "A100 SXM4 80GB",
    ),
    "A100-80GB PCIe": ("A100 PCIe",),
    "A800-80GB SXM": ("A800", "A800 80GB", "A800 80G", "A800 SXM"),
    "H100 SXM": (
        "H100",
        "H100 80GB",
        "H100 80G",
        "H100 SXM5",
        "H100 SXM 80GB",
        "H100 SXM5 80GB",
        "Hopper H100",
    ),
    "H100 PCIe": ("H100 PCIe 80GB",),
    "H100 NVL": ("H100 NVL 94GB",),
    "H800 SXM": ("H800", "H800 80GB", "H800 80G"),
    "H20": ("H20 96GB", "H20 96G"),
    "H200 SXM": ("H200", "H200 141GB", "H200 141G"),
    "GH200": ("Grace Hopper",),
    "B200": ("B200 SXM", "B200 180GB", "B200 192GB"),
    "GB200 (per GPU)": ("GB200",),
    "B300": ("Blackwell Ultra",),
    "GB300 (per GPU)": ("GB300",),
    "RTX 4090": ("GeForce RTX 4090", "4090"),
    "RTX 5090": ("GeForce RTX 5090", "5090"),
    "RTX PRO 6000 Blackwell Server": ("RTX PRO 6000",),
    "MI250X": ("Instinct MI250X",),
    "MI300X": ("Instinct MI300X",),
    "MI325X": ("Instinct MI325X",),
    "MI350X": ("Instinct MI350X",),
    "MI355X": ("Instinct MI355X",),
    "MI455X": ("Instinct MI455X",),
    "TPU v2": ("TPUv2",),
    "TPU v3": ("TPUv3",),
    "TPU v4": ("TPUv4",),
    "TPU v5e": ("TPUv5e",),
    "TPU v5p": ("TPUv5p",),
    "TPU v6e (Trillium)": ("TPU v6e", "TPUv6e", "Trillium"),
    "TPU v7 (Ironwood)": ("TPU v7", "TPUv7", "Ironwood"),
    "Gaudi2": ("Gaudi 2",),
    "Gaudi3": ("Gaudi 3",),
    "Trainium1": ("Trainium 1", "Trn1"),
    "Inferentia2": ("Inferentia 2", "Inf2"),
    "Trainium2": ("Trainium 2", "Trn2"),
    "Trainium3": ("Trainium 3", "Trn3"),
    "Ascend 910A": ("910A", "昇腾 910A"),
    "Ascend 910B": ("910B", "昇腾 910B", "Atlas 910B"),
    "Ascend 910C": ("910C", "昇腾 910C"),
    "Ascend 950DT": ("950DT", "昇腾 950DT"),
    "Cambricon MLU370-X8": ("MLU370-X8", "MLU370", "思元 370", "寒武纪 MLU370-X8"),
    "Cambricon MLU370-S4": ("MLU370-S4",),
    "Cambricon MLU590": ("MLU590", "思元 590", "寒武纪 590"),
    "Kunlun R200 (Kunlunxin 2)": ("Kunlun R200", "Kunlunxin R200", "昆仑 R200", "昆仑芯 2"),
    "Kunlunxin P800": ("Kunlun P800", "昆仑芯 P800", "昆仑 P800"),
    "Enflame CloudBlazer i20 (燧原云燧)": ("CloudBlazer i20", "Enflame i20", "云燧 i20", "燧原 i20"),
    "Hanguang 800 (含光800)": ("Hanguang 800", "含光 800"),
    "Biren BR100": ("BR100", "壁仞 BR100", "壁砺 100"),
    "Hygon DCU K100-AI": ("K100-AI", "K100 AI", "DCU K100", "海光 K100"),
    "Hygon DCU Z100L": ("Z100L", "DCU Z100L", "海光 Z100L"),
    "Moore Threads MTT S4000": ("MTT S4000", "摩尔线程 S4000"),
    "Moore Threads MTT S5000": ("MTT S5000", "摩尔线程 S5000"),
    "Apple M1 Max": ("M1 Max",),
    "Apple M1 Ultra": ("M1 Ultra",),
    "Apple M2 Ultra": ("M2 Ultra",),
    "Apple M3 Max": ("M3 Max",),
    "Apple M3 Ultra": ("M3 Ultra",),
    "Apple M4 Max": ("M4 Max",),
}

# TFLOP/s, low and high, where public sources disagree about one part (Ascend 910B: bins B1 to B4; MLU590: estimates).
PEAK_RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "Ascend 910B": {"fp16": (280.0, 414.0), "bf16": (280.0, 414.0)},
    "Cambricon MLU590": {"fp16": (256.0, 345.0), "bf16": (256.0, 345.0)},
}


def device_name(name: str) -> str:
    """The row's name with the memory beside the chip, as model cards write it: ``A100-80GB SXM``."""
    return re.sub(r"^(\w+) (\w+) (\d+GB)$", r"\1-\3 \2", name)


def public_source(text: str) -> str:
    """Word the source as a reader of the table needs it."""
    text = re.sub(r"vendor datasheet, from memory", "vendor datasheet (not read again)", text)
    text = re.sub(r"reseller sheets, from memory|^from memory$", "reseller sheets (not read again)", text)
    text = text.replace("seed 002 (INT8 256 TOPS); rest", "broker report of 2023 (INT8 256 TOPS); rest")
    return text.replace(" known", " (not read again)").strip()


def months_after(day: date, months: int) -> date:
    """The same day of the month, ``months`` later (days 1 to 28 only, which is all we need)."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)


def price_row(price: dict[str, Any]) -> dict[str, Any]:
    """The price with its dates; a period (``2026-05``, ``2024``) counts from its first day."""
    period = str(price["date"])
    parts = [int(part) for part in period.split("-")]
    first = date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
    return {
        "low": price["low"],
        "mid": price["mid"],
        "high": price["high"],
        "period": period,
        "as_of": first.isoformat(),
        "valid_until": months_after(first, PRICE_LIFE_MONTHS).isoformat(),
        "source": public_source(price["source"]),
    }


def device_row(row: dict[str, Any], *, survey_date: str) -> dict[str, Any]:
    """One device in our own format."""
    name = device_name(row["name"])
    snapshot = re.search(r"snapshot (\d{4}-\d{2}-\d{2})", row["source"])
    recalled = "from memory" in row["source"] and not snapshot
    confidence = "medium" if recalled and row["confidence"] == "high" else row["confidence"]
    aliases = dict.fromkeys([*row["aliases"], *ALIASES.get(name, ())])
    return {
        "name": name,
        "vendor": row["vendor"],
        "kind": row["kind"],
        "announced": row["announced"],
        "aliases": list(aliases),
        "peak_tflops": row["peak_dense_tflops"],
        "peak_range_tflops": PEAK_RANGES.get(name, {}),
        "sparsity_multiplier": row["structured_sparsity_multiplier"],
        "memory_gb": row["memory_gb"],
        "memory_bandwidth_tb_s": row["memory_bw_tb_s"],
        "power_w": row["power_w"],
        "interconnect_gb_s": row["interconnect_gb_s"] or None,
        "price": price_row(row["rental_usd_per_hour"]) if row["rental_usd_per_hour"] else None,
        "source": public_source(row["source"]),
        "as_of": snapshot.group(1) if snapshot else survey_date,
        "confidence": confidence,
        "notes": public_source(row["notes"]),
    }


def main(arguments: list[str]) -> int:
    """Read the survey named by the first argument and write the table."""
    from tieout_compute_estimator.accelerators import DeviceTable

    if not 1 <= len(arguments) <= 2:
        print((__doc__ or "").splitlines()[2].strip(), file=sys.stderr)
        return 2
    survey = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    unknown = ALIASES.keys() - {device_name(row["name"]) for row in survey["hardware"]}
    if unknown:
        print(f"aliases for devices that the survey does not have: {sorted(unknown)}", file=sys.stderr)
        return 1
    table = {
        "format": 1,
        "as_of": survey["meta"]["date"],
        "source": "vendor datasheets and public hardware tables; each row names its own",
        "devices": [device_row(row, survey_date=survey["meta"]["date"]) for row in survey["hardware"]],
    }
    checked = DeviceTable.model_validate(table)
    output = Path(arguments[1]) if len(arguments) == 2 else OUTPUT
    output.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(checked.devices)} devices -> {output.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
