from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tieout.errors import InputError, StoreError
from tieout_report_search import ReportLibrary, ReportSettings
from tieout_report_search.index import ReportIndex
from tieout_report_search.lock import LibraryBusy

Write = Callable[[str, str], Path]

COPPER = "铜缆连接报告\n本报告讨论铜缆连接在机柜内的用途，并给出每根 30 美元的价格。"
FIBRE = "光纤连接报告\n本报告讨论光纤连接在机柜之间的用途，并给出每根 90 美元的价格。"


def titles(library: ReportLibrary, question: str) -> list[str]:
    return [hit.document.metadata.title for hit in library.search(question).hits]


def test_an_added_report_is_found_and_a_removed_one_is_not(library: ReportLibrary, write: Write) -> None:
    library.add(write("a.txt", COPPER))
    library.add(write("b.txt", FIBRE))
    assert titles(library, "铜缆") == ["铜缆连接报告"]
    library.remove(library.find("铜缆"))
    assert titles(library, "铜缆") == []
    assert [document.name for document in library.documents()] == ["b.txt"]


def test_a_copy_under_another_name_is_a_duplicate(library: ReportLibrary, write: Write) -> None:
    library.add(write("a.txt", COPPER))
    assert [outcome.status for outcome in library.add(write("copy.txt", COPPER))] == ["duplicate"]
    assert len(library.documents()) == 1


def test_a_bad_file_costs_only_itself_and_says_why(library: ReportLibrary, write: Write) -> None:
    write("a.txt", COPPER)
    write("b.pdf", "%PDF-1.7 damaged")
    write("c.txt", " ")
    (write("d.txt", "x")).write_bytes(bytes(range(256)))
    path = write("e.txt", FIBRE)
    told: list[str] = []
    outcomes = library.add(path.parent, progress=lambda done, total, message: told.append(message))
    assert [outcome.status for outcome in outcomes] == ["added", "failed", "failed", "failed", "added"]
    assert [bool(outcome.reason) for outcome in outcomes] == [False, True, True, True, False]
    assert told[:-1] == ["a.txt", "b.pdf", "c.txt", "d.txt", "e.txt"]
    assert titles(library, "光纤") == ["光纤连接报告"]


