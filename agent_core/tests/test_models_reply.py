"""Taking a local model's raw text apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.models.llamacpp.reply import Piece, ReplyParser, TextPiece, ThinkingPiece, ToolCallPiece

TOOLS = ("quote", "estimate")


def pieces(text: str, *, cut: int = 10**9, tools: tuple[str, ...] = TOOLS) -> list[Piece]:
    """The pieces of ``text`` fed in cuts of ``cut`` characters, neighbours of one kind joined."""
    parser = ReplyParser(tools)
    found: list[Piece] = []
    for start in range(0, len(text), cut):
        found += parser.feed(text[start : start + cut])
    found += parser.finish()
    joined: list[Piece] = []
    for piece in found:
        last = joined[-1] if joined else None
        if isinstance(last, TextPiece) and isinstance(piece, TextPiece):
            joined[-1] = TextPiece(last.text + piece.text)
        elif isinstance(last, ThinkingPiece) and isinstance(piece, ThinkingPiece):
            joined[-1] = ThinkingPiece(last.text + piece.text)
        else:
            joined.append(piece)
    return joined


CALL = '<tool_call>\n{"name": "quote", "arguments": {"code": "688111"}}\n</tool_call>'
QUOTE = ToolCallPiece("quote", '{"code": "688111"}')

SAMPLES: list[tuple[str, list[Piece]]] = [
    ("Plain text.\n\nWith a < b.", [TextPiece("Plain text.\n\nWith a < b.")]),
    (CALL, [QUOTE]),
    (f"I look it up.\n{CALL}\n{CALL}", [TextPiece("I look it up."), QUOTE, QUOTE]),
    ("<think>hm, <b></think>\n\nSo: 7.", [ThinkingPiece("hm, <b>"), TextPiece("So: 7.")]),
    (f"<think>look</think>{CALL}", [ThinkingPiece("look"), QUOTE]),
    ('{"name": "quote", "arguments": {"code": "688111"}}', [QUOTE]),
    ('{"name": "quote", "parameters": {"code": "688111"}}\n{"name": "estimate", "parameters": {}}',
     [QUOTE, ToolCallPiece("estimate", "{}")]),
    ('[{"type": "function", "function": {"name": "quote", "arguments": "{\\"code\\": \\"688111\\"}"}}]', [QUOTE]),
    ('```json\n{"name": "quote", "arguments": {"code": "688111"}}\n```', [QUOTE]),
    ('{"name": "quote", "arguments": {"code": "688111"}} I called it.', [QUOTE, TextPiece("I called it.")]),
    # JSON that names no offered tool is an answer, not a call
    ('{"name": "Meta", "arguments": {}}', [TextPiece('{"name": "Meta", "arguments": {}}')]),
    ('{"total": 3}', [TextPiece('{"total": 3}')]),
    ("[1] is the source, and it says a lot about the number of chips in use.",
     [TextPiece("[1] is the source, and it says a lot about the number of chips in use.")]),
    # broken calls: the name is kept, so that the model can be told what is wrong; nothing is lost
    ('<tool_call>{"name": "quote", "arguments": {"code": </tool_call>',
     [ToolCallPiece("quote", '{"name": "quote", "arguments": {"code":')]),
    ("<tool_call>what?</tool_call>", [TextPiece("<tool_call>what?</tool_call>")]),
    ('<tool_call>{"name": "quote", "arguments": {"code": "688111"}}', [QUOTE]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAMPLES)
@pytest.mark.parametrize("cut", [1, 3, 7, 10**9])
def test_reply_is_taken_apart_however_it_is_cut(text: str, expected: list[Piece], cut: int):
    assert pieces(text, cut=cut) == expected


def test_without_tools_nothing_is_a_call():
    assert pieces(CALL, tools=()) == [TextPiece(CALL)]
    text = '{"name": "quote", "arguments": {}}'
    assert pieces(text, tools=()) == [TextPiece(text)]


def test_text_is_released_before_the_reply_has_ended():
    parser = ReplyParser(TOOLS)
    assert list(parser.feed("The answer is")) == [TextPiece("The answer is")]
    assert list(parser.feed(" forty <tool")) == [TextPiece(" forty")]
    assert list(parser.feed("box>")) == [TextPiece(" <toolbox>")]


fragments = st.lists(
    st.sampled_from(
        ["<tool_call>", "</tool_call>", "<think>", "</think>", "<too", "{", "}", '"name"', ": ", '"quote"',
         '"arguments"', "[", "```json\n", " ", "\n", "text", "算力", "\ud800", CALL]
    )
).map("".join)  # fmt: skip


@given(text=fragments, cut=st.integers(1, 9))
def test_any_text_gives_the_same_pieces_however_it_is_cut(text: str, cut: int):
    assert pieces(text, cut=cut) == pieces(text)


@given(text=st.text(alphabet=st.characters(exclude_characters="<{[`")))
def test_text_without_markup_comes_through_whole(text: str):
    assert pieces(text) == ([TextPiece(text.lstrip())] if text.strip() else [])


@given(
    arguments=st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=4),
    cut=st.integers(1, 20),
)
def test_arguments_arrive_as_they_were_written(arguments: dict[str, object], cut: int):
    written = json.dumps({"name": "quote", "arguments": arguments}, ensure_ascii=False)
    if "</tool_call>" in written:
        return
    (call,) = pieces(f"<tool_call>{written}</tool_call>", cut=cut)
    assert isinstance(call, ToolCallPiece)
    assert json.loads(call.arguments) == arguments
