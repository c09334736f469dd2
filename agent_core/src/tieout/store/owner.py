"""Who is writing a draft, and whether that process still lives."""

from __future__ import annotations

__all__ = ["SILENCE", "Owner", "has_died", "this_process"]

import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

SILENCE: Final = timedelta(minutes=15)
"""After this long without a sign of life, a writer that cannot be looked up counts as dead.

A model request may take 300 s and the answer's draft is refreshed about once a second, so a writer that lives
is heard of well within it.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """The process behind a draft, named so that a reused process id is not taken for it."""

    host: str
    boot: str
    """The kernel's boot id; empty where the system has none to read."""

    namespace: str
    """The process-id namespace, since two containers on one volume count processes apart."""

    pid: int
    started: str
    """Start time of the process in clock ticks since boot; empty where it cannot be read."""

    def to_json(self) -> str:
        """One line of JSON, for the draft's row."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Owner:
        """The owner that :meth:`to_json` wrote."""
        return cls(**json.loads(text))


def this_process() -> Owner:
    """The owner of drafts written from here; looked up each time, since a fork changes it."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return Owner(
        host=socket.gethostname(),
        boot=_boot_id(),
        namespace=namespace,
        pid=os.getpid(),
        started=_start_time(os.getpid()) or "",
    )


def has_died(owner: Owner, *, silent_for: timedelta) -> bool:
    """Whether ``owner`` will certainly write no more.

    Args:
        owner: As stored with the draft.
        silent_for: How long ago it last wrote; decides where the process cannot be looked up from here.
    """
    here = this_process()
    if owner.host != here.host or owner.namespace != here.namespace:
        return silent_for > SILENCE
    if owner.boot != here.boot:
        return True
    running = _runs(owner.pid)
    if running is None or (running and not owner.started):
        return silent_for > SILENCE
    return not running or _start_time(owner.pid) != owner.started


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start_time(pid: int) -> str | None:
    """Start time of a process that runs; ``None`` when it has ended (a zombie has) or cannot be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The command name, in parentheses, may hold anything; the fields after it are state, ppid, … starttime.
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in {b"Z", b"X"} else fields[19].decode()


def _runs(pid: int) -> bool | None:
    """Whether a process of that id exists; ``None`` when the system will not say."""
    if os.name == "nt":  # signal 0 would end the process there
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's, whose start time may be hidden
        return None
    return True
