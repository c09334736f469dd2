"""pydantic-ai's messages and records as JSON, and appending them to a conversation.

The only module here, beside :mod:`tieout.store.sqlite_store`, that imports pydantic-ai (1.1 s); the others import
it inside the functions that need it.
"""

from __future__ import annotations

__all__ = ["MessageCodec", "append", "append_exchange"]

import contextlib
import re
import sqlite3
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import is_dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, cast
from uuid import uuid4

import pydantic
from pydantic_ai.conversation_store import ConversationEntry, ConversationRecord
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolReturnPart,
    UserPromptPart,
)

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store import entries
from tieout.store.entries import EntryRow, RecordRow
from tieout.store.rows import SqlText, Turn, from_sql, stamp

_ = translator("tieout")

# Pydantic's JSON refuses lone surrogates, which models and clipboards do produce. Such text is written with each
# of them, and U+FFFF itself, as U+FFFF and four hex digits, inside {"escaped": …} in place of the plain array.
_TO_ESCAPE: Final = re.compile("[\uffff\ud800-\udfff]")
_ESCAPED: Final = re.compile("\uffff([0-9a-f]{4})")


class MessageCodec:
    """Turns messages and records into JSON and back; equal to what went in, as far as pydantic-ai's own JSON is."""

    @cached_property
    def _records(self) -> pydantic.TypeAdapter[list[ConversationRecord]]:
        config = pydantic.ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
        return pydantic.TypeAdapter(list[ConversationRecord], config=config)

    def dump_message(self, message: ModelMessage) -> str:
        """JSON array of the one message; objects that JSON does not know inside it become their ``repr``.

        Raises:
            StoreError: It cannot be written, such as one that contains itself (``store-message``).
        """
        return _dump(ModelMessagesTypeAdapter, [message])

    def load_message(self, stored: SqlText) -> ModelMessage:
        """The message that :meth:`dump_message` wrote.

        Raises:
            StoreError: It is no message this version knows (``store-message``).
        """
        return self.load_messages([stored])[0]

    def load_messages(self, stored: Sequence[SqlText]) -> list[ModelMessage]:
        """The messages that :meth:`dump_message` wrote, in order; parsed in one go."""
        texts = [from_sql(text) for text in stored]
        try:
            if all(text.startswith("[") for text in texts):
                whole = "[" + ",".join(text[1:-1] for text in texts) + "]"
                return ModelMessagesTypeAdapter.validate_json(whole)
            return [message for text in texts for message in _load(ModelMessagesTypeAdapter, text)]
        except ValueError as error:
            raise _unusable(_("A stored message cannot be read: {reason}."), error) from error

    def dump_record(self, record: ConversationRecord) -> str:
        """JSON array of the one record."""
        return _dump(self._records, [record])

    def load_record(self, stored: SqlText) -> ConversationRecord:
        """The record that :meth:`dump_record` wrote.

        Raises:
            StoreError: It is no record this version knows (``store-message``).
        """
        try:
            return _load(self._records, from_sql(stored))[0]
        except (ValueError, IndexError) as error:
            raise _unusable(_("A stored message cannot be read: {reason}."), error) from error

    def entry(self, row: EntryRow) -> ConversationEntry:
        """The entry in pydantic-ai's form."""
        return ConversationEntry(id=row.id, parent_id=row.parent_id, message=self.load_message(row.message))

    def entries(self, rows: Sequence[EntryRow]) -> list[ConversationEntry]:
        """Entries in pydantic-ai's form."""
        messages = self.load_messages([row.message for row in rows])
        return [
            ConversationEntry(id=row.id, parent_id=row.parent_id, message=message)
            for row, message in zip(rows, messages, strict=True)
        ]

    def entry_row(self, entry: ConversationEntry, *, conversation_id: str) -> EntryRow:
        """The entry as a row."""
        return EntryRow(
            id=entry.id,
            parent_id=entry.parent_id,
            conversation_id=conversation_id,
            kind=entry.kind,
            message=self.dump_message(entry.message),
        )

    def record_row(self, record: ConversationRecord) -> RecordRow:
        """The record as a row."""
        return RecordRow(
            id=record.conversation_id,
            head_id=record.head_id,
            revision=record.revision,
            scope=record.scope,
            updated_at=stamp(record.updated_at),
            branches=record.branches,
            forked_from=record.forked_from,
            forked_at=record.forked_at,
            record=self.dump_record(record),
        )


