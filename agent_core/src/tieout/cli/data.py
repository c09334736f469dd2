"""``tieout data status``: how old the shipped tables are."""

from __future__ import annotations

__all__ = ["data"]

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import cast

import click

from tieout.cli.commands import LocalGroup
from tieout.cli.output import print_json, show_table, warn
from tieout.contract.tables import ShippedTable
from tieout.i18n import translator
from tieout.loading import describe_failure, load_entry_points

_ = translator("tieout")


@click.group(cls=LocalGroup)
def data() -> None:
    """Shipped data tables and their age."""


@data.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """List every shipped table with its date, its age and whether it has expired."""
    today = datetime.now(tz=UTC).date()
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
            }
            for package, table in tables
        ]
        print_json(rows)
        return
    rows_shown = [
        (
            table.name,
            str(table.rows),
            table.as_of.isoformat(),
            _("{days} days", days=(today - table.as_of).days),
            (
                _("EXPIRED {day}", day=table.valid_until)
                if table.expired(today)
                else str(table.valid_until or "–")
            ),
            table.source,
        )
        for _package, table in tables
    ]
    show_table((_("Table"), _("Rows"), _("As of"), _("Age"), _("Valid until"), _("Source")), rows_shown)


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
