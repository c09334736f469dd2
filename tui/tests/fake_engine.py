"""An engine that plays a script, and the chat over it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from textual.pilot import Pilot

from tieout.errors import ModelUnavailable
from tieout.events import ErrorEvent, Event, TextEvent, TurnDoneEvent, TurnStartedEvent
from tieout.running import ApprovalRequest, Approver
from tieout_tui.app import ChatApp
from tieout_tui.engine import ModelInfo, PastTurn, Ready, SessionInfo, ToolInfo

Script = list[Event | ApprovalRequest | float]
"""What an answer consists of; a number is a pause in seconds, an approval request is asked and then told."""


@dataclass
class FakeEngine:
    """Plays scripts in place of a host; ``gate`` holds up the start until it is set."""

    scripts: list[Script] = field(default_factory=list[Script])
    ready: Ready = field(
        default_factory=lambda: Ready(
            model=ModelInfo("offline", local=True),
            tools=(ToolInfo("/compute train", "params tokens [device]", "Estimate training compute."),),
        )
    )
    failure: Exception | None = None
    advice_due: bool = False
    unstored: str = ""
    stored: list[SessionInfo] = field(default_factory=list[SessionInfo])
    asked: list[str] = field(default_factory=list[str])
    allowed: list[bool] = field(default_factory=list[bool])
    closed: bool = False
    held: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    approve: Approver | None = None

    async def start(self, approve: Approver) -> Ready:
        self.approve = approve
        if self.held:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return self.ready

    async def ask(self, text: str) -> AsyncGenerator[Event]:
        self.asked.append(text)
        self.stop.clear()
        said = ""
        yield TurnStartedEvent(turn_id="t1", session_id="s1", model=self.ready.model.id, local=True)
        for step in self.scripts.pop(0) if self.scripts else [TextEvent(text=f"Answer to {text}")]:
            if isinstance(step, float | int):
                try:
                    await asyncio.wait_for(self.stop.wait(), step)
                except TimeoutError:
                    continue
                yield ErrorEvent(code="interrupted", message="Interrupted.")
                yield TurnDoneEvent(turn_id="t1", status="interrupted", text=said, seconds=0.1)
                return
            if isinstance(step, ApprovalRequest):
                assert self.approve is not None
                self.allowed.append(await self.approve(step))
                continue
            if isinstance(step, TextEvent):
                said += step.text
            yield step
        yield TurnDoneEvent(turn_id="t1", status="done", text=said, seconds=0.1)

    def cancel(self) -> None:
        self.stop.set()

    async def new_session(self) -> Ready:
        return Ready(model=self.ready.model, tools=self.ready.tools)

    async def open_session(self, session_id: str) -> Ready:
        past = (PastTurn("What was asked", f"What was answered in {session_id}", "done"),)
        return Ready(model=self.ready.model, title="What was asked", past=past)

    async def sessions(self) -> list[SessionInfo]:
        return self.stored

    async def models(self) -> list[str]:
        return ["offline — usable — this machine"]

    async def switch_model(self, model_id: str) -> ModelInfo:
        if model_id == "nonsense":
            raise ModelUnavailable("There is no model 'nonsense'.", hint="Did you mean openai?")
        return ModelInfo(model_id, local=False, sends_to="models.example")

    async def close(self) -> None:
        self.closed = True


def screen_text(app: ChatApp) -> str:
    """What the screen shows, as lines of text."""
    lines = [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
    return "\n".join(lines)


async def until(pilot: Pilot[int], condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait until something is so; fails after ``seconds``."""
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not come to pass; the screen shows:\n" + screen_text(pilot.app))  # pyright: ignore
