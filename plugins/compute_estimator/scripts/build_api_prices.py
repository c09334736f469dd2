"""Build data/api_prices.json from a downloaded price list of genai-prices.

    python scripts/build_api_prices.py DATA.json DAY [OUTPUT.json]

DATA.json is prices/new_data/v2/data.json of that project, DAY the day it was downloaded (2026-11-21). Rows that the
list has get its prices and that day; the others stay as they are. It is what `tieout data refresh` does, from a file.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from pathlib import Path

OUTPUT = Path(__file__).parent.parent / "src" / "tieout_compute_estimator" / "data" / "api_prices.json"


async def _built(content: bytes, day: date) -> bytes:
    from tieout_compute_estimator.refreshing import api_price_refresh

    async def read(_address: str) -> bytes:
        return content

    return await api_price_refresh().build(read, day)


def main(arguments: list[str]) -> int:
    """Read the list named by the first argument and write the table."""
    from tieout.errors import TieoutError

    if not 2 <= len(arguments) <= 3:
        print((__doc__ or "").splitlines()[2].strip(), file=sys.stderr)
        return 2

    output = Path(arguments[2]) if len(arguments) == 3 else OUTPUT
    try:
        content = Path(arguments[0]).read_bytes()

        table = asyncio.run(_built(content, date.fromisoformat(arguments[1])))
    except (OSError, ValueError, TieoutError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    output.write_bytes(table + b"\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
