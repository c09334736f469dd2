"""The data that ships with this package, and how old it is (entry point in the group ``tieout.tables``)."""

from __future__ import annotations

from datetime import timedelta

from tieout.plugin import ShippedTable

__all__ = ["shipped_tables"]

# Some 130 of 5,000 A-shares are renamed in a year and 200 listed: after half a year one name in 30 is wrong.
_DIRECTORY_LIFE = timedelta(days=183)


def shipped_tables() -> list[ShippedTable]:
    """One row for each source of the directory."""
    from tieout_stock_lookup.directory import DirectorySource, load_directory

    counts: dict[DirectorySource, int] = {}
    for share in load_directory().by_symbol.values():
        if share.source is not None:
            counts[share.source] = counts.get(share.source, 0) + 1
    return [
        ShippedTable(
            name=f"stock directory: {source.name}",
            rows=rows,
            as_of=source.as_of,
            source=f"{source.name} ({source.package})" if source.package else source.name,
            valid_until=source.valid_until or source.as_of + _DIRECTORY_LIFE,
            licence=source.licence,
        )
        for source, rows in counts.items()
    ]
