"""Printing a turn: the text as it comes, tools and guards on stderr, then the source of every number."""

from __future__ import annotations

__all__ = ["JsonPrinter", "TurnPrinter"]

import json
import sys

import click

from tieout.cli.progress import ProgressLine
from tieout.errors import TieoutError
from tieout.events import (
    ApprovalEvent,
    ErrorEvent,
    Event,
    TextEvent,
    ToolResultEvent,
    ToolStartedEvent,
    TurnStartedEvent,
    WaitingEvent,
)
from tieout.host import Host
from tieout.i18n import translator
from tieout.session import Turn
from tieout.sourcelist import source_groups
from tieout.text import Cleaner, clean, clean_line

_ = translator("tieout")


class JsonPrinter:
    """One JSON line per event; beyond ASCII it is escaped on a terminal only."""

    def __init__(self, _host: Host) -> None:
        self._escape = sys.stdout.isatty()

    def on_event(self, event: Event) -> None:
        """Write the event at once."""
        line = event.line()
        if self._escape:
            line = json.dumps(json.loads(line))
        click.echo(line.encode("utf-8", "replace").decode())
        sys.stdout.flush()

    def finish(self, _turn: Turn) -> None:
        """Nothing more: errors are events."""


class TurnPrinter:
    """The answer on stdout, everything else on stderr."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._cleaner = Cleaner()
        self._progress = ProgressLine()
        self._at_line_start = True
        self._offline = False
        self._problems: list[ErrorEvent] = []

    def on_event(self, event: Event) -> None:
        """Show one event."""
        self._progress.on_event(event)
        if isinstance(event, TurnStartedEvent):  # the offline mode says in its answer what failed
            self._offline = event.model == "offline"
        match event:
            case TextEvent(text=text):
                self._progress.close()
                self._write(self._cleaner.feed(text))
            case TurnStartedEvent(model=model, local=local) if sys.stderr.isatty():
                where = _("nothing leaves this machine") if local else _("sent to the model's service")
                self._aside(f"{model} — {where}")
            case ToolStartedEvent(tool=tool, arguments=arguments) if sys.stderr.isatty():
                self._aside("→ " + clean_line(f"{tool} {_brief(arguments)}", limit=160))
            case ToolResultEvent(ok=False, tool=tool, error=error) if not self._offline:
                self._aside(clean_line(f"✗ {tool}: {error}", limit=400))
            case WaitingEvent(reason=reason, seconds=seconds):
                self._aside(clean_line(f"… {reason}" + (f" ({seconds:.1f} s)" if seconds else ""), limit=300))
            case ApprovalEvent(tool=tool, effect=effect, decision="denied"):
                self._aside(_("{tool}: {effect} was not approved.", tool=tool, effect=effect))
            case ErrorEvent():
                self._problems.append(event)
            case _:
                pass

    def finish(self, turn: Turn) -> None:
        """End the text, list the sources, then the error if there was one."""
        from tieout.cli.output import note, show_error, warn

        self._write(self._cleaner.finish())
        if not self._at_line_start:
            click.echo()
        groups = source_groups(turn)
        if groups:
            click.echo()
            click.secho(_("Sources"), bold=True)
            for group in groups:
                click.echo("  " + clean_line(group.line(), limit=600))
        if any(result.advice_notice for _name, result in turn.results):
            click.echo()
            click.echo(_("No investment advice."))
        if turn.model == "offline" and sys.stderr.isatty():
            note(_("Answered offline, without a language model."))
        if turn.status == "interrupted":
            note(
                _("Interrupted; the partial answer is not stored.")
                if self._host.unstored
                else _("Interrupted; the partial answer is kept.")
            )
        for problem in self._problems:
            if problem.code not in ("interrupted", turn.error.code if turn.error else ""):
                warn(clean_line(f"{problem.message} {problem.hint}", limit=600))
        if isinstance(turn.error, TieoutError):
            redact = self._host.redact
            show_error(redact(turn.error.message), hint=redact(turn.error.hint), code=turn.error.code)

    def _write(self, text: str) -> None:
        if text:
            click.echo(text, nl=False)
            sys.stdout.flush()
            self._at_line_start = text.endswith("\n")

    def _aside(self, text: str) -> None:
        self._progress.close()
        if not self._at_line_start:
            click.echo()
            self._at_line_start = True
        click.secho(clean(text), err=True, dim=True)


def _brief(arguments: object) -> str:
    return json.dumps(arguments, ensure_ascii=False)
