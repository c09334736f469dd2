"""Reading the head of a model file, and refusing what is none."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_gguf import write_tiny_gguf

from tieout.errors import ModelUnavailable
from tieout.models.llamacpp import LlamaSettings, probe_llamacpp
from tieout.models.llamacpp.gguf import read_head


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def test_head_says_what_the_model_is(model: Path):
    head = read_head(model)
    assert (head.architecture, head.name, head.trained_context) == ("llama", "tiny random llama", 4096)
    assert head.size == model.stat().st_size


def test_probe_describes_the_model_without_loading_it(model: Path):
    pytest.importorskip("llama_cpp")
    probe = probe_llamacpp(f"llamacpp:{model}", LlamaSettings(n_threads=3, n_ctx=100_000))
    assert probe.available
    assert "tiny random llama (llama, 1 MB), window 4096 tokens, 3 threads" in probe.detail


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "model-file-missing"),
        (b"", "model-file-malformed"),
        (b"PK\x03\x04 a zip file", "model-file-malformed"),
        (b"GGUF", "model-file-malformed"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "model-file-malformed"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "model-file-malformed"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**63), "model-file-malformed"),
    ],
)
def test_what_is_no_model_file_is_refused_with_its_path(tmp_path: Path, content: bytes | None, code: str):
    path = tmp_path / "m.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"m\.gguf") as caught:
        read_head(path)
    assert caught.value.code == code
    assert caught.value.hint
    assert not probe_llamacpp(f"llamacpp:{path}").available


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(ModelUnavailable) as caught:
        read_head(tmp_path)
    assert caught.value.code == "model-file-unreadable"


def test_probe_without_a_path_says_where_to_set_one():
    probe = probe_llamacpp("llamacpp:")
    assert not probe.available
    assert "path" in probe.hint


@given(data=st.data())
def test_a_damaged_head_is_an_error_of_ours_or_still_a_head(model: Path, data: st.DataObject):
    content = bytearray(model.read_bytes()[:2000])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = model.with_name("damaged.gguf")
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ModelUnavailable):
        read_head(damaged)
