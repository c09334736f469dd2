"""What several whole-product tests share."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from site_folder import SiteFolder

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def third_party_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example package outside the checkout."""
    copy = tmp_path_factory.mktemp("source") / "power_notes"
    ignored = shutil.ignore_patterns("__pycache__", ".*", "dist")
    shutil.copytree(ROOT / "examples" / "third_party_plugin", copy, ignore=ignored)
    return copy


@pytest.fixture(scope="session")
def third_party_site(third_party_source: Path, tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """The example package, built and installed by pip into a folder, without the network."""
    folder = tmp_path_factory.mktemp("third_party")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(folder / "site")]
    done = subprocess.run(
        [*command, *options, str(third_party_source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return SiteFolder(folder / "site", folder / "home")
