"""Reading the header of a local GGUF file: its metadata and its table of tensors, never the weights.

Layout after ggml-org/ggml, docs/gguf.md: magic, version, counts, key-value pairs, tensor descriptions. A file is
untrusted: every count and length is checked against the file before it is used.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_compute_estimator.gguf_types import BY_NUMBER, BlockType

__all__ = ["GgufFile", "GgufTensor", "Scalar", "read_gguf"]

_ = translator("tieout_compute_estimator")

Scalar = int | float | bool | str
MAX_TENSORS = 1_000_000
MAX_KEYS = 100_000
MAX_KEPT = 4_096
"""Longer lists (vocabularies, merges) are passed over; only their length is kept."""
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_SHARD = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """One line of the tensor table."""

    name: str
    dimensions: tuple[int, ...]
    kind: BlockType

    @property
    def params(self) -> int:
        """Number of values."""
        total = 1
        for size in self.dimensions:
            total *= size
        return total

    @property
    def bytes(self) -> int:
        """Bytes in the file, without alignment."""
        columns = self.dimensions[0] if self.dimensions else 1
        return self.kind.row_bytes(columns) * (self.params // columns if columns else 0)


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF file (or all parts of a split one) says about itself."""

    path: str
    metadata: dict[str, Scalar | list[Scalar]]
    lengths: dict[str, int]
    """Lengths of the lists, also of those too long to keep."""
    tensors: tuple[GgufTensor, ...]
    parts: int = 1
    by_type: dict[str, int] = field(default_factory=dict[str, int])
    """Bytes by block type, largest first."""

    @property
    def params(self) -> int:
        """Values of all tensors."""
        return sum(tensor.params for tensor in self.tensors)

    @property
    def bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.bytes for tensor in self.tensors)


def read_gguf(path: str | Path) -> GgufFile:
    """Read the header of a GGUF file; of a split file (``…-00001-of-00003.gguf``) those of all its parts.

    Raises:
        InputError: No such file, no GGUF, cut short, or of a version or type that is not known.
    """
    first = Path(path).expanduser()
    parts = _parts(first)
    headers = [_read(part) for part in parts]
    tensors = tuple(tensor for header in headers for tensor in header.tensors)
    by_type: dict[str, int] = {}
    for tensor in tensors:
        by_type[tensor.kind.name] = by_type.get(tensor.kind.name, 0) + tensor.bytes
    return GgufFile(
        path=str(first),
        metadata=headers[0].metadata,
        lengths=headers[0].lengths,
        tensors=tensors,
        parts=len(parts),
        by_type=dict(sorted(by_type.items(), key=lambda item: -item[1])),
    )


def _parts(path: Path) -> list[Path]:
    match = _SHARD.match(path.name)
    if match is None:
        return [path]
    count = int(match["count"])
    if not 1 <= count <= 10_000:
        _fail(path, _("it names an impossible number of parts"))
    return [
        path.with_name(f"{match['stem']}-{number:05d}-of-{count:05d}.gguf") for number in range(1, count + 1)
    ]


def _read(path: Path) -> GgufFile:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Header(path, data).read()
    except (OSError, ValueError) as error:
        _fail(path, str(error))


def _fail(path: Path, reason: str) -> NoReturn:
    raise InputError(
        _("{path} cannot be read as a GGUF file: {reason}", path=str(path)[:200], reason=reason[:200]),
        code="compute-gguf-file",
        hint=_("Give the path of a .gguf file; of a split one, the first part with the others beside it."),
    ) from None


class _Header:
    """A cursor over the mapped file."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path = path
        self._data = data
        self._at = 0
        self._order = "<"

    def read(self) -> GgufFile:
        if self._take(4) != b"GGUF":
            _fail(self._path, _("it does not start with the letters GGUF"))
        version = self._number("I")
        if version > 0xFFFF:
            # Written on a big-endian machine.
            self._order, self._at = ">", 4
            version = self._number("I")
        if version not in (2, 3):
            _fail(self._path, _("version {version} of the format is not known", version=version))
        tensors, keys = int(self._number("Q")), int(self._number("Q"))
        if tensors > MAX_TENSORS or keys > MAX_KEYS:
            _fail(self._path, _("it claims more entries than any model has"))
        metadata: dict[str, Scalar | list[Scalar]] = {}
        lengths: dict[str, int] = {}
        for _entry in range(keys):
            key = self._text()
            kind = int(self._number("I"))
            if kind == _ARRAY:
                lengths[key], kept = self._array()
                if kept is not None:
                    metadata[key] = kept
            else:
                metadata[key] = self._scalar(kind)
        return GgufFile(
            str(self._path), metadata, lengths, tuple(self._tensor() for _entry in range(tensors))
        )

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if size < 0 or end > len(self._data):
            _fail(self._path, _("it is cut short"))
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _number(self, letter: str) -> int | float | bool:
        form = self._order + letter
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _text(self) -> str:
        return self._take(int(self._number("Q"))).decode("utf-8", errors="replace")

    def _scalar(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._text()
        if kind not in _NUMBERS:
            _fail(self._path, _("it holds a value of an unknown type"))
        return self._number(_NUMBERS[kind])

    def _array(self) -> tuple[int, list[Scalar] | None]:
        kind, count = int(self._number("I")), int(self._number("Q"))
        if kind in _NUMBERS:
            form = f"{self._order}{_NUMBERS[kind]}"
            size = struct.calcsize(form)
            if count > MAX_KEPT:
                self._take(count * size) if count * size < len(self._data) else self._take(-1)
                return count, None
            return count, [self._number(_NUMBERS[kind]) for _entry in range(count)]
        if kind != _STRING:
            _fail(self._path, _("it holds a value of an unknown type"))
        kept: list[Scalar] = []
        for _entry in range(count):
            text = self._take(int(self._number("Q")))
            if count <= MAX_KEPT:
                kept.append(text.decode("utf-8", errors="replace"))
        return count, kept if count <= MAX_KEPT else None

    def _tensor(self) -> GgufTensor:
        name = self._text()
        count = int(self._number("I"))
        if count > 8:
            _fail(self._path, _("a tensor has more dimensions than the format allows"))
        dimensions = tuple(int(self._number("Q")) for _entry in range(count))
        number = int(self._number("I"))
        self._number("Q")  # its offset
        kind = BY_NUMBER.get(number)
        if kind is None:
            _fail(self._path, _("tensors of type {number} are not known", number=number))
        return GgufTensor(name, dimensions, kind)
