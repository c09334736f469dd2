"""Extracts, compiles and checks the message catalogues of every package.

A catalogue lives in `src/<package>/locale/<language>/LC_MESSAGES/<package>.po`; the compiled `.mo` beside it
is committed, so that neither a wheel nor a checkout needs a build step. Needs babel (requirements-dev.lock).

    python scripts/catalogues.py extract    update each .po with the messages in its package's source
    python scripts/catalogues.py compile    write each .mo
    python scripts/catalogues.py check      exit 1 where a .mo is stale or an entry has no translation
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "N_": None}


def catalogue_paths(root: Path) -> list[Path]:
    """The .po files of all members, sorted."""
    return sorted(path for src in _source_folders(root) for path in src.glob("*/locale/*/LC_MESSAGES/*.po"))


def _source_folders(root: Path) -> list[Path]:
    return [root / "agent_core/src", root / "tui/src", *sorted(root.glob("plugins/*/src"))]


def _read(path: Path) -> Catalog:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain=path.stem)


def compiled(path: Path) -> bytes:
    """The .mo bytes of one .po; fuzzy entries are left out, so that a doubtful translation is not shown."""
    from babel.messages.mofile import write_mo

    buffer = io.BytesIO()
    write_mo(buffer, _read(path))
    return buffer.getvalue()


def extracted(package: Path) -> Catalog:
    """Every message in the Python source of one package."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    catalogue = Catalog(project=package.name, charset="utf-8", fuzzy=False)
    found = extract_from_dir(package, method_map=[("**.py", "python")], keywords=KEYWORDS)
    for name, line, message, comments, context in found:
        catalogue.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalogue


def _package(path: Path) -> Path:
    return path.parent.parent.parent.parent


def problems(path: Path) -> list[str]:
    """What is wrong with one catalogue: entries missing, untranslated or fuzzy, and a stale .mo."""
    catalogue = _read(path)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    found: list[str] = []
    for message in extracted(_package(path)):
        if not message.id:
            continue
        entry = catalogue.get(message.id, message.context)
        if entry is None or not _translated(entry):
            file, line = message.locations[0]
            found.append(f"{shown}: no translation of {message.id!r} ({_package(path).name}/{file}:{line})")
        elif entry.fuzzy:
            found.append(f"{shown}: the translation of {message.id!r} is marked fuzzy")
    target = path.with_suffix(".mo")
    if not target.exists() or target.read_bytes() != compiled(path):
        found.append(f"{shown.with_suffix('.mo')}: stale; run: python scripts/catalogues.py compile")
    return found


def _translated(entry: Message) -> bool:
    # A plural's translation is a sequence with one text for each form.
    return bool(entry.string) and (isinstance(entry.string, str) or all(entry.string))


def _update(path: Path) -> None:
    from babel.messages.pofile import write_po

    catalogue = _read(path)
    catalogue.update(extracted(_package(path)), no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False, sort_output=True, ignore_obsolete=True)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command over every catalogue; the exit code is 1 where `check` finds something."""
    parser = argparse.ArgumentParser(description="Extract, compile and check the message catalogues.")
    parser.add_argument("command", choices=["extract", "compile", "check"])
    command = parser.parse_args(arguments).command
    paths = catalogue_paths(ROOT)
    found: list[str] = []
    for path in paths:
        if command == "extract":
            _update(path)
        elif command == "compile":
            path.with_suffix(".mo").write_bytes(compiled(path))
        else:
            found += problems(path)
    print("\n".join(found) if found else f"{len(paths)} catalogues: {command} done")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
