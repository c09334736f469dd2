"""Sweeps: axes as people write them, tables and curves, and arrays of scenarios against the plain formulas."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError, ToolError
from tieout.plugin import Formula
from tieout_compute_estimator import formulas, scenarios, sweep, train
from tieout_compute_estimator.axes import axis_finder, find_device_lists, find_metrics, read_axis


@pytest.mark.parametrize(
    ("text", "unit", "values"),
    [
        ("7B, 13B, 70B", "parameter", [7e9, 13e9, 70e9]),
        ("7B、13B 和 70B 参数", "parameter", [7e9, 13e9, 70e9]),
        ("70 亿, 130 亿", "parameter", [7e9, 13e9]),
        ("1T..16T:5", "token", [1e12, 2e12, 4e12, 8e12, 16e12]),
        ("30%..50%", "ratio", [0.3, 0.35, 0.4, 0.45, 0.5]),
        ("30%-50%:3", "ratio", [0.3, 0.4, 0.5]),
        ("0.3, 0.4", "ratio", [0.3, 0.4]),
        ("1T to 15T tokens:2", "token", [1e12, 15e12]),
        ("512, 1,024 and 2,048 GPUs", "GPU", [512, 1024, 2048]),
        ("70B", "parameter", [70e9]),
    ],
)
def test_axes_are_read_as_people_write_them(text: str, unit: str, values: list[float]) -> None:
    assert read_axis(text, unit, name="x").values == pytest.approx(tuple(values))


@pytest.mark.parametrize("text", ["", "many", "0, 1B", "5 GB, 6 GB", "7B..7B"])
def test_an_axis_that_cannot_be_read_is_one_clear_error(text: str) -> None:
    with pytest.raises(InputError):
        read_axis(text, "parameter", name="params")


def test_axes_are_found_in_questions() -> None:
    question = "Tabulate training days for 7B, 13B and 70B on A100 and H100, MFU from 30% to 50%"
    (sizes,) = axis_finder("parameter")(question)
    assert sizes.text == "7B, 13B and 70B"
    assert question[sizes.start : sizes.end] == sizes.text
    assert [found.text for found in axis_finder("%")(question)] == ["30% to 50%"]
    assert [found.text for found in find_device_lists(question)] == ["A100 and H100"]
    assert [found.text for found in axis_finder("token")("token 从 1T 到 15T,成本")] == ["1T 到 15T"]
    assert not axis_finder("parameter")("token 从 1T 到 15T,成本")


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("把三种规模的训练卡时列成表", "device_hours"),
        ("how does the cost grow as tokens go from 1T to 15T", "cost"),
        ("table of days for 512 and 1,024 GPUs", "days"),
    ],
)
def test_what_to_draw_is_found_in_the_question(question: str, metric: str) -> None:
    assert [found.value for found in find_metrics(question)] == [metric]


def test_rows_are_what_train_says() -> None:
    table = sweep(
        params="7B, 70B", tokens="2T", device="H100", device_count="1024", mfu="40%", usd_per_hour="2"
    )
    assert table.varied == ("params",)
    for row, size in zip(table.rows, (7e9, 70e9), strict=True):
        alone = train(size, 2e12, "H100", device_count=1024, mfu=0.4, usd_per_hour=2.0)
        assert alone.days is not None
        assert alone.cost is not None
        assert row.outputs["days"].value == pytest.approx(alone.days.value)
        assert row.outputs["cost"].value == pytest.approx(alone.cost.value)
        assert row.outputs["flops"].value == pytest.approx(alone.flops.value)


def test_points_between_the_ends_of_a_range_are_computed() -> None:
    rows = sweep(params="10B..30B:3", tokens="1T").rows
    origins = [row.inputs["params"].origin for row in rows]
    assert (origins[0], origins[2]) == (None, None)
    assert isinstance(origins[1], Formula)
    assert [end.value for end in origins[1].inputs.values()] == [10e9, 30e9]


def test_one_axis_gives_a_curve_with_a_band_and_two_give_several() -> None:
    one = sweep(params="7B..70B", tokens="2T", device="H100").card("en")
    (plot,) = [block for block in one.blocks if block.type == "plot"]
    assert plot.series[0].low
    two = sweep(model="Llama 3 70B", device="A100, H100", mfu="30%..50%", device_count="1024").card("zh")
    (plot,) = [block for block in two.blocks if block.type == "plot"]
    assert len(plot.series) == 2
    assert not plot.series[0].low


def test_devices_alone_give_bars() -> None:
    card = sweep(model="Llama 3 70B", device="A100, H100, H20").card("en")
    (plot,) = [block for block in card.blocks if block.type == "plot"]
    assert plot.kind == "bar"
    assert plot.categories == ("A100-80GB SXM", "H100 SXM", "H20")


def test_csv_has_every_row_in_one_unit() -> None:
    result = sweep(params="1B..1000B:4", tokens="1T", device="H100", mfu="0.3, 0.4", format="csv")
    rows = list(csv.DictReader(io.StringIO(result.csv())))
    assert len(rows) == 8
    energies = {
        figure.unit for row in result.rows for name, figure in row.outputs.items() if name == "energy"
    }
    assert energies == {"MWh"}
    assert float(rows[0]["flops [FLOP]"]) == pytest.approx(6e21)
    assert any(block.type == "code" for block in result.card("en").blocks)


def test_nothing_to_vary_and_too_much_to_vary_are_refused() -> None:
    with pytest.raises(InputError, match="combinations"):
        sweep(params="7B", tokens="1T")
    with pytest.raises(InputError, match="combinations"):
        sweep(params="1B..100B:30", tokens="1T..10T:30")
    with pytest.raises(InputError, match="training tokens"):
        sweep(params="7B, 13B")
    with pytest.raises(ToolError):
        sweep(params="7B, 13B", tokens="1T", device="H999")
    with pytest.raises(InputError):
        sweep(params="7B, 13B", tokens="1T", metric="days")


@given(
    params=st.lists(st.floats(1e8, 1e12), min_size=1, max_size=40),
    mfu=st.floats(0.05, 1),
    chunk=st.integers(1, 50),
)
def test_arrays_agree_with_the_plain_formulas(params: list[float], mfu: float, chunk: int) -> None:
    got = scenarios(
        ["flops", "device_hours", "cost"],
        chunk=chunk,
        params=np.array(params),
        tokens=1e12,
        peak_tflops=989.5,
        mfu=mfu,
        usd_per_hour=2.0,
    )
    for index, size in enumerate(params):
        flops = formulas.training_flops(size, 1e12)
        hours = formulas.device_hours(flops, 989.5e12, mfu)
        assert got["flops"][index] == pytest.approx(flops)
        assert got["device_hours"][index] == pytest.approx(hours)
        assert got["cost"][index] == pytest.approx(2 * hours)


def test_arrays_broadcast_and_can_be_solved_backwards() -> None:
    got = scenarios(
        ["tokens", "mfu"],
        params=np.array([[7e9], [70e9]]),
        mfu=np.array([0.3, 0.4, 0.5]),
        peak_tflops=312.0,
        device_count=1024,
        days=30.0,
    )
    assert got["tokens"].shape == got["mfu"].shape == (2, 3)
    assert got["mfu"][1].tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert got["tokens"][0, 1] / got["tokens"][1, 1] == pytest.approx(10)


def test_arrays_need_what_they_follow_from() -> None:
    with pytest.raises(InputError, match="colour"):
        scenarios(["colour"], params=1e9)
    with pytest.raises(InputError):
        scenarios(["days"], params=1e9, tokens=1e12)
