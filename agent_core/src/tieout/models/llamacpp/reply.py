"""What a local model wrote, taken apart while it arrives: text, thinking, and calls of tools.

llama-cpp-python returns raw text when a file's own template is used, so the calls are found here:
``<tool_call>{json}</tool_call>`` (Hermes, Qwen and most ChatML models), and an answer that is nothing but a JSON
object, or several, naming a tool that was offered (Llama 3, small models of all kinds).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

__all__ = ["Piece", "ReplyParser", "TextPiece", "ThinkingPiece", "ToolCallPiece"]

_OPENINGS: Final = {"<tool_call>": "call", "<think>": "thinking"}
_CLOSINGS: Final = {"call": "</tool_call>", "thinking": "</think>"}
_LOOKS_LIKE_CALL: Final = re.compile(
    r'\s*(?:```(?:json)?\s*)?\[?\s*\{\s*"(?:name|type|function|arguments|parameters)"\s*:'
)
_ENOUGH_TO_TELL: Final = 48  # characters after which a reply beginning with { is a call or is text
_NAME: Final = re.compile(r'"name"\s*:\s*"([^"\\]{1,200})"')
_MISSING: Final = object()


@dataclass(frozen=True)
class TextPiece:
    """Text of the answer."""

    text: str


@dataclass(frozen=True)
class ThinkingPiece:
    """Text between ``<think>`` and ``</think>``."""

    text: str


@dataclass(frozen=True)
class ToolCallPiece:
    """One call; ``arguments`` is JSON as text, not yet checked against the tool's schema."""

    name: str
    arguments: str


Piece = TextPiece | ThinkingPiece | ToolCallPiece


