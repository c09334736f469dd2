"""The process that holds a local model: ``python -m tieout.models.llamacpp.child``, spoken to by :mod:`.process`.

It ends when its standard input does, so it never outlives the program that started it; it works in native code with
the interpreter lock released, so the reading thread sees that at once. (Linux's parent-death signal is not used:
it fires when the starting *thread* ends, and models outlive threads.)
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, BinaryIO, cast

from tieout.models.llamacpp.protocol import (
    GREETING,
    Completion,
    EngineError,
    FinishedBy,
    FromChild,
    JsonObject,
    ToChild,
    decode,
    encode,
)

if TYPE_CHECKING:
    from tieout.models.llamacpp.engine import LlamaEngine

__all__ = ["Child", "main"]


class Child:
    """Reads jobs in one thread, does them in another (the main one)."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._jobs: SimpleQueue[tuple[ToChild, float]] = SimpleQueue()
        self._lock = Lock()
        self._waiting: set[int] = set()
        self._cancelled: set[int] = set()
        self._model: LlamaEngine | None = None

    def run(self) -> None:
        """Work until the input ends."""
        self._sink.write(GREETING)
        self._sink.flush()
        Thread(target=self._read, daemon=True).start()
        while True:
            self._do(*self._jobs.get())

    def _read(self) -> None:
        try:
            for line in self._source:
                message = cast(ToChild, decode(line))
                op, job = message.get("op"), message.get("job", -1)
                if op == "close":
                    break
                with self._lock:
                    if op == "cancel":
                        self._cancelled.update({job} & self._waiting)
                        continue
                    self._waiting.add(job)
                self._jobs.put((message, time.monotonic()))
        finally:
            os._exit(0)  # also in the middle of a token: nobody is left to read it

    def _do(self, message: ToChild, received: float) -> None:
        job = message.get("job", -1)
        self._send(FromChild(event="started", job=job))
        try:
            completion = message.get("completion")
            if completion is None:
                self._load(job, message.get("settings", {}))
            elif message.get("op") == "count":
                tokens, _cached = self._engine.prompt(completion["messages"], completion["tools"])
                self._send(FromChild(event="counted", job=job, tokens=len(tokens)))
            else:
                self._complete(job, completion, received + completion["deadline"])
        except EngineError as error:
            self._send(FromChild(event="failed", job=job, code=error.code, message=str(error)))
        except Exception as error:  # whatever llama.cpp's binding raises: the job fails, the process stays
            said = f"{type(error).__name__}: {error}"
            self._send(FromChild(event="failed", job=job, code="generate", message=said))
        finally:
            with self._lock:
                self._waiting.discard(job)
                self._cancelled.discard(job)

    @property
    def _engine(self) -> LlamaEngine:
        if self._model is None:
            raise EngineError("load", "no model is loaded")
        return self._model

    def _load(self, job: int, settings: JsonObject) -> None:
        if self._model is None:
            try:
                from tieout.models.llamacpp.engine import LlamaEngine
            except ImportError as error:
                raise EngineError("not-installed", str(error)) from error
            self._model = LlamaEngine(settings)
        self._send(FromChild(event="loaded", job=job, loaded=self._model.loaded))

    def _complete(self, job: int, completion: Completion, deadline: float) -> None:
        def why_stop() -> FinishedBy | None:
            if job in self._cancelled:
                return "cancelled"
            return "deadline" if time.monotonic() > deadline else None

        engine = self._engine
        if why := why_stop():  # while it waited for its turn
            self._send(FromChild(event="done", job=job, finish=why, tokens=0))
            return
        tokens, cached = engine.prompt(completion["messages"], completion["tools"])
        self._send(FromChild(event="prompt", job=job, tokens=len(tokens), cached=cached))
        engine.stop_when(why_stop)
        try:
            for text in engine.generate(tokens, completion):
                self._send(FromChild(event="text", job=job, text=text))
        finally:
            engine.stop_when(lambda: None)
        self._send(FromChild(event="done", job=job, finish=engine.finish, tokens=engine.written))

    def _send(self, message: FromChild) -> None:
        try:
            self._sink.write(encode(message))
            self._sink.flush()
        except OSError:
            os._exit(0)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two ends of the protocol on descriptors of their own; prints to fd 1 go to stderr from here on."""
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def _no_core_dump() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would be as large as the model


def main() -> None:
    """Entry point of the child process."""
    source, sink = _take_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    faulthandler.enable()
    _no_core_dump()
    sys.stdout = sys.stderr
    Child(source, sink).run()


if __name__ == "__main__":
    main()
