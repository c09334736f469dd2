"""A plugin's tools as commands: ``tieout compute train 70B 15T --device H100``."""

from __future__ import annotations

__all__ = ["PluginGroup", "run_tool", "show_advice_line", "show_card"]

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, cast, get_args, get_origin

import click

from tieout.cli.commands import ASKED_FOR, LocalCommand, LocalGroup
from tieout.contract.tools import Effect
from tieout.errors import InputError
from tieout.helptexts import plugin_summary, tool_texts
from tieout.i18n import Language, translator
from tieout.loading import FoundEntry
from tieout.slash import bind_words

if TYPE_CHECKING:
    from tieout.contract.cards import Card
    from tieout.contract.results import Result
    from tieout.contract.tools import Parameter, Tool
    from tieout.host import Host

_ = translator("tieout")


class PluginGroup(LocalGroup):
    """The command group of one plugin; the plugin is imported when the group is used, not when it is listed."""

    def __init__(self, name: str, entry: FoundEntry) -> None:
        from tieout.text import clean_line

        super().__init__(name=name, help=clean_line(plugin_summary(entry) or entry.distribution, limit=200))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for name, tool in self._tools(ctx).items() if "cli" in tool.faces)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        tools = self._tools(ctx)
        tool = tools.get(cmd_name) or tools.get(cmd_name.replace("-", "_"))
        return tool_command(tool) if tool is not None and "cli" in tool.faces else None

    def _tools(self, ctx: click.Context) -> Mapping[str, Tool[..., Any]]:
        from tieout.cli.app import state_of

        return state_of(ctx).host().registry.require(self.name or "").tools


class _ToolCommand(LocalCommand):
    """A tool's command, which keeps the ``--`` behind which words are no options for whoever binds the words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" not in args:
            return super().parse_args(ctx, args)
        end = args.index("--")
        left = super().parse_args(ctx, args[:end])
        ctx.params["_words"] = (*ctx.params["_words"], *args[end:])
        return left


def tool_command(tool: Tool[..., Any]) -> click.Command:
    """The command of a tool: every parameter as an option, or as a word in order, as in a slash command."""
    texts = tool_texts(tool)
    names = [
        parameter.name.upper() if parameter.required else f"[{parameter.name.upper()}]"
        for parameter in tool.parameters
    ]
    parameters: list[click.Parameter] = [click.Argument(["_words"], nargs=-1, metavar=" ".join(names))]
    parameters += [_option(parameter, texts.parameters[parameter.name]) for parameter in tool.parameters]
    # A tool's own argument goes before: `compute serve --output 500` is the length of an answer.
    to_file = "--output-file" if any(p.name == "output" for p in tool.parameters) else "--output"
    parameters += [
        click.Option(["--json", "_as_json"], is_flag=True, help=_("Print the result as JSON.")),
        click.Option([to_file, "_output"], metavar="FILE", help=_("Write it to a file instead of printing it.")),
        click.Option(["--approve", "_approve"], multiple=True, type=click.Choice(ASKED_FOR),
                     help=_("Approve an effect beforehand.")),
    ]  # fmt: skip

    @click.pass_context
    def callback(
        ctx: click.Context,
        _words: tuple[str, ...],
        _as_json: bool,
        _output: str | None,
        _approve: tuple[str, ...],
        **options: Any,
    ) -> int:
        from tieout.cli.app import state_of

        arguments: dict[str, object] = {}
        for name, value in options.items():
            if value is not None and value != ():
                arguments[name] = list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
        # A file name with a byte that is no UTF-8 cannot be an argument; with escapes it can be spoken of.
        words = [
            word.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") for word in _words
        ]
        arguments |= bind_words(tool, words, taken=arguments)
        # Who typed --write has approved of writing; where the settings deny it, it stays denied.
        approve = {
            *_approve,
            *(str(effect) for name, effect in tool.effects_when.items() if arguments.get(name)),
        }
        form = str(arguments.get("format", ""))
        if _as_json and form not in ("", *(str(p.default) for p in tool.parameters if p.name == "format")):
            raise click.UsageError(
                _("--json and --format {form} ask for two different outputs: leave one out.", form=form)
            )
        host = state_of(ctx).host()
        return run_tool(host, tool, arguments, as_json=_as_json, output=_output, approve=tuple(approve))

    return _ToolCommand(
        tool.name, params=parameters, callback=callback, help=texts.description, short_help=texts.summary
    )


def _option(parameter: Parameter, shown: str) -> click.Option:
    kind = _bare(parameter.annotation)
    name = parameter.name
    option = "--" + name.replace("_", "-")
    if parameter.default not in (None, "", (), []):
        shown = f"{shown} [{parameter.default}]".strip()
    if kind is bool:
        return click.Option([f"{option}/--no-{option[2:]}", name], default=None, help=shown)
    many = get_origin(kind) in (list, tuple, set)
    return click.Option([option, name], default=None, multiple=many, help=shown, metavar=_metavar(parameter))


def _metavar(parameter: Parameter) -> str:
    if parameter.slot and parameter.slot.example:
        return parameter.slot.example
    return getattr(_bare(parameter.annotation), "__name__", "text").upper()


def _bare(annotation: Any) -> Any:
    """The type itself, without Annotated and without ``| None``."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        inner = [arg for arg in get_args(annotation) if arg is not type(None)]
        return _bare(inner[0]) if inner else str
    return annotation


