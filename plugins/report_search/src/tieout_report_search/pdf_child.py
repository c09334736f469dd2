"""The child process that reads one PDF file: bytes on standard input, one JSON line per page on standard output.

It is run as a script, not imported, so that a file that crashes or exhausts the PDF library costs this process only.
Arguments: the most pages, the most characters, bytes of address space, seconds of processor time.
The first line is ``{"pages": n, "title": …, "heading": …}``; a failure is ``{"error": code}``.
"""

# pypdfium2 ships no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import sys
from typing import Any

TITLE_CHARACTERS = 4000


def limit_resources(memory: int, seconds: int) -> None:
    """Bound address space, processor time, open files and file size, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's wall time is the only limit
        return
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


def emit(message: dict[str, Any]) -> None:
    """Write one line; ASCII only, so that no encoding can fail."""
    sys.stdout.write(json.dumps(message) + "\n")


def largest_text(textpage: Any) -> str:
    """The text set in the largest type on the page, which is nearly always the title."""
    from ctypes import byref

    import pypdfium2.raw as pdfium

    heights: list[tuple[int, str]] = []
    box = pdfium.FS_RECTF()
    for index in range(min(textpage.count_chars(), TITLE_CHARACTERS)):
        character = chr(pdfium.FPDFText_GetUnicode(textpage, index))
        if pdfium.FPDFText_GetLooseCharBox(textpage, index, byref(box)):
            heights.append((round(abs(box.top - box.bottom)), character))
    visible = [height for height, character in heights if not character.isspace()]
    for largest in sorted(set(visible), reverse=True):
        text = "".join(c if height == largest or c.isspace() else "\0" for height, c in heights)
        runs = [" ".join(run.split()) for run in text.split("\0")]
        if (title := max(runs, key=len, default="")) and len(title) >= 4:
            return title[:200]
    return ""


def read(data: bytes, max_pages: int, max_characters: int) -> None:
    """Emit the document's facts and then its pages."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        password = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        return emit({"error": "encrypted" if password else "invalid"})
    count = len(document)
    if count == 0 or count > max_pages:
        return emit({"error": "no-pages" if count == 0 else "too-many-pages"})
    title = document.get_metadata_value("Title")
    left = max_characters
    for number in range(count):
        try:
            textpage = document[number].get_textpage()
            text = textpage.get_text_bounded(errors="replace")
        except pypdfium2.PdfiumError:
            textpage, text = None, ""
        if number == 0:
            emit({"pages": count, "title": title, "heading": largest_text(textpage) if textpage else ""})
        left -= len(text)
        if left < 0:
            return emit({"error": "too-much-text"})
        emit({"page": number + 1, "text": text, "broken": textpage is None})
    emit({"done": True})
    return None


def main() -> None:
    """Set the limits, then read standard input."""
    max_pages, max_characters, memory, seconds = (int(argument) for argument in sys.argv[1:5])
    data = sys.stdin.buffer.read()
    limit_resources(memory, seconds)
    try:
        read(data, max_pages, max_characters)
    except MemoryError:
        emit({"error": "memory"})
    sys.stdout.flush()


if __name__ == "__main__":
    main()
