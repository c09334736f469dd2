"""The chat's first frame beside a minimal Textual app's, and its memory then and with the engine ready.

Both programs run on a pseudo-terminal, one after the other in each round; a frame counts when its text arrives.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Generator
from pathlib import Path

ROUNDS = 9
MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("first frame")
Minimal().run()
"""


class Program:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.output = b""

    def seconds_until(self, text: bytes) -> float:
        """Read until ``text`` is on the screen; seconds since the start."""
        while text not in self.output:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                raise SystemExit(
                    f"ended before it showed {text!r}:\n{self.output.decode('utf-8', 'replace')[-2000:]}"
                )
            self.output += data
        return time.perf_counter() - self.started

    def memory(self) -> float:
        """Resident memory in MB, while the program is stopped."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        finally:
            os.kill(self.process.pid, signal.SIGCONT)
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def drain(self, seconds: float) -> None:
        """Let it run and read what it writes."""
        ended = time.perf_counter() + seconds
        os.set_blocking(self.master, False)
        while time.perf_counter() < ended:
            with contextlib.suppress(OSError):
                self.output += os.read(self.master, 65536)
            time.sleep(0.05)


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Generator[Program]:
    """Start a program; end it afterwards."""
    program = Program(command, folder)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.wait()
        os.close(program.master)


def main() -> None:
    """Measure and print medians."""
    chat, minimal = [sys.executable, "-m", "tieout"], [sys.executable, "-c", MINIMAL]
    seconds: dict[str, list[float]] = {"minimal": [], "chat": []}
    first: list[float] = []
    ready: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(ROUNDS + 1):
            with running(minimal, folder) as program:
                bare = program.seconds_until(b"first frame")
            with running(chat, folder) as program:
                painted = program.seconds_until(b"sk a question")  # the A is under the cursor
                memory = program.memory()
                if number in (1, ROUNDS):
                    program.seconds_until(b"nothing leaves this machine")
                    program.drain(4)
                    ready.append(program.memory())
            if number:  # the first round fills the disk cache
                seconds["minimal"].append(bare)
                seconds["chat"].append(painted)
                first.append(memory)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = medians["chat"] / medians["minimal"]
    print(f"minimal Textual app, first frame  {medians['minimal'] * 1000:6.0f} ms")
    print(
        f"tieout, first frame               {medians['chat'] * 1000:6.0f} ms   {ratio:.2f} x  (target: at most 1.5)"
    )
    print(f"memory at the first frame         {statistics.median(first):6.0f} MB  (target: at most 60)")
    print(f"memory with engine and plugins    {max(ready):6.0f} MB  (target: at most 150)")


if __name__ == "__main__":
    main()
