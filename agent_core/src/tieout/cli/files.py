"""Writing files so that nobody ever finds half of one."""

from __future__ import annotations

__all__ = ["replace_file"]

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write beside the file, then put it in place: a reader, or a crash, finds the old one or the new one.

    Raises:
        OSError: It cannot be written; the old one is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
