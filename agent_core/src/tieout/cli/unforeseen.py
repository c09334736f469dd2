"""An exception that nobody foresaw: one clean line without secrets, and with ``--debug`` the trace."""

from __future__ import annotations

__all__ = ["show_unforeseen"]

import logging
import traceback
from typing import TYPE_CHECKING

import click

from tieout.cli.output import show_error
from tieout.i18n import translator
from tieout.loading import describe_failure
from tieout.text import clean

if TYPE_CHECKING:
    from tieout.cli.app import CliState

_ = translator("tieout")


def show_unforeseen(error: Exception, state: CliState) -> None:
    """Say what went wrong, where to report it and where the log is; with ``--debug`` also log and show the trace.

    The log is started here where the fault came before there was a host.
    """
    trace = "".join(traceback.format_exception(error))
    asked = state.debug or state.debug_content
    if asked:
        state.start_logging()
        click.echo(clean(state.redact(trace)), err=True)
    hint = _(
        "Run again with --debug and report the log ({path}) as an issue in Tieout's repository.",
        path=str(state.log_folder() / "tieout.log"),
    )
    if state.log_file is not None:
        logging.getLogger("tieout").error("%s", trace)  # only with a log: else logging prints it as it is
        hint = _(
            "Report the log ({path}) as an issue in Tieout's repository; keys are taken out of it.",
            path=str(state.log_file),
        )
    text = _(
        "Something went wrong inside Tieout: {problem}", problem=describe_failure(error, redact=state.redact)
    )
    show_error(text, hint=hint, code="internal", color=state.color)
