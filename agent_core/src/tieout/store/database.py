"""One SQLite file behind one thread: opening, transactions, waiting for other processes, and errors said plainly."""

from __future__ import annotations

__all__ = ["Database", "Work"]

import asyncio
import contextvars
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store.faults import explain
from tieout.store.schema import MIGRATIONS, migrate

_ = translator("tieout")

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]
"""A function run inside one transaction. It may run again after a lost lock, so it changes nothing else."""

# SQLite does not wait on every kind of lock (recovery, change of mode); those pass within one or two attempts.
_ATTEMPTS: Final = 8

# File systems on which WAL's shared memory does not reach the other machine or the other side of the mount.
_SHARED_FILE_SYSTEMS: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "drvfs", "fakeowner", "fuse.grpcfuse", "fuse.sshfs", "glusterfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs"}
)


class Database:
    """A connection opened on first use, living in a thread of its own.

    WAL with ``synchronous=NORMAL``: a killed process loses nothing, a power cut may cost the last commits but
    never the file. Every write begins with ``BEGIN IMMEDIATE``: with a deferred ``BEGIN``, three quarters of
    1600 turns written by eight processes were lost, with this none.

    Args:
        path: The file; ``None`` keeps everything in memory.
        busy_timeout: Seconds to wait for another process's write.
    """

    def __init__(self, path: Path | None, *, busy_timeout: float) -> None:
        self.path = path
        self.busy_timeout = busy_timeout
        self.warnings: list[str] = []
        """What the user should know about how the file was opened; filled on first use."""
        self.read_only = False
        """Whether the file could be opened for reading only."""
        self._own = threading.local()  # a connection belongs to the thread that opened it, also while closing
        self._file: tuple[int, int] | None = None
        self._thread = _one_thread()

    async def read(self, work: Work[T]) -> T:
        """Run ``work`` on one consistent snapshot.

        Raises:
            StoreError: The file cannot be opened or read.
        """
        return await self._run(lambda: self._transact("BEGIN", work))

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a transaction that is committed when it returns and rolled back when it raises.

        A caller that is cancelled does not take the transaction with it: it is committed all the same.

        Raises:
            StoreError: The file cannot be opened or written.
        """
        return await self._run(lambda: self._transact("BEGIN IMMEDIATE", work))

    async def maintain(self, *statements: str) -> None:
        """Run statements that must stand outside a transaction, such as a checkpoint."""

        def work() -> None:
            cx = self._connection()
            for statement in statements:
                cx.execute(statement)

        await self._run(work)

    @property
    def _cx(self) -> sqlite3.Connection | None:
        return getattr(self._own, "cx", None)

    @_cx.setter
    def _cx(self, cx: sqlite3.Connection | None) -> None:
        self._own.cx = cx

    async def close(self) -> None:
        """Finish what is under way, close the file and end the thread; a later call opens it again."""

        def work() -> None:
            if self._cx is not None:
                self._cx.close()
                self._cx = None

        thread, self._thread = self._thread, _one_thread()
        await self._run(work, thread)
        await asyncio.to_thread(thread.shutdown)

    async def _run(self, work: Callable[[], T], thread: ThreadPoolExecutor | None = None) -> T:
        context = contextvars.copy_context()  # the user's language, for messages made in the thread

        def guarded() -> T:
            try:
                return context.run(work)
            except (sqlite3.Error, OSError) as error:
                raise context.run(explain, error, self.path) from error

        future = asyncio.get_running_loop().run_in_executor(thread or self._thread, guarded)
        return await asyncio.shield(future)

    def _transact(self, begin: str, work: Work[T]) -> T:
        deadline = time.monotonic() + self.busy_timeout
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(begin, work)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or attempt == _ATTEMPTS or time.monotonic() >= deadline:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - spreads waiters, guards nothing
        raise AssertionError("unreachable")

    def _once(self, begin: str, work: Work[T]) -> T:
        cx = self._connection()
        if begin != "BEGIN":
            self._refuse_lost_file()
        cx.execute(begin)
        try:
            result = work(cx)
            cx.execute("COMMIT")
        except BaseException:
            if cx.in_transaction:
                cx.execute("ROLLBACK")
            raise
        return result

    def _connection(self) -> sqlite3.Connection:
        if self._cx is None:
            cx = self._open()
            try:
                self._prepare(cx)
            except BaseException:
                cx.close()
                raise
            self._cx = cx
        return self._cx

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        # resolve(): a relative path must not follow a later chdir, as_uri() needs it absolute
        path = self.path = self.path.expanduser().resolve()
        self.read_only = path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        if self.read_only:
            log = path.with_name(path.name + "-wal")
            mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
        else:
            _create_private(path)
            mode = "mode=rw"
        return sqlite3.connect(
            f"{path.as_uri()}?{mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=self.busy_timeout,
        )

    def _prepare(self, cx: sqlite3.Connection) -> None:
        cx.execute(f"PRAGMA busy_timeout = {int(self.busy_timeout * 1000)}")
        cx.execute("PRAGMA foreign_keys = ON")
        cx.execute("PRAGMA trusted_schema = OFF")
        cx.execute("PRAGMA secure_delete = ON")  # what the user removes leaves the file, too
        if self.path is not None and not self.read_only:
            self._choose_journal(cx, self.path)
            cx.execute("PRAGMA synchronous = NORMAL")
            status = self.path.stat()
            self._file = (status.st_dev, status.st_ino)
        if self.read_only and int(cx.execute("PRAGMA user_version").fetchone()[0]) < len(MIGRATIONS):
            raise sqlite3.OperationalError("attempt to write a readonly database")
        migrate(cx, self.path)

    def _choose_journal(self, cx: sqlite3.Connection, path: Path) -> None:
        self.warnings.clear()
        shared = _file_system(path)
        mode = str(cx.execute("PRAGMA journal_mode").fetchone()[0])
        if shared not in _SHARED_FILE_SYSTEMS:
            if mode != "wal":
                mode = str(cx.execute("PRAGMA journal_mode = WAL").fetchone()[0])
            if mode == "wal":
                return
        cx.execute("PRAGMA journal_mode = DELETE")
        self.warnings.append(
            _(
                "The conversation store {path} cannot use write-ahead logging here ({reason}); "
                "several processes writing at once will wait longer for each other.",
                path=path,
                reason=shared or mode,
            )
        )

    def _refuse_lost_file(self) -> None:
        """SQLite goes on writing into a deleted file, and everything written so would be gone."""
        if self.path is None or self._file is None:
            return
        try:
            status = self.path.stat()
            same = (status.st_dev, status.st_ino) == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise StoreError(
                _(
                    "The conversation store {path} was removed or replaced while it was in use.",
                    path=self.path,
                ),
                code="store-moved",
                hint=_("Copy what you need from the screen, then start Tieout again."),
            )


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="tieout-store")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    # The low byte is the primary code; SQLITE_BUSY_SNAPSHOT and _RECOVERY differ above it.
    return (error.sqlite_errorcode or 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _create_private(path: Path) -> None:
    """Make the folder and an empty file that only their owner can read; SQLite gives its log the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return


def _file_system(path: Path) -> str:
    """Type of the file system that holds ``path``, such as ``ext4`` or ``nfs4``; empty where unknown."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        before, _dash, after = line.partition(" - ")
        mount = before.split()[4].replace(r"\040", " ")
        if path.is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, after.split()[0]
    return kind
