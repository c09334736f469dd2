"""The fakes and fixtures that ship: they behave as their documentation says, so that tests on them mean something."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from engine_parts import Plugin, Rate, rate
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

from tieout import Host, Session
from tieout.errors import ToolError, ToolUnavailable
from tieout.models.faults import cut_reason
from tieout.plugin import Candidate, Figure
from tieout.testing import Call, Cut, Fail, FakeModel, FakeToolContext, Hang, HostMaker


async def test_a_script_is_played_request_by_request() -> None:
    model = FakeModel([Call("add", {"a": 1, "b": 2})], ["It is ", "3."])
    agent = Agent(model)

    @agent.tool_plain
    def add(a: int, b: int) -> int:
        return a + b

    result = await agent.run("1 + 2?")
    assert result.output == "It is 3."
    assert model.exhausted
    assert model.offered == [("add",), ("add",)]
    assert "1 + 2?" in str(model.requests[0])


async def test_text_comes_in_the_pieces_of_the_script() -> None:
    agent = Agent(FakeModel(["a", "b", "c"]))
    async with agent.run_stream("?") as stream:
        assert [piece async for piece in stream.stream_text(delta=True, debounce_by=None)] == ["a", "b", "c"]


async def test_a_script_that_is_over_says_so() -> None:
    agent = Agent(FakeModel("Only this."))
    await agent.run("1?")
    with pytest.raises(AssertionError, match="its script is over"):
        await agent.run("2?")


async def test_errors_hang_and_cut() -> None:
    with pytest.raises(ZeroDivisionError):
        await Agent(FakeModel(["text", Fail(ZeroDivisionError())])).run("?")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Agent(FakeModel([Hang()])).run("?"), 0.05)
    cut = await FakeModel(["half", Cut()]).request([], None, _parameters())
    assert (cut_reason(cut), cut.parts) == ("no-finish-reason", [TextPart("half")])
    long = await FakeModel(["half", Cut("length")]).request([], None, _parameters())
    assert cut_reason(long) == "length"
    whole: ModelResponse = await FakeModel([Call("x.y", {"a": 1})]).request([], None, _parameters())
    assert cut_reason(whole) is None
    assert isinstance(whole.parts[0], ToolCallPart)
    assert whole.parts[0].tool_name == "x_y"


def _parameters():  # pydantic-ai's, imported late
    from pydantic_ai.models import ModelRequestParameters

    return ModelRequestParameters()


async def test_a_context_answers_and_remembers(tmp_path: Path) -> None:
    known = Rate(rate=Figure(value=1))
    candidate = Candidate("H100", "H100", 0, 4)
    context = FakeToolContext(
        folder=tmp_path / "own",
        answers={
            "a.rate": known,
            "a.fails": ToolError("no"),
            "a.by": lambda **given: Rate(rate=Figure(value=given["n"])),
        },
        candidates={"device": [candidate]},
    )
    assert await context.call("a.rate", region="x") is known
    assert (await context.call("a.by", n=3)).figures()[0][1].value == 3
    with pytest.raises(ToolError, match="no"):
        await context.call("a.fails")
    with pytest.raises(ToolUnavailable):
        await context.call("a.other")
    assert context.called[0] == ("a.rate", {"region": "x"})
    assert context.find("device", "an H100") == [candidate]
    assert context.find("device", "nothing") == []
    context.progress(1, 2, "half")
    assert context.reported == [(1, 2, "half")]
    assert context.data_dir.is_dir()
    with pytest.raises(AssertionError, match="folder"):
        _ = FakeToolContext().data_dir


class TestFixtures:
    """The fixtures of a plugin's own test suite."""

    @pytest.fixture
    def tieout_plugins(self) -> Mapping[str, object]:
        return {"power": Plugin([rate])}

    @pytest.fixture
    def tieout_settings(self) -> Mapping[str, object]:
        return {"limits": {"read": 7}}

    async def test_the_host_has_what_the_overrides_say(self, host: Host) -> None:
        assert set(host.registry.records) == {"power"}
        assert host.settings.limits.read == 7

    async def test_the_session_answers_offline(self, session: Session) -> None:
        turn = await session.ask("What is the rate of Texas?")
        assert turn.model == "offline"
        assert turn.status == "done"


async def test_hosts_do_not_see_the_users_own(make_host: HostMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_MODEL", "openai:gpt-5")
    first, second = make_host(), make_host()
    assert first.settings.model is None
    assert first.data_dir != second.data_dir
    assert not first.registry.records
