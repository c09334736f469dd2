"""Code in other clothes: patches, transcripts of consoles, strings in JSON, fenced blocks in a longer text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

from tieout_code_shield.fences import CodeLine, FenceClose, FenceOpen, FenceParser
from tieout_code_shield.fences import Piece as Parsed
from tieout_code_shield.guessing import CLEARLY, looks_like_code, scores
from tieout_code_shield.languages import Language, language_of_file, language_of_tag
from tieout_code_shield.limits import Clock

__all__ = [
    "Bare",
    "Dressing",
    "Piece",
    "TooMuch",
    "canvas",
    "strings_in_line",
    "texts_in",
    "undressed",
]

Kind = Literal["", "diff", "json", "console"]

MAX_DEPTH: Final = 24
"""JSON is read this deep, strings with JSON in them included."""
CHUNK: Final = 4_000
MAX_STRINGS: Final = 2_000
_DIFF_TAGS: Final = frozenset({"diff", "patch", "udiff"})
_JSON_TAGS: Final = frozenset({"json", "jsonl", "json5", "jsonc", "ipynb", "ndjson"})
_CONSOLE_TAGS: Final = frozenset(
    {"console", "shell-session", "shellsession", "terminal", "pycon", "irb", "ipython"}
)
_KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(_DIFF_TAGS, "diff"),
    **dict.fromkeys(_JSON_TAGS, "json"),
    **dict.fromkeys(_CONSOLE_TAGS, "console"),
}
_PROMPT: Final = re.compile(
    r"[ \t]*(?:>>>(?= |$)|\.\.\.(?= |$)|In \[\d{1,6}\]:|irb\([^)\n]{1,40}\)[^>\n]{0,20}>|\$(?= )|"
    r"[\w.-]{1,40}@[\w.-]{1,60}[: ][^$#\n]{0,80}[$#](?= )|PS [^>\n]{0,80}>(?= )) ?"
)
_ROOT_PROMPT: Final = re.compile(r"[ \t]*#(?= \w)")
_DIFF_LINE: Final = re.compile(r"diff --git |(?:---|\+\+\+) [^\n]|@@ -\d|index [0-9a-f]{6,}|\\ No newline")
_DIFF: Final = re.compile(r"^(?:diff --git \S|--- [^\n]+\n\+\+\+ [^\n]|@@ -\d+(?:,\d+)? \+\d)", re.M)
_NEW_FILE: Final = re.compile(r"\+\+\+ (?:b/)?([^\t\n]+)")
_FENCE: Final = re.compile(r"^[ \t>*+-]*+(?:\d{1,9}[.)] [ \t]*+)?(?:```|~~~)", re.M)
_STRING: Final = re.compile(r'(?<!\\)"(?P<text>(?:[^"\\]|\\.)*+)"(?P<key>\s*:)?')
_JSON_LINE: Final = re.compile(
    r'(?<!\\)"(?:[^"\\]|\\.)*+"|[\s\[\]{}:,]|-?\d[\d.eE+-]*|\b(?:true|false|null)\b|//.*'
)
"""Everything that a line of JSON is made of."""
_JSON_BEGINS: Final = re.compile(r'\s*(?:[{\[]\s*){1,4}"|\s*"[^"\\\n]{1,80}"\s*:')
_BLANK: Final = re.compile(r"[^\n]")


class TooMuch(Exception):
    """A text holds more texts, or deeper ones, than can be looked at."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A line without its clothes."""

    code: str
    column: int = 0
    """Where its code begins in the line."""
    breaks: bool = False
    """Whether no statement goes on from the line before it."""
    counts: bool = True
    """Whether it says anything new: what a patch leaves as it was does not."""
    language: Language | None = None
    """The language that the lines from here on are in, where this one says so."""


class Dressing:
    """Takes the lines of one block of code, returns them bare.

    Args:
        info: What the block's fence says.
    """

    def __init__(self, info: str) -> None:
        tag = re.match(r"[\w+-]*", info.strip().lower())
        self.kind: Kind = _KINDS.get(tag[0] if tag else "", "")
        self._first = True
        self._untold = not tag or tag[0] in ("", "text", "txt", "plain", "plaintext")
        """Whether the fence says nothing of what is in it."""
        self._patching = False
        """Whether a patch's header was seen: before one, no line is there because it was there before."""

    def bare(self, line: str) -> Bare:
        """The code in a line."""
        if self.kind == "" and self._first and line.startswith(("diff --git ", "--- a/", "--- /dev/null")):
            self.kind = "diff"
        if self.kind == "" and self._first and self._untold and _is_json(line):
            self.kind = "json"
        # A bracket alone may begin JSON as well as code.
        self._first = self._first and line.strip() in ("", "{", "[")
        if self.kind == "diff":
            bare = _bare_of_diff(line)
            self._patching = self._patching or bare.breaks
            return bare if self._patching else replace(bare, counts=True)
        if self.kind == "json" and _JSON_LINE.sub("", line):
            self.kind = ""
            return Bare(line, breaks=True)
        if self.kind == "json":
            return Bare("\n".join(strings_in_line(line)))
        prompt = _PROMPT.match(line) or (_ROOT_PROMPT.match(line) if self.kind == "console" else None)
        if prompt is None:
            return Bare(line)
        return Bare(line[prompt.end() :], prompt.end(), breaks=not prompt[0].strip().startswith("..."))

    def without(self, line: str, notice: str) -> str | None:
        """A line of JSON with a notice in place of each string that is code; ``None`` in any other block."""
        if self.kind != "json":
            return None
        said = json.dumps(notice, ensure_ascii=False)
        return _STRING.sub(lambda found: found[0] if found["key"] or not _code_in(found) else said, line)


