"""Uncertain inputs: quantiles, draws, intervals, shares of the variance, and how many digits are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError, ToolError
from tieout.plugin import Figure
from tieout_compute_estimator.derivation import computed, ranged
from tieout_compute_estimator.intervals import Choice, Fixed, Range, draw, input_of, spread
from tieout_compute_estimator.priors import (
    find_regions,
    grid_intensity,
    grid_table,
    run_prior,
    run_prior_table,
)
from tieout_compute_estimator.rounding import rounded, supported_digits


@pytest.mark.parametrize("item", [Range(1.99, 2.95, 6.88), Range(33, 41, 48, 100), Range(15, 27, 42, 100)])
def test_a_range_means_its_5_50_and_95_percent_points(item: Range) -> None:
    drawn = draw({"x": item}, count=4096)["x"]
    assert np.percentile(drawn, (5, 50, 95)) == pytest.approx((item.low, item.mid, item.high), rel=0.01)


def test_wide_ranges_are_lognormal_and_narrow_ones_normal() -> None:
    assert Range(1, 2, 4).lognormal
    assert not Range(3, 4, 5).lognormal
    wide = draw({"x": Range(1, 2, 4)}, count=4096)["x"]
    assert np.percentile(wide, 50) ** 2 == pytest.approx(
        np.percentile(wide, 20) * np.percentile(wide, 80), rel=0.01
    )


def test_nothing_exceeds_its_ceiling() -> None:
    assert np.max(draw({"x": Range(60, 80, 95, 100)}, count=4096)["x"]) <= 100


def test_draws_are_the_same_in_every_run_and_inputs_are_independent() -> None:
    first = draw({"x": Range(1, 2, 4), "y": Range(1, 2, 4)})
    second = draw({"x": Range(1, 2, 4), "y": Range(1, 2, 4)})
    assert np.array_equal(first["x"], second["x"])
    assert abs(np.corrcoef(first["x"], first["y"])[0, 1]) < 0.06


def test_a_choice_takes_its_options_by_weight() -> None:
    drawn = draw({"k": Choice((6.0, 8.0), (3, 1))})["k"]
    assert np.mean(drawn == 6.0) == pytest.approx(0.75, abs=0.01)
    assert set(np.unique(drawn)) == {6.0, 8.0}


@pytest.mark.parametrize("bad", [(0, 1, 2), (2, 1, 3), (1, 2, math.inf), (-1, 1, 2)])
def test_a_range_that_is_none_is_refused(bad: tuple[float, float, float]) -> None:
    with pytest.raises(InputError):
        Range(*bad)


def test_a_choice_of_nothing_is_refused() -> None:
    with pytest.raises(InputError):
        Choice(())
    with pytest.raises(InputError):
        Choice((1.0, 2.0), (1.0,))


def _product(values: Mapping[str, object]) -> dict[str, object]:
    return {**values, "y": values["a"] * values["b"] / values["c"]}  # type: ignore[operator]


def test_shares_are_exact_for_a_product() -> None:
    inputs = {"a": Range(1, 2, 4), "b": Range(1, 4, 16), "c": Fixed(3.0)}
    found = spread(_product, inputs, ["y"])["y"]  # type: ignore[arg-type]
    assert list(found.shares) == ["b", "a"]
    assert found.shares["b"] == pytest.approx(0.8, abs=0.01)
    assert sum(found.shares.values()) == pytest.approx(1)
    reach = math.exp(math.hypot(math.log(2), math.log(4)))
    assert (found.p5, found.p50, found.p95) == pytest.approx((8 / 3 / reach, 8 / 3, 8 / 3 * reach), rel=0.05)


@given(low=st.floats(0.1, 0.9), high=st.floats(1.1, 10), scale=st.floats(1e-6, 1e6))
def test_an_interval_scales_with_its_input(low: float, high: float, scale: float) -> None:
    plain = spread(_product, {"a": Range(low, 1, high), "b": Fixed(1.0), "c": Fixed(1.0)}, ["y"])["y"]  # type: ignore[arg-type]
    scaled = spread(_product, {"a": Range(low, 1, high), "b": Fixed(scale), "c": Fixed(1.0)}, ["y"])["y"]  # type: ignore[arg-type]
    assert scaled.p95 == pytest.approx(plain.p95 * scale)
    assert plain.p5 <= plain.p50 <= plain.p95


def test_what_is_certain_has_no_spread() -> None:
    assert spread(_product, {"a": Fixed(1.0), "b": Fixed(1.0), "c": Fixed(1.0)}, ["y"]) == {}  # type: ignore[arg-type]


def test_figures_become_inputs() -> None:
    assert input_of(Figure(value=5.0)) == Fixed(5.0)
    assert input_of(Figure(value=40.0, unit="%", low=30.0, high=120.0)) == Range(30.0, 40.0, 100.0, 100.0)


@pytest.mark.parametrize(
    ("value", "low", "high", "digits"),
    [
        (276_341, 157_000, 421_000, 2),
        (100, 99, 101, 4),
        (9.6, 1, 30, 1),
        (3.0, 2.99999, 3.00001, 7),
        (5, None, None, 15),
    ],
)
def test_digits_follow_the_width_of_the_interval(
    value: float, low: float | None, high: float | None, digits: int
) -> None:
    assert supported_digits(value, low, high) == digits


@given(value=st.floats(1e-3, 1e15), width=st.floats(1e-6, 0.9))
def test_rounding_to_supported_digits_moves_far_less_than_the_interval(value: float, width: float) -> None:
    low, high = value * (1 - width), value * (1 + width)
    digits = supported_digits(value, low, high)
    assert abs(rounded(value, digits) - value) <= 0.06 * (high - low)


def test_text_shows_only_supported_digits() -> None:
    figure = computed(
        276_341.7, "GPU-hour", "device-hours", expression="x", inputs={}, latex="", convention="", reference="",
        low=157_210.0, high=421_055.0,
    )  # fmt: skip
    assert (
        ranged(figure, "en")
        == "about 280,000 GPU-hours (between about 160,000 GPU-hours and about 420,000 GPU-hours)"
    )


def test_every_prior_has_a_range_a_source_and_a_general_row() -> None:
    rows = run_prior_table().rows
    for symbol in {row.symbol for row in rows}:
        assert any(not row.devices for row in rows if row.symbol == symbol)
    steady = run_prior("M", "%", "steady MFU", device="H100 SXM")
    other = run_prior("M", "%", "steady MFU", device="MI300X")
    assert (steady.low, steady.value) != (other.low, other.value)
    with pytest.raises(KeyError):
        run_prior("nothing", "%", "")


def test_grids_are_found_by_region_and_year() -> None:
    assert grid_intensity("中国").value == 0.5306
    assert grid_intensity("China", 2022).value == 0.5366
    assert grid_intensity("US", 2021).value == 0.385
    # Guizhou buys its power in the south's grid, and coal at that; its neighbour Yunnan runs on water.
    assert grid_intensity("贵州").value > 4 * grid_intensity("云南").value
    assert [found.value for found in find_regions("give us the figure for Germany and the US")] == [
        "Germany",
        "United States",
    ]
    with pytest.raises(ToolError):
        grid_intensity("Atlantis")
    with pytest.raises(ToolError):
        grid_intensity("China", 1900)
    assert len({(row.region, row.year) for row in grid_table().rows}) == len(grid_table().rows)
