"""Trees of files, and jobs, for the tests of what looks at them."""

from __future__ import annotations

from pathlib import Path

from tieout_code_shield.inspecting import FileJob

UNSAFE = "eval(x)\n"
KEY = "\u0041KIAQ3EGRIDWN5OTZFAK"


def tree(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder; returns the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def job(path: Path, **options: object) -> FileJob:
    """A job to look at a file, called by its name."""
    return FileJob(path=str(path), shown=path.name).model_copy(update=options)
