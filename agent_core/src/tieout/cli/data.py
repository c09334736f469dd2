"""``tieout data``: how old the shipped tables are, and newer ones from public sources when the user asks."""

from __future__ import annotations

__all__ = ["data"]

import asyncio
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from tieout.cli.app import state_of
from tieout.cli.commands import ASKED_FOR, LocalGroup
from tieout.cli.files import replace_file
from tieout.cli.output import note, print_json, show_table, warn
from tieout.contract.tables import ShippedTable, TableRefresh, table_path, tables_folder, use_tables
from tieout.contract.tools import Effect
from tieout.errors import ApprovalNeeded, ExitCode, InputError, TieoutError
from tieout.i18n import translator
from tieout.loading import describe_failure, load_entry_points
from tieout.told import told_source

if TYPE_CHECKING:
    from tieout.host import Host

_ = translator("tieout")


@click.group(cls=LocalGroup)
def data() -> None:
    """Shipped data tables and their age."""


@data.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """List every table with its date, its age and whether it has expired."""
    today = datetime.now(tz=UTC).date()
    with use_tables(_folder(state_of(ctx).host())):
        tables = shipped_tables()
    if as_json:
        rows = [
            {
                "table": table.name,
                "package": package,
                "rows": table.rows,
                "as_of": table.as_of.isoformat(),
                "valid_until": table.valid_until.isoformat() if table.valid_until else None,
                "age_days": (today - table.as_of).days,
                "expired": table.expired(today),
                "source": table.source,
                "refreshable": table.refresh is not None,
            }
            for package, table in tables
        ]
        print_json(rows)
        return
    shown = [_status_row(table, today) for _package, table in tables]
    show_table((_("Table"), _("Rows"), _("As of"), _("Age"), _("Valid until"), _("Source")), shown)
    _advise(state_of(ctx).host(), [table for _package, table in tables if table.expired(today)])


def _status_row(table: ShippedTable, today: date) -> tuple[str, ...]:
    age = (today - table.as_of).days
    until = str(table.valid_until or "–")
    return (
        table.name,
        str(table.rows),
        table.as_of.isoformat(),
        _("1 day") if age == 1 else _("{days} days", days=age),
        _("EXPIRED {day}", day=until) if table.expired(today) else until,
        told_source(table.source),
    )


def _advise(host: Host, expired: list[ShippedTable]) -> None:
    """What to do about tables of which rows have expired: fetch newer ones, or install a newer package."""
    if not expired:
        return
    note("")
    note(
        _(
            "EXPIRED is the day on which the first row of a table went out of date; an answer that uses such a row "
            "says so, with its date."
        )
    )
    fetched = [table.name for table in expired if table.refresh is not None]
    others = [table.name for table in expired if table.refresh is None]
    if fetched:
        command = "tieout data refresh" if host.settings.online else "tieout --online data refresh"
        words = " ".join([command, *(f'"{name}"' for name in fetched)])
        note(_("Newer rows, where public lists have them: `{command}`", command=words))
    if others:
        note(
            _(
                "These have no public source; a newer version of their package brings them: {names}.",
                names=", ".join(others),
            )
        )


def shipped_tables() -> list[tuple[str, ShippedTable]]:
    """Every table that a package declares in the group ``tieout.tables``, with the package's name."""
    found: list[tuple[str, ShippedTable]] = []
    for entry in load_entry_points("tieout.tables"):
        problem = entry.error
        if not problem:
            try:
                declared = cast("Callable[[], Iterable[ShippedTable]]", entry.value)()
                found += [(entry.distribution, table) for table in declared]
            except (Exception, SystemExit) as error:
                problem = describe_failure(error)
        if problem:
            warn(
                _(
                    "{package}: its tables cannot be read: {problem}",
                    package=entry.distribution,
                    problem=problem,
                )
            )
    return found


