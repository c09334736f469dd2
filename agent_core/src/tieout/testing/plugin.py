"""The pytest plugin that ships with tieout-core: fixtures for packages that extend Tieout.

It is loaded into every pytest run of the environment, so it imports nothing but pytest, and the network guard acts
only where the configuration asks for it::

    [tool.pytest.ini_options]
    asyncio_mode = "auto"
    tieout_network_guard = true
"""

from __future__ import annotations

__all__ = ["host", "http", "make_host", "network_guard", "session", "tieout_plugins", "tieout_settings"]

import os
from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import respx

    from tieout.host import Host
    from tieout.session import Session
    from tieout.testing.hosts import HostMaker
    from tieout.testing.network import NetworkGuard


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting of the network guard."""
    parser.addini(
        "tieout_network_guard",
        "refuse every connection of a test, and of the processes it starts, to anything but loopback",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of the ``http`` fixture, which --strict-markers asks for."""
    config.addinivalue_line("markers", "httpx2(**options): options of respx.mock for the http fixture")


@pytest.fixture(autouse=True)
def network_guard(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[object]:
    """Refuse connections to anything but loopback and Unix sockets; a swallowed refusal fails the test all the same.

    Reaches Python child processes that inherit the environment. A test that means to be refused calls
    ``network_guard.forgive()``.
    """
    if not request.config.getini("tieout_network_guard"):
        yield None
        return
    from tieout.testing.network import NetworkGuard, child_environment

    report = _report_file(request.config, tmp_path_factory)
    guard = NetworkGuard(reads=report)
    guard.forgive()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in child_environment(os.environ, report).items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        guard.install()
        try:
            yield guard
        finally:
            guard.remove()
    _complain(guard)


def _report_file(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """One file for the run: a folder for each test would cost more than the guard itself."""
    report = config.stash.get(_REPORT, None)
    if report is None:
        report = config.stash[_REPORT] = factory.mktemp("network") / "refused.txt"
    return report


_REPORT = pytest.StashKey[Path]()


def _complain(guard: NetworkGuard) -> None:
    children = guard.refused_children()
    if guard.refused or children:
        who = "the test" if guard.refused else "a process that the test started"
        addresses = ", ".join(sorted({*guard.refused, *children}))
        pytest.fail(f"{who} tried to leave the machine; the network guard refused {addresses}", pytrace=False)


@pytest.fixture
def http(request: pytest.FixtureRequest) -> Generator[respx.Router]:
    """A respx router for httpx2, the client of Tieout, openai and pydantic-ai; unmatched requests are refused.

    ``@pytest.mark.httpx2(assert_all_called=False)`` hands options to it.
    """
    from tieout.testing.http import routed

    marker = request.node.get_closest_marker("httpx2")
    with routed(marker.kwargs if marker else {}) as router:
        yield router


@pytest.fixture
def tieout_plugins() -> Mapping[str, object]:
    """The plugins of the ``host`` fixture, by name; override it in your conftest.py."""
    return {}


@pytest.fixture
def tieout_settings() -> Mapping[str, object]:
    """The settings of the ``host`` fixture, in the shape of tieout.toml; override it in your conftest.py."""
    return {}


@pytest.fixture
async def make_host(tmp_path: Path) -> AsyncGenerator[HostMaker]:
    """Makes hosts with a data folder of their own, no file of the user's, and only the plugins given."""
    from tieout.testing.hosts import HostMaker

    maker = HostMaker(tmp_path / "tieout")
    yield maker
    await maker.aclose()


@pytest.fixture
async def host(
    make_host: HostMaker, tieout_plugins: Mapping[str, object], tieout_settings: Mapping[str, object]
) -> Host:
    """A host with ``tieout_plugins`` and ``tieout_settings``; conversations stay in memory."""
    return make_host(tieout_plugins, settings=tieout_settings)


@pytest.fixture
async def session(host: Host) -> AsyncGenerator[Session]:
    """A conversation in English with the offline model of ``host``."""
    async with host.session(model="offline", lang="en") as opened:
        yield opened
