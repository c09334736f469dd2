"""The tool ``fleet``: arithmetic from users to margin, and clear errors."""

from __future__ import annotations

import math

import pytest

from tieout.errors import InputError, ToolError
from tieout.plugin import TableRow
from tieout_compute_estimator import fleet
from tieout_compute_estimator.accelerators import device_table
from tieout_compute_estimator.api_prices import api_price, api_price_table
from tieout_compute_estimator.caveats import today
from tieout_compute_estimator.fleet_sizing import (
    _find_peaks,  # pyright: ignore[reportPrivateUsage]
    _find_prompts,  # pyright: ignore[reportPrivateUsage]
    _find_users,  # pyright: ignore[reportPrivateUsage]
)


def test_devices_money_and_energy_follow_from_the_users() -> None:
    result = fleet(
        "Llama 3.3 70B",
        "H100 SXM",
        users=1e6,
        prompts_per_day=8,
        prompt=800,
        output=400,
        dtype="fp8",
        device_count=2,
        peak_factor=3,
        load=0.5,
        spare=1,
        usd_per_hour=2.0,
        usd_per_mtok_in=0.5,
        usd_per_mtok_out=1.0,
        region="France",
    )
    peak = 1e6 * 8 * 400 / 86400 * 3
    assert result.peak_rate.value == pytest.approx(peak)
    copies = math.ceil(peak / (0.5 * result.throughput.value)) + 1
    assert result.copies.value == copies
    assert result.devices.value == 2 * copies
    assert result.cost is not None
    assert result.cost.value == pytest.approx(2 * copies * 730 * 2.0)
    output = 8e6 * 400 * 730 / 24 / 1e6
    assert result.output_tokens.value == pytest.approx(output)
    assert result.revenue is not None
    assert result.revenue.value == pytest.approx(2 * output * 0.5 + output * 1.0)
    assert result.margin is not None
    assert result.margin.value == pytest.approx(100 * (1 - result.cost.value / result.revenue.value))
    assert result.energy is not None
    assert result.emissions is not None
    assert result.energy.unit == "MWh"
    assert result.emissions.value == pytest.approx(result.energy.value * 0.056)


def test_the_band_of_the_speed_reaches_the_margin() -> None:
    result = fleet(
        "Llama 3.3 70B", "H100 SXM", users=1e7, dtype="fp8", usd_per_hour=2.0, api_model="Llama 3.3 70B"
    )
    for figure in (result.devices, result.cost, result.margin):
        assert figure is not None
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high


def test_list_prices_are_dated_and_sourced() -> None:
    for row in api_price_table().rows:
        assert row.source
        assert row.as_of < row.valid_until
    found = api_price("Llama-3.3-70B-Instruct")
    assert found is not None
    assert found.provider == "together.ai"
    assert api_price("no such model 7B") is None


def test_an_expired_list_price_is_said() -> None:
    result = fleet("DeepSeek-V3", "H20", users=1e5, dtype="fp8")
    row = next(row for row in api_price_table().rows if row.name == "DeepSeek-V3")
    assert row.valid_until < today()
    assert any("Out of date" in note and "DeepSeek-V3" in note for note in result.notes)


def test_a_device_without_a_price_is_costed_by_its_likes() -> None:
    result = fleet("Qwen3-32B", "Ascend 910B", users=1e5)
    assert result.cost is not None
    price = result.cost.inputs()["p"]
    assert "estimated" in price.metric
    median = price.inputs()["a"].origin
    assert isinstance(median, TableRow)
    assert median.valid_until is not None
    listed = {device.price.as_of for device in device_table().devices if device.price is not None}
    assert median.as_of in listed  # as old as the prices under it, not as the table
    stale = any("comparable devices" in note and str(median.valid_until) in note for note in result.notes)
    assert stale == (median.valid_until < today())


def test_both_languages_and_the_card() -> None:
    result = fleet("Qwen3-32B", "H20", users=1e6, region="China")
    assert "H20" in result.say("zh")
    assert result.card("zh").blocks
    assert "China" in result.say("en")


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"users": None}, InputError, "users"),
        ({"users": 0}, InputError, "users"),
        ({"prompts_per_day": -1}, InputError, "prompts_per_day"),
        ({"peak_factor": 0.5}, InputError, "peak_factor"),
        ({"load": 1.5}, InputError, "load"),
        ({"spare": -1}, InputError, "spare"),
        ({"region": "Atlantis"}, ToolError, "Atlantis"),
        ({"usd_per_mtok_in": 1.0}, InputError, "both prices"),
        ({"usd_per_hour": 0}, InputError, "usd_per_hour"),
    ],
)
def test_bad_input_is_one_clear_error(changes: dict[str, object], error: type[Exception], says: str) -> None:
    arguments: dict[str, object] = {"users": 1e6, "dtype": "fp8"} | changes
    with pytest.raises(error, match=says):
        fleet("Llama 3.1 8B", "H100 SXM", **arguments)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "users", "prompts", "peak"),
    [
        ("500 万用户,每人每天 10 次提问,峰值 3 倍", 5e6, 10, 3),
        ("2 million daily users at 10 prompts each with a peak factor of 2.5", 2e6, 10, 2.5),
        ("日活 3000 万,人均 5 次", 3e7, 5, None),
        ("100k DAU with 20 requests per day", 1e5, 20, None),
        ("用户数\uff1a200 万\uff0c每人每天 10 次提问", 2e6, 10, None),
    ],
)
def test_counts_are_read_from_text(text: str, users: float, prompts: float, peak: float | None) -> None:
    assert [found.value for found in _find_users(text)] == [users]
    assert [found.value for found in _find_prompts(text)] == [prompts]
    assert [found.value for found in _find_peaks(text)] == ([] if peak is None else [peak])
