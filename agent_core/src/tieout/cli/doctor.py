"""``tieout doctor``: what works here, and what leaves the machine and to whom."""

from __future__ import annotations

__all__ = ["doctor"]

import asyncio
import os
import platform
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tieout import __version__
from tieout.cli.app import CliState, state_of
from tieout.cli.commands import LocalCommand
from tieout.cli.output import print_json, say
from tieout.contract.tools import Effect
from tieout.errors import ExitCode, SettingsError, StoreError
from tieout.i18n import set_language, translator

if TYPE_CHECKING:
    from tieout.host import Host

_ = translator("tieout")

Row = tuple[str, str, str]
"""Section, what was looked at, what was found."""


@click.command(cls=LocalCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> int:
    """Check settings, models, plugins, store and terminal. Sends nothing."""
    state = state_of(ctx)
    if as_json:  # the same words for scripts in every language
        set_language("en")
    rows: list[Row] = list(_program())
    code = ExitCode.OK
    try:
        host = state.host()
    except SettingsError as error:
        rows.append((_("Settings"), _("FAILED"), str(error)))
        code = ExitCode.SETTINGS
    else:
        rows += [
            *_settings(state),
            *_leaves(host),
            *_models(host),
            *_plugins(host),
            *_store(host),
            *_limits(host),
        ]
        if any(record.state == "failed" for record in host.registry.records.values()):
            code = ExitCode.PLUGIN
        if any(kind == _("Store") and what == _("FAILED") for kind, what, _found in rows):
            code = ExitCode.STORE
    if as_json:
        print_json([{"section": section, "item": item, "found": found} for section, item, found in rows])
    else:
        _show(rows)
    return code


def _show(rows: list[Row]) -> None:
    section = ""
    for kind, what, found in rows:
        if kind != section:
            section = kind
            click.secho(f"\n{kind}", bold=True)
        say(f"  {what}: {found}")


def _program() -> Iterator[Row]:
    section = _("Program")
    yield section, "tieout", __version__
    yield section, "Python", f"{platform.python_version()} ({sys.platform}, {platform.machine()})"
    terminal = f"TERM={os.environ.get('TERM', '')}, tty={sys.stdout.isatty()}, {sys.stdout.encoding}"
    yield section, _("terminal"), terminal


def _settings(state: CliState) -> Iterator[Row]:
    section = _("Settings")
    loaded = state.settings()
    yield section, _("files"), ", ".join(str(path) for path in loaded.files) or _("none; defaults")
    yield section, _("profile"), loaded.profile or "–"
    yield section, _("language"), state.host().lang
    state.host().load()
    for problem in state.host().registry.setting_problems():
        yield section, _("Warning"), problem


def _leaves(host: Host) -> Iterator[Row]:
    section = _("What leaves this machine")
    model = host.default_model()
    try:
        spec, _name = host.model_spec(model)
        to = (
            _("nothing")
            if spec.local
            else _("questions, history and tool results, to {host}", host=spec.sends_to)
        )
        yield section, _("model {name}", name=model), to
    except Exception as error:
        yield section, _("model {name}", name=model), host.describe(error)
    for effect in Effect:
        what = {
            Effect.READ: _("tools may read this machine"),
            Effect.WRITE: _("tools may change files"),
            Effect.NETWORK: _("tools may use the network"),
            Effect.SPEND: _("tools may spend money"),
        }[effect]
        yield (
            section,
            what,
            {"allow": _("allowed"), "ask": _("asked each time"), "deny": _("no")}[
                host.settings.permission(effect)
            ],
        )
    yield section, _("telemetry"), _("none, ever")
    yield section, _("update check"), _("none")


def _models(host: Host) -> Iterator[Row]:
    from tieout.models.probing import probe_all

    specs = list(host.model_specs().values())
    for spec, probe in zip(specs, probe_all(specs, host.default_model()), strict=True):
        if probe.available or spec.local:
            state = _("usable") if probe.available else _("not usable")
            yield _("Models"), spec.prefix, f"{state}; {probe.detail} {probe.hint}".strip()


def _plugins(host: Host) -> Iterator[Row]:
    from tieout.cli.plugins import brings_text, state_text

    section = _("Plugins")
    for record in host.load():
        brings = (
            brings_text({"tools": len(record.tools), "guards": len(record.guards)})
            if record.state == "loaded"
            else record.reason
        )
        yield (
            section,
            f"{record.name} ({record.entry.distribution} {record.entry.version})",
            f"{state_text(record.state)}: {brings}",
        )
        for warning in record.warnings:
            if warning not in record.setting_problems:
                yield section, record.name, f"{_('Warning')}: {warning}"
    for conflict in host.registry.conflicts:
        yield section, _("conflict"), conflict


def _store(host: Host) -> Iterator[Row]:
    section = _("Store")

    async def look() -> tuple[int, tuple[str, ...]]:
        from tieout.store import SqliteStore

        async with SqliteStore(host.store_path) as store:
            return len(await store.sessions()), store.warnings

    try:
        count, warnings = asyncio.run(look())
        yield section, str(host.store_path), _("{count} conversations", count=count)
        for warning in warnings:
            yield section, _("Warning"), warning
    except StoreError as error:
        yield section, _("FAILED"), str(error)


def _limits(host: Host) -> Iterator[Row]:
    limits = host.settings.limits
    for name, value in limits.model_dump().items():
        yield _("Limits"), name, f"{value:g}"
