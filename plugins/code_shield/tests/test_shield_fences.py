"""The fence parser: what is code, what is prose, and that the cutting of the text does not matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tieout_code_shield.fences import CodeLine, FenceClose, FenceOpen, FenceParser, Piece, Prose


def parsed(*parts: str) -> list[Piece]:
    parser = FenceParser()
    found = [piece for part in parts for piece in parser.feed(part)]
    return [*found, *parser.finish()]


def code_of(text: str) -> list[str]:
    return [piece.code for piece in parsed(text) if isinstance(piece, CodeLine)]


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def shape(pieces: list[Piece]) -> list[tuple[str, str]]:
    """Prose run together, since it may come in any pieces; everything else as it is."""
    found: list[tuple[str, str]] = []
    for piece in pieces:
        kind = type(piece).__name__
        if found and kind == "Prose" and found[-1][0] == "Prose":
            found[-1] = ("Prose", found[-1][1] + piece.text)
        else:
            found.append((kind, piece.code if isinstance(piece, CodeLine) else piece.text))
    return found


def test_kinds_of_fences() -> None:
    assert code_of("```python\na\nb\n```\nc") == ["a", "b"]
    assert code_of("~~~\na\n```\n~~~\nb") == ["a", "```"]
    assert code_of("`````\n```\na\n```\n`````\nb") == ["```", "a", "```"]
    assert code_of("   ```js\n   a\n     b\n   ```\n") == ["a", "  b"]
    assert code_of("1. x\n\n       ```js\n       a\n       ```\n") == ["a"]
    assert code_of("- ```js\n  a\n  ```\nb") == ["a"]
    assert code_of("> ```js\n> a\n> ```\nb") == ["a"]
    assert code_of("> ```js\n> a\nb") == ["a"]
    assert code_of("10. ```\n    a") == ["a"]
    assert code_of("```\nnever closed") == ["never closed"]
    assert code_of("~~~ `x`\na\n~~~") == ["a"]


def test_what_is_no_fence() -> None:
    assert code_of("use `eval` and ``x``\n") == []
    assert code_of("```inline``` is not a block\na\n") == []
    assert code_of("a ```\nb\n") == []
    assert code_of("``\na\n``\n") == []
    assert code_of("----\na\n") == []


def test_longer_closing_fence_closes_and_a_fence_with_words_does_not() -> None:
    assert code_of("```\na\n```` \nb") == ["a"]
    assert code_of("```\na\n``` b\nc\n```") == ["a", "``` b", "c"]


def test_prose_passes_before_its_line_ends() -> None:
    parser = FenceParser()
    assert joined(parser.feed("Hello wor")) == "Hello "
    assert joined(parser.feed("ld, 你好")) == "world, 你好"


def test_private_key_in_prose_is_a_block() -> None:
    text = "Here:\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter"
    assert code_of(text) == ["-----BEGIN RSA PRIVATE KEY-----", "MIIE", "-----END RSA PRIVATE KEY-----"]
    assert joined(parsed(text)) == text


def test_places_of_lines() -> None:
    text = "a\n> ```\n> x = 1\n> ```\n"
    (line,) = [piece for piece in parsed(text) if isinstance(piece, CodeLine)]
    assert text[line.start : line.start + len(line.code)] == "x = 1"


LINES = st.sampled_from(
    ["```", "````", "~~~", "```python", "  ```js", "> ```", "> x", ">", "- ```", "1. ```", "12", "", " ", "x = 1", "``",
     "-----", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "word " * 3, "中文",
     "a`b`", "```a`b", "\t```", "x\r"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(LINES, st.text(alphabet="`~ >-1.\nab", max_size=12)), max_size=12).map("\n".join)


@given(TEXTS, st.data())
def test_cutting_changes_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = shape(parsed(text))
    assert shape(parsed(*parts)) == whole
    assert shape(parsed(*text)) == whole


@given(TEXTS)
def test_nothing_is_lost_and_blocks_open_and_close_in_turn(text: str) -> None:
    pieces = parsed(text)
    assert joined(pieces) == text
    inside = False
    for piece in pieces:
        if isinstance(piece, FenceOpen):
            assert not inside
            inside = True
        elif isinstance(piece, FenceClose):
            assert inside
            inside = False
        else:
            assert inside is isinstance(piece, CodeLine)
            assert isinstance(piece, CodeLine | Prose)
    assert not inside


def test_very_long_line_is_taken_in_pieces() -> None:
    text = "```\n" + "x" * 45_000 + "\n```\n"
    assert "".join(code_of(text)) == "x" * 45_000
    assert shape(parsed(*text)) == shape(parsed(text))
