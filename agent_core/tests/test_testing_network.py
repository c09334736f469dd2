"""The network guard: loopback passes, everything else is refused and cannot be swallowed, in children too."""

from __future__ import annotations

import asyncio
import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import httpx2
import pytest
import respx

from tieout.testing import NetworkGuard, NetworkRefused, streamed

pytest_plugins = ["pytester"]

BARE = ("-p", "no:cacheprovider", "-p", "no:textual-snapshot")
"""Plugins that a run inside a run must leave out: both write to places that the outer run cleans up."""
ELSEWHERE = "192.0.2.1"  # TEST-NET-1: nobody's


@pytest.fixture
def loopback_url() -> Iterator[str]:
    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("client", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_server_on_loopback_answers(loopback_url: str, client: ModuleType) -> None:
    assert client.get(loopback_url).text == "hello"


@pytest.mark.parametrize("client", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("url", ["https://example.test/", f"http://{ELSEWHERE}/"])
def test_requests_that_nobody_mocked_are_refused(
    network_guard: NetworkGuard, client: ModuleType, url: str
) -> None:
    with pytest.raises(NetworkRefused, match="http` fixture"):
        client.get(url)
    assert network_guard.refused
    network_guard.forgive()


async def test_asynchronous_requests_are_refused(network_guard: NetworkGuard) -> None:
    async with httpx2.AsyncClient() as client:
        with pytest.raises(NetworkRefused):
            await client.get("https://example.test/")
    with pytest.raises(NetworkRefused):
        await asyncio.open_connection(ELSEWHERE, 80)
    network_guard.forgive()


def test_bare_sockets_are_refused(network_guard: NetworkGuard) -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock, pytest.raises(NetworkRefused):
            sock.connect((ELSEWHERE, 53))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(NetworkRefused):
        sock.sendto(b"?", (ELSEWHERE, 53))
    with socket.socket(socket.AF_INET6) as sock, pytest.raises(NetworkRefused):
        sock.connect_ex(("2001:db8::1", 53))
    network_guard.forgive()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")
def test_unix_sockets_pass(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_a_proxy_on_loopback_is_no_way_out() -> None:
    assert "HTTPS_PROXY" not in os.environ
    assert os.environ["NO_PROXY"] == "*"


def test_child_processes_are_guarded(network_guard: NetworkGuard) -> None:
    code = f"import socket; socket.create_connection(({ELSEWHERE!r}, 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"NetworkRefused" in done.stderr
    assert network_guard.refused_children() == [ELSEWHERE]
    network_guard.forgive()


def run_guarded(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\ntieout_network_guard = true"
    )
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess(*BARE)


def test_a_swallowed_refusal_fails_the_test(pytester: pytest.Pytester) -> None:
    result = run_guarded(
        pytester,
        f"""
        import socket

        def test_swallows():
            try:
                socket.create_connection(({ELSEWHERE!r}, 80))
            except BaseException:
                pass
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*the test tried to leave the machine*{ELSEWHERE}*"])


def test_a_refusal_swallowed_by_a_child_fails_the_test(pytester: pytest.Pytester) -> None:
    result = run_guarded(
        pytester,
        f"""
        import subprocess, sys

        def test_child():
            code = '''
        import socket
        try:
            socket.create_connection(({ELSEWHERE!r}, 80))
        except BaseException:
            pass
        '''
            assert subprocess.run([sys.executable, "-c", __import__("textwrap").dedent(code)]).returncode == 0
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*a process that the test started tried to leave the machine*"])


def test_without_the_setting_other_projects_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os

        def test_it(network_guard):
            assert network_guard is None
            os.environ["NO_PROXY"] = "set by a project that has nothing to do with Tieout"
        """
    )
    pytester.runpytest_inprocess(*BARE, "-p", "no:asyncio").assert_outcomes(passed=1)


async def test_the_http_fixture_answers_httpx2(http: respx.Router) -> None:
    route = http.get("https://data.test/x").respond(json={"ok": 1})
    async with httpx2.AsyncClient() as client:
        assert (await client.get("https://data.test/x")).json() == {"ok": 1}
    assert route.call_count == 1


@pytest.mark.httpx2(assert_all_called=False)
def test_the_http_fixture_refuses_what_has_no_route(http: respx.Router) -> None:
    http.get("https://data.test/x").respond(json={})
    with pytest.raises(respx.models.AllMockedAssertionError):
        httpx2.get("https://data.test/other")


async def test_a_streamed_body_comes_in_pieces_and_can_break(http: respx.Router) -> None:
    http.get("https://data.test/s").mock(return_value=streamed([b"a", b"b"], breaks=httpx2.ReadError("gone")))
    got: list[bytes] = []

    async def read(client: httpx2.AsyncClient) -> None:
        async with client.stream("GET", "https://data.test/s") as response:
            async for piece in response.aiter_raw():
                got.append(piece)

    async with httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.ReadError):
            await read(client)
    assert got == [b"a", b"b"]


def test_the_plugin_costs_a_test_run_no_heavy_import() -> None:
    code = "import sys, pytest, tieout.testing.plugin; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "respx",
        "hypothesis",
        "pydantic_ai",
        "pydantic",
        "httpx",
        "httpx2",
        "pytest_asyncio",
    }