class ReplyParser:
    """Feed it the text as it comes; the pieces are the same however it is cut.

    Args:
        tools: Names of the tools that were offered. None of them: braces are just text.
        thinking: Whether the prompt already ended in an opening ``<think>``, as some templates do.
    """

    def __init__(self, tools: Collection[str] = (), *, thinking: bool = False) -> None:
        self._tools = frozenset(tools)
        self._mode: Literal["start", "text", "call", "thinking", "json"] = "thinking" if thinking else "start"
        self._buffer = ""
        self._wrote = False

    def feed(self, text: str) -> Iterator[Piece]:
        """The pieces that ``text`` completes; what may still become a tag is held back."""
        self._buffer += text
        yield from self._advance(final=False)

    def finish(self) -> Iterator[Piece]:
        """The pieces left when the reply has ended."""
        yield from self._advance(final=True)

    def _advance(self, *, final: bool) -> Iterator[Piece]:
        while True:
            before = (self._mode, len(self._buffer))
            match self._mode:
                case "start":
                    self._decide(final=final)
                case "text":
                    yield from self._text(final=final)
                case "thinking":
                    yield from self._thinking(final=final)
                case "call":
                    yield from self._call(final=final)
                case "json":
                    if final:
                        yield from self._json()
            if (self._mode, len(self._buffer)) == before:
                return

    def _decide(self, *, final: bool) -> None:
        """Whether the reply is JSON that names a tool, as soon as that can be told."""
        head = self._buffer.lstrip()
        if not head and not final:
            return
        if not self._tools or not head.startswith(("{", "[", "`")):
            self._mode = "text"
        elif _LOOKS_LIKE_CALL.match(head[:_ENOUGH_TO_TELL]):
            self._mode = "json"
        elif final or len(head) >= _ENOUGH_TO_TELL:
            self._mode = "text"

    def _text(self, *, final: bool) -> Iterator[Piece]:
        found = [(at, tag) for tag in self._openings() if (at := self._buffer.find(tag)) >= 0]
        if found:
            at, tag = min(found)
            yield from self._flush_text(self._buffer[:at], before_tag=True)
            self._buffer = self._buffer[at + len(tag) :]
            self._mode = "call" if _OPENINGS[tag] == "call" else "thinking"
            return
        # White space is held back with what may become a tag: before a tag it is dropped.
        kept = len(self._buffer) if final else len(self._settled(self._openings()).rstrip())
        text, self._buffer = self._buffer[:kept], self._buffer[kept:]
        yield from self._flush_text(text, before_tag=False)

    def _settled(self, tags: list[str]) -> str:
        """The buffer without an end that begins one of ``tags``."""
        return self._buffer[: len(self._buffer) - _held(self._buffer, tags)]

    def _openings(self) -> list[str]:
        return [tag for tag in _OPENINGS if tag == "<think>" or self._tools]

    def _flush_text(self, text: str, *, before_tag: bool) -> Iterator[Piece]:
        if not self._wrote:
            text = text.lstrip()
        if before_tag:
            text = text.rstrip()
        if text:
            self._wrote = True
            yield TextPiece(text)

    def _thinking(self, *, final: bool) -> Iterator[Piece]:
        closing = _CLOSINGS["thinking"]
        at = self._buffer.find(closing)
        if at >= 0:
            text, self._buffer = self._buffer[:at], self._buffer[at + len(closing) :]
            self._mode = "start"
        else:
            kept = len(self._buffer) if final else len(self._settled([closing]))
            text, self._buffer = self._buffer[:kept], self._buffer[kept:]
        if text:
            yield ThinkingPiece(text)

    def _call(self, *, final: bool) -> Iterator[Piece]:
        closing = _CLOSINGS["call"]
        at = self._buffer.find(closing)
        if at < 0 and not final:
            return
        body = self._buffer if at < 0 else self._buffer[:at]
        self._buffer = "" if at < 0 else self._buffer[at + len(closing) :]
        self._mode = "text"
        yield from self._body(body)

    def _body(self, body: str) -> Iterator[Piece]:
        """What stands inside ``<tool_call>``; a broken call keeps its text, for the model to be told what is wrong."""
        calls = _calls_in(body.strip())
        if calls:
            yield from calls[0]
            return
        name = _NAME.search(body)
        if name:
            yield ToolCallPiece(name.group(1), body.strip())
        elif body.strip():
            yield TextPiece(f"<tool_call>{body}</tool_call>")

    def _json(self) -> Iterator[Piece]:
        text, self._buffer, self._mode = self._buffer, "", "text"
        body = re.sub(r"^\s*```(?:json)?\s*", "", text)
        found = _calls_in(body.lstrip())
        if found is None or not all(call.name in self._tools for call in found[0]):
            yield from self._flush_text(text, before_tag=False)
            return
        yield from found[0]
        rest = found[1].strip().removeprefix("```").strip()
        yield from self._flush_text(rest, before_tag=False)


def _held(text: str, tags: list[str]) -> int:
    """Length of the longest end of ``text`` that begins one of ``tags``."""
    longest = max(map(len, tags)) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(tag.startswith(text[-length:]) for tag in tags):
            return length
    return 0


def _calls_in(text: str) -> tuple[list[ToolCallPiece], str] | None:
    """The calls that ``text`` begins with and what follows them; None when it does not begin with a call."""
    decoder = json.JSONDecoder()
    calls: list[ToolCallPiece] = []
    while text.startswith(("{", "[")):
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            break
        items = cast(list[object], value) if isinstance(value, list) else [value]
        found = [_call_of(item) for item in items]
        if not found or None in found:
            break
        calls += [call for call in found if call is not None]
        text = text[end:].lstrip(" \r\n\t;,")
    return (calls, text) if calls else None


def _call_of(item: object) -> ToolCallPiece | None:
    """``{"name", "arguments"}``, ``{"name", "parameters"}``, or either inside ``{"function": …}``."""
    if not isinstance(item, dict):
        return None
    fields = cast(dict[str, object], item)
    inner = fields.get("function")
    if isinstance(inner, dict):
        return _call_of(cast(dict[str, object], inner))
    name = inner if isinstance(inner, str) else fields.get("name")
    arguments = fields.get("arguments", fields.get("parameters", _MISSING))
    if not isinstance(name, str) or not name or arguments is _MISSING:
        return None
    if isinstance(arguments, str):  # JSON inside JSON, as OpenAI's own format has it
        return ToolCallPiece(name, arguments)
    return ToolCallPiece(name, json.dumps(arguments, ensure_ascii=False))
