"""Which models can be used now, asked of all families at once; only this machine is ever contacted."""

from __future__ import annotations

__all__ = ["host_of", "is_loopback", "listens", "probe_all"]

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tieout.loading import describe_failure

if TYPE_CHECKING:
    from tieout.contract.models import ModelSpec, Probe

_CONNECT_SECONDS = 0.3
"""A server on this machine accepts within a millisecond; a port that nobody serves refuses as fast."""
_AT_ONCE = 16


def host_of(url: str) -> str:
    """The host that an address names; empty when it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # a bracket that is not closed
        return ""


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine by what it says itself; no name is looked up."""
    host = host_of(url)
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listens(url: str) -> bool:
    """Whether something accepts connections at a loopback address; nothing is sent to it.

    Raises:
        ValueError: The address is not on this machine.
    """
    if not is_loopback(url):
        raise ValueError(f"{url} is not on this machine")
    parts, host = urlsplit(url), host_of(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # no port has that number
        return False
    return any(_accepts(name, port) for name in (("127.0.0.1", "::1") if host == "localhost" else (host,)))


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS):
            return True
    except OSError:
        return False


def probe_all(specs: Sequence[ModelSpec], model: str = "") -> list[Probe]:
    """Probe each family side by side; one that raises cannot be used.

    Args:
        model: The model that is configured: its family is asked about that one.
    """
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    prefix, _colon, name = model.partition(":")
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tieout-probe") as pool:
        asked = [
            pool.submit(copy_context().run, _probe, spec, name if spec.prefix == prefix else "")
            for spec in specs
        ]
        return [answer.result() for answer in asked]


def _probe(spec: ModelSpec, name: str) -> Probe:
    from tieout.contract.models import Probe

    try:
        return spec.probe(name)
    except (Exception, SystemExit) as error:
        return Probe(False, describe_failure(error))
