"""The network guard: a test reaches loopback and Unix sockets, and nothing else. Standard library only.

It stands at the sockets, under every client library, so that what nobody mocked is refused whatever sent it.
"""

from __future__ import annotations

__all__ = ["CHILD_FOLDER", "REPORT_VARIABLE", "NetworkGuard", "NetworkRefused", "child_environment"]

import ipaddress
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

CHILD_FOLDER: Final = Path(__file__).parent / "child"
"""Holds the ``sitecustomize`` that puts the guard into child processes; goes in front of their ``PYTHONPATH``."""
REPORT_VARIABLE: Final = "TIEOUT_TESTING_NETWORK_REPORT"
"""Names the file to which children write what they were refused, since a child may swallow the error."""
_PROXY_VARIABLES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY")
_METHODS: Final = ("connect", "connect_ex", "sendto")
_ADDRESS_AT: Final = {"connect": 0, "connect_ex": 0, "sendto": -1}


class NetworkRefused(AssertionError):
    """A test, or a process it started, tried to leave the machine."""


class NetworkGuard:
    """Replaces the socket calls that could leave the machine, until :meth:`remove`.

    Args:
        writes: A file that gets a line for each refusal; how a child process tells its parent.
        reads: The file to which children write.
    """

    def __init__(self, *, writes: Path | None = None, reads: Path | None = None) -> None:
        self.refused: list[str] = []
        """Each address that this process was refused, in order."""
        self._writes, self._reads = writes, reads
        self._saved: list[tuple[object, str, object]] = []

    def install(self) -> None:
        """Put the guard in place."""
        for name in _METHODS:
            self._replace(socket.socket, name, self._guarded_method(name))
        self._replace(socket, "getaddrinfo", self._guarded_lookup(socket.getaddrinfo))
        self._replace(socket, "gethostbyname", self._guarded_lookup(socket.gethostbyname))

    def remove(self) -> None:
        """Take the guard away again."""
        while self._saved:
            owner, name, value = self._saved.pop()
            if value is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)

    def refused_children(self) -> list[str]:
        """Each address that a child process was refused, in order."""
        if self._reads is None or not self._reads.exists():
            return []
        return self._reads.read_text(encoding="utf-8").splitlines()

    def forgive(self) -> None:
        """Forget every refusal so far: for a test that means to be refused."""
        self.refused.clear()
        if self._reads is not None:
            self._reads.unlink(missing_ok=True)

    def check(self, host: object) -> None:
        """Let a loopback host pass.

        Raises:
            NetworkRefused: It is any other.
        """
        if is_loopback(host):
            return
        shown = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        self.refused.append(shown)
        if self._writes is not None:
            with self._writes.open("a", encoding="utf-8") as file:
                file.write(shown + "\n")
        raise NetworkRefused(
            f"a test may not reach {shown!r}: answer the request with the `http` fixture, "
            "or start a server on 127.0.0.1"
        )

    def _replace(self, owner: Any, name: str, value: object) -> None:
        own = cast("Mapping[str, object]", owner.__dict__)
        self._saved.append((owner, name, own.get(name, _ABSENT)))
        setattr(owner, name, value)

    def _guarded_method(self, name: str) -> Callable[..., Any]:
        original: Callable[..., Any] = getattr(socket.socket, name)

        def guarded(sock: socket.socket, *arguments: Any) -> Any:
            if sock.family in (socket.AF_INET, socket.AF_INET6) and arguments:
                self.check(arguments[_ADDRESS_AT[name]][0])
            return original(sock, *arguments)

        return guarded

    def _guarded_lookup(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            self.check(arguments[0] if arguments else options.get("host"))
            return original(*arguments, **options)

        return guarded


_ABSENT: Final = object()


def is_loopback(host: object) -> bool:
    """Whether a host name or address stays on this machine; the wildcard addresses do."""
    if host is None:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text in ("", "localhost", socket.gethostname()) or text.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def child_environment(environment: Mapping[str, str], report: Path) -> dict[str, str | None]:
    """What to change in an environment so that the guard reaches child processes; ``None`` removes a variable.

    Proxies are taken out: behind a proxy on loopback, a request to anywhere would look local.
    """
    changes: dict[str, str | None] = {}
    for name in _PROXY_VARIABLES:
        for spelled in (name, name.lower()):
            if spelled in environment:
                changes[spelled] = None
    path = environment.get("PYTHONPATH", "")
    changes["PYTHONPATH"] = os.pathsep.join(part for part in (str(CHILD_FOLDER), path) if part)
    changes["NO_PROXY"] = changes["no_proxy"] = "*"
    changes[REPORT_VARIABLE] = str(report)
    return changes
