"""The fitted efficiencies: they are those of the rows, they predict families left out, and no bound is broken."""

from __future__ import annotations

import math
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from tieout_compute_estimator.serving_calibration import (
    calibration_table,
    cross_validate,
    fit,
    situation,
    spread,
)

SITUATIONS = [situation(row) for row in calibration_table().rows]


def test_the_stored_efficiencies_are_those_of_the_rows() -> None:
    stored, found = calibration_table().fitted, fit(SITUATIONS)
    assert (stored.compute, stored.memory, stored.link, stored.layer_seconds) == pytest.approx(
        (found.compute, found.memory, found.link, found.layer_seconds), rel=1e-4
    )
    assert stored.spread == pytest.approx(spread(SITUATIONS), rel=1e-4)


def test_every_row_is_sourced() -> None:
    for row in calibration_table().rows:
        assert row.source
        assert row.as_of <= calibration_table().as_of


def test_families_left_out_are_predicted_within_15_per_cent() -> None:
    rows = cross_validate(SITUATIONS)
    assert len({row.row.family for row in rows}) >= 5
    assert sum(abs(row.error) for row in rows) / len(rows) < 0.15
    saturated = [row for row in rows if row.row.batch is None]
    assert len(saturated) >= 15
    assert sum(abs(row.error) for row in saturated) / len(saturated) < 0.15


def test_bands_of_families_left_out_cover_85_per_cent() -> None:
    rows = cross_validate(SITUATIONS)
    assert sum(row.covered for row in rows) / len(rows) >= 0.85
    assert all(row.high / row.low < 1.8 for row in rows), "a band that wide would say nothing"


def test_no_measurement_exceeds_its_ceiling() -> None:
    for item in SITUATIONS:
        assert item.measured < item.ceiling, item.row.name


def test_the_fit_recovers_the_efficiencies_that_made_the_speeds() -> None:
    """Speeds made with known efficiencies: the fit finds them, up to the pull of its priors."""
    true = calibration_table().fitted.factors
    made = [
        situation(item.row.model_copy(update={"tokens_per_s": item.predicted(true)})) for item in SITUATIONS
    ]
    found = fit(made)
    assert found.compute == pytest.approx(true.compute, rel=0.02)
    assert found.memory == pytest.approx(true.memory, rel=0.02)
    assert spread(made) < 0.04


def test_a_family_left_out_does_not_teach_its_own_prediction() -> None:
    """Doubling a family's measurements leaves its prediction where it was."""
    family = "Llama 3.1 405B"
    changed = [
        situation(item.row.model_copy(update={"tokens_per_s": 2 * item.row.tokens_per_s}))
        if item.row.family == family
        else item
        for item in SITUATIONS
    ]
    before = {row.row.name: row.predicted for row in cross_validate(SITUATIONS) if row.row.family == family}
    after = {row.row.name: row.predicted for row in cross_validate(changed) if row.row.family == family}
    assert before == pytest.approx(after)
    assert math.isfinite(sum(before.values()))


def test_the_documentation_quotes_what_the_benchmark_computes() -> None:
    root = Path(__file__).parents[3]
    spec = spec_from_file_location("bench_serving", root / "benchmarks" / "bench_serving.py")
    assert spec is not None
    assert spec.loader is not None
    bench = module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert bench.quoted() == bench.report(cross_validate(SITUATIONS))
