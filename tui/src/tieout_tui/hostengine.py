"""The real engine: a host and its session in a thread of their own.

The thread keeps the screen alive whatever the engine does: imports (1.3 s of CPU time), guards and tie-out of a long
answer, a model that computes in this process.
"""

from __future__ import annotations

__all__ = ["HostEngine"]

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from tieout.i18n import Language, translator, use_language
from tieout_tui.engine import ModelInfo, PastTurn, Ready, SessionInfo, ToolInfo

if TYPE_CHECKING:
    from tieout.events import Event
    from tieout.host import Host
    from tieout.running import ApprovalRequest, Approver
    from tieout.session import Session, Turn

_ = translator("tieout_tui")
T = TypeVar("T")


class HostEngine:
    """An :class:`~tieout_tui.engine.Engine` over the host of this command line.

    Args:
        make_host: Called once, in the engine's thread; it imports and reads what the first frame can do without.
        model: Model identifier; the default when left out.
        session_id: An earlier conversation to go on with.
        lang: Language of messages and answers.
    """

    def __init__(
        self, make_host: Callable[[], Host], *, model: str | None, session_id: str | None, lang: Language
    ) -> None:
        self._make_host, self._model, self._session_id = make_host, model, session_id
        self._lang: Language = lang
        self._running_loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._screen: asyncio.AbstractEventLoop | None = None
        self._approve_on_screen: Approver | None = None
        self._open_host: Host | None = None
        self._open_session: Session | None = None
        self._asking: asyncio.Task[None] | None = None
        self._slash_running = False
        self._cancelled = False
        self._advice_due = False
        self._warming: asyncio.Task[None] | None = None
        self._unstored_at_end = ""

    # --- the screen's side

    async def start(self, approve: Approver) -> Ready:
        """See :class:`~tieout_tui.engine.Engine`."""
        self._screen, self._approve_on_screen = asyncio.get_running_loop(), approve
        self._running_loop = asyncio.new_event_loop()
        # A daemon: leaving the chat while libraries still load need not wait for them.
        self._thread = threading.Thread(target=self._live, name="tieout-engine", daemon=True)
        self._thread.start()
        return await self._there(self._start())

    async def ask(self, text: str) -> AsyncGenerator[Event]:
        """See :class:`~tieout_tui.engine.Engine`."""
        screen = asyncio.get_running_loop()
        self._cancelled = self._advice_due = False
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        def send(event: Event | None) -> None:
            with contextlib.suppress(RuntimeError):  # the screen is gone
                screen.call_soon_threadsafe(events.put_nowait, event)

        running = asyncio.run_coroutine_threadsafe(self._forward(text, send), self._loop)
        try:
            while (event := await events.get()) is not None:
                yield event
        finally:
            if not running.done():
                self.cancel()

    @property
    def advice_due(self) -> bool:
        """See :class:`~tieout_tui.engine.Engine`."""
        return self._advice_due

    @property
    def unstored(self) -> str:
        """See :class:`~tieout_tui.engine.Engine`."""
        return self._open_host.unstored if self._open_host is not None else self._unstored_at_end

    def cancel(self) -> None:
        """See :class:`~tieout_tui.engine.Engine`."""
        self._cancelled = True
        if self._running_loop is not None:
            self._running_loop.call_soon_threadsafe(self._cancel)

    async def new_session(self) -> Ready:
        """See :class:`~tieout_tui.engine.Engine`."""
        return await self._there(self._reopen(None))

    async def open_session(self, session_id: str) -> Ready:
        """See :class:`~tieout_tui.engine.Engine`."""
        return await self._there(self._reopen(session_id))

    async def sessions(self) -> list[SessionInfo]:
        """See :class:`~tieout_tui.engine.Engine`."""
        return await self._there(self._sessions())

    async def models(self) -> list[str]:
        """See :class:`~tieout_tui.engine.Engine`."""
        return await self._there(self._models())

    async def switch_model(self, model_id: str) -> ModelInfo:
        """See :class:`~tieout_tui.engine.Engine`."""
        return await self._there(self._switch_model(model_id))

    async def close(self) -> None:
        """See :class:`~tieout_tui.engine.Engine`."""
        if self._open_host is None or self._thread is None:
            return
        await self._there(self._close())
        self._unstored_at_end = self._open_host.unstored
        self._open_host = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, 2.0)

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in the engine's thread."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    # --- the engine's side

    def _live(self) -> None:
        loop = self._loop
        with use_language(self._lang):
            try:
                loop.run_forever()
            finally:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        assert self._running_loop is not None, "the engine has not started"
        return self._running_loop

    @property
    def _host(self) -> Host:
        assert self._open_host is not None, "the engine has not started"
        return self._open_host

    @property
    def _session(self) -> Session:
        assert self._open_session is not None, "the engine has not started"
        return self._open_session

    async def _start(self) -> Ready:
        with use_language(self._lang):
            host = self._make_host()
            if self._model is not None:
                host.model_spec(self._model)
            host.load()
            # Loaded here, so that the first question does not wait for them.
            for module in ("tieout.turn", "tieout.answering"):
                import_module(module)

            self._open_host = host
            ready = await self._reopen(self._session_id, model=self._model)
            self._warming = asyncio.create_task(self._warm_up(ready.model.id))
            return ready

    async def _warm_up(self, model_id: str) -> None:
        """Build the model and its tools' schemas now, so that the first question does not wait for them."""
        from tieout.errors import TieoutError

        with contextlib.suppress(TieoutError):  # a missing key is told when a question needs it
            self._host.agent(model_id)
        await self._host.store()  # so that nothing claims to be stored that is not

    async def _reopen(self, session_id: str | None, *, model: str | None = None) -> Ready:
        from tieout.session import stored_turn

        host = self._host
        title, past = "", ()
        if session_id is not None:
            store = await host.store()
            found = await store.session(session_id)
            session_id, title = found.id, found.title
            past = tuple(_past(stored_turn(record)) for record in await store.turns(found.id))
        if self._open_session is not None:
            model = self._open_session.model
            await self._open_session.aclose()
        self._open_session = host.session(
            model=model or host.default_model(),
            session_id=session_id,
            lang=self._lang,
            on_approval=self._approve,
        )
        return Ready(
            model=self._model_info(),
            tools=self._tools(),
            warnings=(*host.loaded.warnings, *self._plugin_problems()),
            title=title,
            past=past,
            question_limit=host.settings.limits.question_chars,
        )

    def _model_info(self) -> ModelInfo:
        model_id = self._session.model or self._host.default_model()
        spec, _name = self._host.model_spec(model_id)
        return ModelInfo(model_id, spec.local, spec.sends_to)

    def _tools(self) -> tuple[ToolInfo, ...]:
        from tieout.helptexts import tool_texts

        return tuple(
            ToolInfo(
                f"/{tool.group} {tool.name}",
                " ".join(p.name if p.required else f"[{p.name}]" for p in tool.parameters),
                tool_texts(tool, lang=self._lang).summary,
            )
            for tool in self._host.tools().values()
            if "slash" in tool.faces
        )

    def _plugin_problems(self) -> tuple[str, ...]:
        from tieout.registry import PluginState

        registry = self._host.registry
        failed = [record for record in registry.records.values() if record.state is PluginState.FAILED]
        reasons = {record.reason for record in failed}
        wrong = [problem for problem in registry.setting_problems() if problem not in reasons]
        return (
            *wrong,
            *(
                _("Plugin {name} does not work: {why}", name=record.name, why=record.reason)
                for record in failed
            ),
        )

    async def _sessions(self) -> list[SessionInfo]:
        store = await self._host.store()
        found = await store.sessions(limit=200)
        return [SessionInfo(s.id, s.title, s.turns, s.updated_at) for s in found]

    async def _models(self) -> list[str]:
        from tieout.models.probing import probe_all

        lines: list[str] = []
        with use_language(self._lang):
            specs = list(self._host.model_specs().values())
            model = self._session.model or self._host.default_model()
            probes = await asyncio.to_thread(probe_all, specs, model)
            for spec, probe in zip(specs, probes, strict=True):
                usable = (
                    _("usable")
                    if probe.available
                    else _("not usable: {why}", why=f"{probe.detail} {probe.hint}".strip())
                )
                where = _("this machine") if spec.local else spec.sends_to or _("as configured")
                lines.append(f"{spec.prefix} — {usable} — {where}")
        return lines

    async def _switch_model(self, model_id: str) -> ModelInfo:
        with use_language(self._lang):
            self._host.model_spec(model_id)
        self._session.model = model_id
        return self._model_info()

    async def _approve(self, request: ApprovalRequest) -> bool:
        screen, approve = self._screen, self._approve_on_screen
        if screen is None or approve is None:
            return False

        async def ask() -> bool:
            return await approve(request)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ask(), screen))

    def _cancel(self) -> None:
        if self._open_session is not None:
            self._open_session.cancel()
        if self._asking is not None and self._slash_running:
            self._asking.cancel()

    async def _forward(self, text: str, send: Callable[[Event | None], None]) -> None:
        from tieout.errors import TieoutError
        from tieout.events import ErrorEvent

        redact = self._host.redact
        self._asking = asyncio.current_task()
        try:
            with use_language(self._lang):
                if text.startswith("/"):
                    await self._slash(text, send)
                else:
                    await self._question(text, send)
        except TieoutError as error:
            send(ErrorEvent(code=error.code, message=redact(error.message), hint=redact(error.hint)))
        except asyncio.CancelledError:
            send(ErrorEvent(code="interrupted", message=_("Interrupted.", lang=self._lang)))
        except Exception as error:  # the screen must learn of every end
            self._host.log_exception("asking failed", error)
            send(ErrorEvent(code="internal", message=self._host.describe(error)))
        finally:
            self._asking = None
            send(None)

    async def _question(self, text: str, send: Callable[[Event], None]) -> None:
        session = self._session
        async for event in session.stream(text):
            if self._cancelled:  # Escape may come before the session has begun
                session.cancel()
            send(event)
        self._advice_due = any(result.advice_notice for _name, result in session.turns[-1].results)

    async def _slash(self, text: str, send: Callable[[Event], None]) -> None:
        from tieout.slash import run_slash

        self._slash_running = True
        try:
            result = await run_slash(self._session, text, emit=send)
        finally:
            self._slash_running = False
        self._advice_due = result.advice_notice

    async def _close(self) -> None:
        self._cancel()
        asking = self._asking
        if asking is not None:
            await asyncio.wait([asking], timeout=10)
        if self._warming is not None:  # it may be opening the store
            await asyncio.wait([self._warming], timeout=10)
        await self._host.aclose()


def _past(turn: Turn) -> PastTurn:
    return PastTurn(turn.question, turn.text, turn.status, turn.model, turn.marks, turn.evidence)
