"""Reads public data over https for ``tieout data refresh``: declared hosts only, bounded, sending but the address."""

from __future__ import annotations

__all__ = ["fetcher"]

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from tieout.contract.tables import Fetch
from tieout.errors import TieoutError
from tieout.i18n import translator
from tieout.text import clean_line

_ = translator("tieout")

MOST_BYTES: Final = 20_000_000
"""Of one answer after decompression."""
SECONDS: Final = 30.0
"""Between two pieces of an answer."""
_CODE: Final = "fetch"


def fetcher(hosts: Collection[str]) -> Fetch:
    """A function that reads addresses of ``hosts``; redirects are not followed, cookies and keys are not sent.

    It raises a ``TieoutError`` with the code ``fetch`` for any other address, and where nothing whole arrives.
    """

    async def fetch(address: str) -> bytes:
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.hostname not in hosts or parts.username:
            raise TieoutError(
                _("{address} is none of the declared addresses.", address=clean_line(address, limit=120)),
                code=_CODE,
                hint=_("This is a fault of the package that brings the table."),
            )
        return await _read(address, str(parts.hostname))

    return fetch


async def _read(address: str, host: str) -> bytes:
    import httpx2

    try:
        async with (
            httpx2.AsyncClient(timeout=SECONDS, headers={"user-agent": "tieout"}) as client,
            client.stream("GET", address) as answer,
        ):
            if answer.status_code != 200:
                raise TieoutError(
                    _(
                        "{host} answered {status} for {address}.",
                        host=host,
                        status=answer.status_code,
                        address=address,
                    ),
                    code=_CODE,
                    hint=_("The source may have moved; what is there stays in use."),
                )
            found = bytearray()
            async for piece in answer.aiter_bytes():
                found += piece
                if len(found) > MOST_BYTES:
                    raise TieoutError(
                        _(
                            "{address} is larger than {limit} MB.",
                            address=address,
                            limit=MOST_BYTES // 1_000_000,
                        ),
                        code=_CODE,
                    )
            return bytes(found)
    except httpx2.HTTPError as error:
        problem = clean_line(str(error) or type(error).__name__, limit=160)
        raise TieoutError(
            _("{host} cannot be reached: {problem}", host=host, problem=problem),
            code=_CODE,
            hint=_("Check the connection and ask again; what is there stays in use."),
        ) from None
