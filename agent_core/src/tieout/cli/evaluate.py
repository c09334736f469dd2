"""``tieout eval NAME FILE``: score a file of cases with the scorer that a plugin registers."""

from __future__ import annotations

__all__ = ["evaluate"]

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tieout.cli.app import CliState, state_of
from tieout.cli.commands import LocalCommand
from tieout.cli.output import print_json, say
from tieout.errors import ExitCode, InputError
from tieout.i18n import current_language, translator

if TYPE_CHECKING:
    from tieout.contract.results import EvalResult
    from tieout.host import Host

_ = translator("tieout")


@click.command("eval", cls=LocalCommand)
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--misses",
    default=20,
    show_default=True,
    metavar="N",
    type=click.IntRange(0),
    help="How many misses to print.",
)
@click.pass_context
def evaluate(ctx: click.Context, name: str, file: Path, as_json: bool, misses: int) -> int:
    """Score FILE with the scorer NAME: a plugin's tool called eval, or offline for the router itself."""
    if not file.is_file():
        raise InputError(
            _("There is no file {path}.", path=str(file)), code="file-missing", hint=_("Check the name.")
        )
    state = state_of(ctx)
    result = _of_questions(state, file) if name == "offline" else _of_plugin(state.host(), name, file)
    if as_json:
        print_json(result.model_dump(mode="json", exclude={"notes"}))
        return ExitCode.OK
    say(result.scores(current_language(), misses=misses))
    return ExitCode.OK


def _of_plugin(host: Host, name: str, file: Path) -> EvalResult:
    from tieout.cli.groups import run_call
    from tieout.contract.results import EvalResult

    if name in host.registry.records:
        host.registry.require(name)
    scorers = sorted(tool.group for tool in host.tools().values() if tool.name == "eval")
    if name not in scorers:
        raise InputError(
            _("There is no scorer named {name}.", name=repr(name)),
            code="scorer-unknown",
            hint=_("Known scorers: {names}.", names=", ".join(["offline", *scorers])),
        )
    result = asyncio.run(run_call(host, host.tool(f"{name}.eval"), {"file": str(file)}, ()))
    if not isinstance(result, EvalResult):
        raise InputError(
            _("{name}.eval returned no evaluation.", name=name), hint=_("It must return an EvalResult.")
        )
    return result


def _of_questions(state: CliState, file: Path) -> EvalResult:
    """Ask every question of the file through the offline mode, in conversations that are not kept."""
    from tieout.host import Host
    from tieout.models.offline.scoring import evaluate as score
    from tieout.models.offline.scoring import read_cases

    async def run() -> EvalResult:
        async with Host(state.settings(), plugins=state.plugins, ephemeral=True) as host:
            return await score(host, read_cases(file))

    return asyncio.run(run())
