from __future__ import annotations

import os
from pathlib import Path

import pytest

from tieout_report_search import ReportSettings
from tieout_report_search.documents import UnreadableFile
from tieout_report_search.files import decode_text, find_files, parse, read_bytes

TEXT = "算力周报：训练账本\r\n第二行 H100\f第二页，Größe 700 W。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_text_is_read_exactly_in_every_encoding(encoding: str) -> None:
    assert decode_text((TEXT * 5).encode(encoding))[0] == TEXT * 5


def test_a_form_feed_begins_a_page_and_the_raw_text_keeps_its_line_ends() -> None:
    assert parse(TEXT.encode(), ReportSettings()).pages == (
        "算力周报：训练账本\r\n第二行 H100",
        "第二页，Größe 700 W。",
    )
    assert len(parse(b"one page\f", ReportSettings()).pages) == 1


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 8, b"\x89PNG\r\n\x1a\n" + bytes(200), b"MZ\x90\x00" * 50]
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="neither a PDF nor text"):
        parse(data, ReportSettings())


@pytest.mark.parametrize("data", [b"", b"  \n\f\n", b"\0\0\0\0"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(UnreadableFile, match="empty"):
        read_bytes(tmp_path / "a.txt", ReportSettings())


def test_a_huge_file_a_pipe_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(2 << 20)
    with pytest.raises(UnreadableFile, match="larger than 1 MB"):
        read_bytes(tmp_path / "huge.txt", ReportSettings(max_file_mb=1))
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UnreadableFile, match="regular"):
        read_bytes(tmp_path / "pipe.txt", ReportSettings())
    with pytest.raises(UnreadableFile, match="opened"):
        read_bytes(tmp_path / "none.txt", ReportSettings())


def test_too_many_pages_or_characters_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="max_pages"):
        parse(b"a\fb\fc", ReportSettings(max_pages=2))
    with pytest.raises(UnreadableFile, match="max_characters"):
        parse(b"abcdef", ReportSettings(max_characters=5))


def test_a_folder_gives_its_reports_and_no_link_that_leads_out_of_it(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    outside.mkdir()
    for path in (
        folder / "b.txt",
        folder / "sub/a.PDF",
        folder / "notes.md",
        folder / ".hidden.txt",
        outside / "c.txt",
    ):
        path.write_text("text")
    (folder / "link.txt").symlink_to(outside / "c.txt")
    (folder / "linked").symlink_to(outside)
    (folder / "inside.txt").symlink_to(folder / "b.txt")
    found = [path.relative_to(folder.resolve()).as_posix() for path in find_files(folder, (".pdf", ".txt"))]
    assert found == ["b.txt", "inside.txt", "sub/a.PDF"]
