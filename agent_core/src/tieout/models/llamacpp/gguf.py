"""The head of a GGUF file, read without llama.cpp: enough to say what a model is and whether it is one.

Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from tieout.errors import ModelUnavailable
from tieout.i18n import translator

__all__ = ["GgufHead", "read_head"]

_ = translator("tieout")

_MAGIC: Final = b"GGUF"
_STRING, _ARRAY = 8, 9
_SCALARS: Final = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
# Bounds on what an unknown file may make us read; the keys wanted stand before the vocabulary.
_MOST_KEYS, _LONGEST_KEY, _LONGEST_STRING, _LONGEST_ARRAY = 10_000, 65_535, 1 << 20, 4096

Scalar = int | float | bool | str


@dataclass(frozen=True)
class GgufHead:
    """What the first kilobytes of a GGUF file say."""

    path: Path
    size: int
    """Bytes of the whole file."""
    version: int
    tensors: int
    metadata: dict[str, Scalar]
    """Scalars and strings up to the first long array (the vocabulary)."""

    @property
    def architecture(self) -> str:
        """E.g. ``llama`` or ``qwen3``; empty when the file does not say."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def name(self) -> str:
        """The model's own name, or the file's."""
        return str(self.metadata.get("general.name", "")) or self.path.stem

    @property
    def trained_context(self) -> int | None:
        """Tokens the model was trained for."""
        value = self.metadata.get(f"{self.architecture}.context_length")
        return int(value) if isinstance(value, int) and value > 0 else None


class _Malformed(Exception):
    pass


def read_head(path: Path) -> GgufHead:
    """Read the head of ``path``.

    Raises:
        ModelUnavailable: No such file, not readable, or no GGUF file; says which and what to do.
    """
    path = path.expanduser()
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if file.read(4) != _MAGIC:
                raise _Malformed(_("it does not begin with GGUF"))
            return _read(file, path, size)
    except FileNotFoundError:
        raise ModelUnavailable(
            _("There is no model file at {path}.", path=path),
            code="model-file-missing",
            hint=_("Check the path, or download a GGUF file of an instruct model and point to it."),
        ) from None
    except OSError as error:
        raise ModelUnavailable(
            _("The model file {path} cannot be read: {why}.", path=path, why=error.strerror or error),
            code="model-file-unreadable",
            hint=_("Point to a GGUF file that you may read."),
        ) from None
    except (_Malformed, struct.error, UnicodeDecodeError) as error:
        raise ModelUnavailable(
            _("{path} is no GGUF model file: {why}.", path=path, why=str(error)),
            code="model-file-malformed",
            hint=_("Download it again if it broke off; other formats must be converted to GGUF first."),
        ) from None


def _read(file: BinaryIO, path: Path, size: int) -> GgufHead:
    version, tensors, count = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in (2, 3):
        raise _Malformed(_("version {version} is not known", version=version))
    if count > _MOST_KEYS:
        raise _Malformed(_("its head is damaged"))
    metadata: dict[str, Scalar] = {}
    for _index in range(count):
        key = _string(file, _LONGEST_KEY)
        (kind,) = struct.unpack("<I", _exactly(file, 4))
        if kind == _ARRAY:
            if not _skip_array(file):
                break
        elif kind == _STRING:
            metadata[key] = _string(file, _LONGEST_STRING)
        else:
            metadata[key] = _scalar(file, kind)
    return GgufHead(path, size, version, tensors, metadata)


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise _Malformed(_("it breaks off"))
    return data


def _string(file: BinaryIO, longest: int) -> str:
    (length,) = struct.unpack("<Q", _exactly(file, 8))
    if length > longest:
        raise _Malformed(_("its head is damaged"))
    return _exactly(file, length).decode("utf-8", "replace")


def _scalar(file: BinaryIO, kind: int) -> Scalar:
    form = _SCALARS.get(kind)
    if form is None:
        raise _Malformed(_("its head is damaged"))
    (value,) = struct.unpack(form, _exactly(file, struct.calcsize(form)))
    return value


def _skip_array(file: BinaryIO) -> bool:
    """Read past a short array of scalars; False at a long or nested one, where reading stops."""
    kind, count = struct.unpack("<IQ", _exactly(file, 12))
    if kind == _ARRAY or count > _LONGEST_ARRAY:
        return False
    for _index in range(count):
        if kind == _STRING:
            _string(file, _LONGEST_STRING)
        else:
            _scalar(file, kind)
    return True
