"""The HTTP transport under every hosted model: few headers, bounded answers, visible waits, no redirects.

The SDK's own client reads for 600 s per attempt, follows 20 redirects, sleeps up to 120 s for a Retry-After
without a word, and lets a 256 kB gzip body grow to 256 MB in memory (all measured). This transport replaces that.
"""

from __future__ import annotations

import asyncio
import email.utils
import random
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import httpx2

from tieout.i18n import translator

__all__ = ["AnswerTooLarge", "GuardedTransport", "TransportRules"]

_ = translator("tieout")

# Everything else stays here, among it the SDK's x-stainless-* report of OS, CPU and Python versions.
_SENT_HEADERS: Final = frozenset(
    {"accept", "content-length", "content-type", "host", "idempotency-key", "user-agent"}
)
_OPENAI_HEADERS: Final = frozenset({"openai-organization", "openai-project"})
_RETRIED_STATUS: Final = frozenset({408, 409, 429})
_ERROR_BODY: Final = 64 * 1024  # bytes of a refusal worth reading
_LONGEST_LINE: Final = 1024 * 1024  # bytes; one 64 MB SSE line kept the SDK's parser busy for over 50 s
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.5, 8.0
# A used-up quota comes as 429 too (OpenAI, Moonshot, DashScope, Zhipu), but waiting does not bring it back.
_QUOTA_MARKS: Final = (b"insufficient_quota", b"exceeded_current_quota", b"credit_balance", b"billing_hard_limit",
                       b"Arrearage", b'"1113"')  # fmt: skip


class AnswerTooLarge(httpx2.RemoteProtocolError):
    """The answer passed the byte limit, or one line of it did."""


@dataclass(frozen=True)
class TransportRules:
    """What the transport may do and how long it may wait."""

    api_key: str | None
    """Sent as a bearer token; None sends no Authorization header at all."""
    openai_headers: bool
    """Whether OPENAI_ORG_ID and OPENAI_PROJECT_ID may be sent: to OpenAI only."""
    max_retries: int
    """Further attempts after the first, before an answer has begun."""
    longest_wait: float
    """Seconds; a server that asks for more is not waited for."""
    answer_limit: int
    """Bytes of one answer after decompression."""
    trust_env: bool
    """Whether HTTP_PROXY and the like apply; never for a server on this machine."""
    on_wait: Callable[[str, float], None]
    """Called with the reason and the seconds before each sleep."""


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends requests through one inner client per event loop, under :class:`TransportRules`.

    Connections belong to the loop that opened them, and a model outlives loops (each ``ask_sync`` runs its own).
    The inner client is a client, not a bare transport, because only a client reads proxies from the environment.
    """

    def __init__(self, rules: TransportRules) -> None:
        self._rules = rules
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _ClientOfLoop] = WeakKeyDictionary()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send ``request``, retrying what may be retried; raises httpx2's errors and :class:`AnswerTooLarge`."""
        self._trim_headers(request)
        attempt = 0
        while True:
            try:
                client = await self._client()
                response = await client.send(request, stream=True, auth=None, follow_redirects=False)
            except (httpx2.TimeoutException, httpx2.TransportError) as error:
                # After a read timeout the request may still be worked on: asking again would pay twice.
                if attempt >= self._rules.max_retries or isinstance(error, httpx2.ReadTimeout):
                    raise
                await self._wait(_("the service cannot be reached"), _backoff(attempt))
            else:
                response = self._bounded(response)
                seconds = await self._delay(response, attempt)
                if seconds is None:
                    return response
                await response.aclose()
                await self._wait(_wait_reason(response.status_code), seconds)
            attempt += 1

    async def aclose(self) -> None:
        """Close the connections of the running loop; those of other loops end with their loop."""
        held = self._clients.pop(asyncio.get_running_loop(), None)
        if held is not None:
            await held.lifetime.aclose()

    async def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        held = self._clients.get(loop)
        if held is None:
            lifetime = _lifetime(self._rules.trust_env)
            held = self._clients[loop] = _ClientOfLoop(await anext(lifetime), lifetime)
        return held.client

    def _trim_headers(self, request: httpx2.Request) -> None:
        allowed = _SENT_HEADERS | _OPENAI_HEADERS if self._rules.openai_headers else _SENT_HEADERS
        for name in list(request.headers):
            if name.lower() not in allowed:
                del request.headers[name]
        request.headers["Accept-Encoding"] = "identity"
        if self._rules.api_key:
            request.headers["Authorization"] = f"Bearer {self._rules.api_key}"

    def _bounded(self, response: httpx2.Response) -> httpx2.Response:
        encoding = response.headers.pop("content-encoding", "identity").strip().lower()
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise httpx2.RemoteProtocolError("the answer is no asynchronous stream", request=response.request)
        lines = "text/event-stream" in response.headers.get("content-type", "")
        refused = response.status_code >= 400
        response.stream = _BoundedStream(
            stream,
            response.request,
            encoding=encoding,
            limit=_ERROR_BODY if refused else self._rules.answer_limit,
            longest_line=_LONGEST_LINE if lines else None,
            cut=refused,
        )
        return response

    async def _delay(self, response: httpx2.Response, attempt: int) -> float | None:
        """Seconds to wait before the next attempt, or None when this response is the answer."""
        status = response.status_code
        if status < 400 or attempt >= self._rules.max_retries:
            return None
        asked = response.headers.get("x-should-retry")
        if asked == "false" or (asked != "true" and status not in _RETRIED_STATUS and status < 500):
            return None
        if status == 429:
            body = await response.aread()
            if any(mark in body for mark in _QUOTA_MARKS):
                return None
        wanted = _retry_after(response.headers)
        if wanted is None:
            return _backoff(attempt)
        return wanted if wanted <= self._rules.longest_wait else None

    async def _wait(self, reason: str, seconds: float) -> None:
        self._rules.on_wait(reason, seconds)
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class _ClientOfLoop:
    client: httpx2.AsyncClient
    lifetime: AsyncGenerator[httpx2.AsyncClient]


