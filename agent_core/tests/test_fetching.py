"""What ``tieout data refresh`` may read: whole answers of declared hosts over https, nothing else."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tieout import fetching
from tieout.errors import TieoutError
from tieout.fetching import fetcher

PAGE = "https://prices.example/list.json"
fetch = fetcher(["prices.example"])


async def test_an_answer_of_a_declared_host_arrives_whole(http: Any) -> None:
    route = http.get(PAGE).respond(content=b"[1, 2]", headers={"set-cookie": "seen=1"})
    assert await fetch(PAGE) == b"[1, 2]"
    await fetch(PAGE)
    sent = route.calls.last.request.headers
    assert sent["user-agent"] == "tieout"
    assert not {"cookie", "authorization"} & set(sent)


@pytest.mark.parametrize(
    "address",
    [
        "http://prices.example/list.json",
        "https://other.example/list.json",
        "https://prices.example.other.example/",
        "https://someone:secret@prices.example/",
        "file:///prices.example/list.json",
    ],
)
async def test_nothing_else_is_asked(http: Any, address: str) -> None:
    with pytest.raises(TieoutError, match="none of the declared addresses"):
        await fetch(address)
    assert not http.calls


@pytest.mark.parametrize("status", [204, 302, 404, 500])
async def test_any_other_answer_is_none(http: Any, status: int) -> None:
    http.get(PAGE).respond(status, headers={"location": "https://other.example/"})
    with pytest.raises(TieoutError, match=rf"prices.example answered {status}") as caught:
        await fetch(PAGE)
    assert caught.value.code == "fetch"
    assert len(http.calls) == 1


async def test_what_is_too_large_or_cannot_be_reached_is_said(
    http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 1_000_000)
    http.get(PAGE).respond(content=b"0" * 1_000_001)
    with pytest.raises(TieoutError, match="larger than 1 MB"):
        await fetch(PAGE)
    http.get(PAGE).mock(side_effect=httpx2.ConnectError("no route"))
    with pytest.raises(TieoutError, match="cannot be reached: no route"):
        await fetch(PAGE)
