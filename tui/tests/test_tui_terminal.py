"""The chat on a real pseudo-terminal: what reaches it, and how it is left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")
fcntl = pytest.importorskip("fcntl")

TESTS = Path(__file__).parent

CHAT = """
import ctypes, os, sys
sys.path.insert(0, {tests!r})
from fake_engine import FakeEngine
from tieout.events import TextEvent
from tieout_tui.app import ChatApp
from tieout_tui.terminal import early_input, private_terminal

engine = FakeEngine(held={held!r})
engine.scripts.append([TextEvent(text={text!r}), 0.2, TextEvent(text="{end}")])
app = ChatApp(engine)

class Noisy:
    def __getattr__(self, name):
        return getattr(engine, name)
    async def start(self, approve):
        if {noisy!r}:
            libc = ctypes.CDLL(None)
            libc.dprintf(1, b"STRAY-ONE\\n")
            libc.dprintf(2, b"STRAY-TWO\\n")
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        return await engine.start(approve)
    @property
    def advice_due(self):
        return False

app._engine = Noisy()
with early_input(), private_terminal():
    app.run()
if app.failure:
    raise app.failure
print("LEFT", os.isatty(1), os.isatty(2))
"""


class Terminal:
    """A program under a pseudo-terminal; collects what it writes."""

    def __init__(self, code: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")  # 24 x 80
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        environment.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True,
        )  # fmt: skip
        os.set_blocking(self.master, False)
        self.output = b""

    def read_until(self, condition: Callable[[bytes], bool], seconds: float = 30.0) -> None:
        ended = time.monotonic() + seconds
        while time.monotonic() < ended:
            self._read()
            if condition(self.output):
                return
            time.sleep(0.02)
        raise AssertionError(self.output[-3000:])

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            self.output += os.read(self.master, 65536)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait(self) -> int:
        ended = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < ended:
            self._read()
            time.sleep(0.02)
        self._read()
        return self.process.wait(timeout=1)

    def attributes(self) -> list:
        return termios.tcgetattr(self._slave)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._slave)
        os.close(self.master)


@pytest.fixture
def chat() -> Generator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*, text: str = "hello", noisy: bool = False, held: bool = False) -> Terminal:
        code = CHAT.format(tests=str(TESTS), text=text, noisy=noisy, held=held, end="END-OF-ANSWER")
        opened.append(Terminal(code))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def ready(output: bytes) -> bool:
    return b"nothing leaves" in output


def test_no_sequence_of_an_answer_reaches_the_terminal(chat: Callable[..., Terminal]) -> None:
    evil = "A\x1b]52;c;ZXZpbA==\x07B\x1b]0;owned\x1b\\C\x1b[2JD\x1bP1q\x1b\\E\u009d0;x\u009cF\u202eG"
    terminal = chat(text=evil)
    terminal.read_until(ready)
    terminal.type("question\r")
    terminal.read_until(lambda output: b"END-OF-ANSWER" in output)
    for sequence in (b"\x1b]52", b"\x1b]0;", b"\x1bP", b"\x1b[2J", b"\xc2\x9d", b"\xe2\x80\xae", b"ZXZpbA"):
        assert sequence not in terminal.output
    assert "ABCDEFG" in re.sub(r"\x1b\[[0-9;]*m", "", terminal.output.decode("utf-8", "replace"))


def test_stray_output_does_not_spoil_the_screen_and_fd_2_may_go(chat: Callable[..., Terminal]) -> None:
    terminal = chat(noisy=True)
    terminal.read_until(ready)
    terminal.type("question\r")
    terminal.read_until(lambda output: b"END-OF-ANSWER" in output)
    assert b"STRAY" not in terminal.output
    terminal.type("\x11\x11")
    assert terminal.wait() == 0
    assert b"LEFT True True" in terminal.output


@pytest.mark.parametrize("keys", ["\x03\x03", "\x11\x11", "/quit\r"])
@pytest.mark.parametrize("held", [False, True])
def test_leaving_restores_the_terminal(chat: Callable[..., Terminal], keys: str, held: bool) -> None:
    terminal = chat(held=held)
    terminal.read_until(lambda output: b"Starting" in output if held else ready(output))
    assert terminal.attributes() != terminal.before
    terminal.type(keys)
    assert terminal.wait() == 0
    assert terminal.attributes() == terminal.before
    assert b"\x1b[?1049l" in terminal.output
    assert terminal.output.rindex(b"\x1b[?25h") > terminal.output.rindex(b"\x1b[?25l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_leaves_cleanly(chat: Callable[..., Terminal], number: int) -> None:
    terminal = chat()
    terminal.read_until(ready)
    terminal.process.send_signal(number)
    terminal.wait()
    assert terminal.attributes() == terminal.before
    assert b"\x1b[?1049l" in terminal.output
    assert b"Traceback" not in terminal.output


def test_keys_typed_before_the_first_frame_are_kept(chat: Callable[..., Terminal]) -> None:
    terminal = chat()
    time.sleep(0.1)
    terminal.type("early bird")
    terminal.read_until(ready)
    terminal.read_until(lambda output: b"early bird" in output)
    terminal.type("\r")
    terminal.read_until(lambda output: b"END-OF-ANSWER" in output)


def test_output_that_the_user_redirected_stays_redirected(tmp_path: Path) -> None:
    log = tmp_path / "errors.txt"
    code = (
        "import os, sys\n"
        "from tieout_tui.terminal import private_terminal\n"
        f"os.dup2(os.open({str(log)!r}, os.O_WRONLY | os.O_CREAT), 2)\n"
        "with private_terminal():\n"
        "    os.write(2, b'for the file')\n"
        "    os.write(1, b'stray')\n"
        "    print('to the screen', file=sys.__stdout__, flush=True)\n"
    )
    terminal = Terminal(code)
    try:
        assert terminal.wait() == 0
    finally:
        terminal.close()
    assert log.read_text() == "for the file"
    assert b"to the screen" in terminal.output
    assert b"stray" not in terminal.output
