"""Long answers: cut where no reader notices, drawn without holding up the keyboard."""

from __future__ import annotations

import pytest
from fake_engine import FakeEngine, screen_text, until
from hypothesis import given
from hypothesis import strategies as st

from tieout.events import TextEvent
from tieout_tui.app import ChatApp
from tieout_tui.pieces import HARD, SOFT, PieceCutter
from tieout_tui.prompt import Prompt


@given(st.lists(st.text(alphabet="ab \n|-#", max_size=3000)))
def test_pieces_join_to_the_text(chunks: list[str]) -> None:
    cutter = PieceCutter()
    pieces = [piece for chunk in chunks for piece in cutter.feed(chunk)]
    assert "".join(piece.text for piece in pieces) == "".join(chunks)
    assert not pieces or pieces[0].fresh


def lengths(text: str) -> list[int]:
    sizes: list[int] = []
    for piece in PieceCutter().feed(text):
        if piece.fresh:
            sizes.append(0)
        sizes[-1] += len(piece.text)
    return sizes


def test_piece_ends_at_a_blank_line_after_the_soft_limit() -> None:
    paragraph = "word " * 100 + "\n\n"
    pieces = [piece for piece in PieceCutter().feed(paragraph * 40) if piece.fresh]
    assert len(pieces) > 3
    assert all(piece.text.startswith("word") for piece in pieces)
    assert max(lengths(paragraph * 40)) < SOFT + 2 * len(paragraph)


@pytest.mark.parametrize("text", ["x" * 300_000, "line\n" * 60_000, "word " * 60_000])
def test_no_piece_grows_without_bound(text: str) -> None:
    assert max(lengths(text)) <= 2 * HARD


def test_code_block_that_is_cut_is_opened_again() -> None:
    code = "```python\n" + "print(1)\n\n" * 5000 + "```\nafter\n"
    fresh = [piece for piece in PieceCutter().feed(code) if piece.fresh]
    assert len(fresh) > 1
    assert all(piece.text.startswith("```python\n") for piece in fresh)


@pytest.mark.parametrize("size", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
async def test_keys_are_taken_while_a_long_answer_streams(
    app: ChatApp, engine: FakeEngine, size: int
) -> None:
    paragraph = "The **model** has 70B parameters, see `config`.\n\n- one\n- two\n\n"
    chunks = [paragraph * 40] * (size // (40 * len(paragraph)))
    engine.scripts.append([TextEvent(text=text) for text in [*chunks, "THE END"]])
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Prompt).text = "x"
        await pilot.press("enter")
        await until(pilot, lambda: "The model has 70B" in screen_text(app))
        await pilot.press("h", "i")
        assert app.query_one(Prompt).text == "hi"
        await until(pilot, lambda: "THE END" in screen_text(app), seconds=size / 2_000)
        assert "**" not in screen_text(app)


async def test_text_that_comes_in_single_characters_is_drawn_as_markdown(
    app: ChatApp, engine: FakeEngine
) -> None:
    text = "# Cost\n\n1. **H100**: 6.4M hours\n2. `B200`\n\n| a | b |\n|---|--:|\n| x | 12 |\n\n"
    text += "```python\nprint(1)\n```\n"
    engine.scripts.append([TextEvent(text=character) for character in text])
    async with app.run_test(size=(60, 30)) as pilot:
        app.query_one(Prompt).text = "x"
        await pilot.press("enter")
        await until(pilot, lambda: "print(1)" in screen_text(app) and "```" not in screen_text(app))
        lines = [line.strip() for line in screen_text(app).splitlines()]
        for line in ("Cost", "1. H100: 6.4M hours", "2. B200", "a   b", "─  ──", "x  12", "print(1)"):
            assert line in lines
