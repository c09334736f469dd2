"""Slash commands: words become arguments as a person would expect, and every mistake has a next step."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from engine_parts import Plugin
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError, ToolUnavailable
from tieout.host import Host
from tieout.plugin import Result, Slot, tool
from tieout.slash import bind_words, parse_slash
from tieout.testing import HostMaker


@tool
def train(
    params: Annotated[float, Slot("quantity", example="70B")],
    tokens: Annotated[float, Slot("quantity", unit="token", example="15T")],
    gpu_hours: float | None = None,
    verbose: bool = False,
) -> Result:
    """Trains."""
    return Result()


@tool
def search(about: Annotated[str, Slot("text", example="MFU")], limit: int = 10) -> Result:
    """Searches."""
    return Result()


@tool(faces=("cli",))
def tidy() -> Result:
    """Tidies up."""
    return Result()


@tool
def serve(
    model: Annotated[str, Slot("text", example="Llama 3 70B")] = "",
    device: Annotated[str, Slot("device", example="H100")] = "",
    batch: int = 1,
) -> Result:
    """Serves."""
    return Result()


@pytest.fixture
def host(make_host: HostMaker) -> Host:
    return make_host({"compute": Plugin([train, search, tidy, serve])})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/compute train 70B 15T", {"params": "70B", "tokens": "15T"}),
        ("/compute.train 70B 15T", {"params": "70B", "tokens": "15T"}),
        ("/compute train tokens=15T 70B", {"params": "70B", "tokens": "15T"}),
        ("/compute train 70B 15T gpu_hours=3", {"params": "70B", "tokens": "15T", "gpu_hours": "3"}),
        ("/compute train 70B 15T --gpu-hours 3", {"params": "70B", "tokens": "15T", "gpu_hours": "3"}),
        ("/compute train 70B 15T --verbose", {"params": "70B", "tokens": "15T", "verbose": "true"}),
        ('/compute train "70 B" 15T', {"params": "70 B", "tokens": "15T"}),
        ("/compute search what is MFU", {"about": "what is MFU"}),
        ("/compute search limit=3 what is x=1", {"about": "what is x=1", "limit": "3"}),
        ('/compute serve "Llama 3 70B" H100', {"model": "Llama 3 70B", "device": "H100"}),
        ("/compute serve Llama 3 70B", {"model": "Llama 3 70B"}),
        ('/compute search "exact words" and more', {"about": "exact words and more"}),
        ("/compute search 报告里 怎么说", {"about": "报告里 怎么说"}),
    ],
)
def test_words_become_arguments(host: Host, line: str, expected: dict[str, object]) -> None:
    assert parse_slash(host, line).arguments == expected


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("/", InputError, "/help"),
        ("/compute", InputError, "train"),
        ('/compute train "70B', InputError, "quotes"),
        ("/compute train 1 2 3 true more", InputError, "'more'"),
        ("/compute tidy", InputError, "/help"),
        ("/compute trian 1", ToolUnavailable, "compute.train"),
        ("/comptue train", ToolUnavailable, "compute.train"),
    ],
)
def test_a_mistake_has_a_next_step(host: Host, line: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        parse_slash(host, line)
    assert words in str(caught.value)


@given(st.lists(st.text(max_size=8), max_size=6))
def test_no_words_crash(words: list[str]) -> None:
    declared: Any = search
    try:
        bound = bind_words(declared, words)
    except InputError as error:
        bound = {}
        assert error.hint  # noqa: PT017  # either outcome is fine, a crash is not
    assert set(bound) <= {"about", "limit"}
