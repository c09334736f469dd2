"""What the engine's tests are built from: a tool-bringing plugin, a conversation with a scripted model."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tieout.events import Event, TextEvent, TurnDoneEvent
from tieout.host import Host
from tieout.plugin import Figure, Guard, Result, Tool, ToolContext, hookimpl, tool
from tieout.session import Session, Turn
from tieout.store import SqliteStore
from tieout.testing import FakeModel, HostMaker, Step


class Rate(Result):
    """A result with one figure."""

    rate: Figure

    def say(self, lang: str = "en") -> str:
        """The rate in a sentence."""
        return f"The rate is {self.rate.value:g} USD."


@tool
def rate(region: str) -> Rate:
    """The rate of a region.

    Args:
        region: Its name.
    """
    return Rate(rate=Figure(value=5.5, unit="USD", subject=region, metric="rate"))


class Plugin:
    """A plugin made of what the test gives it."""

    def __init__(
        self,
        tools: Iterable[Tool[..., Any] | Callable[..., Any]] = (),
        guards: Iterable[Guard] = (),
        **hooks: Callable[..., object],
    ) -> None:
        self._tools, self._guards = list(tools), list(guards)
        for name, hook in hooks.items():
            setattr(self, name, hookimpl(hook))

    @hookimpl
    def tools(self) -> list[Any]:
        """The tools given."""
        return self._tools

    @hookimpl
    def guards(self) -> list[Guard]:
        """The guards given."""
        return self._guards


class Engine:
    """A host with a scripted model, one conversation in it, and the events of its turns.

    Args:
        responses: The script of the model ``fake``.
        tools: Tools of the plugin ``power``.
        guards: Guards of the same plugin.
        plugins: More plugins by name.
        models: More models.
        settings: As in tieout.toml.
        session: Options of ``Host.session``.
    """

    def __init__(
        self,
        make_host: HostMaker,
        folder: Path,
        *responses: str | Sequence[Step],
        tools: Iterable[Any] = (rate,),
        guards: Iterable[Guard] = (),
        plugins: Mapping[str, object] | None = None,
        models: Sequence[FakeModel] = (),
        settings: Mapping[str, object] | None = None,
        local: bool = True,
        session: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = FakeModel(*responses, local=local)
        self.host: Host = make_host(
            {"power": Plugin(tools, guards), **(plugins or {})},
            models=(self.model, *models),
            settings=settings,
            store_path=folder / "sessions.db",
        )
        self.session: Session = self.host.session(lang="en", **(session or {}))
        self.events: list[Event] = []

    async def ask(self, question: str = "What is the rate?") -> Turn:
        """Ask, keep the events, and return the turn whatever became of it."""
        self.events = [event async for event in self.session.stream(question)]
        return self.session.turns[-1]

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind in the last turn."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def streamed(self) -> str:
        """The text events of the last turn, joined."""
        return "".join(event.text for event in self.of(TextEvent))

    async def stored(self) -> str:
        """The last answer as the store has it."""
        store: SqliteStore = await self.host.store()
        assert self.session.session_id is not None
        return (await store.turns(self.session.session_id))[-1].answer

    async def assert_one_text(self) -> str:
        """Streamed, stored, returned and announced text are the same; returns it."""
        turn = self.session.turns[-1]
        (done,) = self.of(TurnDoneEvent)
        assert self.events[-1] is done
        assert turn.text == self.streamed == done.text == await self.stored()
        return turn.text


def cut(text: str, places: Iterable[int]) -> list[str]:
    """A text in pieces, cut at these places."""
    ends = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in itertools.pairwise(ends)]


async def eventually(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until something is so; fails when it does not come to be."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "did not happen"
        await asyncio.sleep(0.01)


__all__ = ["Engine", "Plugin", "Rate", "ToolContext", "cut", "eventually", "rate"]
