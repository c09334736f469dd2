from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tieout.plugin import Candidate, Language, Result
from tieout_report_search import ReportLibrary, ReportSettings

SAMPLES = Path(__file__).resolve().parents[3] / "examples" / "sample_reports"


@dataclass
class FakeContext:
    """A ToolContext that remembers the progress it was told."""

    data_dir: Path
    lang: Language = "en"
    question: str = ""
    online: bool = False
    embedder: None = None
    cancelled: bool = False
    told: list[tuple[float, float | None, str]] = field(default_factory=list)

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        self.told.append((done, total, message))

    async def call(self, name: str, /, **arguments: object) -> Result:
        raise NotImplementedError(name)

    def find(self, kind: str, text: str) -> list[Candidate]:
        return []


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    return FakeContext(data_dir)


@pytest.fixture
def library(tmp_path: Path) -> ReportLibrary:
    return ReportLibrary(tmp_path / "library", ReportSettings(lock_seconds=0.3))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a text file under a folder ``reports`` and return its path."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / "reports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
        return path

    return write_file


@pytest.fixture(scope="session")
def sample_library(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> ReportLibrary:
    """The four sample reports; not to be written to."""
    library = ReportLibrary(tmp_path_factory.mktemp("samples"))
    outcomes: list[Any] = library.add(samples)
    assert [outcome.status for outcome in outcomes] == ["added"] * 4
    return library