def _bare_of_diff(line: str) -> Bare:
    if _DIFF_LINE.match(line):
        file = _NEW_FILE.match(line)
        return Bare("", breaks=True, language=language_of_file(file[1].strip()) if file else None)
    if line[:1] in ("+", " "):
        return Bare(line[1:], 1, counts=line[0] == "+")
    # A line without a mark is no part of a patch, whatever the block is called.
    return Bare("", counts=False) if line[:1] in ("-", "") else Bare(line)


def _is_json(line: str) -> bool:
    """Whether a line is an object or list of JSON, or its beginning, and nothing else."""
    return _JSON_BEGINS.match(line) is not None and not _JSON_LINE.sub("", line)


def strings_in_line(line: str) -> Iterator[str]:
    """The strings in a line of JSON that look like code, decoded; keys are left out."""
    for found in _STRING.finditer(line):
        if not found["key"]:
            text = _code_in(found)
            if text:
                yield text


def _code_in(found: re.Match[str]) -> str:
    """What a string in JSON says, if that looks like code."""
    if len(found["text"]) < 6:
        return ""
    try:
        text: object = json.loads(f'"{found["text"]}"')
    except ValueError:
        text = found["text"]
    return text.removesuffix("\n") if isinstance(text, str) and looks_like_code(text) else ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that is code."""

    code: str
    language: str = ""
    """Name or tag; empty where nothing says."""
    at: tuple[int, int] | None = None
    """Where it stands in the text, when its own offsets say nothing about that."""
    new: tuple[tuple[int, int], ...] = ()
    """The spans that a patch adds; empty where everything counts."""
    old: str = ""
    """The code before the patch, lines that stay at the same offsets."""


_Spans = list[tuple[int, int]]
_Lines = Sequence[tuple[int, str]]
"""Lines of code with the offset of each in the whole text."""


def undressed(text: str, tag: str = "", clock: Clock | None = None) -> list[Piece]:
    """The code in a text that is more than code: empty for a text that is plain code.

    Offsets in a piece are those of the text, unless it says where it stands.

    Raises:
        TooMuch: More is nested in it than can be looked at.
        OutOfTime: The clock's time is up.
    """
    if _FENCE.search(text):
        return _fenced(text, clock)
    if (tag in _JSON_TAGS or not tag) and text.lstrip()[:1] in ("{", "[", '"'):
        return _decoded(text)
    return _worn(text, list(_lines(text)), tag)


def _worn(text: str, lines: _Lines, tag: str) -> list[Piece]:
    """A patch's pieces, or a transcript's."""
    code = text if len(lines) > 1 and lines[0][0] == 0 else "\n".join(line for _, line in lines)
    if tag in _DIFF_TAGS or (not tag and _DIFF.search(code)):
        return _patched(text, lines)
    if any(_PROMPT.match(line) for _, line in lines[:50]):
        return _typed(text, lines, tag)
    return []


def _lines(text: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in text.split("\n"):
        yield position, line
        position += len(line) + 1


def _parsed(text: str, clock: Clock | None) -> Iterator[Parsed]:
    parser = FenceParser()
    for start in range(0, len(text), CHUNK):
        yield from parser.feed(text[start : start + CHUNK])
        if clock is not None:
            clock.check()
    yield from parser.finish()


def _fenced(text: str, clock: Clock | None) -> list[Piece]:
    found: list[Piece] = []
    inside: list[tuple[int, int]] = []
    lines: list[tuple[int, str]] = []
    info = ""
    for piece in _parsed(text, clock):
        if isinstance(piece, FenceOpen):
            info, lines = piece.info, []
        elif isinstance(piece, CodeLine):
            lines.append((piece.start, piece.code))
        elif isinstance(piece, FenceClose) and lines:
            inside.append((lines[0][0], lines[-1][0] + len(lines[-1][1])))
            found += _block(text, lines, info)
    outside = canvas(text, _between(inside, len(text)))
    if max(scores(outside).values(), default=0) >= CLEARLY:
        # What stands around fences is code as well: perhaps they are part of a string in it.
        found.append(Piece(outside))
    return found


def _block(text: str, lines: _Lines, info: str) -> list[Piece]:
    word = re.match(r"[{.\s]*([\w+#-]*)", info.strip().lower())
    tag = word[1] if word else ""
    if tag in _JSON_TAGS:
        span = (lines[0][0], lines[-1][0] + len(lines[-1][1]))
        return [replace(piece, at=span) for piece in _decoded("\n".join(line for _, line in lines))]
    spans = ((start, start + len(line)) for start, line in lines)
    return _worn(text, lines, tag) or [Piece(canvas(text, spans), tag)]


def _between(spans: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    position = 0
    for start, end in spans:
        yield position, start
        position = end
    yield position, length


def canvas(text: str, spans: Iterable[tuple[int, int]], *, between: str = "") -> str:
    """The text with everything outside of ``spans`` made blank, so that places stay what they are.

    Args:
        between: One character that stands in place of the one behind each span, unless that one ends a line.
    """
    out: list[str] = []
    position = 0
    for start, end in spans:
        mark = between if text[end : end + 1] not in ("\n", "") else ""
        out += [_BLANK.sub(" ", text[position:start]), text[start:end], mark]
        position = end + len(mark)
    return "".join([*out, _BLANK.sub(" ", text[position:])])


def _patched(text: str, lines: _Lines) -> list[Piece]:
    """One piece per file: its lines as they are after the patch."""
    files: list[tuple[str, _Spans, _Spans, _Spans]] = [("", [], [], [])]
    for start, line in lines:
        bare = _bare_of_diff(line)
        if bare.breaks and line.startswith("+++ "):
            files.append((bare.language.name if bare.language is not None else "", [], [], []))
        elif bare.code:
            span = (start + bare.column, start + len(line))
            files[-1][1].append(span)
            (files[-1][2] if bare.counts else files[-1][3]).append(span)
        elif line.startswith("-"):
            files[-1][3].append((start + 1, start + len(line)))
    return [
        Piece(canvas(text, spans), language, None, tuple(new), canvas(text, old))
        for language, spans, new, old in files
        if new
    ]


def _typed(text: str, lines: _Lines, tag: str) -> list[Piece]:
    """What was typed at prompts; a transcript's other lines are read as well, for they may go on with it."""
    spans: list[tuple[int, int]] = []
    python = False
    for start, line in lines:
        prompt = _PROMPT.match(line)
        python = python or line.lstrip().startswith((">>>", "In ["))
        spans.append((start + (prompt.end() if prompt else 0), start + len(line)))
    return [Piece(canvas(text, spans), "python" if python else tag)]


