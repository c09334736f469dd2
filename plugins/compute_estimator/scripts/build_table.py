"""Put rows into one of the hand-kept tables of data/, checked and in the one form that the files have.

    python scripts/build_table.py TABLE ROWS.json [OUTPUT.json]

TABLE is models, architectures, facts, mfu_prior, run_priors, grid_intensity, scaling_fits or device_clocks. ROWS.json
is a list of rows in the form of the table, or an object of such lists where the table has several. A row replaces the
one with the same name (a fact: the same in all but its status and notes); others are added at the end. Without rows,
``[]``, the file is checked and written anew. The table's date becomes that of its newest row. Hardware, API prices and
serving measurements have scripts of their own, since they are made from something else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "src" / "tieout_compute_estimator" / "data"
Row = dict[str, Any]


def _named(row: Row) -> object:
    return row["name"]


def _fact(row: Row) -> object:
    changing = ("status", "assumption", "note", "notes", "as_of", "valid_until")
    return json.dumps({name: value for name, value in row.items() if name not in changing}, sort_keys=True)


TABLES: Mapping[str, tuple[str, tuple[str, ...], Callable[[Row], object]]] = {
    "models": ("published:ModelTable", ("models",), _named),
    "architectures": ("architecture_table:ArchitectureTable", ("models",), _named),
    "facts": ("claims.knowledge:FactTable", ("facts", "subjects"), _fact),
    "mfu_prior": ("published:PriorTable", ("rows",), _named),
    "run_priors": ("priors:RunPriorTable", ("rows",), _named),
    "grid_intensity": ("priors:GridTable", ("rows",), _named),
    "scaling_fits": ("scaling_laws:ScalingTable", ("fits", "laws"), _named),
    "device_clocks": ("registry_lint:ClockTable", ("rows", "waived"), _named),
}
"""Table to its class, the lists in it, and what a row is known by."""


def build(table: str, given: object, old: Mapping[str, Any]) -> dict[str, Any]:
    """The table with ``given`` put in, valid.

    Raises:
        ValueError: A row is not valid, or stands in a list that the table does not have.
    """
    place, lists, key = TABLES[table]
    additions: dict[str, Any] = given if isinstance(given, dict) else {lists[0]: given}
    if unknown := additions.keys() - set(lists):
        raise ValueError(f"{table} has no {sorted(unknown)}; it has {list(lists)}")
    new = dict(old)
    for name, rows in additions.items():
        kept = {_key(row, key): row for row in new[name]}
        kept |= {_key(row, key): row for row in rows}
        new[name] = list(kept.values())
    dates = [
        str(row["as_of"]) for name in lists for row in new[name] if isinstance(row, dict) and row.get("as_of")
    ]
    new["as_of"] = max([str(old["as_of"]), *dates])
    module, _, model = place.partition(":")
    getattr(import_module(f"tieout_compute_estimator.{module}"), model).model_validate_json(json.dumps(new))
    return new


def _key(row: Row, key: Callable[[Row], object]) -> object:
    try:
        return row["name"] if isinstance(row, dict) and "name" in row else key(row)
    except (KeyError, TypeError):  # a list of plain names, or rows without one: the whole row is its key
        return json.dumps(row, sort_keys=True)


def written(table: Mapping[str, Any]) -> str:
    """One row a line, so that a change of a row is a change of a line."""
    parts: list[str] = []
    for name, value in table.items():
        head = f"{json.dumps(name)}: "
        if isinstance(value, list) and value:
            rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value)
            parts.append(f" {head}[\n{rows}\n ]")
        elif isinstance(value, dict) and len(value) > 8:
            rows = ",\n".join(
                f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items()
            )
            parts.append(f" {head}{{\n{rows}\n }}")
        else:
            parts.append(f" {head}{json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Read the rows, write the table."""
    if not 2 <= len(arguments) <= 3 or arguments[0] not in TABLES:
        print((__doc__ or "").splitlines()[2].strip(), file=sys.stderr)
        return 2
    file = DATA / f"{arguments[0]}.json"
    try:
        given = json.loads(Path(arguments[1]).read_text("utf-8"))
        new = build(arguments[0], given, json.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        print(f"{arguments[1]}: {error}", file=sys.stderr)
        return 1
    output = Path(arguments[2]) if len(arguments) == 3 else file
    output.write_text(written(new), encoding="utf-8")
    print(f"{sum(len(new[name]) for name in TABLES[arguments[0]][1])} rows -> {output.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
