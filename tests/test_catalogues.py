"""Every message has a Chinese translation, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "scripts/catalogues.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


catalogues = load_script()


@pytest.mark.parametrize("package", catalogues.packages(ROOT), ids=lambda package: package.name)
def test_every_message_is_translated_and_compiled(package: Path) -> None:
    assert catalogues.problems(package) == []


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one message and its translation, compiled."""
    folder = tmp_path / "greeter"
    folder.mkdir()
    (folder / "__init__.py").write_text('_ = str\ntext = _("Hello {name}")\n', encoding="utf-8")
    catalogues.update(folder)
    translate(folder, "你好,{name}")
    compile_catalogue(folder)
    return folder


def translate(package: Path, text: str) -> None:
    path = catalogues.catalogue_path(package)
    head, _, _ = path.read_text(encoding="utf-8").rpartition('msgstr "')
    path.write_text(f'{head}msgstr "{text}"\n', encoding="utf-8")


def compile_catalogue(package: Path) -> None:
    path = catalogues.catalogue_path(package)
    path.with_suffix(".mo").write_bytes(catalogues.compiled(path))


def test_complete_catalogue_has_no_problem(package: Path) -> None:
    assert catalogues.problems(package) == []


def test_new_message_is_reported_with_its_place(package: Path) -> None:
    with (package / "__init__.py").open("a", encoding="utf-8") as file:
        file.write('more = _("Goodbye")\n')
    (problem,) = catalogues.problems(package)
    assert "greeter/__init__.py:3" in problem
    assert "Goodbye" in problem


def test_changed_translation_makes_the_compiled_file_stale(package: Path) -> None:
    translate(package, "{name},你好")
    (problem,) = catalogues.problems(package)
    assert "stale" in problem


def test_translation_that_loses_a_field_is_reported(package: Path) -> None:
    translate(package, "你好")
    compile_catalogue(package)
    (problem,) = catalogues.problems(package)
    assert "fields" in problem


def test_package_without_catalogue_is_reported(package: Path) -> None:
    catalogues.catalogue_path(package).unlink()
    assert any("no translation" in problem for problem in catalogues.problems(package))


def test_update_keeps_translations_and_drops_what_is_gone(package: Path) -> None:
    (package / "__init__.py").write_text('_ = str\ntext = [_("Hello {name}"), _("New")]\n', encoding="utf-8")
    catalogues.update(package)
    text = catalogues.catalogue_path(package).read_text(encoding="utf-8")
    assert "你好,{name}" in text
    assert '"New"' in text


def test_help_of_tools_and_commands_is_extracted_without_a_mark(tmp_path: Path) -> None:
    folder = tmp_path / "plugins/greeter/src/greeter"
    folder.mkdir(parents=True)
    (tmp_path / "plugins/greeter/pyproject.toml").write_text('[project]\ndescription = "Greets people"\n')
    (folder / "__init__.py").write_text(
        '''
@tool(timeout=5)
def greet(name: str) -> str:
    """Greet a person.

    Says the name
    once.

    Args:
        name: Whom to greet.

    Raises:
        GreetError: Nobody is there.
    """

@click.command(cls=LocalCommand)
@click.option("--loud", is_flag=True, help="Shout.")
def main(loud: bool) -> None:
    """Greet everybody."""

class Farewell:
    def tools(self):
        return [tool(timeout=5)(self.leave)]

    def leave(self) -> str:
        """Say goodbye."""

def helper() -> None:
    """Nothing that a user sees."""
''',
        encoding="utf-8",
    )
    assert {message.id for message in catalogues.extracted(folder) if message.id} == {
        "Greet a person.",
        "Says the name once.",
        "Whom to greet.",
        "Shout.",
        "Greet everybody.",
        "Say goodbye.",
        "Greets people",
    }
