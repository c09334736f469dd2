"""Finding every quantity, date and period in a text."""

from tieout.quantities._default_units import DEFAULT
from tieout.quantities._quantity import Quantity
from tieout.quantities._units import UnitTable


def find(text: str, *, units: UnitTable = DEFAULT) -> list[Quantity]:
    """Every quantity in ``text``, in order and without overlap; spans are offsets into ``text`` itself.

    Reads Chinese and English, full-width forms and traditional characters. Digits inside a name (H100, GPT-4) are
    not quantities; the 3 of "Llama 3" is one of kind ``label``. A bare 70B counts parameters after a model's name or
    before words such as 参数 and model, else it is a bare 7e10. Four digits from 1980 to 2039 without a unit are a
    year. Time is linear in the length of the text.
    """
    from tieout.quantities._scan import scan  # 8 ms of import that formatting and converting do not need

    return scan(text, units)