def append(
    cx: sqlite3.Connection, codec: MessageCodec, conversation_id: str, messages: Sequence[ModelMessage]
) -> str | None:
    """Append messages after whatever the conversation ends with now; returns its last entry.

    Their usage is added to the conversation's. For what has to be kept whoever else wrote meanwhile.
    """
    stored = entries.record(cx, conversation_id)
    if stored is None:
        record = ConversationRecord(conversation_id=conversation_id, head_id=None)
    else:
        record = codec.load_record(stored)
    head_id = record.head_id
    new: list[EntryRow] = []
    for message in messages:
        entry = ConversationEntry(parent_id=head_id, message=message)
        new.append(codec.entry_row(entry, conversation_id=conversation_id))
        head_id = entry.id
        _count(record, message)
    entries.add(cx, new)
    moved = replace(record, head_id=head_id, revision=str(uuid4()), updated_at=datetime.now(UTC))
    entries.put_record(cx, codec.record_row(moved))
    return head_id


def append_exchange(
    cx: sqlite3.Connection, codec: MessageCodec, turn: Turn, *, answer: str, whole: bool
) -> str | None:
    """Append a turn's question and its answer, marked interrupted unless ``whole``; returns the last entry.

    An interrupted answer without a word yet is a response without parts, which is what pydantic-ai itself keeps.
    """
    return append(
        cx,
        codec,
        turn.session_id,
        [
            ModelRequest(parts=[UserPromptPart(content=turn.question, timestamp=turn.started_at)]),
            ModelResponse(
                parts=[TextPart(content=answer)] if answer else [],
                model_name=turn.model or None,
                state="complete" if whole else "interrupted",
            ),
        ],
    )


def _count(record: ConversationRecord, message: ModelMessage) -> None:
    if isinstance(message, ModelResponse):
        record.usage.incr(message.usage)
        record.usage.requests += 1
    else:
        record.usage.tool_calls += sum(isinstance(part, ToolReturnPart) for part in message.parts)


def _dump(adapter: pydantic.TypeAdapter[Any], values: list[Any]) -> str:
    with contextlib.suppress(ValueError):  # a lone surrogate in a value
        text = adapter.dump_json(values, fallback=repr).decode()
        if "\ufffd" not in text:  # which is what one in a dict key silently becomes
            return text
    try:
        return '{"escaped":' + adapter.dump_json(_walk(values, _escape), fallback=repr).decode() + "}"
    except (ValueError, RecursionError) as error:
        raise _unusable(_("A message cannot be stored: {reason}."), error) from error


def _load(adapter: pydantic.TypeAdapter[Any], text: str) -> Any:
    if not text.startswith("{"):
        return adapter.validate_json(text)
    return _walk(adapter.validate_json(text.removeprefix('{"escaped":').removesuffix("}")), _unescape)


def _escape(text: str) -> str:
    return _TO_ESCAPE.sub(lambda found: f"\uffff{ord(found[0]):04x}", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of ``value`` with every text inside it changed.

    Walks the objects themselves: dumping them to plain Python first would replace what is not UTF-8 in dict keys.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        items = cast(dict[Any, Any], value).items()
        return {_walk(key, change): _walk(item, change) for key, item in items}
    if isinstance(value, list | tuple):
        return [_walk(item, change) for item in cast(Sequence[Any], value)]
    if isinstance(value, pydantic.BaseModel):
        return value.model_copy(update={name: _walk(item, change) for name, item in value})
    if is_dataclass(value) and not isinstance(value, type):
        twin = copy(value)
        for name, item in vars(value).items():
            object.__setattr__(twin, name, _walk(item, change))
        return twin
    return value


def _unusable(message: str, error: Exception) -> StoreError:
    return StoreError(
        message.format(reason=str(error).partition("\n")[0]),
        code="store-message",
        hint=_("Save what can be read with `tieout sessions export --salvage`."),
    )
