"""Checks of a package's files: its Chinese catalogue, and what it imports of Tieout."""

from __future__ import annotations

__all__ = ["catalogue_problems", "help_texts", "import_problems", "messages"]

import ast
import gettext
import string
from collections.abc import Iterable, Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tieout.contract.tools import Tool

PUBLIC_MODULES: Final = frozenset(
    {
        "tieout",
        "tieout.errors",
        "tieout.events",
        "tieout.plugin",
        "tieout.quantities",
        "tieout.testing",
        "tieout.text",
    }
)
"""What a plugin may import; anything else of Tieout can change in any version."""


def catalogue_problems(package: str, tools: Iterable[Tool[..., Any]] = ()) -> list[str]:
    """Messages of a package, and help texts of its tools, without a Chinese entry or with one that lacks a field."""
    folder = _folder(package)
    catalogue = _catalogue(folder, package)
    found: list[str] = []
    for place, message in (*messages(folder), *help_texts(tools)):
        translated = catalogue.get(message, "")
        if not translated:
            found.append(f"{package}/{place}: no Chinese entry for {message!r}")
        elif _fields(translated) != _fields(message):
            found.append(
                f"{package}/{place}: the Chinese entry for {message!r} has other fields: {translated!r}"
            )
    return found


def import_problems(package: str, extends: Sequence[str] = ()) -> list[str]:
    """Imports of Tieout's internals, or of another Tieout package that it does not extend, anywhere in a package."""
    folder = _folder(package)
    return [
        f"{package}/{place}: imports {module}, which is not public"
        for place, module in _imports(folder)
        if (module == "tieout" or module.startswith(("tieout.", "tieout_")))
        and module.partition(".")[0] not in (package, *extends)
        and module not in PUBLIC_MODULES
    ]


def messages(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text that is given to a function made by ``translator(…)``, with ``file:line``."""
    for path, tree in _modules(folder):
        names = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _is_call_of(node.value, "translator")
            for target in node.targets
            if isinstance(target, ast.Name)
        } or {"_"}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in names
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                yield f"{path}:{node.lineno}", node.args[0].value


def help_texts(tools: Iterable[Tool[..., Any]]) -> Iterator[tuple[str, str]]:
    """What the help of tools shows, as the catalogue has it: paragraph by paragraph, with the tool's name."""
    from tieout.helptexts import paragraphs

    for tool in tools:
        described = (parameter.description for parameter in tool.parameters)
        for text in dict.fromkeys((tool.summary, tool.description, *described)):
            for paragraph in paragraphs(text):
                yield f"docstring of {tool.name}", paragraph


def _imports(folder: Path) -> Iterator[tuple[str, str]]:
    for path, tree in _modules(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield f"{path}:{node.lineno}", alias.name
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                if node.module == "tieout":
                    for alias in node.names:  # `from tieout import host` names a module, `Host` a public name
                        module = f"tieout.{alias.name}"
                        yield f"{path}:{node.lineno}", module if util.find_spec(module) else "tieout"
                else:
                    yield f"{path}:{node.lineno}", node.module


def _modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(folder.rglob("*.py")):
        yield file.relative_to(folder).as_posix(), ast.parse(file.read_bytes())


def _folder(package: str) -> Path:
    spec = util.find_spec(package)
    assert spec is not None, f"the package {package} cannot be imported"
    assert spec.submodule_search_locations, f"{package} is a single module; give the name of a package"
    return Path(next(iter(spec.submodule_search_locations)))


def _catalogue(folder: Path, package: str) -> dict[str, str]:
    file = folder / "locale" / "zh" / "LC_MESSAGES" / f"{package}.mo"
    if not file.is_file():
        return {}
    with file.open("rb") as opened:
        translations = gettext.GNUTranslations(opened)
    return {message: translations.gettext(message) for message in _known(translations)}


def _known(translations: gettext.GNUTranslations) -> list[str]:
    catalogue: dict[object, str] = vars(translations)[
        "_catalog"
    ]  # no public way to list what a catalogue holds
    return [key for key in catalogue if isinstance(key, str) and key]


def _fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
