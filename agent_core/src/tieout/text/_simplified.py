"""Traditional to simplified Chinese, one character for one character."""

from functools import cache

from tieout.text._simplified_table import SIMPLIFIED, TRADITIONAL


@cache
def _table() -> dict[int, int]:
    return str.maketrans(TRADITIONAL, SIMPLIFIED)


def to_simplified(text: str) -> str:
    """``text`` with traditional characters replaced by simplified ones, of the same length.

    Single characters only (2,865 of them, from OpenCC), so offsets stay valid and the mapping is its own fixed
    point. A few characters that are also used in simplified text are folded (乾 to 干): meant for searching and
    matching, not for showing text to a reader.
    """
    return text if text.isascii() else text.translate(_table())
