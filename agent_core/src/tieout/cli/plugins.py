"""``tieout plugins``: works even when every plugin is broken."""

from __future__ import annotations

__all__ = ["brings_text", "plugins", "state_text"]

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

import click

from tieout.cli.app import state_of
from tieout.cli.commands import LocalGroup
from tieout.cli.files import replace_file
from tieout.cli.output import note, print_json, say, show_table, warn
from tieout.cli.pluginprobe import PREFIX
from tieout.errors import ExitCode, PluginError, SettingsError
from tieout.helptexts import plugin_summary
from tieout.i18n import N_, current_language, set_language, translator
from tieout.loading import find_entry_points

_ = translator("tieout")

_DOCTOR_SECONDS = 120
"""For one plugin: its import, its start (30 s unless settings say otherwise) and its stop (10 s) have limits inside."""
_AT_ONCE = 4


@click.group(cls=LocalGroup)
def plugins() -> None:
    """List, switch and diagnose plugins."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List plugins from their packages' metadata; imports none of them."""
    disabled = _disabled(ctx)
    entries = find_entry_points("tieout.plugins")
    rows = [
        {
            "name": entry.name,
            "package": entry.distribution,
            "version": entry.version,
            "core": entry.core_range,
            "state": "disabled" if entry.name in disabled else "enabled",
            "summary": entry.summary,
        }
        for entry in entries
    ]
    if as_json:
        print_json(rows)
        return
    summaries = [plugin_summary(entry) for entry in entries]
    states = {"enabled": _("enabled"), "disabled": _("disabled")}
    headings = (_("Name"), _("Package"), _("Version"), _("State"), _("Summary"))
    show_table(
        headings,
        [
            (row["name"], row["package"], row["version"], states[row["state"]], summary)
            for row, summary in zip(rows, summaries, strict=True)
        ],
    )


@plugins.command()
@click.argument("name")
@click.pass_context
def enable(ctx: click.Context, name: str) -> None:
    """Switch a plugin on again."""
    _switch(ctx, name, disabled=False)


@plugins.command()
@click.argument("name")
@click.pass_context
def disable(ctx: click.Context, name: str) -> None:
    """Switch a plugin off; it is not imported any more."""
    _switch(ctx, name, disabled=True)


@plugins.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> int:
    """Load, start and stop each plugin in a process of its own and say what it brings, or why it fails."""
    if as_json:  # the same words for scripts in every language
        set_language("en")
    installed = {entry.name for entry in find_entry_points("tieout.plugins")}
    for name in names:
        if name not in installed:
            raise PluginError(_("There is no plugin named {name}.", name=repr(name)), code="plugin-unknown",
                              hint=_("`tieout plugins list` shows them all."))  # fmt: skip
    reports = _examine_all(list(names) or sorted(installed))
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            _show_report(report)
    return ExitCode.PLUGIN if any(report["state"] == "failed" for report in reports) else ExitCode.OK


def _disabled(ctx: click.Context) -> list[str]:
    """What the settings switch off; broken settings are reported and switch nothing off."""
    try:
        return state_of(ctx).settings().settings.plugins.disabled
    except SettingsError as error:
        warn(str(error))
        return []


def _examine_all(names: Sequence[str]) -> list[dict[str, Any]]:
    """A report on each, in order; a plugin that hangs holds up no other."""
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tieout-doctor") as pool:
        asked = [pool.submit(copy_context().run, _examine, name) for name in names]
        return [report.result() for report in asked]


def _examine(name: str) -> dict[str, Any]:
    """Load and start one plugin in a child process, which may crash, hang or exit without harm."""
    command = [sys.executable, "-m", "tieout.cli.pluginprobe", name]
    environment = {**os.environ, "TIEOUT_LANG": current_language()}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=_DOCTOR_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return _failed(name, _("did not load within {seconds} s", seconds=_DOCTOR_SECONDS))
    for line in reversed(done.stdout.decode("utf-8", "replace").splitlines()):
        if line.startswith(PREFIX):
            return cast("dict[str, Any]", json.loads(line.removeprefix(PREFIX)))
    tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
    return _failed(
        name, _("the process ended with code {code}. {tail}", code=done.returncode, tail=tail[0]).strip()
    )


def _failed(name: str, reason: str) -> dict[str, Any]:
    return {"name": name, "state": "failed", "reason": reason, "warnings": [], "brings": {}}


def _show_report(report: dict[str, Any]) -> None:
    brings = brings_text(report["brings"])
    say(f"{report['name']}: {state_text(report['state'])} {brings} {report['reason']}".rstrip())
    for warning in report["warnings"]:
        say(f"  {_('Warning')}: {report['name']}: {warning}")


def state_text(state: str) -> str:
    """What became of a plugin, in the user's language."""
    return {"loaded": _("ok"), "failed": _("FAILED"), "disabled": _("disabled")}.get(state, state)


def brings_text(brings: Mapping[str, int]) -> str:
    """How much of what a plugin brings: ``6 tools, 1 guards``; what it does not bring is left out."""
    texts = {
        "tools": N_("{count} tools"),
        "guards": N_("{count} guards"),
        "models": N_("{count} models"),
        "sources": N_("{count} sources"),
        "lifespan": N_("{count} lifespan"),
    }
    return ", ".join(_(texts[kind], count=count) for kind, count in brings.items() if count)


def _switch(ctx: click.Context, name: str, *, disabled: bool) -> None:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from tieout.settings import user_config_path

    known = {entry.name for entry in find_entry_points("tieout.plugins")}
    # One that is gone can still be listed as switched off, and be taken out of the list.
    if name not in known and (disabled or name not in _disabled(ctx)):
        raise PluginError(
            _("There is no plugin named {name}.", name=repr(name)),
            code="plugin-unknown",
            hint=_("`tieout plugins list` shows them all."),
        )
    path = user_config_path()
    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
        table = cast("dict[str, Any]", document.setdefault("plugins", tomlkit.table()))
        names = [item for item in cast("list[str]", table.get("disabled", [])) if item != name]
        table["disabled"] = [*names, name] if disabled else names
        replace_file(path, tomlkit.dumps(document).encode())  # pyright: ignore[reportUnknownMemberType]
    except (TOMLKitError, OSError) as error:
        raise SettingsError(
            _("cannot be changed: {problem}", problem=error),
            path=path,
            hint=_("Correct or move the file, or set TIEOUT_CONFIG to another one."),
        ) from None
    note(_("{name} is switched off.", name=name) if disabled else _("{name} is switched on.", name=name))
