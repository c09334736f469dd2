"""What a tool is given besides its arguments: language, question, folder, progress, and the way to other tools."""

from __future__ import annotations

__all__ = ["CallContext"]

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.contract.results import Result
from tieout.contract.slots import Candidate
from tieout.contract.tools import Embedder, Tool
from tieout.errors import ToolError
from tieout.events import ToolProgressEvent
from tieout.i18n import Language, translator
from tieout.turnstate import TurnState

if TYPE_CHECKING:
    from tieout.host import Host

_ = translator("tieout")
_DEEPEST = 5  # tools calling tools calling tools


class CallContext:
    """The ToolContext that a tool receives."""

    def __init__(self, host: Host, turn: TurnState, tool: Tool[..., Any], call_id: str, depth: int) -> None:
        self._host, self._turn, self._tool, self._call_id, self._depth = host, turn, tool, call_id, depth
        self._given_up = False

    def give_up(self) -> None:
        """The time of the call is over; a function in a thread can only be told."""
        self._given_up = True

    @property
    def lang(self) -> Language:
        return self._turn.lang

    @property
    def question(self) -> str:
        return self._turn.question

    @property
    def data_dir(self) -> Path:
        return self._host.plugin_dir(self._tool.group)

    @property
    def online(self) -> bool:
        return self._host.settings.online

    @property
    def embedder(self) -> Embedder | None:
        return self._host.embedder

    @property
    def cancelled(self) -> bool:
        return self._turn.cancelled or self._given_up

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        self._turn.emit(
            ToolProgressEvent(
                call_id=self._call_id, tool=self._tool.qualified_name, done=done, total=total, message=message
            )
        )

    async def call(self, name: str, /, **arguments: object) -> Result:
        if self._depth >= _DEEPEST:
            raise ToolError(
                _("Tools call each other more than {limit} levels deep.", limit=_DEEPEST), code="tool-depth"
            )
        tool = self._host.tool(name)
        from tieout.running import ToolRunner

        runner = ToolRunner(self._host, self._turn, depth=self._depth + 1)
        outcome = await runner.run(tool, arguments, call_id=f"{self._call_id}.{self._turn.calls + 1}")
        return outcome.value()

    def find(self, kind: str, text: str) -> list[Candidate]:
        return self._host.find(kind, text)
