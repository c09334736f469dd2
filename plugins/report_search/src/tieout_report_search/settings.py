"""Settings of report search: ``[plugins.reports]`` in tieout.toml."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

if TYPE_CHECKING:
    from tieout_report_search.library import ReportLibrary

__all__ = ["ReportSettings"]


def _no_libraries() -> dict[Path, ReportLibrary]:
    return {}


class ReportSettings(BaseModel):
    """Which folders are searched, and how much one file may cost."""

    model_config = ConfigDict(extra="forbid")

    folders: tuple[Path, ...] = ()
    """Folders whose reports are indexed at the first search of a process; unchanged files are skipped."""
    suffixes: tuple[str, ...] = (".pdf", ".txt")
    """File name endings that are taken from a folder; a file named outright may have any."""
    folder_seconds: float = Field(default=60.0, gt=0)
    """Time the first search may spend on ``folders``; what is left over is indexed by the next search."""
    max_file_mb: int = Field(default=64, gt=0)
    """Larger files are refused."""
    max_pages: int = Field(default=2000, gt=0)
    """PDF files of more pages are refused."""
    max_characters: int = Field(default=20_000_000, gt=0)
    """A file that yields more text is refused."""
    parse_seconds: float = Field(default=120.0, gt=0)
    """Wall time and processor time for one PDF file."""
    parse_memory_mb: int = Field(default=1024, ge=256)
    """Address space of the process that reads one PDF file."""
    lock_seconds: float = Field(default=10.0, gt=0)
    """How long to wait for another process that is writing to the library."""

    _data_dir: Path | None = PrivateAttr(default=None)
    _libraries: dict[Path, ReportLibrary] = PrivateAttr(default_factory=_no_libraries)
    _opening: Lock = PrivateAttr(default_factory=Lock)

    @field_validator("folders")
    @classmethod
    def _expand(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(folder.expanduser() for folder in folders)

    @field_validator("suffixes")
    @classmethod
    def _dotted(cls, suffixes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(("" if suffix.startswith(".") else ".") + suffix.lower() for suffix in suffixes)

    @property
    def data_dir(self) -> Path | None:
        """Where the library is kept, once the plugin's lifespan has begun; the sources hook is not told."""
        return self._data_dir

    def keep_in(self, data_dir: Path) -> None:
        """Remember the plugin's data folder for the source, which is built before there is one."""
        self._data_dir = data_dir

    def library(self, data_dir: Path) -> ReportLibrary:
        """The library in a folder: one object for tools and source, so that they share its lock and its index."""
        from tieout_report_search.library import ReportLibrary

        with self._opening:
            if data_dir not in self._libraries:
                self._libraries[data_dir] = ReportLibrary(data_dir, self)
            return self._libraries[data_dir]
