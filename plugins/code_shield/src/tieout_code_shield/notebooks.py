"""Jupyter notebooks as code: the cells of one language as one text, with the way back to cell and line."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from tieout.plugin import translator
from tieout_code_shield.languages import language_of_tag

__all__ = ["NotebookError", "NotebookText", "read_notebook"]

_ = translator("tieout_code_shield")

_CELL_MAGIC: Final = re.compile(r"\s*%%(?P<word>!|\w+)[^\n]*")
_LINE_MAGIC: Final = re.compile(r"^(?P<indent>[ \t]*)(?=[%!?])", re.MULTILINE)
_OTHER_LANGUAGES: Final = {"!": "shell", "bash": "shell", "sh": "shell", "script": "shell", "js": "javascript",
                           "javascript": "javascript", "html": "data", "ruby": "ruby", "sql": "sql", "latex": "data",
                           "markdown": "data", "svg": "data", "writefile": ""}  # fmt: skip


class NotebookError(Exception):
    """The file is no notebook."""


@dataclass(slots=True)
class NotebookText:
    """Code cells in one language, joined: names that one cell binds are known in the next."""

    language: str
    text: str = ""
    shown: bool = False
    """Whether it is what cells show (outputs, and the words between the code) and no code."""
    file_lines: Mapping[int, list[int]] = field(default_factory=dict[int, list[int]])
    """For each cell, the file's line on which each line of its source stands."""
    _starts: list[int] = field(default_factory=list[int])
    _cells: list[int] = field(default_factory=list[int])
    _lines: int = 0

    def add(self, cell: int, source: str) -> None:
        """Append a cell, whose number (1-based, all kinds of cells counted) is ``cell``."""
        source = source if source.endswith("\n") else source + "\n"
        self._starts.append(self._lines + 1)
        self._cells.append(cell)
        self._lines += source.count("\n")
        self.text += source

    def place(self, line: int) -> tuple[int, int]:
        """Cell and line within it (both 1-based) of a line of the joined text."""
        index = max(0, bisect_right(self._starts, line) - 1)
        return self._cells[index], line - self._starts[index] + 1

    def file_line(self, cell: int, line: int) -> int:
        """The file's line (1-based) of a cell's line; of a cell's output, the line on which the cell begins."""
        lines = self.file_lines.get(cell) or [1]
        return lines[0] if self.shown else lines[min(line, len(lines)) - 1]


def read_notebook(text: str) -> list[NotebookText]:
    """The code of a notebook, one text for each language in it.

    Raises:
        NotebookError: It is no JSON, or not what a notebook is made of.
    """
    try:
        loaded: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotebookError(_("not a notebook: {problem}", problem=error)) from None
    if not isinstance(loaded, dict):
        raise NotebookError(_("not a notebook: {problem}", problem=_("no object")))
    book = cast("dict[str, object]", loaded)
    found: dict[str, NotebookText] = {}
    kernel = _kernel(book)
    for number, source in _code_cells(book):
        language, code = _cell(source, kernel)
        found.setdefault(language, NotebookText(language)).add(number, code)
    words, outputs = NotebookText("data", shown=True), NotebookText("data", shown=True)
    for number, fields in _cells(book):
        if fields.get("cell_type") != "code":
            words.add(number, _joined(fields.get("source", "")))
        for shown in _outputs(fields.get("outputs")):
            outputs.add(number, shown)
    texts = [*found.values(), *(each for each in (words, outputs) if each.text)]
    sheets = [len(cast("list[object]", each)) if isinstance(each, list) else 0 for each in _sheets(book)]
    lines = _file_lines(text, sheets)
    for each in texts:
        each.file_lines = lines
    return texts


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},\n]')


