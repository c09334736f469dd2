"""Build the sample reports in ``sample_reports/`` from their sources in ``sample_reports/src/``.

    python examples/make_sample_reports.py           write the PDFs and text files
    python examples/make_sample_reports.py --check   compare with the files on disk, write nothing

The output is reproducible byte for byte: PDFs carry the date of their report and a fixed identifier, and are not
compressed, because two builds of zlib may compress one page differently. Needs reportlab (a development
dependency).

A source is front matter followed by pages. One paragraph is one line; ``#``, ``-``, ``|`` and ``[^1]:`` mean what
they mean in Markdown; ``<!-- page -->`` starts a page; ``{{meta}}`` stands for the front matter's broker, author
and date; ``~`` starts a line that is printed as it is. In a source with ``style: scraped``, ``((text))`` is printed
twice and a pair of backslashes breaks a line inside a word, as in text scraped from document-sharing sites.
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

BlockKind = Literal["title", "heading", "paragraph", "bullet", "verbatim", "table", "meta"]

FOLDER = Path(__file__).resolve().parent / "sample_reports"
PLAIN_COLUMNS = 92
SCRAPED_COLUMNS = 76  # 38 Chinese characters, about one line of an A4 page
# Chinese typesetting: closing punctuation hangs over the margin rather than start a line, and an opening
# bracket never ends one.
HANGING = "，。、；：？！）》”’％"
FRONT_KEYS = frozenset(
    ["format", "lang", "title", "broker", "author", "licence", "date", "day", "rating", "header", "footer"]
)
TOKEN = re.compile(r"[（《“‘]*(?:[!-~]+|[^!-~\s])|\s+")


@dataclass(frozen=True)
class Block:
    """One paragraph, heading, table or other unit of a page."""

    kind: BlockKind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """Cells of a table, header row first; empty for every other kind."""


@dataclass(frozen=True)
class Page:
    """The blocks of one page, top to bottom, and its numbered source notes."""

    blocks: tuple[Block, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """One parsed source."""

    name: str
    """File name without its ending; the same for source and output."""
    front: dict[str, str]
    pages: tuple[Page, ...]

    @property
    def file_name(self) -> str:
        """Name of the file that is built from this source."""
        return f"{self.name}.{self.front['format']}"

    @property
    def meta_lines(self) -> list[str]:
        """Broker, date, author with licence number and rating: the lines under the title."""
        front = self.front
        if front["lang"] == "zh":
            author = f"分析师：{front['author']} SAC 执业证书编号：{front['licence']}"
        else:
            author = f"Analyst: {front['author']}, licence {front['licence']}"
        return [f"{front['broker']} | {front['date']}", author, front["rating"]]


def parse_report(path: Path) -> Report:
    """Read one source; ValueError names the file when its front matter is incomplete."""
    head, separator, body = path.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
    front = dict(line.split(": ", 1) for line in head.splitlines())
    missing = ", ".join(sorted(FRONT_KEYS - front.keys()))
    if missing or not separator:
        raise ValueError(f"{path.name}: front matter lacks {missing or 'its closing ---'}; add it")
    pages = tuple(parse_page(text) for text in body.split("<!-- page -->\n"))
    return Report(name=path.stem, front=front, pages=pages)


def parse_page(text: str) -> Page:
    """Split the source of one page into blocks and notes."""
    blocks: list[Block] = []
    notes: list[str] = []
    table: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), ""]:
        if table and not line.startswith("|"):
            blocks.append(Block("table", rows=tuple(table)))
            table = []
        if note := re.match(r"\[\^(\d+)\]: (.*)", line):
            notes.append(f"[{note[1]}] {note[2]}")
        elif line.startswith("|"):
            table.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        elif line:
            blocks.append(parse_line(line))
    return Page(blocks=tuple(blocks), notes=tuple(notes))


def parse_line(line: str) -> Block:
    """Turn one line that is neither note nor table row into a block."""
    kinds: dict[str, BlockKind] = {"# ": "title", "## ": "heading", "- ": "bullet", "~ ": "verbatim"}
    for mark, kind in kinds.items():
        if line.startswith(mark):
            return Block(kind, line.removeprefix(mark))
    return Block("meta") if line == "{{meta}}" else Block("paragraph", line)


# --- line breaking --------------------------------------------------------------------------------


def columns(text: str) -> int:
    """Width of a string on a terminal: wide and full-width characters count two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break text into lines no wider than width; words and numbers of ASCII characters stay whole."""
    lines: list[str] = []
    line = ""
    for token in TOKEN.findall(text):
        hangs = token in HANGING
        if line and not hangs and measure((line + token).rstrip()) > width:
            lines.append(line.rstrip())
            line = "" if token.isspace() else token
        else:
            line += token
    return [*lines, line.rstrip()] if line.strip() else lines


# --- text files -----------------------------------------------------------------------------------


def build_text(report: Report) -> bytes:
    """Render a text report: UTF-8, one form feed between pages."""
    scraped = report.front.get("style") == "scraped"
    render = scraped_page if scraped else plain_page
    return "\f".join(render(report, number) for number in range(1, len(report.pages) + 1)).encode()


def plain_page(report: Report, number: int) -> str:
    """One page as a careful author would save it: header, blocks, notes, footer with the page number."""
    page = report.pages[number - 1]
    parts = [report.front["header"]]
    for block in page.blocks:
        if block.kind == "table":
            parts.append(plain_table(block))
        elif block.kind == "meta":
            parts.append("\n".join(report.meta_lines))
        else:
            parts.append("\n".join(wrap(block.text, PLAIN_COLUMNS, columns)))
    parts.append("\n".join(line for note in page.notes for line in wrap(note, PLAIN_COLUMNS, columns)))
    parts.append(f"{report.front['footer']} Page {number} of {len(report.pages)}")
    return "\n\n".join(parts) + "\n"


def plain_table(block: Block) -> str:
    """A table in fixed-width columns."""
    widths = [max(map(columns, column)) for column in zip(*block.rows, strict=True)]

    def pad(cell: str, width: int) -> str:
        return cell + " " * (width - columns(cell))

    return "\n".join("  ".join(map(pad, row, widths)).rstrip() for row in block.rows)


def scraped_page(report: Report, number: int) -> str:
    """One page as document-sharing sites show it: header line, "1、" glued to the text, doubled phrases."""
    page = report.pages[number - 1]
    body: list[str] = []
    for block in page.blocks:
        if block.kind == "meta":
            body += report.meta_lines
        elif block.kind == "verbatim":
            body.append(block.text)
        else:
            doubled = re.sub(r"\(\((.+?)\)\)", r"\1\1", block.text)
            for part in doubled.split("\\\\"):
                body += wrap(part, SCRAPED_COLUMNS, columns)
    body[0] = f"{number}、{body[0]}"
    footer = f"{report.front['footer']} {number}"
    return "\n".join([report.front["header"], *body, *page.notes, footer]) + "\n"


# --- PDF ------------------------------------------------------------------------------------------

PAGE_WIDTH, PAGE_HEIGHT = 595.0, 842.0  # A4 in points
MARGIN = 62.0
BODY_WIDTH = PAGE_WIDTH - 2 * MARGIN
SIZES: dict[BlockKind, float] = {"title": 18.0, "heading": 14.0, "meta": 10.0, "table": 10.0}
BODY_SIZE, NOTE_SIZE, NOTE_LEADING = 11.0, 8.5, 12.0


class PdfBuilder:
    """Draws a report page by page, top down, and refuses text that would run into the notes."""

    def __init__(self, report: Report) -> None:
        """Open an empty document with the fonts of the report's language."""
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen.canvas import Canvas

        self.report = report
        self.font = "Helvetica"
        if report.front["lang"] == "zh":
            # A font that PDF readers supply themselves, so that no font file has to be shipped.
            self.font = "STSong-Light"
            pdfmetrics.registerFont(UnicodeCIDFont(self.font))
        self.buffer = BytesIO()
        self.canvas: Canvas = Canvas(
            self.buffer, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), pageCompression=0, invariant=1
        )
        self.y = 0.0
        self.floor = 0.0

    def build(self) -> bytes:
        """Return the whole document; ValueError names a page that overflows."""
        day = self.report.front["day"].replace("-", "")
        self.canvas.setDateFormatter(lambda *_: f"D:{day}000000+00'00'")
        self.canvas.setTitle(self.report.front["title"])
        self.canvas.setAuthor(f"{self.report.front['broker']}, {self.report.front['author']}")
        self.canvas.setSubject("Sample / 样本. Not investment advice.")
        for number, page in enumerate(self.report.pages, start=1):
            self.draw_header()
            notes = self.note_lines(page.notes)
            self.floor = 56.0 + NOTE_LEADING * len(notes)
            self.y = PAGE_HEIGHT - MARGIN - 14
            for block in page.blocks:
                self.draw_block(block)
                if self.y < self.floor:
                    where = f"{self.report.name}: page {number}"
                    raise ValueError(f"{where} overflows at {block.text[:40]!r}; shorten it")
            self.draw_notes(notes)
            self.draw_footer(number)
            self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()

    def width(self, text: str, size: float) -> float:
        """Width of one line in points."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        return stringWidth(text, self.font, size)

    def draw_line(self, text: str, *, x: float, y: float, size: float) -> None:
        """Put one line at a position in points."""
        self.canvas.setFont(self.font, size)
        self.canvas.drawString(x, y, text)

    def draw_header(self) -> None:
        """Running header with its rule."""
        y = PAGE_HEIGHT - 40
        self.draw_line(self.report.front["header"], x=MARGIN, y=y, size=9)
        self.draw_rule(y - 6)

    def draw_footer(self, number: int) -> None:
        """Running footer with its rule and the page number at the right margin."""
        total = len(self.report.pages)
        chinese = self.report.front["lang"] == "zh"
        page_of = f"第 {number} 页 共 {total} 页" if chinese else f"Page {number} of {total}"
        self.draw_rule(46)
        self.draw_line(self.report.front["footer"], x=MARGIN, y=34, size=9)
        self.draw_line(page_of, x=PAGE_WIDTH - MARGIN - self.width(page_of, 9), y=34, size=9)

    def draw_rule(self, y: float) -> None:
        """A thin line across the text width."""
        self.canvas.setLineWidth(0.5)
        self.canvas.line(MARGIN, y, PAGE_WIDTH - MARGIN, y)

    def note_lines(self, notes: tuple[str, ...]) -> list[str]:
        """The source notes, broken to the text width."""

        def measure(part: str) -> float:
            return self.width(part, NOTE_SIZE)

        return [line for note in notes for line in wrap(note, BODY_WIDTH, measure)]

    def draw_notes(self, lines: list[str]) -> None:
        """Source notes at the foot of the page, below the floor."""
        for index, line in enumerate(lines):
            self.draw_line(line, x=MARGIN, y=self.floor - NOTE_LEADING * (index + 1) + 4, size=NOTE_SIZE)

    def draw_block(self, block: Block) -> None:
        """Draw one block and move down past it."""
        if block.kind == "table":
            self.draw_table(block.rows)
            return
        texts = self.report.meta_lines if block.kind == "meta" else [block.text]
        size = SIZES.get(block.kind, BODY_SIZE)
        indent = 14.0 if block.kind == "bullet" else 0.0
        if indent:
            self.draw_line("•", x=MARGIN, y=self.y - size, size=size)
        for text in texts:
            for line in wrap(text, BODY_WIDTH - indent, lambda part: self.width(part, size)):
                self.draw_line(line, x=MARGIN + indent, y=self.y - size, size=size)
                self.y -= size * 1.5
        self.y -= size * 0.7

    def draw_table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Draw a ruled table whose columns share the width by their longest cell."""
        size, height = SIZES["table"], 19.0
        longest = [max(self.width(cell, size) for cell in column) + 10 for column in zip(*rows, strict=True)]
        slack = (BODY_WIDTH - sum(longest)) / len(longest)
        if slack < 0:
            raise ValueError(f"{self.report.name}: table {rows[0]} is wider than the page; shorten its cells")
        edges = [MARGIN]
        for needed in longest:
            edges.append(edges[-1] + needed + slack)
        top = self.y
        for row in rows:
            for cell, x in zip(row, edges, strict=False):
                self.draw_line(cell, x=x + 5, y=self.y - 13, size=size)
            self.y -= height
        for index in range(len(rows) + 1):
            self.canvas.line(MARGIN, top - index * height, edges[-1], top - index * height)
        for x in edges:
            self.canvas.line(x, top, x, self.y)
        self.y -= 12


# --- command --------------------------------------------------------------------------------------


def build_all(folder: Path = FOLDER) -> Iterator[tuple[Path, bytes]]:
    """Yield the path and the content of every report whose source lies in ``folder/src``."""
    for source in sorted((folder / "src").glob("*.md")):
        report = parse_report(source)
        content = PdfBuilder(report).build() if report.front["format"] == "pdf" else build_text(report)
        yield folder / report.file_name, content


def main(arguments: list[str] | None = None, *, folder: Path = FOLDER) -> int:
    """Write the reports, or with --check return 1 when a file on disk differs from its source."""
    parser = argparse.ArgumentParser(description="Build the sample reports.")
    parser.add_argument("--check", action="store_true", help="compare only; exit status 1 on a difference")
    check: bool = parser.parse_args(arguments).check
    stale: list[str] = []
    for path, content in build_all(folder):
        if check and (not path.exists() or path.read_bytes() != content):
            stale.append(path.name)
        elif not check:
            path.write_bytes(content)
            print(f"wrote {path.name}, {len(content):,} bytes")
    if stale:
        print(f"out of date: {', '.join(stale)}; run examples/make_sample_reports.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
