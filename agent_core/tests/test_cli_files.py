"""A file is replaced in one step, or left as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tieout.cli.files import replace_file


def test_the_folder_is_made_and_only_the_file_is_there(tmp_path: Path) -> None:
    file = tmp_path / "new" / "table.json"
    replace_file(file, b"1")
    replace_file(file, b"2")
    assert file.read_bytes() == b"2"
    assert [item.name for item in file.parent.iterdir()] == ["table.json"]


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "table.json"
    (taken / "inside").mkdir(parents=True)  # no file can be put in place of this
    with pytest.raises(OSError, match=os.strerror(errno.EISDIR)):
        replace_file(taken, b"1")
    assert [item.name for item in tmp_path.iterdir()] == ["table.json"]
