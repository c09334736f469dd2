"""The parent's side of a local model: one child process, its jobs, and what happens when either goes wrong."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from queue import SimpleQueue
from threading import Lock, Thread, Timer
from typing import Final, cast
from weakref import finalize

from tieout.errors import ModelError, ModelUnavailable, TieoutError
from tieout.i18n import translator
from tieout.models.llamacpp.failures import crashed, failed, restarted, too_long, too_slow
from tieout.models.llamacpp.gguf import GgufHead, read_head
from tieout.models.llamacpp.protocol import (
    GREETING,
    Completion,
    FinishedBy,
    FromChild,
    Loaded,
    ToChild,
    decode,
    encode,
)
from tieout.models.llamacpp.settings import LlamaSettings

__all__ = ["LlamaJob", "LlamaProcess"]

_ = translator("tieout")

_LONGEST_LINE: Final = 4 * 1024 * 1024
_STDERR_KEPT: Final = 4096  # bytes of the child's last words
_SECRET_NAMES: Final = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS")
_CHARACTERS_PER_TOKEN: Final = (
    64  # more than any tokenizer packs into one; beyond it a prompt is not worth sending
)


class LlamaJob:
    """One answer being written by the child. Made by :meth:`LlamaProcess.start`.

    Attributes:
        prompt_tokens: Tokens of the prompt, once the first text has arrived.
        cached_tokens: How many of them the child still had.
        written_tokens: Tokens of the answer, once it has ended.
        finish: How it ended; None while it is being written.
    """

    def __init__(self, child: _Child, settings: LlamaSettings, message: ToChild) -> None:
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.written_tokens = 0
        self.finish: FinishedBy | None = None
        self._settings = settings
        self._deadline = time.monotonic() + settings.request_timeout
        self._child = child
        self._inbox = child.open(message)

    async def texts(self) -> AsyncIterator[str]:
        """The answer, piece by piece; ends early, without an error, after :meth:`cancel`.

        Raises:
            ModelTimeout: ``request_timeout`` or ``prepare_timeout`` has passed.
            ContextTooLong: The prompt does not fit.
            ModelError: The template refuses the messages, the schema is no grammar, or the child has died.
        """
        try:
            await self._inbox.wait_for("started", self._left(), self._settings)
            message = await self._inbox.wait_for("prompt", self._settings.prepare_timeout, self._settings)
            if message.get("event") == "prompt":  # else it was cancelled before its turn
                self.prompt_tokens, self.cached_tokens = message.get("tokens", 0), message.get("cached", 0)
            while message.get("event") != "done":
                message = await self._inbox.wait_for(None, self._left(), self._settings)
                if text := message.get("text"):
                    yield text
            self.finish = message.get("finish", "stop")
            self.written_tokens = message.get("tokens", 0)
        finally:
            self.close()
        if self.finish == "deadline":
            raise too_slow(self._settings.request_timeout)

    def cancel(self) -> None:
        """Ask the child to stop; it does between two tokens or within a step, else it is killed after a grace."""
        self._child.cancel(self._inbox.job, self._settings.cancel_grace)

    def close(self) -> None:
        """Cancel unless the answer has ended. Never waits."""
        if self.finish is None:
            self.cancel()

    def _left(self) -> float:
        # The child keeps the deadline itself; the parent only steps in when it does not.
        return max(0.0, self._deadline - time.monotonic()) + self._settings.cancel_grace


class LlamaProcess:
    """A model file and the process that holds it: started on first use, and again after a crash.

    Usable from any event loop and thread; jobs queue up and are done one by one.

    Args:
        settings: ``path`` must be set.

    Raises:
        ModelUnavailable: There is no such file, or it is no GGUF file.
    """

    def __init__(self, settings: LlamaSettings) -> None:
        if settings.path is None:
            raise ModelUnavailable(
                _("No model file is set for llamacpp."),
                hint=_('Set path = "…/model.gguf" under [providers.llamacpp], or use --model llamacpp:PATH.'),
            )
        self.head: GgufHead = read_head(settings.path)
        trained = self.head.trained_context or settings.n_ctx
        self.settings = settings.model_copy(
            update={"path": self.head.path.absolute(), "n_ctx": min(settings.n_ctx, trained)}
        )
        self._child: _Child | None = None
        self._lock = Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        child = self._child
        return child.pid if child is not None and child.error is None else None

    async def load(self) -> Loaded:
        """Start the child and load the weights unless that has been done.

        Raises:
            ModelUnavailable: llama-cpp-python is not installed, or llama.cpp refuses the file.
            ModelTimeout: ``load_timeout`` has passed.
        """
        return (await self._loaded_child())[1]

    async def _loaded_child(self) -> tuple[_Child, Loaded]:
        child = self._running_child()
        if child.loaded is not None:
            return child, child.loaded
        fields = self.settings.model_dump(mode="json")
        inbox = child.open(ToChild(op="load", settings=fields))
        message = await inbox.wait_for("loaded", self.settings.load_timeout, self.settings)
        loaded = child.loaded = message.get("loaded")
        assert loaded is not None
        return child, loaded

    async def start(self, completion: Completion) -> LlamaJob:
        """Queue one answer; loads first when needed, and raises what :meth:`load` raises."""
        self._refuse_overlong(completion)
        child, _loaded = await self._loaded_child()
        return LlamaJob(child, self.settings, ToChild(op="complete", completion=completion))

    async def count(self, completion: Completion) -> int:
        """Exact tokens of the prompt that ``completion`` would be sent as."""
        self._refuse_overlong(completion)
        child, _loaded = await self._loaded_child()
        inbox = child.open(ToChild(op="count", completion=completion))
        message = await inbox.wait_for("counted", self.settings.request_timeout, self.settings)
        return message.get("tokens", 0)

    async def close(self) -> None:
        """End the child; a later use starts a new one."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            await asyncio.to_thread(child.end)

    def _running_child(self) -> _Child:
        with self._lock:
            if self._child is None or self._child.error is not None:
                self._child = _Child()
                finalize(self, self._child.end, 0.0)
            return self._child

    def _refuse_overlong(self, completion: Completion) -> None:
        characters = sum(len(message.get("content", "")) for message in completion["messages"])
        if characters > self.settings.n_ctx * _CHARACTERS_PER_TOKEN:
            raise too_long(_("{count} characters", count=characters), self.settings)


