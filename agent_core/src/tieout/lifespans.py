"""Lifespans: what a plugin sets up before its first use and takes down at the end."""

from __future__ import annotations

__all__ = ["Lifespan", "Lifespans"]

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tieout.errors import PluginError
from tieout.i18n import translator
from tieout.loading import describe_failure
from tieout.registry import PluginRecord, PluginState

if TYPE_CHECKING:
    from tieout.contract.results import Result
    from tieout.contract.tools import Embedder
    from tieout.host import Host

_ = translator("tieout")

_STOP_SECONDS = 10.0


class Lifespan:
    """One plugin's lifespan, entered and left in a task of its own, as context managers demand.

    Args:
        host: What the plugin is given a part of.
        record: The plugin; becomes failed when it does not start.
        patience: Seconds within which it must have started.
    """

    def __init__(self, host: Host, record: PluginRecord, *, patience: float) -> None:
        self._host, self._record, self._patience = host, record, patience
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._live())

    @property
    def over(self) -> bool:
        """Whether it had started and is down again, as after the end of the event loop it lived in."""
        failed = (
            self._started.done() and not self._started.cancelled() and self._started.exception() is not None
        )
        return not failed and (self._task.done() or self._loop.is_closed())

    @property
    def up(self) -> bool:
        """Whether it has started and is not down again."""
        return self._started.done() and not self.over and self._started.exception() is None

    async def ready(self) -> None:
        """Wait until the plugin can be used; may be called from any event loop.

        Raises:
            PluginError: It did not start.
        """
        if self._started.done():
            return self._started.result()
        if self._loop is asyncio.get_running_loop():
            return await self._wait()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._wait(), self._loop))

    async def stop(self) -> None:
        """Take the plugin down; one that does not end in time is cancelled. May be called from any event loop."""
        if self._loop is asyncio.get_running_loop():
            await self._leave()
        elif self._loop.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._leave(), self._loop))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.shield(self._started)
        except TimeoutError:
            self._fail(_("it did not start within {seconds:g} s", seconds=self._patience))
            self._task.cancel()
            self._started.result()

    async def _leave(self) -> None:
        self._stop.set()
        _done, late = await asyncio.wait([self._task], timeout=_STOP_SECONDS)
        if late:
            self._record.warnings.append(_("it did not stop within {seconds:g} s", seconds=_STOP_SECONDS))
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_STOP_SECONDS)

    async def _live(self) -> None:
        record = self._record
        assert record.lifespan is not None
        try:
            entered = record.lifespan(_PluginHost(self._host, record.name))
            async with cast("AbstractAsyncContextManager[object]", entered):
                self._started.set_result(None)
                await self._stop.wait()
        except asyncio.CancelledError:
            self._fail(_("it was cancelled while it started"))
        except (Exception, SystemExit) as error:
            self._host.log_exception(f"lifespan of {record.name} failed", error)
            if self._started.done():
                record.warnings.append(
                    _("it failed while it stopped: {problem}", problem=describe_failure(error))
                )
            self._fail(describe_failure(error))

    def _fail(self, problem: str) -> None:
        if self._started.done():
            return
        self._record.state, self._record.reason = PluginState.FAILED, problem
        self._started.set_exception(
            PluginError(
                _("Plugin {name} could not start: {problem}", name=self._record.name, problem=problem),
                code="plugin-start",
                hint=_("`tieout plugins disable {name}` switches it off.", name=self._record.name),
            )
        )
        self._started.exception()  # seen here even when nobody waits any more


class Lifespans:
    """The lifespans of one host: each entered before its plugin's first use, all left at the end.

    Args:
        host: Whose plugins they are.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._entered: dict[str, Lifespan] = {}

    async def ready(self, plugin: str) -> None:
        """Enter a plugin's lifespan, once.

        Raises:
            PluginError: It does not start, or not in time.
        """
        record = self._host.registry.records.get(plugin)
        if record is None or record.lifespan is None:
            return
        if plugin not in self._entered or self._entered[plugin].over:
            patience = self._host.settings.limits.plugin_start
            self._entered[plugin] = Lifespan(self._host, record, patience=patience)
        await self._entered[plugin].ready()

    async def guards_ready(self) -> None:
        """Enter the lifespans of all plugins that bring guards, at once; one that does not start becomes failed."""
        waiting = [
            record.name
            for record in self._host.registry.loaded()
            if record.guards and record.lifespan is not None and not self._is_up(record.name)
        ]
        outcomes = await asyncio.gather(*map(self.ready, waiting), return_exceptions=True) if waiting else ()
        for name, outcome in zip(waiting, outcomes, strict=True):
            if isinstance(outcome, PluginError):
                self._host.log_exception(f"guards of {name} are not available", outcome)
            elif outcome is not None:
                raise outcome

    async def stop(self) -> None:
        """Leave them all."""
        for lifespan in self._entered.values():
            await lifespan.stop()
        self._entered.clear()

    def _is_up(self, plugin: str) -> bool:
        return plugin in self._entered and self._entered[plugin].up


class _PluginHost:
    """What a lifespan is given."""

    def __init__(self, host: Host, plugin: str) -> None:
        self._host, self._plugin = host, plugin

    @property
    def data_dir(self) -> Path:
        return self._host.plugin_dir(self._plugin)

    @property
    def embedder(self) -> Embedder | None:
        return self._host.embedder

    async def call(self, name: str, /, **arguments: object) -> Result:
        from tieout.running import ToolRunner, TurnState

        turn = TurnState(lang=self._host.lang, emit=lambda _event: None, from_lifespan=True)
        return (await ToolRunner(self._host, turn).run(self._host.tool(name), arguments)).value()
