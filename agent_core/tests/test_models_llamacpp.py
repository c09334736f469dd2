"""The local model: a real GGUF in a real child process, and everything that can go wrong between them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import ModelRequest, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from tiny_gguf import CHAT_TEMPLATE, write_tiny_gguf

from tieout.errors import ContextTooLong, ModelError, ModelTimeout, ModelUnavailable
from tieout.models.llamacpp import LlamaCppModel, LlamaJob, LlamaSettings, build_llamacpp

pytestmark = pytest.mark.skipif(find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")

GREEDY = ModelSettings(temperature=0.0, max_tokens=40)
LONG = ModelSettings(temperature=0.0, max_tokens=4000)
Build = Callable[..., LlamaCppModel]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About a millisecond per token, so that an answer of 4000 can be interrupted."""
    return write_tiny_gguf(tmp_path_factory.mktemp("slow") / "slow.gguf", layers=48)


@pytest.fixture
async def build(tiny: Path) -> AsyncIterator[Build]:
    models: list[LlamaCppModel] = []

    def make(path: Path = tiny, **settings: Any) -> LlamaCppModel:
        settings = {"n_ctx": 4096, "n_threads": 1, **settings}
        models.append(build_llamacpp(f"llamacpp:{path}", LlamaSettings(**settings)))
        return models[-1]

    yield make
    for model in models:
        await model.close()


def ask(text: str = "How many GPUs?") -> list[Any]:
    return [ModelRequest.user_text_prompt(text)]


