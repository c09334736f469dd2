"""The data that ships with this package, and how old it is (entry point in the group ``tieout.tables``)."""

from __future__ import annotations

from tieout.plugin import ShippedTable

__all__ = ["shipped_tables"]


def shipped_tables() -> list[ShippedTable]:
    """One row for each source of the directory."""
    from tieout_stock_lookup.directory import DirectorySource
    from tieout_stock_lookup.shipped import english_names, load_directory

    counts: dict[DirectorySource, int] = {}
    for share in load_directory().by_symbol.values():
        if share.source is not None:
            counts[share.source] = counts.get(share.source, 0) + 1
    source, rows = english_names()
    counts[source] = counts.get(source, 0) + rows
    return [
        ShippedTable(
            name=f"stock directory: {source.name}",
            rows=rows,
            as_of=source.as_of,
            source=f"{source.name} ({source.package})" if source.package else source.name,
            valid_until=source.valid_until,
            licence=source.licence,
        )
        for source, rows in counts.items()
    ]
