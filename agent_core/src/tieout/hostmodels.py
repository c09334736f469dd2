"""The language models of a host: their families, what a model is told about the host, and the agents over them."""

from __future__ import annotations

__all__ = ["HostModels"]

import asyncio
import difflib
import inspect
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tieout.errors import ModelUnavailable, TieoutError
from tieout.i18n import Language, translator

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

    from tieout.answering import TurnDeps
    from tieout.contract.models import ModelContext, ModelSpec
    from tieout.host import Host

_ = translator("tieout")


class HostModels:
    """What a host knows about models.

    Args:
        host: Its settings, plugins and tools decide.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._agents: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Agent[TurnDeps, str]]] = (
            WeakKeyDictionary()
        )

    def specs(self) -> dict[str, ModelSpec]:
        """Families by prefix: the core's own, then those of the plugins that are loaded."""
        from tieout.models.specs import core_specs

        specs = {spec.prefix: spec for spec in core_specs(self._host.settings)}
        for record in self._host.registry.loaded():
            for spec in record.models:
                specs.setdefault(spec.prefix, spec)
        return specs

    def spec(self, model_id: str) -> tuple[ModelSpec, str]:
        """The family of an identifier, and what follows its colon.

        Raises:
            ModelUnavailable: No family has that prefix.
        """
        prefix, _colon, name = model_id.partition(":")
        name = name or str(self._host.settings.providers.get(prefix, {}).get("model", ""))
        specs = self._host.model_specs()
        if prefix not in specs:
            close = difflib.get_close_matches(prefix, list(specs), n=1)
            raise ModelUnavailable(
                _("There is no model {name}.", name=repr(model_id[:120])),
                code="model-unknown",
                hint=_("Did you mean {name}?", name=close[0]) if close else _("`tieout models` lists them."),
            )
        return specs[prefix], name

    def agent(self, model_id: str) -> Agent[TurnDeps, str]:
        """The agent of a model, built once per event loop: its connections and prepared schemas are reused.

        A TLS context alone costs 22 ms, a third of a short turn's CPU time.

        Raises:
            ModelUnavailable: The model does not exist, lacks a key, or is not installed.
        """
        from tieout.answering import build_agent

        host = self._host
        agents = self._agents.setdefault(asyncio.get_running_loop(), {})
        if model_id not in agents:
            agents[model_id] = build_agent(
                host.build_model(model_id), host.tools(), retries=host.settings.guards.retries
            )
        return agents[model_id]

    def context(self) -> ModelContext:
        """What a model is told about the host; language and waiting notices are those of the active turn."""
        from tieout.contract.models import ModelContext
        from tieout.events import WaitingEvent
        from tieout.turnstate import active_turn

        host = self._host

        def lang() -> Language:
            turn = active_turn.get()
            return turn.lang if turn else host.lang

        def on_wait(reason: str, seconds: float) -> None:
            if turn := active_turn.get():
                turn.emit(WaitingEvent(reason=host.redact(reason), seconds=seconds))

        return ModelContext(
            tools=lambda: {tool.model_name: tool for tool in host.tools().values()},
            find=host.find,
            lang=lang,
            embedder=host.embedder,
            register_secret=host.redact.register,
            on_wait=on_wait,
        )

    def build(self, model_id: str) -> Model:
        """Build a model.

        Raises:
            ModelUnavailable: It does not exist, lacks a key, or is not installed.
        """
        spec, name = self.spec(model_id)
        try:
            return spec.build(name, self.context())
        except TieoutError:
            raise
        except (Exception, SystemExit) as error:
            self._host.log_exception(f"model {model_id} cannot be built", error)
            raise ModelUnavailable(
                _("{model} cannot be used: {problem}", model=model_id, problem=self._host.describe(error)),
                hint=_("`tieout models` shows what is available."),
            ) from error

    async def aclose(self) -> None:
        """Let go of the agents of the running loop, and end the processes of local models."""
        for agent in self._agents.pop(asyncio.get_running_loop(), {}).values():
            close = getattr(agent.model, "close", None)
            if inspect.iscoroutinefunction(close):
                await close()