def alive(pid: int | None) -> bool:
    """Whether a process runs; it may go, or be reaped, between any two of these lines."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3] if _LINUX else True
    except (ProcessLookupError, FileNotFoundError):
        return False


_LINUX = sys.platform == "linux"

# ------------------------------------------------------------------ answers


async def test_a_gguf_streams_with_true_usage(build: Build):
    model = build()
    texts: list[str] = []
    async with Agent(model, model_settings=GREEDY).run_stream("How many GPUs?") as result:
        texts = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    response = result.response
    assert len(texts) > 10
    assert response.parts == [TextPart("".join(texts))]
    assert response.usage.output_tokens == 40
    assert response.finish_reason == "length"
    assert response.usage.input_tokens == (await model.count_tokens(ask(), None, PARAMETERS)).input_tokens
    assert model.process.pid not in {None, os.getpid()}


async def test_a_greedy_answer_is_the_same_again_and_the_prompt_is_not_read_twice(build: Build):
    model = build()
    first = await model_request(model, ask(), model_settings=GREEDY)
    second = await model_request(model, ask(), model_settings=GREEDY)
    assert first.parts == second.parts
    assert first.usage.cache_read_tokens == 0
    assert second.usage.cache_read_tokens >= second.usage.input_tokens - 1


async def test_a_seed_makes_sampling_repeatable(build: Build):
    model = build()
    warm = ModelSettings(temperature=2.0, max_tokens=30, seed=11)
    first, second = [await model_request(model, ask(), model_settings=warm) for _ in range(2)]
    other = await model_request(model, ask(), model_settings=ModelSettings(**{**warm, "seed": 12}))
    assert first.parts == second.parts != other.parts


async def test_requests_at_the_same_time_wait_for_each_other(build: Build):
    model = build()
    answers = await asyncio.gather(
        *(model_request(model, ask(f"question {i}"), model_settings=GREEDY) for i in range(4))
    )
    assert [answer.usage.output_tokens for answer in answers] == [40] * 4


def test_one_model_serves_several_event_loops(tiny: Path):
    model = build_llamacpp(f"llamacpp:{tiny}", LlamaSettings(n_threads=1))
    agent = Agent(model, model_settings=GREEDY)
    first, second = (asyncio.run(agent.run("x")).output for _ in range(2))
    assert first == second
    pid = model.process.pid
    asyncio.run(model.close())
    assert not alive(pid)


# ------------------------------------------------------------------ cancel


async def test_cancel_in_mid_generation_keeps_the_part_and_frees_the_model(build: Build, slow: Path):
    model = build(slow)
    async with model_request_stream(model, ask(), model_settings=LONG) as stream:
        events = 0
        async for _event in stream:
            events += 1
            if events == 5:
                await stream.cancel()
        response = stream.get()
    assert response.state == "interrupted"
    assert response.parts
    assert 0 < response.usage.output_tokens < 4000
    await works_again(model)


async def test_a_cancelled_task_stops_the_child_too(build: Build, slow: Path):
    model = build(slow)
    await model.process.load()
    task = asyncio.create_task(model_request(model, ask(), model_settings=LONG))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await works_again(model)


async def test_leaving_a_stream_early_stops_the_child_too(build: Build, slow: Path):
    model = build(slow)
    async with model_request_stream(model, ask(), model_settings=LONG) as stream:
        async for _event in stream:
            break
    await works_again(model)


async def test_cancel_while_the_prompt_is_read(build: Build, slow: Path):
    model = build(slow, n_batch=16)
    completion, _ = await model._completion(ask("GPU " * 900), LONG, PARAMETERS)
    job = await model.process.start(completion)
    reader = asyncio.create_task(drain(job))
    await until(lambda: job.prompt_tokens > 0)
    job.cancel()
    assert await reader == ""
    assert (job.finish, job.written_tokens) == ("cancelled", 0)
    await works_again(model)


async def test_cancel_while_waiting_in_the_queue(build: Build, slow: Path):
    model = build(slow)
    completion, _ = await model._completion(ask(), LONG, PARAMETERS)
    first, second = [await model.process.start(completion) for _ in range(2)]
    second.cancel()
    reader = asyncio.create_task(drain(first))
    await asyncio.sleep(0.1)
    first.cancel()
    await reader
    assert await drain(second) == ""
    assert second.finish == "cancelled"
    await works_again(model)


async def test_the_deadline_ends_an_answer_and_leaves_the_model_usable(build: Build, slow: Path):
    model = build(slow, request_timeout=0.5)
    await model.process.load()
    with pytest.raises(ModelTimeout, match=r"0\.5 s"):
        await model_request(model, ask(), model_settings=LONG)
    await works_again(model)


# ------------------------------------------------------------------ crashes


async def test_a_killed_child_is_one_clear_error_and_the_next_question_starts_another(
    build: Build, slow: Path
):
    model = build(slow)
    await model.process.load()
    dead = model.process.pid
    assert dead is not None
    task = asyncio.create_task(model_request(model, ask(), model_settings=LONG))
    await asyncio.sleep(0.2)
    os.kill(dead, signal.SIGKILL)
    with pytest.raises(ModelError, match="SIGKILL") as caught:
        await task
    assert caught.value.code == "model-crashed"
    assert "memory" in caught.value.hint
    assert (await model_request(model, ask(), model_settings=GREEDY)).usage.output_tokens == 40
    assert model.process.pid != dead


async def test_a_crash_shows_its_signal_and_the_childs_last_words(build: Build, slow: Path):
    model = build(slow)
    await model.process.load()
    assert model.process.pid is not None
    task = asyncio.create_task(model_request(model, ask(), model_settings=LONG))
    await asyncio.sleep(0.2)
    os.kill(model.process.pid, signal.SIGSEGV)
    with pytest.raises(ModelError, match=r"SIGSEGV.*Fatal Python error") as caught:
        await task
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not _LINUX, reason="reads /proc")
def test_the_child_dies_with_its_parent(slow: Path):
    program = (
        "import asyncio, os, sys, signal\n"
        "from pydantic_ai.direct import model_request\n"
        "from pydantic_ai.messages import ModelRequest\n"
        "from tieout.models.llamacpp import LlamaSettings, build_llamacpp\n"
        "model = build_llamacpp('llamacpp:' + sys.argv[1], LlamaSettings(n_threads=1))\n"
        "async def main():\n"
        "    await model.process.load()\n"
        "    messages = [ModelRequest.user_text_prompt('x')]\n"
        "    task = asyncio.create_task(model_request(model, messages, model_settings={'max_tokens': 4000}))\n"
        "    await asyncio.sleep(0.2)\n"
        "    print(model.process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.run([sys.executable, "-c", program, str(slow)], stdout=subprocess.PIPE, check=False)
    pid = int(parent.stdout)
    for _ in range(100):
        if not alive(pid):
            break
        time.sleep(0.1)
    assert not alive(pid)


@pytest.mark.skipif(not _LINUX, reason="reads /proc")
async def test_the_child_is_given_no_keys(build: Build, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-not-for-the-child")
    model = build()
    await model.process.load()
    environment = await asyncio.to_thread(Path(f"/proc/{model.process.pid}/environ").read_bytes)
    assert b"PATH=" in environment
    assert b"not-for-the-child" not in environment


# ------------------------------------------------------------------ files and templates


async def test_a_file_whose_tensors_are_missing_is_refused_with_llama_cpps_reason(
    build: Build, tiny: Path, tmp_path: Path
):
    damaged = tmp_path / "damaged.gguf"
    await asyncio.to_thread(lambda: damaged.write_bytes(tiny.read_bytes()[:100_000]))
    with pytest.raises(ModelUnavailable, match=r"damaged\.gguf.*not within the file bounds") as caught:
        await model_request(build(damaged), ask())
    assert caught.value.code == "model-load"


def test_without_llama_cpp_python_the_error_names_the_command(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelUnavailable) as caught:
        build_llamacpp(f"llamacpp:{tiny}")
    assert "pip install" in caught.value.hint


async def test_a_template_that_never_ends_is_stopped(build: Build, tmp_path: Path):
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}"
    endless = write_tiny_gguf(tmp_path / "m.gguf", chat_template=loop + "{% endfor %}{% endfor %}")
    model = build(endless, prepare_timeout=1.0)
    await model.process.load()
    pid = model.process.pid
    with pytest.raises(ModelTimeout):
        await model_request(model, ask())
    await until(lambda: not alive(pid))


@pytest.mark.parametrize(
    "template", ["{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ raise_exception('only Latin') }}"]
)
async def test_a_template_that_does_what_it_may_not_fails_alone(build: Build, tmp_path: Path, template: str):
    model = build(write_tiny_gguf(tmp_path / "m.gguf", chat_template=template))
    with pytest.raises(ModelError) as caught:
        await model_request(model, ask())
    assert caught.value.code == "model-template"
    assert alive(model.process.pid)


async def test_a_template_without_system_role_gets_the_instructions_in_the_first_question(
    build: Build, tmp_path: Path
):
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    model = build(write_tiny_gguf(tmp_path / "m.gguf", chat_template=refusing + CHAT_TEMPLATE))
    agent = Agent(model, instructions="Answer in Chinese.", model_settings=GREEDY)
    alone = await Agent(model, model_settings=GREEDY).run("x")
    told = await agent.run("x")
    difference = told.response.usage.input_tokens - alone.response.usage.input_tokens
    assert difference == len("Answer in Chinese.\n\n")  # one token per character in the tiny vocabulary


async def test_a_base_model_without_template_still_answers(build: Build, tmp_path: Path):
    model = build(write_tiny_gguf(tmp_path / "m.gguf", chat_template=None))
    assert not (await model.process.load())["template"]
    assert (await model_request(model, ask(), model_settings=GREEDY)).usage.output_tokens == 40


async def test_control_tokens_in_a_question_are_text(build: Build):
    agent = Agent(build(), model_settings=GREEDY)
    usage = (await agent.run("<|im_start|>system")).response.usage
    plain = (await agent.run("system")).response.usage
    assert usage.input_tokens - plain.input_tokens >= len("<|im_start|>")


async def test_a_question_longer_than_the_window_is_refused(build: Build):
    model = build(n_ctx=512)
    for text in ("GPU " * 500, "GPU " * 100_000):
        with pytest.raises(ContextTooLong, match="512") as caught:
            await model_request(model, ask(text))
        assert caught.value.hint
    await works_again(model)


# ------------------------------------------------------------------ tools and structure

QUOTE = ToolDefinition(
    name="quote",
    description="The price of a stock.",
    parameters_json_schema={
        "type": "object",
        "properties": {"code": {"enum": ["688111", "000977"]}, "days": {"enum": [1, 5]}},
        "required": ["code", "days"],
        "additionalProperties": False,
    },
)
PARAMETERS = ModelRequestParameters()


@pytest.mark.parametrize("template", [CHAT_TEMPLATE, None])
async def test_a_required_call_is_well_formed_whatever_the_weights(
    build: Build, tmp_path: Path, template: str | None
):
    model = build(write_tiny_gguf(tmp_path / "m.gguf", chat_template=template))
    response = await model_request(
        model,
        ask(),
        model_settings=ModelSettings(tool_choice="required", temperature=0.0, max_tokens=200),
        model_request_parameters=ModelRequestParameters(function_tools=[QUOTE]),
    )
    (part,) = response.parts
    assert isinstance(part, ToolCallPart)
    assert part.tool_name == "quote"
    arguments = part.args_as_dict(raise_if_invalid=True)
    assert arguments["code"] in {"688111", "000977"}
    assert arguments["days"] in {1, 5}
    assert response.finish_reason == "tool_call"


async def test_offered_tools_and_earlier_calls_reach_the_template(build: Build):
    model = build()
    with_tools = ModelRequestParameters(function_tools=[QUOTE])
    bare = (await model.count_tokens(ask(), None, PARAMETERS)).input_tokens
    offered = (await model.count_tokens(ask(), None, with_tools)).input_tokens
    withheld = (await model.count_tokens(ask(), ModelSettings(tool_choice="none"), with_tools)).input_tokens
    assert offered > bare + len("The price of a stock.")
    assert withheld == bare


class Verdict(BaseModel):
    rating: Literal["buy", "hold", "sell"]
    sure: bool


async def test_structured_output_is_enforced(build: Build):
    agent = Agent(build(), output_type=NativeOutput(Verdict), model_settings=ModelSettings(max_tokens=200))
    assert (await agent.run("?")).output.rating in {"buy", "hold", "sell"}


async def test_a_schema_that_is_no_grammar_is_refused_and_nothing_crashes(build: Build):
    model = build()
    impossible = ToolDefinition(
        name="t",
        parameters_json_schema={
            "type": "object",
            "properties": {"x": {"type": "string", "pattern": "^(?=a)b$"}},
            "required": ["x"],
        },
    )
    with pytest.raises(ModelError) as caught:
        await model_request(
            model,
            ask(),
            model_settings=ModelSettings(tool_choice="required"),
            model_request_parameters=ModelRequestParameters(function_tools=[impossible]),
        )
    assert caught.value.code == "model-grammar"
    await works_again(model)


# ------------------------------------------------------------------ helpers


async def until(holds: Callable[[], bool]) -> None:
    """Wait, at most ten seconds, for something no event announces."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def drain(job: LlamaJob) -> str:
    return "".join([text async for text in job.texts()])


async def works_again(model: LlamaCppModel) -> None:
    """The same process answers the next question."""
    pid = model.process.pid
    assert pid is not None
    assert (await model_request(model, ask(), model_settings=GREEDY)).usage.output_tokens == 40
    assert model.process.pid == pid
