"""``tieout ask``: one question, one answer; with ``--json`` a pipe of events."""

from __future__ import annotations

__all__ = ["ask"]

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING

import click

from tieout.cli.app import CliState, state_of
from tieout.cli.commands import ASKED_FOR, LocalCommand
from tieout.errors import ExitCode, InputError
from tieout.i18n import translator

if TYPE_CHECKING:
    from tieout.session import Session, Turn

_ = translator("tieout")


@click.command(cls=LocalCommand)
@click.argument("words", nargs=-1, metavar="QUESTION…")
@click.option("-m", "--model", metavar="ID", help="offline, openai:gpt-5, llamacpp:FILE.gguf …")
@click.option("--session", "session_id", metavar="ID", help="Go on with an earlier conversation.")
@click.option("--approve", multiple=True, type=click.Choice(ASKED_FOR), help="Approve an effect beforehand.")
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON line each.")
@click.option("--no-store", is_flag=True, help="Keep nothing of this conversation.")
@click.pass_context
def ask(
    ctx: click.Context,
    words: tuple[str, ...],
    model: str | None,
    session_id: str | None,
    approve: tuple[str, ...],
    as_json: bool,
    no_store: bool,
) -> int:
    """Ask one question. Without a question, or with -, it is read from standard input."""
    state = state_of(ctx)
    question = read_question(words)
    return asyncio.run(_ask(state, question, model, session_id, approve, as_json, no_store))


def read_question(words: tuple[str, ...]) -> str:
    """The question from the command line or the pipe.

    Raises:
        InputError: There is none.
    """
    if words and words != ("-",):
        return " ".join(word.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for word in words)
    if sys.stdin.isatty() and words != ("-",):
        raise InputError(
            _("There is no question."),
            code="question-empty",
            hint=_('tieout ask "your question", or pipe it in.'),
        )
    return decode(sys.stdin.buffer.read())


def decode(data: bytes) -> str:
    """Bytes of a pipe as text: UTF-8, UTF-16 with a mark, else GB18030, else UTF-8 with replacement marks."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("utf-8", "replace")


async def _ask(
    state: CliState,
    question: str,
    model: str | None,
    session_id: str | None,
    approve: tuple[str, ...],
    as_json: bool,
    no_store: bool,
) -> int:
    from tieout.cli.output import warn_of_settings
    from tieout.cli.prompting import ask_approval
    from tieout.cli.turnprinter import JsonPrinter, TurnPrinter
    from tieout.host import Host

    host = Host(state.settings(), plugins=state.plugins, ephemeral=True) if no_store else state.host()
    warn_of_settings(host)
    interactive = sys.stdin.isatty() and sys.stderr.isatty()
    session = host.session(
        model=model, session_id=session_id, approve=approve, on_approval=ask_approval if interactive else None
    )
    printer = JsonPrinter(host) if as_json else TurnPrinter(host)
    try:
        with cancel_on_interrupt(session):
            async with contextlib.aclosing(session.stream(question)) as events:
                async for event in events:
                    printer.on_event(event)
        turn = session.turns[-1]
        printer.finish(turn)
        return exit_code(turn)
    finally:
        await host.aclose()


def exit_code(turn: Turn) -> int:
    """The exit code of a turn: 0 for a whole answer, the error's own code, 130 for Ctrl-C."""
    if turn.status == "done":
        return ExitCode.OK
    if turn.error is not None:
        return turn.error.exit_code
    return ExitCode.INTERRUPTED if turn.status == "interrupted" else ExitCode.FAILURE


@contextlib.contextmanager
def cancel_on_interrupt(session: Session):
    """Ctrl-C cancels the answer and keeps what is written; a second one leaves at once."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    pressed = 0

    def interrupt() -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            session.cancel()
        elif task is not None:
            task.cancel()

    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
