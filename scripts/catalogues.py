"""Extracts, compiles and checks the Chinese message catalogues, one in every package that has messages.

The English text in the source is the key: what is marked with _() or N_(), the help of commands and options, the
docstrings of tools, and the summary of a plugin's package. `src/<package>/locale/zh/LC_MESSAGES/<package>.po` holds
the translations; the compiled `.mo` beside it is committed, so that neither a wheel nor a checkout needs a build step.
Needs babel (requirements-dev.lock).

    python scripts/catalogues.py extract    update each .po with the messages in its package's source
    python scripts/catalogues.py compile    write each .mo
    python scripts/catalogues.py check      exit 1 where an entry has no translation or a .mo is stale
"""

from __future__ import annotations

import argparse
import ast
import io
import string
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh"
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def packages(root: Path) -> list[Path]:
    """The import packages of every member of the workspace."""
    sources = [root / "agent_core/src", root / "tui/src", *sorted(root.glob("plugins/*/src"))]
    return [init.parent for source in sources for init in sorted(source.glob("*/__init__.py"))]


def catalogue_path(package: Path) -> Path:
    """Where the translations of one package are."""
    return package / "locale" / LANGUAGE / "LC_MESSAGES" / f"{package.name}.po"


def extracted(package: Path) -> Catalog:
    """Every message in the Python source of one package."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    catalogue = Catalog(
        locale=LANGUAGE,
        header_comment=f"# Chinese messages of {package.name}; written by scripts/catalogues.py, translated by hand.",
        project=package.name,
        version=" ",
        msgid_bugs_address=" ",
        last_translator=" ",
        language_team=" ",
        fuzzy=False,
    )
    for name, line, message, comments, context in extract_from_dir(
        package, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        catalogue.add(message, None, [(name, line)], auto_comments=comments, context=context)
    for message, name, line in help_messages(package):
        catalogue.add(message, None, [(name, line)])
    return catalogue


def help_messages(package: Path) -> Iterator[tuple[str, str, int]]:
    """Text, file and line of what help shows: docstrings of tools and commands, help of options, a plugin's summary."""
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        tools = {function for node in nodes for function in _made_tools(node)}
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for text in _documented(node, is_tool=node.name in tools):
                    yield text, name, node.lineno
            elif isinstance(node, ast.Call) and _name(node) in ("option", "Option", "argument", "Argument"):
                for text in _keywords(
                    node, ("help",) if _name(node) in ("option", "Option") else ("help", "metavar")
                ):
                    yield text, name, node.lineno
    project = package.parent.parent / "pyproject.toml"
    if package.parent.parent.parent.name == "plugins" and project.exists():
        yield tomllib.loads(project.read_text("utf-8"))["project"]["description"], "../../pyproject.toml", 0


def _made_tools(node: ast.AST) -> list[str]:
    """The function in ``tool(timeout=5)(self.search)``, which has no decorator."""
    if isinstance(node, ast.Call) and _name(node) == "tool":
        return [_name(argument) for argument in node.args if isinstance(argument, ast.Name | ast.Attribute)]
    return []


def _documented(function: ast.FunctionDef | ast.AsyncFunctionDef, *, is_tool: bool) -> list[str]:
    """The messages in the docstring of a tool or a command; none for any other function."""
    from tieout.contract.tools import Tool, _argument_docs
    from tieout.helptexts import paragraphs

    doc = ast.get_docstring(function)
    decorators = {_name(decorator) for decorator in function.decorator_list}
    is_tool = is_tool or "tool" in decorators
    if doc is None or not (is_tool or decorators & {"command", "group"}):
        return []
    if not is_tool:
        return paragraphs(doc)

    def described() -> None: ...

    described.__doc__ = doc
    tool = Tool(function=described, name=function.name)
    return [*paragraphs(tool.summary), *paragraphs(tool.description), *_argument_docs(doc).values()]


def _keywords(call: ast.Call, names: tuple[str, ...]) -> list[str]:
    constants = [
        word.value for word in call.keywords if word.arg in names and isinstance(word.value, ast.Constant)
    ]
    return [constant.value for constant in constants if isinstance(constant.value, str)]


def _name(node: ast.expr) -> str:
    """The last name of ``click.option(...)``, ``sessions.command`` or ``tool``."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def compiled(path: Path) -> bytes:
    """The .mo bytes of one .po; fuzzy entries are left out, so that a doubtful translation is not shown."""
    from babel.messages.mofile import write_mo

    buffer = io.BytesIO()
    write_mo(buffer, _read(path))
    return buffer.getvalue()


def problems(package: Path) -> list[str]:
    """What is wrong with one package: messages with no translation or a fuzzy one, and a stale .mo."""
    path = catalogue_path(package)
    translations = _read(path) if path.exists() else None
    found: list[str] = []
    for message in extracted(package):
        if not message.id:
            continue
        file, line = message.locations[0]
        place = f"{package.name}/{file}:{line}: {message.id!r}"
        entry = translations.get(message.id, message.context) if translations is not None else None
        if entry is None or not _translated(entry):
            found.append(f"{place} has no translation in {path.name}")
        elif entry.fuzzy:
            found.append(f"{place} has a translation marked fuzzy in {path.name}")
        elif _fields(entry.id) != _fields(entry.string):
            found.append(f"{place} has a translation with other {{fields}} in {path.name}")
    target = path.with_suffix(".mo")
    if translations is not None and (
        not target.exists() or _entries(target.read_bytes()) != _entries(compiled(path))
    ):
        found.append(f"{package.name}/{target.name} is stale; run: python scripts/catalogues.py compile")
    return found


def update(package: Path) -> None:
    """Bring one .po to the messages in the source; what is translated stays, what is gone goes."""
    from babel.messages.pofile import write_po

    path, messages = catalogue_path(package), extracted(package)
    if not path.exists() and not any(message.id for message in messages):
        return
    translations = _read(path) if path.exists() else extracted(package)
    translations.update(messages, no_fuzzy_matching=True, update_creation_date=False)
    # Today's date and line numbers would make every run a change.
    translations.creation_date = translations.revision_date = RELEASED
    buffer = io.BytesIO()
    write_po(buffer, translations, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())


def _read(path: Path) -> Catalog:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, domain=path.stem)


def _entries(mo: bytes) -> dict[tuple[object, str | None], object]:
    # The header names the version of babel; only what a user would read counts.
    from babel.messages.mofile import read_mo

    return {(entry.id, entry.context): entry.string for entry in read_mo(io.BytesIO(mo)) if entry.id}


def _translated(entry: Message) -> bool:
    # A plural's translation is a sequence with one text for each form.
    return bool(entry.string) and (isinstance(entry.string, str) or all(entry.string))


def _fields(texts: object) -> set[str]:
    parts = [texts] if isinstance(texts, str) else list(texts) if isinstance(texts, (list, tuple)) else []
    return {
        name for text in parts for _, name, _, _ in string.Formatter().parse(str(text)) if name is not None
    }


def main(arguments: list[str] | None = None) -> int:
    """Run one command over every package; the exit code is 1 where `check` finds something."""
    parser = argparse.ArgumentParser(description="Extract, compile and check the message catalogues.")
    parser.add_argument("command", choices=["extract", "compile", "check"])
    command = parser.parse_args(arguments).command
    found: list[str] = []
    for package in packages(ROOT):
        path = catalogue_path(package)
        if command == "extract":
            update(package)
        elif command == "check":
            found += problems(package)
        elif path.exists():
            path.with_suffix(".mo").write_bytes(compiled(path))
    print("\n".join(found) if found else f"message catalogues: {command} done")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
