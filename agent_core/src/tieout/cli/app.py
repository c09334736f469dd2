"""The root command: global options, and commands that are imported only when they run."""

from __future__ import annotations

__all__ = ["CliState", "run", "state_of"]

import errno
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from tieout import __version__
from tieout.cli.commands import LocalCommand, LocalGroup
from tieout.cli.usage import translate_click
from tieout.errors import ExitCode, TieoutError
from tieout.helptexts import plugin_summary
from tieout.i18n import N_, set_language, translator

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tieout.host import Host
    from tieout.settings import LoadedSettings

_ = translator("tieout")

_COMMANDS = {
    "ask": ("tieout.cli.ask:ask", N_("Ask one question; read it from the pipe with -.")),
    "chat": ("tieout.cli.chat:chat", N_("Chat in the terminal (--plain for line mode).")),
    "completion": ("tieout.cli.completion:completion", N_("Print the completion script of a shell.")),
    "data": ("tieout.cli.data:data", N_("Shipped data tables and their age.")),
    "doctor": ("tieout.cli.doctor:doctor", N_("What works here, and what leaves the machine.")),
    "eval": ("tieout.cli.evaluate:evaluate", N_("Score a file of cases with a plugin's scorer.")),
    "models": ("tieout.cli.models:models", N_("Language models and whether they can be used.")),
    "plugins": ("tieout.cli.plugins:plugins", N_("List, switch and diagnose plugins.")),
    "sessions": ("tieout.cli.sessions:sessions", N_("List, show, search and remove conversations.")),
}
"""Name to import path and help, so that ``--help`` imports none of them."""


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What the system says where something cannot be written for want of room, or for a broken device."""

_SECRET_NAMES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
"""How the names of variables end that hold a secret: ``OPENAI_API_KEY``, ``HF_TOKEN``."""


def _shows_color() -> bool:
    return not (os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb")


@dataclass
class CliState:
    """The global options, and what is made from them on first use."""

    lang: str | None = None
    profile: str | None = None
    online: bool | None = None
    plugins: bool = True
    color: bool = field(default_factory=_shows_color)
    debug: bool = False
    debug_content: bool = False
    _settings: LoadedSettings | None = field(default=None, repr=False)
    _host: Host | None = field(default=None, repr=False)
    log_file: Path | None = field(default=None, repr=False)
    """The log of this run, once it is written."""

    def redact(self, text: str) -> str:
        """``text`` without secrets: those that the host knows, what looks like a key, and keys in the environment."""
        from tieout.redact import Redactor

        redactor = Redactor() if self._host is None else self._host.redact
        for name, value in os.environ.items():
            if name.upper().endswith(_SECRET_NAMES):
                redactor.register(value)
        return redactor(text)

    def log_folder(self) -> Path:
        """Where the log of this run is written."""
        from tieout.contract.tables import default_folder

        return (default_folder().parent if self._host is None else self._host.data_dir) / "logs"

    def settings(self) -> LoadedSettings:
        """Settings with the command line on top; warnings go to stderr once.

        Raises:
            SettingsError: A file, a variable or an option is wrong.
        """
        if self._settings is None:
            from tieout.cli.output import warn
            from tieout.settings import load_settings

            self._settings = load_settings(
                overrides={"lang": self.lang, "online": self.online}, profile=self.profile
            )
            if self._settings.settings.lang is not None:
                set_language(self._settings.settings.lang)
            for message in self._settings.warnings:
                warn(message)
        return self._settings

    def host(self) -> Host:
        """The host of this run."""
        if self._host is None:
            from tieout.host import Host

            self._host = Host(self.settings(), plugins=self.plugins)
            if self.debug or self.debug_content:
                self.start_logging()
        return self._host

    def start_logging(self) -> None:
        """Write a log from here on, if it is not written yet."""
        from tieout.cli.output import note, warn
        from tieout.logs import start_logging

        if self.log_file is not None:
            return
        folder = self.log_folder()
        self.log_file = start_logging(folder, self.redact, content=self.debug_content)
        if self.log_file is None:
            warn(_("The log cannot be written to {folder}.", folder=str(folder)))
        else:
            note(_("Log: {path}", path=str(self.log_file)))


def state_of(context: click.Context) -> CliState:
    """The state made by the root command."""
    state = cast("CliState | None", context.find_root().obj)
    return state or CliState()  # shell completion looks up commands without running the root


class _Root(LocalGroup):
    """Built-in commands by name; every other command is a plugin's group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS:
            if ctx.resilient_parsing and not ctx.args:
                return LocalCommand(cmd_name, short_help=_COMMANDS[cmd_name][1])
            module, _colon, attribute = _COMMANDS[cmd_name][0].partition(":")
            return cast(click.Command, getattr(import_module(module), attribute))
        from tieout.cli.groups import PluginGroup
        from tieout.loading import plugin_entries

        entries = plugin_entries()
        return PluginGroup(cmd_name, entries[cmd_name]) if cmd_name in entries else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem as Item

        from tieout.loading import plugin_entries

        helps = {name: _(text) for name, (_path, text) in _COMMANDS.items()}
        helps |= {name: plugin_summary(entry) for name, entry in plugin_entries().items()}
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [Item(name, help=text) for name, text in sorted(helps.items()) if name.startswith(incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            import difflib

            from tieout.loading import plugin_entries

            known = [*_COMMANDS, *plugin_entries()]
            close = difflib.get_close_matches(name, known, n=1) if name != "help" else []  # nearest: shield
            hint = (
                _("Did you mean {name}?", name=close[0])
                if close
                else _("`tieout --help` lists the commands.")
            )
            problem = _("There is no command {name}.", name=repr(name))
            raise click.UsageError(_("{problem} {hint}", problem=problem, hint=hint))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from tieout.loading import plugin_entries
        from tieout.text import clean_line

        with formatter.section("Commands"):
            formatter.write_dl([(name, _(text)) for name, (_path, text) in sorted(_COMMANDS.items())])
        entries = plugin_entries()
        if entries:
            rows = [
                (
                    clean_line(name, limit=40),
                    clean_line(plugin_summary(entry) or entry.distribution, limit=120),
                )
                for name, entry in sorted(entries.items())
            ]
            with formatter.section(_("Plugins")):
                formatter.write_dl(rows)


@click.command(
    cls=_Root, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages and answers (中文: zh).")
@click.option("--profile", metavar="NAME", help="Use [profiles.NAME] of tieout.toml.")
@click.option("--online/--offline", default=None, help="Whether tools may use the network.")
@click.option("--no-plugins", is_flag=True, help="Load no plugin at all.")
@click.option("--no-color", is_flag=True, help="No colours (also: NO_COLOR=1).")
@click.option("--debug", is_flag=True, help="Write a log, without prompts.")
@click.option("--debug-content", is_flag=True, help="Write a log, with prompts and answers.")
@click.version_option(__version__, "-V", "--version", prog_name="tieout")
@click.pass_context
def root(
    ctx: click.Context,
    lang: str | None,
    profile: str | None,
    online: bool | None,
    no_plugins: bool,
    no_color: bool,
    debug: bool,
    debug_content: bool,
) -> None:
    """A research agent that ties every number it says to its source.

    Without a command it opens the chat.
    """
    color = _shows_color() and not no_color
    state = ctx.ensure_object(CliState)
    state.lang, state.profile, state.online, state.plugins = lang, profile, online, not no_plugins
    state.color, state.debug, state.debug_content = color, debug, debug_content
    ctx.color = None if color else False
    if ctx.invoked_subcommand is None and not ctx.resilient_parsing:
        from tieout.cli.chat import open_chat

        open_chat(ctx, model=None, session=None)


def run(words: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    from tieout.cli.output import show_error

    # Made here, so that what is known of colours, secrets and the log outlives a failure.
    state = CliState(color=_shows_color() and "--no-color" not in words)
    try:
        result: object = root.main(list(words), prog_name="tieout", standalone_mode=False, obj=state)
        return int(result) if isinstance(result, int) else ExitCode.OK
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    except click.UsageError as error:
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        show_error(translate_click(error.format_message()), hint="", code="usage", color=state.color)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Interrupted."), err=True)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        show_error(translate_click(error.format_message()), hint="", code="usage", color=state.color)
        return ExitCode.USAGE
    except TieoutError as error:
        message, hint = state.redact(error.message), state.redact(error.hint)
        show_error(message, hint=hint, code=error.code, color=state.color)
        return error.exit_code
    except BrokenPipeError:  # before the general case: nothing went wrong on this side
        # The reader (head, a closed pager) has had enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:  # a fault of ours, or a disk that is full
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            problem = _("The output cannot be written: {problem}.", problem=error.strerror)
            show_error(problem, hint="", code="output-failed", color=state.color)
            return ExitCode.FAILURE
        from tieout.cli.unforeseen import show_unforeseen

        show_unforeseen(error, state)
        return ExitCode.FAILURE