@data.command()
@click.argument("tables", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--approve",
    multiple=True,
    type=click.Choice(ASKED_FOR),
    is_flag=False,
    flag_value=str(Effect.NETWORK),  # alone, it approves of the one effect that there is here
    help="Approve an effect beforehand.",
)
@click.pass_context
def refresh(ctx: click.Context, tables: tuple[str, ...], as_json: bool, approve: tuple[str, ...]) -> int:
    """Fetch newer versions of TABLES, or of all that have a public source. Needs --online.

    What arrives is checked before it replaces anything; where a source fails, the table stays as it is.
    """
    host = state_of(ctx).host()
    chosen = _chosen(tables)
    _permit(host, chosen, approve=str(Effect.NETWORK) in approve)
    rows = asyncio.run(_refresh_all(chosen, _folder(host)))
    if as_json:
        print_json(rows)
    else:
        shown = [
            (row["table"], _("refreshed") if row["ok"] else _("kept as it was"), row["detail"])
            for row in rows
        ]
        show_table((_("Table"), _("Outcome"), _("Detail")), [tuple(map(str, row)) for row in shown])
    return ExitCode.OK if all(row["ok"] for row in rows) else ExitCode.FAILURE


def _folder(host: Host) -> Path:
    return tables_folder(host.data_dir)


def _chosen(names: tuple[str, ...]) -> list[tuple[ShippedTable, TableRefresh]]:
    found = [(table, table.refresh) for _package, table in shipped_tables() if table.refresh is not None]
    known = {table.name for table, _refresh in found}
    unknown = [name for name in names if name not in known]
    if unknown or not found:
        listed = ", ".join(repr(name) for name in sorted(known)) or _("none")
        raise InputError(
            _("There is no table {name} with a public source.", name=repr(unknown[0]))
            if unknown
            else _("No installed table has a public source."),
            hint=_("These have one: {names}.", names=listed),
        )
    return [(table, refresh) for table, refresh in found if not names or table.name in names]


def _permit(host: Host, chosen: list[tuple[ShippedTable, TableRefresh]], *, approve: bool) -> None:
    """Online access is the user's to give.

    Raises:
        InputError: It is off.
        ApprovalNeeded: Settings say ask, and nobody answered yes.
    """
    hosts = ", ".join(sorted({name for _table, refresh in chosen for name in refresh.hosts}))
    if not host.settings.online:
        raise InputError(
            _("Online access is off, and refreshing reads from {hosts}.", hosts=hosts),
            hint=_("Run `tieout --online data refresh`, or set online = true in your own tieout.toml."),
        )
    permission = host.settings.permission(Effect.NETWORK)
    if permission == "allow" or (permission == "ask" and approve):
        return
    there = permission == "ask" and sys.stdin.isatty()
    if there and click.confirm(_("Read from {hosts}?", hosts=hosts)):
        return
    raise ApprovalNeeded(
        _("The settings do not let tools use the network without being asked."),
        tool="data refresh",
        effect=Effect.NETWORK,
        hint=_('Pass --approve {effect}, or set [policy] {effect} = "allow".', effect=Effect.NETWORK),
    )


async def _refresh_all(
    chosen: list[tuple[ShippedTable, TableRefresh]], folder: Path
) -> list[dict[str, object]]:
    from tieout.fetching import fetcher

    today = datetime.now(tz=UTC).date()
    rows: list[dict[str, object]] = []
    for table, source in chosen:
        try:
            built = await source.build(fetcher(source.hosts), today)
            _replace(table_path(table.name, folder), built)
        except TieoutError as error:
            rows.append({"table": table.name, "ok": False, "detail": str(error)})
        except (Exception, SystemExit) as error:
            rows.append({"table": table.name, "ok": False, "detail": describe_failure(error)})
        else:
            rows.append({"table": table.name, "ok": True, "detail": _now(table.name, folder)})
    return rows


def _replace(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        raise InputError(
            _("{path} cannot be written: {problem}", path=path, problem=error.strerror or error),
            hint=_("Make the folder writable, or set data_dir (TIEOUT_DATA_DIR) to one that is."),
        ) from None


def _now(name: str, folder: Path) -> str:
    """What the table says of itself now."""
    with use_tables(folder):
        table = next(table for _package, table in shipped_tables() if table.name == name)
    until = table.valid_until.isoformat() if table.valid_until else "–"
    return _("{rows} rows, as of {day}, valid until {until}", rows=table.rows, day=table.as_of, until=until)
