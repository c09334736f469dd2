"""Listed utilities for the directory of the stocks plugin: an entry point in its group tieout.stocks.providers.

Only the stocks plugin imports this module, so the package does not depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tieout_stock_lookup import Instrument, Query

_UTILITIES = (
    Instrument("NRG.US", "NRG 能源", english="NRG Energy", aliases=("恩翼能源",)),
    Instrument("TLN.US", "塔伦能源", english="Talen Energy"),
)


class Utilities:
    """Two utilities that sell power to data centres."""

    name = "power_utilities"
    capabilities = frozenset({"directory"})
    markets = frozenset({"US"})
    needs_key = False
    homepage = ""
    terms_note = "names and symbols, written by hand for this example"

    def read(self, query: Query) -> Sequence[Instrument]:
        """All of them, or the one of ``query.symbol``."""
        if query.capability != "directory":
            return []
        return [share for share in _UTILITIES if query.symbol in ("", share.symbol)]
