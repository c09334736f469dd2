"""``tieout sessions``: conversations on this machine."""

from __future__ import annotations

__all__ = ["sessions"]

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from tieout.cli.app import CliState, state_of
from tieout.cli.commands import LocalGroup
from tieout.cli.output import note, print_json, say, show_table
from tieout.errors import InputError
from tieout.i18n import translator

if TYPE_CHECKING:
    from tieout.store import SqliteStore

_ = translator("tieout")
T = TypeVar("T")


@click.group(cls=LocalGroup)
def sessions() -> None:
    """List, show, search and remove conversations."""


def with_store(state: CliState, work: Callable[[SqliteStore], Awaitable[T]]) -> T:
    """Open the store strictly (no fallback to memory), do the work, close it.

    Raises:
        StoreError: The store cannot be opened.
    """
    from tieout.store import SqliteStore

    path = state.host().store_path

    async def run() -> T:
        store = SqliteStore(path)
        await store.open()
        try:
            await store.recover()
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


@sessions.command("list")
@click.option(
    "--limit", default=30, show_default=True, metavar="N", type=click.IntRange(1), help="The most to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(ctx: click.Context, limit: int, as_json: bool) -> None:
    """List conversations, newest first."""
    found = with_store(state_of(ctx), lambda store: store.sessions(limit=limit))
    if as_json:
        rows = [
            {"id": s.id, "title": s.title, "turns": s.turns, "updated_at": s.updated_at.isoformat()}
            for s in found
        ]
        print_json(rows)
    elif not found:
        note(_('No conversation yet. `tieout ask "…"` starts one.'))
    else:
        rows = [
            (s.id, s.updated_at.astimezone().strftime("%Y-%m-%d %H:%M"), str(s.turns), s.title) for s in found
        ]
        show_table((_("Id"), _("Updated"), _("Turns"), _("Title")), rows)


@sessions.command()
@click.argument("session_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show(ctx: click.Context, session_id: str, as_json: bool) -> None:
    """Show a conversation; a unique beginning of its id is enough."""

    async def work(store: SqliteStore):
        session = await store.session(session_id)
        return session, await store.turns(session.id)

    session, turns = with_store(state_of(ctx), work)
    if as_json:
        rows = [
            {"id": t.id, "question": t.question, "answer": t.answer, "status": t.status, "model": t.model,
             "evidence": t.evidence, "marks": t.marks}
            for t in turns
        ]  # fmt: skip
        print_json({"id": session.id, "title": session.title, "turns": rows})
        return
    statuses = {
        "running": _("running"),
        "done": _("done"),
        "interrupted": _("interrupted"),
        "failed": _("failed"),
    }
    for turn in turns:
        started = f"{turn.started_at.astimezone():%Y-%m-%d %H:%M}"
        click.secho(f"{started}  {turn.model}  {statuses[turn.status]}", dim=True)
        say(f"> {turn.question}\n\n{turn.answer}\n")
        from tieout.session import stored_turn
        from tieout.sourcelist import source_groups

        groups = source_groups(stored_turn(turn))
        if groups:
            click.secho(_("Sources"), bold=True)
            say("\n".join(f"  {group.line()}" for group in groups) + "\n")


@sessions.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--limit", default=20, show_default=True, metavar="N", type=click.IntRange(1), help="The most to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def search(ctx: click.Context, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find conversations by words of question or answer."""
    hits = with_store(state_of(ctx), lambda store: store.search(" ".join(words), limit=limit))
    if as_json:
        print_json(
            [
                {"session": h.session_id, "title": h.title, "where": h.where, "snippet": h.snippet}
                for h in hits
            ]
        )
    elif not hits:
        note(_("Nothing found."))
    else:
        show_table((_("Id"), _("Title"), _("Found")), [(h.session_id, h.title, h.snippet) for h in hits])


@sessions.command()
@click.argument("session_ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also while another process is answering in it.")
@click.pass_context
def rm(ctx: click.Context, session_ids: tuple[str, ...], yes: bool, force: bool) -> None:
    """Remove conversations for good."""
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(_("Removing needs a confirmation."), hint=_("Pass --yes."))
        click.confirm(
            _("Remove {count} conversation(s) for good?", count=len(session_ids)), abort=True, err=True
        )

    async def work(store: SqliteStore) -> None:
        for session_id in session_ids:
            removed = await store.delete_session(session_id, force=force)
            note(_("Removed {id}.", id=removed.id))

    with_store(state_of(ctx), work)


@sessions.command()
@click.argument("session_id", required=False)
@click.option("--salvage", is_flag=True, help="Save what can be read of a damaged database, row by row.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; standard output otherwise."
)
@click.pass_context
def export(ctx: click.Context, session_id: str | None, salvage: bool, output: Path | None) -> None:
    """Write one conversation, or all, as JSON Lines."""
    if salvage:
        from tieout.store import salvage as rescue

        target = output or Path("tieout-salvage.jsonl")
        report = rescue(state_of(ctx).host().store_path, target)
        note(_("{report} Written to {path}.", report=report, path=str(target)))
        return
    lines = with_store(state_of(ctx), lambda store: store.export(session_id))
    text = "".join(line.rstrip("\n") + "\n" for line in lines)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")


@sessions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace conversations that are there already.")
@click.pass_context
def import_(ctx: click.Context, file: Path, replace: bool) -> None:
    """Read conversations that export wrote."""
    lines = file.read_text("utf-8").splitlines()
    found = with_store(state_of(ctx), lambda store: store.import_(lines, replace=replace))
    note(_("Imported {count} conversation(s).", count=len(found)))
