"""GGUF: sizes of quantised models, and reading the headers of local files."""

from __future__ import annotations

import ctypes
import json
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout_compute_estimator import memory
from tieout_compute_estimator.architecture_table import architecture_of
from tieout_compute_estimator.gguf_config import architecture_of_file
from tieout_compute_estimator.gguf_file import read_gguf
from tieout_compute_estimator.gguf_mixtures import MIXTURES, canonical_mixture
from tieout_compute_estimator.gguf_sizes import quantised_size
from tieout_compute_estimator.gguf_types import BY_NUMBER, TYPES
from tieout_compute_estimator.number_formats import mixture_of, weight_size
from tieout_compute_estimator.safetensors_file import read_safetensors

LLAMA_31_8B = {
    "IQ1_S": 2.0042,
    "IQ1_M": 2.1460,
    "IQ2_XXS": 2.3824,
    "IQ2_XS": 2.5882,
    "IQ2_S": 2.7403,
    "IQ2_M": 2.9294,
    "IQ3_XXS": 3.2548,
    "IQ3_XS": 3.4977,
    "IQ3_S": 3.6606,
    "IQ3_M": 3.7628,
    "IQ4_XS": 4.4597,
    "IQ4_NL": 4.6818,
    "Q2_K_S": 2.9697,
    "Q2_K": 3.1593,
    "Q3_K_S": 3.6429,
    "Q3_K_L": 4.2979,
    "Q4_K_S": 4.6672,
    "Q4_K_M": 4.8944,
    "Q5_K_S": 5.5704,
    "Q5_K_M": 5.7036,
    "Q6_K": 6.5633,
    "Q8_0": 8.5008,
    "F16": 16.0005,
}
"""Bits per weight of Llama 3.1 8B as llama.cpp's documentation of its quantize tool prints them."""


@pytest.mark.parametrize(("name", "bits"), LLAMA_31_8B.items())
def test_mixtures_reproduce_the_published_bits(name: str, bits: float) -> None:
    architecture = architecture_of("Llama 3.1 8B")
    assert architecture is not None
    assert quantised_size(architecture, mixture_of(name)).bits_per_param == pytest.approx(bits, abs=6e-5)


def test_a_tied_embedding_weighs_more_in_a_small_model() -> None:
    small, large = (weight_size("Q4_K_M", model=name).bits for name in ("Llama 3.2 1B", "Llama 3.1 8B"))
    assert small > large + 0.2


PUBLISHED_FILES = [
    ("Llama 2 7B", "Q2_K", 2.83),
    ("Llama 2 7B", "Q4_K_M", 4.08),
    ("Llama 2 70B", "Q5_K_M", 48.75),
    ("Mistral 7B", "Q3_K_M", 3.52),
    ("Mixtral 8x7B", "Q4_K_M", 28.45),
    ("Qwen2.5-72B", "Q4_K_M", 47.42),
    ("Gemma 2 27B", "Q4_K_M", 16.65),
    ("Gemma 3 1B", "Q4_K_M", 0.806),
    ("Phi-4", "Q4_K_M", 9.05),
    ("DeepSeek-R1", "Q4_K_M", 404.4),
    ("gpt-oss-120b", "MXFP4", 63.39),
    ("Falcon-180B", "Q4_K_M", 108.48),
    ("Command R 35B", "Q4_K_M", 21.53),
    ("Llama 3.1 8B", "Q4_K_L", 5.31),
]
"""Sizes in GB of files as uploaders list them; they hold the vocabulary too."""


@pytest.mark.parametrize(("model", "name", "gigabytes"), PUBLISHED_FILES)
def test_files_of_many_families_within_a_hundredth(model: str, name: str, gigabytes: float) -> None:
    assert weight_size(name, model=model).bytes / 1e9 == pytest.approx(gigabytes, rel=0.01)


def test_a_mixture_that_was_changed_is_a_range() -> None:
    result = memory(model="Llama 2 7B", quant="Q2_K")
    assert result.weights is not None
    assert result.weights.high == pytest.approx(2.83e9, rel=0.005)
    assert any("before 2024" in note for note in result.notes)
    assert memory(model="Llama 3 8B", quant="Q2_K").weights.high is None  # pyright: ignore[reportOptionalMemberAccess]


def test_names_that_people_write() -> None:
    assert canonical_mixture("q4_k_m") == canonical_mixture("Q4-K-M") == canonical_mixture("Q4_K")
    assert canonical_mixture("UD-Q5_K_M") == canonical_mixture("Q5_K_M")
    assert canonical_mixture("Q9_K") is None
    assert (
        weight_size("Q4_K_L", model="Llama 3.1 8B").bytes > weight_size("Q4_K_M", model="Llama 3.1 8B").bytes
    )


