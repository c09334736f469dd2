"""``tieout completion SHELL``."""

from __future__ import annotations

__all__ = ["completion"]

import click

from tieout.cli.commands import LocalCommand


@click.command(cls=LocalCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell: eval "$(tieout completion bash)"."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(ctx.find_root().command, {}, "tieout", "_TIEOUT_COMPLETE").source())
