"""Line mode: a prompt, an answer, a prompt. Works with a pipe, a dumb terminal and a screen reader."""

from __future__ import annotations

__all__ = ["PlainChat"]

import asyncio
import contextlib
import sys

import click

from tieout.cli.app import CliState
from tieout.cli.ask import cancel_on_interrupt, decode
from tieout.cli.output import note, say, show_error, warn, warn_of_settings
from tieout.errors import ExitCode, TieoutError
from tieout.i18n import translator

_ = translator("tieout")


class PlainChat:
    """A conversation line by line.

    Args:
        state: The command line's global options.
        model: Model identifier; the default when left out.
        session_id: An earlier conversation to go on with.
    """

    def __init__(self, state: CliState, *, model: str | None, session_id: str | None) -> None:
        from tieout.cli.prompting import ask_approval

        self._host = state.host()
        self._tty = sys.stdin.isatty()
        self._session = self._host.session(
            model=model, session_id=session_id, on_approval=ask_approval if self._tty else None
        )
        self._code: int = ExitCode.OK

    async def run(self) -> int:
        """Read and answer until the end of input or /quit; returns the exit code of the last answer."""
        note(
            _(
                "Type a question, /help for commands, /quit to leave. Ctrl-C stops an answer. No investment advice."
            )
        )
        warn_of_settings(self._host)
        try:
            while (line := await asyncio.to_thread(self._read)) is not None:
                text = line.strip()
                if text in ("/quit", "/exit"):
                    break
                if text:
                    await self._take(text)
        finally:
            self._session.cancel()
            await self._host.aclose()
            if self._host.unstored:
                warn(_("Not everything was stored: {why}", why=self._host.unstored))
        return self._code

    def _read(self) -> str | None:
        if self._tty:
            click.echo("> ", nl=False, err=True)
        try:
            data = sys.stdin.buffer.readline()
        except KeyboardInterrupt:
            return None
        return decode(data) if data else None

    async def _take(self, text: str) -> None:
        try:
            if text == "/help":
                self._help()
            elif text == "/new":
                self._session = self._host.session(
                    model=self._session.model, on_approval=self._session.on_approval
                )
                note(_("A new conversation."))
            elif text.split(maxsplit=1)[:1] == ["/model"]:
                self._switch_model(text.removeprefix("/model").strip())
            elif text.startswith("/"):
                await self._slash(text)
            else:
                await self._ask(text)
        except TieoutError as error:
            self._code = error.exit_code
            show_error(self._host.redact(error.message), hint=self._host.redact(error.hint), code=error.code)

    async def _ask(self, text: str) -> None:
        from tieout.cli.ask import exit_code
        from tieout.cli.turnprinter import TurnPrinter

        printer = TurnPrinter(self._host)
        with cancel_on_interrupt(self._session):
            async with contextlib.aclosing(self._session.stream(text)) as events:
                async for event in events:
                    printer.on_event(event)
        printer.finish(self._session.turns[-1])
        self._code = exit_code(self._session.turns[-1])

    async def _slash(self, text: str) -> None:
        from tieout.cli.groups import show_advice_line, show_card
        from tieout.cli.progress import ProgressLine
        from tieout.slash import run_slash

        result = await run_slash(self._session, text, emit=ProgressLine().on_event)
        show_card(result.card(self._session.lang))
        if result.advice_notice:
            show_advice_line()
        self._code = ExitCode.OK

    def _switch_model(self, name: str) -> None:
        if not name:
            say(self._session.model or self._host.default_model())
            return
        self._host.model_spec(name)
        self._session.model = name
        note(_("Model: {name}", name=name))

    def _help(self) -> None:
        say(_("/new  a new conversation\n/model [ID]  show or switch the model\n/quit  leave"))
        from tieout.helptexts import tool_texts

        for tool in self._host.tools().values():
            if "slash" in tool.faces:
                names = " ".join(
                    parameter.name if parameter.required else f"[{parameter.name}]"
                    for parameter in tool.parameters
                )
                say(f"/{tool.group} {tool.name} {names}  {tool_texts(tool).summary}")
