"""Fit the serving efficiencies on the rows of data/serving_calibration.json and store them in the same file.

python scripts/fit_serving.py            refit and write
python scripts/fit_serving.py --check    exit 1 where the stored efficiencies are not those of the rows
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from tieout_compute_estimator.serving_calibration import CalibrationRow, fit, situation, spread

PATH = Path(__file__).parent.parent / "src/tieout_compute_estimator/data/serving_calibration.json"


def refitted(data: dict[str, Any]) -> dict[str, float]:
    """The efficiencies of the rows, to six digits."""
    situations = [situation(CalibrationRow.model_validate(row)) for row in data["rows"]]
    factors = fit(situations)
    found = {
        "compute": factors.compute,
        "memory": factors.memory,
        "link": factors.link,
        "layer_seconds": factors.layer_seconds,
        "spread": spread(situations),
    }
    return {name: float(f"{value:.6g}") for name, value in found.items()}


def main() -> None:
    """Refit, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    data = json.loads(PATH.read_text("utf-8"))
    found = refitted(data)
    if check:
        stored = data["fitted"]
        if not all(math.isclose(stored[name], value, rel_tol=1e-4) for name, value in found.items()):
            raise SystemExit(f"stored {stored}, the rows give {found}")
        return
    data["fitted"] = found
    head = {name: data[name] for name in ("format", "as_of", "source", "fitted")}
    rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in data["rows"])
    PATH.write_text(
        json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "rows": [\n' + rows + "\n  ]\n}\n",
        "utf-8",
    )
    print(found)


if __name__ == "__main__":
    main()