def _decoded(text: str) -> list[Piece]:
    try:
        value: object = json.loads(text)
    except ValueError:
        return []
    except RecursionError:
        raise TooMuch from None
    if isinstance(value, str) and not looks_like_code(value):
        return []
    found = [Piece(code, _language_named(name), (0, len(text))) for name, code in texts_in(value)]
    return [piece for piece in found if looks_like_code(piece.code)] or [Piece("", "data")]


def _language_named(name: str) -> str:
    key = name.rpartition(".")[2]
    language = language_of_tag(key)
    if language is None or language.kind == "data" or not (language.rules or language.name == key.lower()):
        return ""
    return language.name


def texts_in(value: object) -> Iterator[tuple[str, str]]:
    """Every text in decoded JSON, with its dotted name; lists of lines as one text, JSON in strings decoded in turn.

    Raises:
        TooMuch: There are more texts, or deeper ones, than can be looked at.
    """
    yield from _texts(value, "", 0, [MAX_STRINGS])


def _texts(value: object, name: str, depth: int, left: list[int]) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH or left[0] <= 0:
        raise TooMuch
    if isinstance(value, str):
        left[0] -= 1
        inner = _json_in(value)
        if inner is None:
            yield name, value
        else:
            yield from _texts(inner, name, depth + 1, left)
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            yield from _texts(item, f"{name}.{key}" if name else str(key), depth + 1, left)
    elif isinstance(value, list | tuple):
        items = cast("list[object] | tuple[object, ...]", value)
        lines = [item for item in items if isinstance(item, str)]
        if len(lines) == len(items) > 1 and all(line.endswith("\n") for line in lines[:-1]):
            yield from _texts("".join(lines), name, depth + 1, left)
            return
        for item in items:
            yield from _texts(item, name, depth + 1, left)


def _json_in(text: str) -> object | None:
    """A JSON object or list in a string."""
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] not in ("{}", "[]"):
        return None
    try:
        return cast("object", json.loads(stripped))
    except ValueError:
        return None
    except RecursionError:
        raise TooMuch from None
