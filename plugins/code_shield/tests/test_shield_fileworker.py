"""The child process that looks at files: what becomes of those that break it, and of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shield_trees import UNSAFE, job, tree

from tieout.errors import SettingsError
from tieout_code_shield.files import Request, scan_files
from tieout_code_shield.fileworker import Cancelled, FileWorker
from tieout_code_shield.limits import Limits
from tieout_code_shield.settings import ShieldSettings

SETTINGS = ShieldSettings()


def test_one_child_serves_file_after_file(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE, "b.py": "x = 1\n"})
    with FileWorker(SETTINGS) as worker:
        first = worker.look(job(tmp_path / "a.py"))
        pid = worker.pid
        second = worker.look(job(tmp_path / "b.py"))
        assert worker.pid == pid
    assert [found.rule for found in first.findings] == ["py-eval"]
    assert (second.findings, second.unknown) == ((), "")
    assert pid is not None
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SLOW = """
id = "any-slow"
language = "any"
category = "abuse"
severity = "low"
must_hit = ["slow: aaa", "slow: aaab"]
must_miss = ["fast", "faster"]
[message]
en = "Slow."
[advice]
en = "None."
[[match]]
regex = 'slow: (a+)+!'
"""


def test_a_file_that_takes_too_long_is_unknown_and_the_others_go_on(tmp_path: Path) -> None:
    rules = tree(tmp_path / "rules", {"slow.toml": SLOW})
    files = tree(tmp_path / "files", {"a.py": "# slow: " + "a" * 60 + "\n", "b.py": UNSAFE})
    report = scan_files(ShieldSettings(rules=rules), Request([str(files)]), limits=Limits(5_000_000, 0.3))
    assert [Path(each.path).name for each in report.unknown] == ["a.py"]
    assert "not done within" in report.unknown[0].reason
    assert [Path(found.path).name for found in report.findings] == ["b.py"]
    assert report.files == 2


def test_a_child_that_dies_makes_its_file_unknown_and_is_replaced(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE})
    with FileWorker(SETTINGS) as worker:
        worker.look(job(tmp_path / "a.py"))
        pid = worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        died = worker.look(job(tmp_path / "a.py"))
        again = worker.look(job(tmp_path / "a.py"))
    assert "ended with code -9" in died.unknown
    assert not died.findings
    assert [found.rule for found in again.findings] == ["py-eval"]


def test_cancelling_ends_the_child_and_says_where_it_stopped(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE, "b.py": UNSAFE})
    done: list[str] = []
    report = scan_files(
        SETTINGS,
        Request([str(tmp_path)]),
        cancelled=lambda: bool(done),
        each=lambda job, _scan: done.append(job.shown),
    )
    assert len(done) == 1
    assert "stopped after 1 file" in report.unknown[0].reason


def test_a_cancelled_worker_leaves_no_child(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE})
    stop: list[int] = []
    worker = FileWorker(SETTINGS, cancelled=lambda: bool(stop))
    worker.look(job(tmp_path / "a.py"))
    pid = worker.pid
    stop.append(1)
    with pytest.raises(Cancelled):
        worker.look(job(tmp_path / "a.py"))
    assert pid is not None
    assert not alive(pid)
    assert worker.pid is None


def test_rules_that_cannot_be_read_are_an_error_with_its_file(tmp_path: Path) -> None:
    rules = tree(tmp_path / "rules", {"bad.toml": "id = 1\n"})
    tree(tmp_path, {"a.py": UNSAFE})
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        scan_files(ShieldSettings(rules=rules), Request([str(tmp_path / "a.py")]))


def test_too_large_binary_missing_and_special_files_are_unknown(tmp_path: Path) -> None:
    tree(tmp_path, {"large.py": "x = 1\n" * 200, "binary.py": b"\0\1", "folder/x.py": UNSAFE})
    os.mkfifo(tmp_path / "pipe.py")
    with FileWorker(SETTINGS, limits=Limits(1_000, 5.0)) as worker:
        assert "1000" in worker.look(job(tmp_path / "large.py")).unknown
        assert worker.look(job(tmp_path / "binary.py")).unknown
        assert worker.look(job(tmp_path / "gone.py")).unknown
        assert "regular" in worker.look(job(tmp_path / "pipe.py")).unknown
        passed = worker.look(job(tmp_path / "binary.py", named=False))
        assert (passed.unknown, passed.passed_over) == ("not a text", False)
        (tmp_path / "binary.dat").write_bytes(b"\0\1")
        passed = worker.look(job(tmp_path / "binary.dat", named=False))
        assert (passed.unknown, passed.passed_over) == ("", True)


@pytest.mark.slow
def test_ctrl_c_leaves_no_child(tmp_path: Path) -> None:
    rules = tree(tmp_path / "rules", {"slow.toml": SLOW})
    tree(tmp_path / "files", {"a.py": "# slow: " + "a" * 60 + "\n"})
    (tmp_path / "tieout.toml").write_text(f'[plugins.shield]\nrules = "{rules}"\n', "utf-8")
    env = {**os.environ, "TIEOUT_CONFIG": str(tmp_path / "tieout.toml"), "HOME": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-m", "tieout", "shield", "scan", str(tmp_path / "files")],
        env=env,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child = child_of(parent.pid)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(20) == 130
    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def child_of(pid: int) -> int:
    """The one child that is busy with a file: it has been asked, which takes it longer than to start."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks = int(fields[11]) + int(fields[12])
            if int(fields[1]) == pid and ticks > 150:
                return int(status.parent.name)
        time.sleep(0.05)
    raise AssertionError("no child was started")
