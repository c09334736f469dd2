"""HTTP answers for tests: a respx router over httpx2, and bodies that come in pieces or break off."""

from __future__ import annotations

__all__ = ["routed", "streamed"]

from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import httpx  # respx answers with httpx.Response, whatever the client is

if TYPE_CHECKING:
    import respx


@contextmanager
def routed(options: Mapping[str, object]) -> Generator[respx.Router]:
    """A router that answers every httpx2 request of the process, and refuses those it has no route for.

    Plain ``respx.mock`` patches the transport of httpx only: it would see nothing of httpx2's requests, and they would
    go out. Give responses as ``httpx.Response``, and faults as *instances* of httpx2's errors
    (``side_effect=httpx2.ConnectTimeout("…")``): a class of httpx2 would be called like a function.

    Args:
        options: Those of ``respx.mock``, as the marker ``httpx2`` gives them.
    """
    import respx

    import_module("pytest_httpx2")  # registers the transport that is named below
    using: dict[str, object] = {"using": "httpcore2", **options}
    with respx.mock(**using) as router:  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]
        yield router


class _Body(httpx.AsyncByteStream, httpx.SyncByteStream):
    def __init__(self, pieces: Iterable[bytes], breaks: Exception | None) -> None:
        self._pieces = list(pieces)
        self._breaks = breaks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._breaks is not None:
            raise self._breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def streamed(
    pieces: Iterable[bytes],
    *,
    breaks: Exception | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """A response whose body arrives piece by piece.

    Args:
        pieces: The body, cut where the network cuts it.
        breaks: Raised after the last piece: an instance of an httpx2 error such as ``httpx2.ReadError("gone")``.
        status: HTTP status code.
        headers: Response headers; ``text/event-stream`` is the content type when they name none.
    """
    return httpx.Response(
        status,
        headers={"content-type": "text/event-stream", **(headers or {})},
        stream=_Body(pieces, breaks),
    )