def run_tool(
    host: Host,
    tool: Tool[..., Any],
    arguments: Mapping[str, object],
    *,
    as_json: bool,
    output: str | None = None,
    approve: tuple[str, ...] = (),
) -> int:
    """Run a tool for the command line and print its card, its own printout or its JSON.

    Args:
        output: A file to write that to instead.

    Returns:
        The exit code that the result asks for.

    Raises:
        TieoutError: The call failed, or the file cannot be written.
    """
    from tieout.cli.output import print_json, say

    result = asyncio.run(run_call(host, tool, arguments, approve))
    if output is not None:
        _write(output, result, host.lang, as_json=as_json)
    elif as_json:
        print_json(result.model_dump(mode="json"))
    elif (text := result.printout(host.lang)) is not None:
        say(text)
    else:
        show_card(result.card(host.lang))
        if result.advice_notice:
            show_advice_line()
    return result.exit_code


def _write(output: str, result: Result, lang: Language, *, as_json: bool) -> None:
    """Write to a file what would have been printed."""
    import json

    from tieout.cardtext import card_text

    if as_json:
        text: str | None = json.dumps(result.model_dump(mode="json"), ensure_ascii=False, indent=2)
    else:
        text = result.printout(lang)
    text = card_text(result.card(lang)) if text is None else text
    try:
        Path(output).expanduser().write_text(text if text.endswith("\n") else text + "\n", "utf-8")
    except OSError as error:
        raise InputError(
            _("{file} cannot be written: {problem}", file=output, problem=error.strerror or error),
            hint=_("Name a file in a folder that exists and that you may write to."),
        ) from None


async def run_call(
    host: Host, tool: Tool[..., Any], arguments: Mapping[str, object], approve: tuple[str, ...]
) -> Result:
    from tieout.cli.output import warn, warn_of_settings
    from tieout.cli.progress import ProgressLine
    from tieout.cli.prompting import ask_approval
    from tieout.running import ToolRunner, TurnState

    turn = TurnState(
        lang=host.lang,
        emit=ProgressLine().on_event,
        approve=ask_approval if sys.stdin.isatty() and sys.stderr.isatty() else None,
        approved=frozenset(Effect(effect) for effect in approve),
    )
    warn_of_settings(host)
    try:
        return (await ToolRunner(host, turn).run(tool, arguments)).value()
    finally:
        if host.data_problem is not None:
            warn(str(host.data_problem))
        await host.aclose()


def show_card(card: Card) -> None:
    """Print a card as plain text."""
    from tieout.cardtext import card_text
    from tieout.cli.output import say

    say(card_text(card))


def show_advice_line() -> None:
    """The one line under stock and report answers."""
    from tieout.cli.output import note

    note(_("No investment advice."))