def test_an_unforeseen_error_costs_one_file(
    library: ReportLibrary, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout_report_search.adding.clean_pages", lambda pages: 1 / 0)
    outcome = library.add(write("a.txt", COPPER))[0]
    assert (outcome.status, outcome.reason) == ("failed", "an internal error: ZeroDivisionError")


@pytest.mark.parametrize("name", ["missing", "nul\0byte"])
def test_adding_nothing_is_an_error_with_the_next_step(
    library: ReportLibrary, tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError) as error:
        library.add(tmp_path / name)
    assert error.value.hint
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no reports"):
        library.add(tmp_path / "empty")


def test_a_file_name_with_escape_sequences_is_shown_clean(library: ReportLibrary, write: Write) -> None:
    outcome = library.add(write("a\x1b[31mred\nline.txt", COPPER))[0]
    assert outcome.name == "ared line.txt"


def test_the_raw_page_is_kept_byte_for_byte(library: ReportLibrary, write: Write) -> None:
    text = "标题\r\n第一行　全角\u200b\n\n尾巴  \f第二页\r内容"
    document = library.add(write("a.txt", text))[0].document
    assert document is not None
    pages = [library.page(document, number) for number in (1, 2)]
    assert [page.raw for page in pages if page] == text.split("\f")
    assert library.page(document, 3) is None


def test_a_report_is_named_by_id_title_or_file(library: ReportLibrary, write: Write) -> None:
    for name, text in (("a.txt", COPPER), ("b.txt", FIBRE)):
        library.add(write(name, text))
    copper = library.find("铜缆")
    assert library.find(copper.id) == library.find(copper.sha256[:8]) == library.find("A.TXT") == copper
    with pytest.raises(InputError, match="several"):
        library.find("连接报告")
    with pytest.raises(InputError, match="No report"):
        library.find("不存在")


# Folders from the settings


def test_configured_folders_are_indexed_once_and_followed(tmp_path: Path, write: Write) -> None:
    folder = write("a.txt", COPPER).parent
    settings = ReportSettings(folders=(folder, tmp_path / "gone"))

    def synced() -> tuple[ReportLibrary, list[str]]:
        library = ReportLibrary(tmp_path / "library", settings)
        return library, library.sync_folders()

    library, remarks = synced()
    assert len(remarks) == 1
    assert "does not exist" in remarks[0]
    assert titles(library, "铜缆连接") == ["铜缆连接报告"]

    write("a.txt", FIBRE)  # changed: the old report goes
    os.utime(folder / "a.txt", ns=(1, 1))
    write("b.txt", COPPER.replace("铜缆", "激光"))
    library, _ = synced()
    assert titles(library, "铜缆") == []
    assert sorted(document.metadata.title for document in library.documents()) == [
        "光纤连接报告",
        "激光连接报告",
    ]

    (folder / "a.txt").unlink()
    library, _ = synced()
    assert [document.name for document in library.documents()] == ["b.txt"]


def test_an_unchanged_folder_is_not_read_again(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write("a.txt", COPPER).parent
    write("bad.txt", "")
    settings = ReportSettings(folders=(folder,))
    assert len(ReportLibrary(tmp_path / "library", settings).sync_folders()) == 1
    monkeypatch.setattr(
        "tieout_report_search.adding.read_bytes", lambda *_: pytest.fail("a file was read again")
    )
    assert ReportLibrary(tmp_path / "library", settings).sync_folders() == []


def test_a_report_removed_by_hand_does_not_come_back_with_its_folder(tmp_path: Path, write: Write) -> None:
    folder = write("a.txt", COPPER).parent
    write("b.txt", FIBRE)
    settings = ReportSettings(folders=(folder,))
    library = ReportLibrary(tmp_path / "library", settings)
    library.sync_folders()
    library.remove(library.find("a.txt"))
    library = ReportLibrary(tmp_path / "library", settings)
    library.sync_folders()
    assert [document.name for document in library.documents()] == ["b.txt"]
    library.add(folder / "a.txt")
    assert len(library.documents()) == 2


def test_a_folder_too_large_for_one_search_is_finished_by_the_next(tmp_path: Path, write: Write) -> None:
    for name, text in (("a.txt", COPPER), ("b.txt", FIBRE)):
        write(name, text)
    settings = ReportSettings(folders=(tmp_path / "reports",), folder_seconds=1e-9)
    library = ReportLibrary(tmp_path / "library", settings)
    assert "not all" in library.sync_folders()[0].lower()
    library.settings.folder_seconds = 60
    assert library.sync_folders() == []
    assert len(library.documents()) == 2


# Crashes, damage and other processes


def test_what_a_dead_writer_left_out_of_the_index_is_made_good(
    library: ReportLibrary, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ReportIndex, "apply", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            library.add(write("a.txt", COPPER))
    again = ReportLibrary(library.data_dir)
    assert titles(again, "铜缆连接") == ["铜缆连接报告"]


def test_a_damaged_or_deleted_index_is_rebuilt_from_the_store(library: ReportLibrary, write: Write) -> None:
    library.add(write("a.txt", COPPER))
    folder = ReportIndex(library.data_dir).path
    (folder / "meta.json").write_text("{")
    assert titles(ReportLibrary(library.data_dir), "铜缆连接") == ["铜缆连接报告"]
    library = ReportLibrary(library.data_dir)
    library.rebuild()
    assert titles(library, "铜缆连接") == ["铜缆连接报告"]


def test_a_damaged_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "reports.db").write_bytes(b"this is no database, it is a text" * 100)
    with pytest.raises(StoreError, match="cannot be used") as error:
        ReportLibrary(tmp_path)
    assert error.value.hint


def test_a_newer_database_is_left_alone(library: ReportLibrary) -> None:
    with closing(sqlite3.connect(library.data_dir / "reports.db")) as db, db:
        db.execute("UPDATE facts SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match="newer version"):
        ReportLibrary(library.data_dir)


HOLD = """
import sys
from pathlib import Path
from tieout_report_search.lock import writer_lock
with writer_lock(Path(sys.argv[1]) / "writer.lock", seconds=5):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_while_another_process_writes_one_can_search_and_is_told_why_one_cannot_add(
    library: ReportLibrary, write: Write
) -> None:
    library.add(write("a.txt", COPPER))
    command = [sys.executable, "-c", HOLD, str(library.data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LibraryBusy) as error:
            library.add(write("b.txt", FIBRE))
        assert "Searching works" in error.value.hint
        assert titles(library, "铜缆连接") == ["铜缆连接报告"]
        holder.stdin.close()
    assert [outcome.status for outcome in library.add(write("b.txt", FIBRE))] == ["added"]


ADD = """
import sys
from pathlib import Path
from tieout_report_search import ReportLibrary
library = ReportLibrary(Path(sys.argv[1]))
library.add(Path(sys.argv[2]), progress=lambda done, total, message: print(done, flush=True))
"""


@pytest.mark.parametrize("kill_after", [3, 27])
def test_a_writer_killed_at_any_moment_leaves_whole_searchable_reports(
    library: ReportLibrary, write: Write, kill_after: int
) -> None:
    for number in range(40):
        write(f"{number:02}.txt", COPPER.replace("铜缆", f"QX{number:02}") * 3)
    folder = write("00.txt", COPPER.replace("铜缆", "QX00") * 3).parent
    command = [sys.executable, "-c", ADD, str(library.data_dir), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as adder:
        assert adder.stdout is not None
        for line in adder.stdout:
            if int(line) >= kill_after:
                os.kill(adder.pid, signal.SIGKILL)
                break
    survivor = ReportLibrary(library.data_dir)
    names = {document.name for document in survivor.documents()}
    assert len(names) >= kill_after
    for name in sorted(names)[:: max(1, len(names) // 5)]:
        hits = survivor.search(f"QX{name[:2]}").hits
        assert [hit.document.name for hit in hits] == [name]
    survivor.add(folder)
    assert len(survivor.documents()) == 40
