"""A tiny OpenAI-compatible server on loopback: the other end of the benchmarks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = "The run used about 27.6 percent of the dense peak. " * 12
"""About 600 characters, sent in pieces of four: roughly what a model streams as 150 tokens."""


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


def _tool_call(number: int, name: str, arguments: dict[str, object]) -> list[bytes]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": f"call{number}", "type": "function", "function": function}
    return [_chunk({"role": "assistant", "tool_calls": [call]}), _chunk({}, "tool_calls")]


def _text() -> list[bytes]:
    pieces = [ANSWER[start : start + 4] for start in range(0, len(ANSWER), 4)]
    return [_chunk({"role": "assistant", "content": piece}) for piece in pieces] + [_chunk({}, "stop")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        request = json.loads(self.rfile.read(length))
        done = sum(
            1
            for message in request["messages"][_last_user(request["messages"]) :]
            if message["role"] == "tool"
        )
        name = next(
            (
                tool["function"]["name"]
                for tool in request.get("tools", [])
                if "hardware" in tool["function"]["name"]
            ),
            "",
        )
        frames = (
            _text() if done >= 2 or not name else _tool_call(done, name, {"device": ["H100", "A100"][done]})
        )
        body = b"".join(frames) + b"data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _last_user(messages: list[dict[str, object]]) -> int:
    return max(index for index, message in enumerate(messages) if message["role"] == "user")


@contextmanager
def loopback_model() -> Iterator[str]:
    """Serve on a free port; yields the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