def test_without_an_architecture_the_size_is_a_range() -> None:
    result = memory(8e9, quant="Q4_K_M")
    assert result.weights is not None
    assert result.weights.low is not None
    assert result.weights.high is not None
    assert result.weights.low <= result.weights.value <= result.weights.high
    assert result.weights.value == pytest.approx(4.89e9, rel=0.02)
    assert any("like size" in note for note in result.notes)


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(MIXTURES)), st.sampled_from(["Llama 3 8B", "Mixtral 8x7B", "DeepSeek-V3", "Phi-4"])
)
def test_the_parts_of_a_mixture_add_up(name: str, model: str) -> None:
    architecture = architecture_of(model)
    assert architecture is not None
    size = quantised_size(architecture, mixture_of(name))
    assert sum(size.by_type.values()) == size.bytes
    assert size.params == architecture.params
    assert TYPES[mixture_of(name).base].bits <= size.bits_per_param + 0.35
    assert size.bits_per_param <= 32


# --- files -----------------------------------------------------------------------------------------------------------


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _entry(key: str, value: object) -> bytes:
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, list):
        items = b"".join(_text(str(item)) for item in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return _text(key) + struct.pack("<IIQ", 9, 8, len(value)) + items  # pyright: ignore[reportUnknownArgumentType]
    return _text(key) + struct.pack("<II", 4, value)


def write_gguf(
    path: Path, metadata: dict[str, object], tensors: list[tuple[str, tuple[int, ...], str]]
) -> Path:
    """A GGUF header by hand; no weights follow, since no reader of headers asks for them."""
    body = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    body += b"".join(_entry(key, value) for key, value in metadata.items())
    for name, shape, kind in tensors:
        sides = struct.pack(f"<{len(shape)}Q", *shape)
        body += (
            _text(name) + struct.pack("<I", len(shape)) + sides + struct.pack("<IQ", TYPES[kind].number, 0)
        )
    path.write_bytes(body)
    return path


LLAMA: dict[str, object] = {
    "general.architecture": "llama",
    "general.name": "tiny",
    "llama.block_count": 2,
    "llama.embedding_length": 64,
    "llama.feed_forward_length": 128,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.context_length": 512,
    "tokenizer.ggml.tokens": [f"t{number}" for number in range(5000)],
}


def _tensors(kind: str = "Q4_0") -> list[tuple[str, tuple[int, ...], str]]:
    rows: list[tuple[str, tuple[int, ...], str]] = [
        ("token_embd.weight", (64, 5000), "Q8_0"),
        ("output_norm.weight", (64,), "F32"),
    ]
    shapes = {"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64, "ffn_gate": 128, "ffn_up": 128}
    for layer in range(2):
        rows += [(f"blk.{layer}.{name}.weight", (64, out), kind) for name, out in shapes.items()]
        rows.append((f"blk.{layer}.ffn_down.weight", (128, 64), kind))
        rows += [(f"blk.{layer}.{name}.weight", (64,), "F32") for name in ("attn_norm", "ffn_norm")]
    return rows


def test_a_file_is_read_to_the_byte(tmp_path: Path) -> None:
    file = read_gguf(write_gguf(tmp_path / "tiny.gguf", LLAMA, _tensors()))
    matrices = 2 * (64 * (64 + 32 + 32 + 64 + 128 + 128) + 128 * 64)
    assert file.params == 64 * 5000 + matrices + 5 * 64
    assert file.by_type == {"Q8_0": 340_000, "Q4_0": matrices * 18 // 32, "F32": 5 * 64 * 4}
    assert file.metadata["general.name"] == "tiny"
    assert file.lengths["tokenizer.ggml.tokens"] == 5000
    assert "tokenizer.ggml.tokens" not in file.metadata


def test_its_metadata_give_the_cache(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", LLAMA, _tensors())
    architecture = architecture_of_file(read_gguf(path))
    assert architecture is not None
    assert architecture.params == read_gguf(path).params
    result = memory(gguf=str(path), context=100)
    assert result.subject == "tiny"
    assert result.dtype == "Q8_0 + Q4_0 + F32"
    assert result.kv_cache is not None
    assert result.kv_cache.value == 100 * 2 * 2 * 2 * 16 * 2
    assert not any("KV cache may differ" in note for note in result.notes)


def test_a_split_file_is_read_with_all_its_parts(tmp_path: Path) -> None:
    rows = _tensors()
    first = write_gguf(tmp_path / "big-00001-of-00002.gguf", LLAMA, rows[:4])
    write_gguf(tmp_path / "big-00002-of-00002.gguf", {}, rows[4:])
    whole = read_gguf(write_gguf(tmp_path / "whole.gguf", LLAMA, rows))
    file = read_gguf(first)
    assert (file.parts, file.params, file.bytes) == (2, whole.params, whole.bytes)
    (tmp_path / "big-00002-of-00002.gguf").unlink()
    with pytest.raises(InputError, match="00002-of-00002"):
        read_gguf(first)


@settings(max_examples=50)
@given(cut=st.integers(0, 700), noise=st.binary(max_size=40))
def test_a_damaged_file_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
) -> None:
    metadata = {key: value for key, value in LLAMA.items() if not isinstance(value, list)}
    path = write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", metadata, _tensors())
    data = path.read_bytes()
    path.write_bytes(data[:cut] + noise + data[cut + len(noise) :])
    with suppress(InputError):  # and nothing else
        read_gguf(path)
    path.write_bytes(data[:cut])
    with pytest.raises(InputError):
        read_gguf(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GGUF",
        b"GGML" + bytes(100),
        b"GGUF" + struct.pack("<IQQ", 9, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**62),
    ],
)
def test_no_gguf_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.gguf"):
        read_gguf(path)


def test_block_types_are_numbered_once() -> None:
    assert len(BY_NUMBER) == len(TYPES)


# --- the tool itself as the judge ------------------------------------------------------------------------------------

FILE_TYPES = {"Q8_0": 7, "Q2_K": 10, "Q3_K_M": 12, "Q4_K_M": 15, "Q5_K_S": 16, "IQ4_XS": 30}


@pytest.mark.parametrize("experts", [0, 8])
def test_llama_quantize_chooses_the_same_types(tmp_path: Path, experts: int) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    source = _written_with_weights(tmp_path / "float.gguf", experts=experts)
    architecture = architecture_of_file(read_gguf(source))
    assert architecture is not None
    assert architecture.params == read_gguf(source).params
    silent = llama_cpp.llama_log_callback(lambda *_arguments: None)
    llama_cpp.llama_log_set(silent, None)
    # Experts take a second per type.
    for name, number in list(FILE_TYPES.items())[: 4 if experts else None]:
        options = llama_cpp.llama_model_quantize_default_params()
        options.ftype, options.nthread = number, 1
        made = tmp_path / f"{name}.gguf"
        assert not llama_cpp.llama_model_quantize(bytes(source), bytes(made), ctypes.byref(options))
        size = quantised_size(architecture, mixture_of(name))
        assert read_gguf(made).by_type == size.by_type, name


def _written_with_weights(path: Path, *, experts: int) -> Path:
    gguf = pytest.importorskip("gguf")
    np = pytest.importorskip("numpy")
    layers, hidden, heads, shared, inner, vocab = 9, 256, 8, 2, 256, 64
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(layers)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(shared)
    writer.add_context_length(512)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocab)
    writer.add_rope_dimension_count(hidden // heads)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(2)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"t{number}" for number in range(vocab)])
    writer.add_token_scores([0.0] * vocab)
    writer.add_token_types([1] * vocab)
    random = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {"token_embd": (vocab, hidden), "output_norm": (hidden,)}
    kv = shared * hidden // heads
    for layer in range(layers):
        block = f"blk.{layer}."
        shapes |= {block + "attn_norm": (hidden,), block + "ffn_norm": (hidden,)}
        shapes |= {block + "attn_q": (hidden, hidden), block + "attn_output": (hidden, hidden)}
        shapes |= {block + "attn_k": (kv, hidden), block + "attn_v": (kv, hidden)}
        lead, ending = ((experts,), "_exps") if experts else ((), "")
        if experts:
            shapes[block + "ffn_gate_inp"] = (experts, hidden)
        shapes |= {block + f"ffn_{part}{ending}": (*lead, inner, hidden) for part in ("gate", "up")}
        shapes[block + f"ffn_down{ending}"] = (*lead, hidden, inner)
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.standard_normal(shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


# --- safetensors -----------------------------------------------------------------------------------------------------


def _safetensors(path: Path, rows: dict[str, tuple[str, list[int]]]) -> None:
    header = {
        name: {"dtype": kind, "shape": shape, "data_offsets": [0, 0]} for name, (kind, shape) in rows.items()
    }
    data = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(len(data).to_bytes(8, "little") + data)


def test_weights_beside_a_configuration_are_added_up(tmp_path: Path) -> None:
    config = {
        "model_type": "llama",
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "vocab_size": 100,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    _safetensors(tmp_path / "model-1.safetensors", {"a": ("BF16", [10, 20]), "b": ("F8_E4M3", [7])})
    _safetensors(tmp_path / "model-2.safetensors", {"c": ("F32", [3])})
    stored = read_safetensors(tmp_path)
    assert (stored.files, stored.params, stored.bytes) == (2, 210, 400 + 7 + 12)
    result = memory(config=str(tmp_path), context=10)
    assert result.weights is not None
    assert result.weights.value == stored.bytes
    assert memory(config=str(tmp_path / "config.json")).dtype == "BF16"


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 8, (2**40).to_bytes(8, "little") + b"{}", b"\x02" + bytes(7) + b"[]"]
)
def test_no_safetensors_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.safetensors"):
        read_safetensors(path)
