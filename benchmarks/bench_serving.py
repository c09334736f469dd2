"""Serving predictions: each model family is predicted from the others; error, coverage of the 90 % band, ceilings.

``--docs`` writes the table into docs/serving_model.md as well.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tieout_compute_estimator.serving_calibration import (
    Prediction,
    calibration_table,
    cross_validate,
    fit,
    situation,
)

DOCS = Path(__file__).parent.parent / "docs" / "serving_model.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
TARGET_ERROR, TARGET_COVERAGE = 0.15, 0.85


def mean_error(rows: list[Prediction]) -> float:
    """Mean absolute relative error."""
    return sum(abs(row.error) for row in rows) / len(rows)


def coverage(rows: list[Prediction]) -> float:
    """Share of the measurements inside their 90 % band."""
    return sum(row.covered for row in rows) / len(rows)


def summary(rows: list[Prediction]) -> list[str]:
    """Error and coverage as rows of a Markdown table, all and by kind of measurement."""
    groups = {
        "all": rows,
        "at saturation": [row for row in rows if row.row.batch is None],
        "one sequence": [row for row in rows if row.row.batch is not None],
    }
    lines = ["| rows | number | MAPE, family left out | inside the 90 % band |", "|---|--:|--:|--:|"]
    lines += [
        f"| {name} | {len(part)} | {mean_error(part):.1%} | {coverage(part):.0%} |"
        for name, part in groups.items()
    ]
    return lines


def details(rows: list[Prediction]) -> list[str]:
    """Every row as a line of a Markdown table."""
    head = (
        "model",
        "devices",
        "engine",
        "prompt/output",
        "measured",
        "predicted",
        "error",
        "band",
        "measured/ceiling",
    )
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|--:|--:|--:|---|--:|"]
    for row in rows:
        case = row.row
        shape = f"{case.prompt:.0f}/{case.output:.0f}" if case.prompt else "one sequence"
        values = (
            case.model,
            f"{case.devices} x {case.device}",
            case.engine,
            shape,
            f"{case.tokens_per_s:,.0f}",
            f"{row.predicted:,.0f}",
            f"{row.error:+.1%}",
            "inside" if row.covered else "**outside**",
            f"{case.tokens_per_s / row.ceiling:.2f}",
        )
        lines.append(f"| {' | '.join(values)} |")
    return lines


def report(rows: list[Prediction]) -> str:
    """What the documentation quotes."""
    return "\n".join([*summary(rows), "", "Output tokens per second:", "", *details(rows)])


def quoted() -> str:
    """What the documentation holds at the moment."""
    return DOCS.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    """Measure, print, and fail where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the table into docs/serving_model.md")
    write = parser.parse_args().docs
    situations = [situation(row) for row in calibration_table().rows]
    started = time.perf_counter()
    factors = fit(situations)
    seconds = time.perf_counter() - started
    rows = cross_validate(situations)
    print(f"{factors}, fitted in {seconds * 1e3:.1f} ms\n")
    print(report(rows))
    if write:
        before, _, rest = DOCS.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        DOCS.write_text(f"{before}{BEGIN}\n{report(rows)}\n{END}{after}", "utf-8")
    below = [row for row in rows if row.ceiling < row.row.tokens_per_s]
    if mean_error(rows) > TARGET_ERROR or coverage(rows) < TARGET_COVERAGE or below:
        raise SystemExit("a target is missed")


if __name__ == "__main__":
    main()
