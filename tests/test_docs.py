"""What the documents show is so: listings are pieces of the example package, and examples run.

In README and docs/ every ``python`` block is a program, and each line of a ``bash`` block that begins with ``tieout``
is run; ``<!-- not run: why -->`` before a block leaves it out. ``<!-- from: PATH -->`` says that the block is a piece
of that file of examples/third_party_plugin.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from site_folder import SiteFolder

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "third_party_plugin"
NEEDS_EXAMPLE = ("write_a_plugin.md", "plugin_contract.md")
OPENS_THE_CHAT = (["tieout"], ["tieout", "chat"], ["tieout", "chat", "--plain"])

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Listing:
    """One fenced block."""

    document: Path
    line: int
    language: str
    text: str
    mark: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]


def listings() -> Iterator[Listing]:
    for document in documents():
        if document.exists():
            text = document.read_text(encoding="utf-8")
            for found in _BLOCK.finditer(text):
                line = text.count("\n", 0, found.start("language")) + 1
                yield Listing(document, line, found["language"], found["text"], found["mark"] or "")


def runnable(language: str) -> list[Listing]:
    return [
        item
        for item in listings()
        if item.language == language and not item.mark.startswith(("from:", "not run:"))
    ]


def test_every_fence_is_closed_and_has_a_language() -> None:
    for document in documents():
        if document.exists():
            fences = re.findall(r"^```.*$", document.read_text(encoding="utf-8"), re.MULTILINE)
            assert len(fences) % 2 == 0, document
            assert all(fence != "```" for fence in fences[::2]), document


@pytest.mark.parametrize("listing", [item for item in listings() if item.mark.startswith("from:")], ids=str)
def test_a_listing_is_a_piece_of_its_file(listing: Listing) -> None:
    path = EXAMPLE / listing.mark.removeprefix("from:").strip()
    assert listing.text in path.read_text(encoding="utf-8"), f"{listing} is not in {path.name}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A home of its own, with the examples at hand as in a clone."""
    home = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "examples" / "sample_reports", home / "examples" / "sample_reports")
    shutil.copytree(ROOT / "examples" / "sample_prices", home / "examples" / "sample_prices")
    return SiteFolder(home / "site", home)


def environment_of(listing: Listing, folder: SiteFolder, request: pytest.FixtureRequest) -> dict[str, str]:
    if listing.document.name not in NEEDS_EXAMPLE:
        return folder.environment()
    site: SiteFolder = request.getfixturevalue("third_party_site")
    return SiteFolder(site.path, folder.home).environment()


@pytest.mark.slow
@pytest.mark.parametrize("listing", runnable("python"), ids=str)
def test_a_python_block_runs(listing: Listing, folder: SiteFolder, request: pytest.FixtureRequest) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", listing.text],
        env=environment_of(listing, folder, request),
        cwd=folder.home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{listing}\n{done.stdout}{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("listing", runnable("bash"), ids=str)
def test_the_commands_of_a_block_work(
    listing: Listing, folder: SiteFolder, request: pytest.FixtureRequest
) -> None:
    for line in listing.text.splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0] != "tieout" or words in OPENS_THE_CHAT:
            continue
        done = subprocess.run(
            [sys.executable, "-m", "tieout", *words[1:]],
            env=environment_of(listing, folder, request),
            cwd=folder.home,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{listing}: {line}\n{done.stdout}{done.stderr}"