async def _lifetime(trust_env: bool) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client that is closed with its event loop: asyncio.run closes the generators a loop has left over."""
    async with httpx2.AsyncClient(trust_env=trust_env) as client:
        yield client


class _BoundedStream(httpx2.AsyncByteStream):
    """Passes a body on, decompressed, until it passes a limit of bytes or of bytes in one line.

    Past the limit an answer is an error; the text of a refusal (``cut``) just ends there.
    """

    def __init__(
        self,
        stream: httpx2.AsyncByteStream,
        request: httpx2.Request,
        *,
        encoding: str,
        limit: int,
        longest_line: int | None,
        cut: bool,
    ) -> None:
        self._stream, self._request, self._encoding = stream, request, encoding
        self._limit, self._longest_line, self._cut = limit, longest_line, cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = line = 0
        async for chunk in self._decoded():
            total += len(chunk)
            if total > self._limit and self._cut:
                yield chunk[: self._limit - total]
                return
            if total > self._limit:
                raise AnswerTooLarge(f"the answer is larger than {self._limit} bytes", request=self._request)
            if self._longest_line is not None:
                newline = chunk.rfind(b"\n")
                line = line + len(chunk) if newline < 0 else len(chunk) - newline - 1
                if line > self._longest_line:
                    raise AnswerTooLarge("one line of the answer is larger than 1 MB", request=self._request)
            yield chunk

    async def _decoded(self) -> AsyncIterator[bytes]:
        if self._encoding in {"", "identity"}:
            async for chunk in self._stream:
                yield chunk
            return
        if self._encoding not in {"gzip", "deflate"}:
            raise httpx2.RemoteProtocolError(
                f"the answer is compressed as {self._encoding[:20]!r}, which was not asked for",
                request=self._request,
            )
        inflate = zlib.decompressobj(wbits=47)  # 32 + 15: gzip or zlib, whichever the header says
        async for chunk in self._stream:
            rest = chunk
            while rest:
                try:
                    piece = inflate.decompress(rest, 65536)  # a step at a time: a bomb stops at the limit
                except zlib.error as error:
                    raise httpx2.RemoteProtocolError(str(error), request=self._request) from error
                rest = inflate.unconsumed_tail
                if piece:
                    yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def _backoff(attempt: int) -> float:
    return min(_FIRST_BACKOFF * 2**attempt, _LONGEST_BACKOFF) * random.uniform(0.75, 1.0)  # noqa: S311


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds the server asks for (``retry-after-ms``, or ``Retry-After`` in seconds or as a date)."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds = float(milliseconds) / 1000
        elif (text := headers.get("retry-after", "")).replace(".", "", 1).isdigit():
            seconds = float(text)
        elif text:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _wait_reason(status: int) -> str:
    if status == 429:
        return _("the service asks for a pause (too many requests)")
    return _("the service is busy (HTTP {status})", status=status)
