"""Every distribution builds, carries its data and its licence, and works outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MEMBERS = sorted(path.parent for path in [ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml")]) + sorted(
    path.parent for path in ROOT.glob("plugins/*/pyproject.toml")
)


def project(member: Path) -> dict[str, object]:
    return tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def packages(member: Path) -> list[Path]:
    return sorted(path.parent for path in member.glob("src/*/__init__.py"))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One wheel of each member, by distribution name, built as `uv build` and pip build it."""
    built: dict[str, Path] = {}
    for member in MEMBERS:
        folder = tmp_path_factory.mktemp("wheel")
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        done = subprocess.run(command, cwd=member, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        (built[str(project(member)["name"])],) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all wheels unpacked, as an installer lays them out."""
    target = tmp_path_factory.mktemp("installed")
    for wheel in wheels.values():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    return target


def run_outside(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the wheels and the libraries, and without the checkout: -S reads no editable install."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join([str(installed), sysconfig.get_path("purelib")]),
    }
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_seven_distributions_are_found() -> None:
    assert len(MEMBERS) == 7


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_wheel_carries_every_file_of_its_package(member: Path, wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels[str(project(member)["name"])]) as archive:
        shipped = set(archive.namelist())
    for package in packages(member):
        wanted = {
            str(path.relative_to(package.parent))
            for path in package.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert wanted <= shipped
        assert f"{package.name}/py.typed" in shipped
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in shipped)
    assert not any("/tests/" in f"/{name}" for name in shipped)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_package_imports_outside_the_checkout(member: Path, installed: Path, tmp_path: Path) -> None:
    names = [package.name for package in packages(member)]
    script = (
        f"import json, importlib; print(json.dumps([importlib.import_module(n).__file__ for n in {names!r}]))"
    )
    done = run_outside(installed, tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    assert all(Path(file).is_relative_to(installed) for file in json.loads(done.stdout))


def test_entry_points_of_the_wheels_load_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    script = """
import json
from importlib.metadata import entry_points
groups = ["tieout.plugins", "tieout.frontends"]
print(json.dumps({point.name: bool(point.load()) for group in groups for point in entry_points(group=group)}))
"""
    done = run_outside(installed, tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) >= {"compute", "reports", "shield", "stocks", "tui"}


def test_command_line_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    done = run_outside(installed, tmp_path, "-m", "tieout", "--version")
    assert done.returncode == 0, done.stderr
    assert "0.1.0" in done.stdout


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_licence_is_the_same_everywhere(member: Path) -> None:
    # A wheel cannot take a file from above its own folder, so every member has a copy.
    assert (member / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
