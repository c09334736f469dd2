"""The hosted path against a real OpenAI-compatible server on loopback: llama-cpp-python's own, with the tiny GGUF."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest
from pydantic_ai import Agent
from pydantic_ai.settings import ModelSettings
from tiny_gguf import write_tiny_gguf

from tieout.errors import ModelConnectionError
from tieout.models.faults import cut_reason, translate_error
from tieout.models.hosted import HostedSettings, build_hosted

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("llama_cpp", "uvicorn", "starlette_context")),
    reason="llama-cpp-python[server] is not installed",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a running server."""
    folder = tmp_path_factory.mktemp("server")
    model, port = write_tiny_gguf(folder / "tiny.gguf"), free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "tiny",
               "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1024", "--n_threads", "1"]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_up(process, f"http://127.0.0.1:{port}/v1/models", folder / "log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    with httpx2.Client(trust_env=False) as client:
        for _ in range(600):
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.1)
            if process.poll() is not None:
                break
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


def agent(base_url: str, *, max_tokens: int = 24) -> Agent[None, str]:
    model = build_hosted("compatible:tiny", HostedSettings(base_url=base_url, max_retries=0))
    return Agent(model, model_settings=ModelSettings(temperature=0.0, max_tokens=max_tokens))


async def test_chat(server: str):
    result = await agent(server).run("How many GPUs?")
    assert result.output
    assert result.response.usage.output_tokens == 24
    assert cut_reason(result.response) == "length"


async def test_stream_is_the_same_text_in_pieces(server: str):
    asked = agent(
        server
    )  # one client for the whole test: it is closed with the loop, not when it is collected
    await asked.run("How many GPUs?")  # the server keeps the prompt: from now on each run starts alike
    whole = (await asked.run("How many GPUs?")).output
    async with asked.run_stream("How many GPUs?") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert len(pieces) > 5
    assert "".join(pieces) == whole
    assert cut_reason(result.response) == "length"


async def test_a_stream_can_be_left_and_the_server_asked_again(server: str):
    asked = agent(server, max_tokens=600)
    async with asked.run_stream("x") as result:
        async for _piece in result.stream_text(delta=True, debounce_by=None):
            break
    assert (await asked.run("x", model_settings=ModelSettings(max_tokens=24))).output


async def test_a_server_that_is_not_there_is_one_clear_error():
    with pytest.raises(Exception) as caught:  # noqa: PT011
        await agent(f"http://127.0.0.1:{free_port()}/v1").run("x")
    error = translate_error(caught.value, model_id="compatible:tiny")
    assert isinstance(error, ModelConnectionError)
    assert "compatible:tiny" in error.message
