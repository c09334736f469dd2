"""``tieout chat``: the front end, or line mode for dumb terminals and screen readers."""

from __future__ import annotations

__all__ = ["chat", "open_chat"]

import os
import sys

import click

from tieout.cli.app import state_of
from tieout.cli.commands import LocalCommand
from tieout.errors import ExitCode, FrontendError
from tieout.i18n import translator

_ = translator("tieout")


@click.command(cls=LocalCommand)
@click.option("-m", "--model", metavar="ID", help="offline, openai:gpt-5, llamacpp:FILE.gguf …")
@click.option("--session", metavar="ID", help="Go on with an earlier conversation.")
@click.option("--plain", is_flag=True, help="Line mode: no full screen, no colours needed.")
@click.pass_context
def chat(ctx: click.Context, model: str | None, session: str | None, plain: bool) -> int:
    """Chat in the terminal."""
    if plain:
        return plain_chat(ctx, model=model, session=session)
    return open_chat(ctx, model=model, session=session)


def open_chat(ctx: click.Context, *, model: str | None, session: str | None) -> int:
    """Start the first working front end; line mode where the terminal cannot show one.

    Raises:
        FrontendError: There is no terminal, or no front end works.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise FrontendError(
            _("The chat needs a terminal."),
            code="no-terminal",
            hint=_('Use `tieout ask "question"` in a pipe, or `tieout chat --plain`.'),
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        return plain_chat(ctx, model=model, session=session)
    from tieout.loading import load_entry_points

    problems: list[str] = []
    for entry in load_entry_points("tieout.frontends"):
        if callable(entry.value):
            code: object = entry.value(state_of(ctx), model=model, session_id=session)
            return code if isinstance(code, int) else ExitCode.OK
        problems.append(f"{entry.name}: {entry.error}")
    raise FrontendError(
        _("No front end can be started. {problems}", problems="; ".join(problems)).strip(),
        code="no-frontend",
        hint=_("Install tieout-tui, or use `tieout chat --plain`."),
    )


def plain_chat(ctx: click.Context, *, model: str | None, session: str | None) -> int:
    """Line mode."""
    import asyncio

    from tieout.cli.plainchat import PlainChat

    return asyncio.run(PlainChat(state_of(ctx), model=model, session_id=session).run())
