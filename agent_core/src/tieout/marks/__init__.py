"""The tie-out: what is known about each number of an answer."""

from tieout.marks._quotes import squeezed
from tieout.marks._tie_out import tie_out

__all__ = ["squeezed", "tie_out"]
