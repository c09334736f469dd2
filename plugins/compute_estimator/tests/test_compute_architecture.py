"""Architectures: counts from the shipped configurations and from configurations of each family."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout.plugin import Figure, Formula
from tieout_compute_estimator.architecture_config import architecture_from_config, read_config
from tieout_compute_estimator.architecture_figures import active_params_figure, params_figure
from tieout_compute_estimator.architecture_table import architecture_of, architecture_table
from tieout_compute_estimator.derivation import substituted
from tieout_compute_estimator.model_source import model_source
from tieout_compute_estimator.published import find_model, model_table

ROWS = {row.name: row for row in architecture_table().models}
SMALL: dict[str, object] = {
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
    "vocab_size": 100,
}


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.params])
def test_parameters_are_exactly_those_of_the_released_weights(name: str) -> None:
    architecture = architecture_of(name)
    assert architecture is not None
    assert architecture.params == ROWS[name].params


@pytest.mark.parametrize("name", ROWS)
def test_configurations_agree_with_the_table_of_models(name: str) -> None:
    row, architecture = find_model(name), architecture_of(name)
    assert row.name == name
    assert architecture is not None
    # Grok-1, the GPT-3 family and models with a vision part publish rounded counts, or counts of more than this.
    assert architecture.params == pytest.approx(row.params, rel=0.04)
    if row.active_params is not None:
        assert architecture.active_params == pytest.approx(row.active_params, rel=0.06)
    if row.layers is not None:
        assert len(architecture.layers) == row.layers


@pytest.mark.parametrize(
    ("name", "active"),
    [
        ("Mixtral 8x7B", 12.88e9),
        ("DeepSeek-V2", 21.4e9),
        ("Qwen3-235B-A22B", 22.19e9),
        ("gpt-oss-120b", 5.7e9),
        ("Jamba 52B", 12.1e9),
    ],
)
def test_active_parameters_of_mixtures(name: str, active: float) -> None:
    architecture = architecture_of(name)
    assert architecture is not None
    assert architecture.sparse
    assert architecture.active_params == pytest.approx(active, rel=0.005)


def test_a_multi_token_module_is_counted_apart() -> None:
    architecture = architecture_of("DeepSeek-V3")
    assert architecture is not None
    assert architecture.params == 671_026_419_200
    # The release says 11.5B parameters of its own.
    assert architecture.extra_params == pytest.approx(11.5e9, rel=0.02)


@pytest.mark.parametrize(
    ("name", "context", "megabytes"),
    [
        ("Llama 3 8B", 8192, 1073.7),
        ("DeepSeek-V3", 1, 0.070272),
        ("Gemma 3 27B", 131_072, 11_173.6),  # a formula without windows says 65 GB
        ("Kimi Linear 48B-A3B", 1_000_000, 8064.0),
        ("Mamba 2.8B", 1_000_000, 0.0),
        ("gpt-oss-20b", 131_072, 3224.4),
    ],
)
def test_caches_of_each_kind_of_layer(name: str, context: int, megabytes: float) -> None:
    architecture = architecture_of(name)
    assert architecture is not None
    assert 2 * architecture.cached_values(context) / 1e6 == pytest.approx(megabytes, rel=1e-4)


def test_recurrent_layers_keep_a_state_that_no_context_changes() -> None:
    architecture = architecture_of("Mamba 2.8B")
    assert architecture is not None
    # 64 layers, 5,120 channels, 16 states each and three values of convolution.
    assert architecture.state_values == 64 * 5120 * (16 + 3)


def test_a_window_pattern_is_read_from_number_letters_or_list() -> None:
    kinds = ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"]
    window: dict[str, object] = {**SMALL, "sliding_window": 8}
    for pattern in (
        {"sliding_window_pattern": 4},
        {"sliding_window_pattern": "LLLG"},
        {"layer_types": kinds},
    ):
        architecture = architecture_from_config({**window, **pattern})
        assert [layer.mixer.kind for layer in architecture.layers if layer.mixer] == [*["window"] * 3, "full"]


def test_a_window_that_is_switched_off_is_none() -> None:
    architecture = architecture_from_config(
        {**SMALL, "model_type": "qwen2", "sliding_window": 8, "use_sliding_window": False}
    )
    assert {layer.mixer.kind for layer in architecture.layers if layer.mixer} == {"full"}


def test_a_language_model_inside_a_larger_configuration() -> None:
    architecture = architecture_from_config(
        {"model_type": "gemma3", "text_config": {**SMALL, "model_type": "gemma3_text", "head_dim": 16}}
    )
    assert architecture.family == "gemma3_text"
    assert architecture.tied


def test_first_layers_may_be_dense() -> None:
    architecture = architecture_from_config(
        {
            **SMALL,
            "n_routed_experts": 8,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "first_k_dense_replace": 1,
        }
    )
    experts = [sum(tensor.copies > 1 for tensor in layer.tensors(64)) for layer in architecture.layers]
    assert experts == [0, 3, 3, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": None}, "hidden_size"),
        ({"num_hidden_layers": -1}, "num_hidden_layers"),
        ({"num_hidden_layers": 10**6}, "num_hidden_layers"),
        ({"num_attention_heads": 5}, "num_attention_heads"),
        ({"num_key_value_heads": 3}, "num_key_value_heads"),
        ({"vocab_size": "many"}, "vocab_size"),
        ({"vocab_size": True}, "vocab_size"),
        ({"layer_types": ["full_attention", "wormhole", "full_attention", "full_attention"]}, "wormhole"),
        ({"n_routed_experts": 4, "num_experts_per_tok": 9}, "num_experts_per_tok"),
    ],
)
def test_a_configuration_that_cannot_be_meant(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        architecture_from_config({**SMALL, **change})


@pytest.mark.parametrize("text", ["", "[]", "not json", "[" * 100_000])
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"config\.json"):
        read_config(path)


def test_a_folder_holds_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(SMALL))
    assert read_config(tmp_path) == SMALL
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path / "missing.json")


@pytest.mark.parametrize(
    "name", ["Llama 3 8B", "DeepSeek-V3", "Mixtral 8x7B", "GPT-2 XL", "Gemma 3 27B", "Kimi Linear 48B-A3B"]
)
def test_the_derivation_of_the_parameters_adds_up(name: str) -> None:
    source = model_source(model=name)
    for figure in (params_figure(source), active_params_figure(source)):
        assert isinstance(figure.origin, Formula)
        _check(figure)


def _check(figure: Figure) -> None:
    """Each expression with its numbers put in gives the value shown."""
    if not isinstance(figure.origin, Formula):
        return
    text = substituted(figure.origin).replace("·", "*")
    assert eval(text) == pytest.approx(figure.value, rel=1e-4), text
    for part in figure.inputs().values():
        _check(part)


@given(
    layers=st.integers(1, 6),
    heads=st.integers(1, 4),
    groups=st.sampled_from([1, 2]),
    size=st.integers(1, 8),
    inner=st.integers(1, 40),
    vocab=st.integers(1, 200),
    tied=st.booleans(),
    gated=st.booleans(),
)
def test_a_plain_transformer_by_its_textbook_formula(
    layers: int, heads: int, groups: int, size: int, inner: int, vocab: int, *, tied: bool, gated: bool
) -> None:
    heads *= groups
    hidden = heads * size
    architecture = architecture_from_config(
        {
            "num_hidden_layers": layers,
            "hidden_size": hidden,
            "num_attention_heads": heads,
            "num_key_value_heads": heads // groups,
            "intermediate_size": inner,
            "vocab_size": vocab,
            "tie_word_embeddings": tied,
            "gated_mlp": gated,
        }
    )
    attention = 2 * hidden * hidden + 2 * hidden * hidden // groups
    perceptron = (3 if gated else 2) * hidden * inner
    expected = layers * (attention + perceptron + 2 * hidden) + hidden + (1 if tied else 2) * vocab * hidden
    assert architecture.params == architecture.active_params == expected
    assert architecture.matrix_flops == 2 * (layers * (attention + perceptron) + vocab * hidden)
    assert architecture.cached_values(7) == 7 * layers * 2 * hidden // groups


def test_every_configuration_belongs_to_a_model_of_the_table() -> None:
    assert set(ROWS) <= {model.name for model in model_table().models}