class _Inbox:
    """Where one job's messages arrive, in the event loop that waits for them."""

    def __init__(self, job: int, child: _Child) -> None:
        self.job = job
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[FromChild | TieoutError] = asyncio.Queue()

    def put(self, message: FromChild | TieoutError) -> None:
        """Called from the reading thread."""
        try:
            self._loop.call_soon_threadsafe(self._messages.put_nowait, message)
        except RuntimeError:  # the loop has been closed: nobody waits any more
            self._child.cancel(self.job, 0.0)

    async def wait_for(self, event: str | None, timeout: float, settings: LlamaSettings) -> FromChild:
        """The next message, of kind ``event`` or an end (``done``); the child is killed when time runs out."""
        while True:
            try:
                # Not wait_for: in Python 3.11 it swallows a cancellation that meets an arriving message.
                async with asyncio.timeout(timeout):
                    message = await self._messages.get()
            except TimeoutError:
                self._child.kill(restarted())
                raise too_slow(timeout) from None
            if isinstance(message, TieoutError):
                raise message
            kind = message.get("event")
            if kind == "failed":
                raise failed(message.get("code", "generate"), message.get("message", ""), settings)
            if event is None or kind in {event, "done"}:
                return message


class _Child:
    """A running child process with the threads that write to it and read from it.

    Threads instead of asyncio's subprocesses: those belong to one event loop, and a model outlives loops.
    """

    def __init__(self) -> None:
        self.loaded: Loaded | None = None
        self.error: TieoutError | None = None
        """Set once the process has ended or is being killed."""
        self._jobs: dict[int, _Inbox] = {}
        self._numbers = itertools.count(1)
        self._lock = Lock()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._last_words: deque[bytes] = deque()
        self._process = subprocess.Popen(
            # -P: a json.py in the current folder is not imported in place of the library's.
            [sys.executable, "-P", "-m", "tieout.models.llamacpp.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            process_group=0 if os.name == "posix" else None,  # Ctrl-C in the terminal reaches the parent only
        )
        self.pid = self._process.pid
        listener = Thread(target=self._listen, daemon=True, name="llama-stderr")
        listener.start()
        Thread(target=self._write, daemon=True, name="llama-stdin").start()
        Thread(target=self._read, args=(listener,), daemon=True, name="llama-stdout").start()

    def open(self, message: ToChild) -> _Inbox:
        """Send a job and return where its messages will arrive."""
        inbox = _Inbox(next(self._numbers), self)
        with self._lock:
            if self.error is not None:
                raise self.error
            self._jobs[inbox.job] = inbox
        message["job"] = inbox.job
        self._outbox.put(encode(message))
        return inbox

    def cancel(self, job: int, grace: float) -> None:
        """Ask for ``job`` to stop, and kill the process if it has not within ``grace`` seconds."""
        with self._lock:
            if job not in self._jobs or self.error is not None:
                return
        self._outbox.put(encode(ToChild(op="cancel", job=job)))
        timer = Timer(grace, self._kill_if_open, [job])
        timer.daemon = True
        timer.start()

    def kill(self, error: TieoutError) -> None:
        """End the process at once; every waiting job gets ``error``."""
        with self._lock:
            self.error = self.error or error
        self._process.kill()

    def end(self, patience: float = 2.0) -> None:
        """Close the pipe, at which the child exits, and make sure that it does."""
        with self._lock:
            self.error = self.error or ModelError(_("The local model has been closed."), code="model-closed")
        self._outbox.put(None)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _kill_if_open(self, job: int) -> None:
        with self._lock:
            still_open = job in self._jobs
        if still_open:
            self.kill(restarted())

    def _write(self) -> None:
        assert self._process.stdin is not None
        with self._process.stdin as pipe:
            try:
                while (line := self._outbox.get()) is not None:
                    pipe.write(line)
                    pipe.flush()
            except OSError:  # it has died; the reading thread says so
                return

    def _read(self, listener: Thread) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            greeted = False
            while line := pipe.readline(_LONGEST_LINE):
                if not greeted:
                    greeted = line == GREETING
                    continue
                try:
                    self._dispatch(cast(FromChild, decode(line)))
                except ValueError:
                    self.kill(ModelError(_("The local model process sent nonsense."), code="model-crashed"))
                    break
        status = self._process.wait()
        listener.join(1.0)
        self._bury(status)

    def _dispatch(self, message: FromChild) -> None:
        job = message.get("job", -1)
        final = message.get("event") in {"loaded", "done", "counted", "failed"}
        with self._lock:
            inbox = self._jobs.pop(job, None) if final else self._jobs.get(job)
        if inbox is not None:
            inbox.put(message)

    def _bury(self, status: int) -> None:
        with self._lock:
            self.error = self.error or crashed(status, b"".join(self._last_words))
            waiting, self._jobs = list(self._jobs.values()), {}
        self._outbox.put(None)
        for inbox in waiting:
            inbox.put(self.error)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            while chunk := os.read(pipe.fileno(), _STDERR_KEPT):
                self._last_words.append(chunk)
                while sum(map(len, self._last_words)) > 2 * _STDERR_KEPT:
                    self._last_words.popleft()


def _environment() -> dict[str, str]:
    """Ours without secrets: a hostile model file that breaks llama.cpp finds no keys."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not any(mark in name.upper() for mark in _SECRET_NAMES)
    }
    kept["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return kept