def _file_lines(text: str, sheets: Sequence[int]) -> dict[int, list[int]]:
    """For each cell the lines on which the strings of its source stand, one for each line in them.

    Args:
        sheets: How many cells each worksheet holds.
    """
    found: dict[int, list[int]] = {}
    path: list[str | int] = []
    key_next, line = False, 1
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if piece == "\n":
            line += 1
        elif piece in "{[":
            path.append("" if piece == "{" else 0)
            key_next = piece == "{"
        elif piece in "}]":
            del path[-1:]
            key_next = False
        elif piece == ",":
            last = path[-1] if path else ""
            key_next = isinstance(last, str)
            if isinstance(last, int):
                path[-1] = last + 1
        elif key_next and path:
            path[-1], key_next = piece[1:-1], False
        else:
            before = 0
            if path[:1] == ["worksheets"] and len(path) > 1 and isinstance(path[1], int):
                before = sum(sheets[: path[1]])
            _take_line(found, path[2:] if path[:1] == ["worksheets"] else path, piece, line, before)
    return found


def _take_line(
    found: dict[int, list[int]], path: list[str | int], piece: str, line: int, before: int
) -> None:
    if (
        len(path) in (3, 4)
        and path[0] == "cells"
        and path[2] in ("source", "input")
        and isinstance(path[1], int)
    ):
        lines = len(re.findall(r"(?<!\\)(?:\\\\)*\\n", piece))
        ended = piece.endswith('\\n"')
        found.setdefault(before + path[1] + 1, []).extend([line] * (lines + (not ended)))


def _outputs(listed: object) -> Iterator[str]:
    """The texts that running a cell left behind."""
    for output in cast("list[object]", listed) if isinstance(listed, list) else ():
        fields = cast("dict[str, object]", output) if isinstance(output, dict) else {}
        data = fields.get("data", fields)  # nbformat 3 has no inner part
        for key, value in cast("dict[str, object]", data if isinstance(data, dict) else {}).items():
            if key.startswith("image/") and key != "image/svg+xml":
                continue
            text = _joined(value)
            if text.strip():
                yield text
        if data is not fields:
            yield from (_joined(fields[key]) for key in ("text", "evalue", "traceback") if key in fields)


def _joined(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_joined(each) for each in cast("list[object]", value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else ""


def _code_cells(book: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    for number, fields in _cells(book):
        if fields.get("cell_type") != "code":
            continue
        source = _joined(fields.get("source", fields.get("input", "")))
        if source.strip():
            yield number, source


def _cells(book: Mapping[str, object]) -> Iterator[tuple[int, dict[str, object]]]:
    listed = [cast("list[object]", cells) for cells in _sheets(book) if isinstance(cells, list)]
    if not listed:
        raise NotebookError(_("not a notebook: {problem}", problem=_("no cells")))
    cells = [cell for each in listed for cell in each]
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            raise NotebookError(
                _("not a notebook: {problem}", problem=_("cell {number} is no object", number=number))
            )
        yield number, cast("dict[str, object]", cell)


def _sheets(book: Mapping[str, object]) -> list[object]:
    """The lists of cells: one, or in nbformat 3 one for each worksheet."""
    sheets = book.get("worksheets")
    if book.get("cells") is not None or not isinstance(sheets, list):
        return [book.get("cells")]
    return [
        cast("dict[str, object]", sheet).get("cells") if isinstance(sheet, dict) else None
        for sheet in cast("list[object]", sheets)
    ]


def _kernel(book: Mapping[str, object]) -> str:
    """The language of the kernel; Python where none is named or known."""
    metadata = book.get("metadata")
    parts = cast("dict[str, object]", metadata) if isinstance(metadata, dict) else {}
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = parts.get(key)
        if isinstance(part, dict):
            known = language_of_tag(str(cast("dict[str, object]", part).get(name, "")))
            if known is not None:
                return known.name
    return "python"


def _cell(source: str, kernel: str) -> tuple[str, str]:
    """Language and code of a cell. Lines that are commands of the notebook become comments, so that the rest parses
    and the text rules still see them."""
    magic = _CELL_MAGIC.match(source)
    if magic:
        word = magic["word"].lower()
        known = language_of_tag(word)
        language = _OTHER_LANGUAGES.get(word, known.name if known is not None else kernel)
        return language or "data", "#" + source[magic.start("word") - 2 :]
    return kernel, _LINE_MAGIC.sub(r"\g<indent># ", source)
