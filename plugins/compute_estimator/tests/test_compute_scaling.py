"""Scaling laws against the published tables, the laws they obey, and the tool ``scaling``."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout_compute_estimator import scaling
from tieout_compute_estimator.scaling_laws import (
    inference_optimum,
    optimal_params,
    optimal_params_for,
    optimal_tokens,
    scaling_table,
)

TABLE_3 = [
    (400e6, 8.0e9),
    (1e9, 20.2e9),
    (10e9, 205.1e9),
    (67e9, 1.5e12),
    (175e9, 3.7e12),
    (280e9, 5.9e12),
    (520e9, 11.0e12),
    (1e12, 21.2e12),
    (10e12, 216.2e12),
]
"""Hoffmann et al. 2022, Table 3."""


@pytest.mark.parametrize(("params", "tokens"), TABLE_3)
def test_the_interval_holds_the_published_optimum(params: float, tokens: float) -> None:
    found = optimal_tokens(params)
    assert found.low <= tokens <= found.high
    assert found.value == pytest.approx(tokens, rel=0.1)


def test_the_refit_gives_164_billion_tokens_for_8_billion_parameters() -> None:
    # Besiroglu et al. 2024; bootstrap 90%: 109B to 228B
    refit = scaling_table().refit
    assert refit.tokens_for(8e9) == pytest.approx(164e9, rel=0.01)
    found = optimal_tokens(8e9)
    assert found.low == pytest.approx(109e9, rel=0.1)
    assert found.high == pytest.approx(228e9, rel=0.1)


def test_chinchilla_is_close_to_its_own_optimum() -> None:
    found = optimal_params(5.76e23)
    assert found.low <= 70e9 <= found.high
    assert found.value == pytest.approx(70e9, rel=0.1)


@given(params=st.floats(1e8, 1e13))
def test_tokens_for_parameters_and_back(params: float) -> None:
    for fit in scaling_table().approaches:
        tokens = fit.tokens_for(params)
        assert fit.params_for(tokens) == pytest.approx(params, rel=1e-6)
        assert fit.params_at(6 * params * tokens) == pytest.approx(params, rel=1e-6)
    assert optimal_params_for(optimal_tokens(params).value).value == pytest.approx(params, rel=0.02)


@given(params=st.floats(1e8, 1e12), factor=st.floats(0.05, 200))
def test_nothing_beats_the_optimum_at_equal_flop(params: float, factor: float) -> None:
    fit = scaling_table().refit
    tokens = factor * fit.tokens_for(params)
    flops = 6 * params * tokens
    best = fit.params_at(flops)
    assert fit.loss(best, flops / 6 / best) <= fit.loss(params, tokens) + 1e-12
    assert fit.flops_for_loss(fit.loss(params, tokens)) <= flops * (1 + 1e-6)


@given(served=st.floats(1e9, 1e15))
def test_serving_makes_models_smaller_and_longer_trained(served: float) -> None:
    fit = scaling_table().refit
    loss = fit.loss(70e9, 1.4e12)
    found = inference_optimum(fit, loss, served)
    assert fit.loss(found.params, found.tokens) == pytest.approx(loss, rel=1e-6)
    idle = inference_optimum(fit, loss, 0.0)
    assert found.params <= idle.params * (1 + 1e-3)
    assert found.flops <= 6 * idle.params * idle.tokens + 2 * idle.params * served


def test_a_loss_below_the_floor_is_out_of_reach() -> None:
    with pytest.raises(InputError, match="reaches"):
        inference_optimum(scaling_table().refit, 1.5, 1e12)


def test_tokens_for_a_size() -> None:
    result = scaling(8e9)
    assert result.optimal.unit == "token"
    assert result.optimal.low is not None
    assert [figure.metric for figure in result.approaches][-1] == "approach three as published"
    assert result.over_training is None


def test_size_for_flop_and_for_tokens() -> None:
    assert scaling(flops=5.76e23).optimal.value == pytest.approx(68e9, rel=0.02)
    by_tokens = scaling(tokens=1.4e12)
    assert by_tokens.optimal.unit == "parameter"
    assert by_tokens.tokens.value == 1.4e12


def test_over_training_of_a_published_model() -> None:
    result = scaling(model="Llama 3 8B")
    assert result.over_training is not None
    assert result.over_training.value == pytest.approx(89, rel=0.05)
    assert result.loss_given_away is not None
    assert result.loss_given_away.value == pytest.approx(0.054, abs=0.002)
    assert result.flops_beyond is not None
    assert 75 < result.flops_beyond.value < 90
    assert "89x" in result.say("en")


def test_the_optimum_with_serving_is_cheaper() -> None:
    result = scaling(70e9, 1.4e12, served_tokens=1e13)
    assert result.served_params is not None
    assert result.saved is not None
    assert result.served_params.value < 70e9
    assert result.saved.value > 0


def test_flop_with_a_size_settle_the_tokens() -> None:
    result = scaling(10e9, flops=6e22)
    assert result.tokens.value == pytest.approx(1e12)
    assert result.over_training is not None


@pytest.mark.parametrize(
    "arguments", [{}, {"params": -1.0}, {"flops": math.inf}, {"params": 1e9, "served_tokens": 0.0}]
)
def test_bad_input_is_one_clear_error(arguments: dict[str, float]) -> None:
    with pytest.raises(InputError):
        scaling(**arguments)  # type: ignore[arg-type]


def test_chinchilla_is_a_law_here_and_with_its_size_a_model() -> None:
    (slot,) = [parameter.slot for parameter in scaling.parameters if parameter.name == "model"]
    assert slot is not None
    assert slot.find is not None
    assert not slot.find("Chinchilla-optimal tokens for 13B")
    assert slot.find("how far is Chinchilla 70B from its optimum")


def test_card_has_the_approaches_and_a_plot() -> None:
    card = scaling(model="Llama 3 8B").card("zh")
    assert {block.type for block in card.blocks} >= {"fact", "table", "plot", "tree"}
