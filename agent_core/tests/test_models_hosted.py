"""Hosted models over a mocked wire: what is sent, what comes back, and what a user reads when it goes wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx  # respx speaks httpx.Response, whatever the client
import httpx2
import pytest
import respx
from pydantic_ai import Agent, capture_run_messages
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

from tieout.errors import (
    ContextTooLong,
    ModelAuthError,
    ModelConnectionError,
    ModelError,
    ModelRateLimited,
    ModelResponseError,
    ModelTimeout,
    ModelUnavailable,
    TieoutError,
)
from tieout.models.faults import cut_reason, is_cut, translate_error
from tieout.models.hosted import PROVIDERS, HostedSettings, build_hosted, probe_hosted
from tieout.redact import Redactor

KEY = "sk-test-0123456789abcdef"
MODEL = "deepseek:deepseek-chat"
URL = "https://api.deepseek.com/chat/completions"


class FakeBody(httpx.AsyncByteStream):
    """A chunked body that may break after some frames."""

    def __init__(self, frames: list[bytes], *, breaks: Exception | None = None) -> None:
        self.frames, self.breaks = frames, breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for frame in self.frames:
            yield frame
        if self.breaks is not None:
            raise self.breaks


def completion(text: str | None = "你好", *, finish: str | None = "stop", **extra: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **extra},
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def frames(*deltas: str, finish: str | None = "stop", done: bool = True) -> list[bytes]:
    def chunk(delta: dict[str, str], reason: str | None) -> bytes:
        data = {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        }
        return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    out = [chunk({"role": "assistant", "content": delta}, None) for delta in deltas]
    if finish is not None:
        out.append(chunk({}, finish))
    return [*out, b"data: [DONE]\n\n"] if done else out


def event_stream(body: FakeBody) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in PROVIDERS.values():
        for variable in row.key_variables:
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)


async def read_stream(agent: Agent[None, str]) -> str:
    async with agent.run_stream("x") as result:
        return "".join([piece async for piece in result.stream_text(delta=True, debounce_by=None)])


async def failure(
    route: respx.Route, *responses: Any, settings: HostedSettings | None = None, stream: bool = False
) -> TieoutError:
    """The error a user reads when the service answers with ``responses``."""
    route.mock(side_effect=list(responses))
    agent = Agent(build_hosted(MODEL, settings or HostedSettings(max_retries=0)))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        await (read_stream(agent) if stream else agent.run("x"))
    return translate_error(caught.value, model_id=MODEL, redact=Redactor())


# ------------------------------------------------------------------ answers


async def test_chat_sends_the_key_and_little_else(httpx2_mock: respx.Router, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-service")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: for-openai-only\nAuthorization: Bearer other")
    route = httpx2_mock.post(URL).respond(json=completion("四位一体"))
    result = await Agent(build_hosted(MODEL)).run("hi")
    assert result.output == "四位一体"
    assert result.response.usage.output_tokens == 2
    assert not is_cut(result.response)
    sent = route.calls.last.request.headers
    assert sent["authorization"] == f"Bearer {KEY}"
    assert not [name for name in sent if name.startswith(("x-", "openai-"))]


async def test_stream_arrives_in_pieces_and_is_whole(httpx2_mock: respx.Router):
    httpx2_mock.post(URL).mock(return_value=event_stream(FakeBody(frames("算", "力", "芯片"))))
    async with Agent(build_hosted(MODEL)).run_stream("x") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert pieces == ["算", "力", "芯片"]
    assert cut_reason(result.response) is None


async def test_tool_call_reaches_the_tool_and_the_answer_follows(httpx2_mock: respx.Router):
    call = {
        "id": "t1",
        "type": "function",
        "function": {"name": "quote", "arguments": json.dumps({"symbol": "688111.SH"})},
    }
    route = httpx2_mock.post(URL).mock(
        side_effect=[
            httpx.Response(200, json=completion(None, finish="tool_calls", tool_calls=[call])),
            httpx.Response(200, json=completion("done")),
        ]
    )
    agent = Agent(build_hosted(MODEL))
    seen: list[str] = []

    @agent.tool_plain
    def quote(symbol: str) -> str:
        """Quote."""
        seen.append(symbol)
        return "25.10"

    assert (await agent.run("?")).output == "done"
    assert seen == ["688111.SH"]
    second = json.loads(route.calls.last.request.content)
    assert second["messages"][-1] == {"role": "tool", "tool_call_id": "t1", "content": "25.10"}


async def test_compatible_server_without_key_gets_no_authorization(httpx2_mock: respx.Router):
    route = httpx2_mock.post("http://127.0.0.1:9/v1/chat/completions").respond(json=completion("ok"))
    model = build_hosted("compatible:any", HostedSettings(base_url="http://127.0.0.1:9/v1"))
    assert (await Agent(model, model_settings={"max_tokens": 7}).run("x")).output == "ok"
    request = route.calls.last.request
    assert "authorization" not in request.headers
    assert json.loads(request.content)["max_tokens"] == 7


# ------------------------------------------------------------------ cut answers


@pytest.mark.parametrize("done", [True, False])
async def test_stream_without_finish_reason_is_marked_as_cut(httpx2_mock: respx.Router, done: bool):
    body = FakeBody(frames("The answer is ", "forty ", finish=None, done=done))
    httpx2_mock.post(URL).mock(return_value=event_stream(body))
    async with Agent(build_hosted(MODEL)).run_stream("x") as result:
        text = await result.get_output()
    assert text == "The answer is forty "
    assert cut_reason(result.response) == "no-finish-reason"


@pytest.mark.parametrize(("finish", "reason"), [("length", "length"), ("content_filter", "content-filter")])
async def test_half_an_answer_is_marked_as_cut(httpx2_mock: respx.Router, finish: str, reason: str):
    httpx2_mock.post(URL).respond(json=completion("half of", finish=finish))
    assert cut_reason((await Agent(build_hosted(MODEL)).run("x")).response) == reason


async def test_broken_stream_is_an_error_and_its_text_is_kept(httpx2_mock: respx.Router):
    body = FakeBody(frames("The answer ", finish=None, done=False), breaks=httpx2.ReadError("reset"))
    httpx2_mock.post(URL).mock(return_value=event_stream(body))
    agent = Agent(build_hosted(MODEL))
    with capture_run_messages() as messages, pytest.raises(Exception) as caught:  # noqa: PT011
        await read_stream(agent)
    assert isinstance(translate_error(caught.value), ModelConnectionError)
    last = messages[-1]
    assert isinstance(last, ModelResponse)
    assert is_cut(last)
    assert last.parts == [TextPart("The answer ")]


def test_answers_of_models_in_this_process_are_whole_without_provider_details():
    assert not is_cut(ModelResponse(parts=[TextPart("x")]))
    assert is_cut(ModelResponse(parts=[ToolCallPart("x")], state="interrupted"))


# ------------------------------------------------------------------ refusals


async def test_refused_key_is_named_by_its_variable_and_never_echoed(httpx2_mock: respx.Router):
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}
    error = await failure(httpx2_mock.post(URL), httpx.Response(401, json=echo))
    assert isinstance(error, ModelAuthError)
    assert KEY not in str(error)
    assert "DEEPSEEK_API_KEY" in error.hint


async def test_a_busy_service_is_asked_again_and_the_wait_is_announced(httpx2_mock: respx.Router):
    route = httpx2_mock.post(URL).mock(
        side_effect=[
            httpx.Response(429, headers={"retry-after-ms": "20"}, json={"error": {"message": "slow down"}}),
            httpx.Response(503, headers={"retry-after-ms": "10"}, text="busy"),
            httpx.Response(200, json=completion("ok")),
        ]
    )
    waits: list[tuple[str, float]] = []
    model = build_hosted(MODEL, on_wait=lambda reason, seconds: waits.append((reason, seconds)))
    assert (await Agent(model).run("x")).output == "ok"
    assert route.call_count == 3
    assert [seconds for _, seconds in waits] == [0.02, 0.01]
    assert "too many requests" in waits[0][0]
    assert "503" in waits[1][0]


async def test_a_long_retry_after_is_reported_instead_of_waited_for(httpx2_mock: respx.Router):
    route = httpx2_mock.post(URL)
    error = await failure(
        route, httpx.Response(429, headers={"retry-after": "90"}, json={}), settings=HostedSettings()
    )
    assert isinstance(error, ModelRateLimited)
    assert "90 s" in error.hint
    assert route.call_count == 1


async def test_a_used_up_quota_is_not_retried(httpx2_mock: respx.Router):
    route = httpx2_mock.post(URL)
    body = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    error = await failure(route, httpx.Response(429, json=body), settings=HostedSettings())
    assert error.code == "model-quota"
    assert route.call_count == 1


async def test_a_refused_connection_is_tried_again(httpx2_mock: respx.Router):
    route = httpx2_mock.post(URL).mock(
        side_effect=[httpx2.ConnectError("refused"), httpx.Response(200, json=completion("ok"))]
    )
    waits: list[str] = []
    model = build_hosted(MODEL, on_wait=lambda reason, _seconds: waits.append(reason))
    assert (await Agent(model).run("x")).output == "ok"
    assert route.call_count == 2
    assert "cannot be reached" in waits[0]


async def test_a_silent_server_is_not_asked_twice(httpx2_mock: respx.Router):
    route = httpx2_mock.post(URL)
    error = await failure(route, httpx2.ReadTimeout("silence"), settings=HostedSettings())
    assert isinstance(error, ModelTimeout)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (
            httpx.Response(404, json={"error": {"message": "Model not exist", "code": "model_not_found"}}),
            ModelUnavailable,
            "model-unknown",
        ),
        (
            httpx.Response(400, json={"error": {"message": "Model Not Exist"}}),
            ModelUnavailable,
            "model-unknown",
        ),
        (
            httpx.Response(400, json={"error": {"message": "maximum context length is 8192 tokens"}}),
            ContextTooLong,
            "context-too-long",
        ),
        (
            httpx.Response(400, json={"error": {"code": "data_inspection_failed", "message": "blocked"}}),
            ModelResponseError,
            "model-content-filter",
        ),
        (httpx.Response(422, json={"error": {"message": "no tools"}}), ModelError, "model-rejected"),
        (httpx.Response(500, text="<html>oops</html>"), ModelConnectionError, "model-overloaded"),
        (
            httpx.Response(302, headers={"location": "https://login.example/"}),
            ModelConnectionError,
            "model-redirect",
        ),
        (httpx.Response(200, html="<html>login</html>"), ModelResponseError, "model-malformed"),
        (
            httpx.Response(200, json={"id": "x", "choices": [], "created": 1, "model": "m", "object": "o"}),
            ModelResponseError,
            "model-malformed",
        ),
        (
            httpx.Response(200, text="{", headers={"content-type": "application/json"}),
            ModelResponseError,
            "model-malformed",
        ),
        (httpx2.ConnectError("refused"), ModelConnectionError, "model-connection"),
        (httpx2.ConnectTimeout("slow"), ModelTimeout, "model-timeout"),
    ],
)
async def test_each_fault_is_one_clear_error(
    httpx2_mock: respx.Router, response: Any, kind: type[TieoutError], code: str
):
    error = await failure(httpx2_mock.post(URL), response)
    assert type(error) is kind
    assert error.code == code
    assert error.hint
    assert MODEL in error.message


@pytest.mark.parametrize("body", ["<html>login</html>", json.dumps(completion("not a stream"))])
async def test_a_stream_that_is_none_is_an_error(httpx2_mock: respx.Router, body: str):
    error = await failure(httpx2_mock.post(URL), httpx.Response(200, text=body), stream=True)
    assert isinstance(error, ModelResponseError)


async def test_an_error_event_inside_the_stream_is_reported(httpx2_mock: respx.Router):
    event = b'data: {"error": {"message": "server is overloaded", "code": "overloaded"}}\n\n'
    error = await failure(
        httpx2_mock.post(URL),
        event_stream(FakeBody([*frames("x", finish=None, done=False), event])),
        stream=True,
    )
    assert error.code == "model-overloaded"


# ------------------------------------------------------------------ limits


async def test_an_endless_answer_stops_at_the_byte_limit(httpx2_mock: respx.Router):
    body = FakeBody(frames(*["x" * 200] * 50))
    settings = HostedSettings(answer_limit=4096)
    error = await failure(httpx2_mock.post(URL), event_stream(body), settings=settings, stream=True)
    assert error.code == "model-too-large"


async def test_one_endless_line_stops_before_the_parser_chokes(httpx2_mock: respx.Router):
    body = FakeBody([b"data: "] + [b"x" * 65536] * 20)
    error = await failure(httpx2_mock.post(URL), event_stream(body), stream=True)
    assert error.code == "model-too-large"


async def test_a_compressed_bomb_stops_at_the_byte_limit(httpx2_mock: respx.Router):
    bomb = gzip.compress(b" " * 4_000_000)
    response = httpx.Response(
        200,
        headers={"content-encoding": "gzip", "content-type": "application/json"},
        stream=FakeBody([bomb]),
    )
    error = await failure(httpx2_mock.post(URL), response, settings=HostedSettings(answer_limit=1_000_000))
    assert error.code == "model-too-large"


async def test_a_compressed_answer_nobody_asked_for_is_still_read(httpx2_mock: respx.Router):
    body = gzip.compress(json.dumps(completion("zipped")).encode())
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    route = httpx2_mock.post(URL).mock(
        return_value=httpx.Response(200, headers=headers, stream=FakeBody([body[:40], body[40:]]))
    )
    assert (await Agent(build_hosted(MODEL)).run("x")).output == "zipped"
    assert route.calls.last.request.headers["accept-encoding"] == "identity"


# ------------------------------------------------------------------ building


def test_each_service_is_built_from_its_own_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tieout.models.hosted.listens", lambda _url: False)  # whatever runs on this machine
    for prefix, row in PROVIDERS.items():
        secrets: list[str] = []
        settings = HostedSettings() if row.base_url else HostedSettings(base_url="https://llm.example/v1")
        if row.key_variables and row.base_url:
            monkeypatch.delenv(row.key_variables[0], raising=False)
            with pytest.raises(ModelUnavailable, match=row.key_variables[0]):
                build_hosted(f"{prefix}:m", settings)
            assert not probe_hosted(f"{prefix}:m", settings).available
        for variable in row.key_variables:
            monkeypatch.setenv(variable, "key-of-" + prefix)
        model = build_hosted(f"{prefix}:maker/m", settings, register_secret=secrets.append)
        assert model.system == row.system
        assert probe_hosted(f"{prefix}:m", settings).available is not row.local
        assert secrets == (["key-of-" + prefix] if row.key_variables else [])
        assert "key-of-" not in repr(model) + repr(vars(model.client))


def test_a_key_variable_can_be_named_in_the_settings(monkeypatch: pytest.MonkeyPatch):
    settings = HostedSettings(base_url="https://llm.example/v1", api_key_env="MY_KEY")
    with pytest.raises(ModelUnavailable, match="MY_KEY"):
        build_hosted("compatible:m", settings)
    monkeypatch.setenv("MY_KEY", "a-secret-value")
    secrets: list[str] = []
    build_hosted("compatible:m", settings, register_secret=secrets.append)
    assert secrets == ["a-secret-value"]


@pytest.mark.parametrize(
    ("model_id", "settings"),
    [
        ("nowhere:m", HostedSettings()),
        ("deepseek", HostedSettings()),
        ("deepseek:", HostedSettings()),
        ("openrouter:no-maker-named", HostedSettings(api_key_env="DEEPSEEK_API_KEY")),
        ("compatible:m", HostedSettings()),
        ("deepseek:m", HostedSettings(base_url="ftp://x/v1")),
        ("deepseek:m", HostedSettings(base_url="https://user:pass@host/v1")),
        ("deepseek:m", HostedSettings(base_url="http://not-this-machine.example/v1")),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(model_id: str, settings: HostedSettings):
    with pytest.raises(ModelUnavailable) as caught:
        build_hosted(model_id, settings)
    assert caught.value.hint
    assert KEY not in str(caught.value)


def test_probe_says_what_is_missing_and_never_raises():
    probe = probe_hosted("compatible:m")
    assert not probe.available
    assert "base_url" in probe.hint
    assert not probe_hosted("nowhere:m").available


def test_a_key_with_a_line_break_inside_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-one\nsk-two")
    with pytest.raises(ModelUnavailable, match="DEEPSEEK_API_KEY") as caught:
        build_hosted(MODEL)
    assert "sk-one" not in str(caught.value)


def test_servers_on_this_machine_get_time_to_load():
    local, far = build_hosted("ollama:qwen3"), build_hosted(MODEL)
    assert local.settings is not None
    assert far.settings is not None
    assert local.settings.get("first_event_timeout") == 180
    assert far.settings.get("first_event_timeout") == 60
    chosen = build_hosted("ollama:qwen3", HostedSettings(first_event_timeout=5))
    assert chosen.settings is not None
    assert chosen.settings.get("first_event_timeout") == 5


def test_one_model_serves_several_event_loops(httpx2_mock: respx.Router):
    httpx2_mock.post(URL).respond(json=completion("ok"))
    agent = Agent(build_hosted(MODEL))
    assert [asyncio.run(agent.run("x")).output for _ in range(2)] == ["ok", "ok"]
