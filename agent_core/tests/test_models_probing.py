"""Which models are said to be usable: servers on this machine are asked whether they run, nothing else is contacted."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tieout.cli.app import run
from tieout.contract.models import ModelSpec, Probe
from tieout.models.hosted import HostedSettings, probe_hosted
from tieout.models.probing import is_loopback, listens, probe_all
from tieout.models.specs import core_specs
from tieout.settings import Settings


@contextmanager
def server(host: str = "127.0.0.1") -> Generator[int]:
    """A server that accepts connections and never says a word; gives its port."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as it:
        yield it.getsockname()[1]


def free_port() -> int:
    with server() as port:
        return port


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_server_that_runs_is_usable_and_one_that_does_not_is_not(name: str) -> None:
    with server() as port:
        settings = HostedSettings(base_url=f"http://{name}:{port}/v1")
        assert probe_hosted("vllm:m", settings).available
    probe = probe_hosted("vllm:m", settings)
    assert not probe.available
    assert f"not running at {name}:{port}" in probe.detail
    assert "[providers.vllm]" in probe.hint


def test_another_machine_is_never_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    def contacted(*_arguments: object, **_options: object) -> None:
        raise AssertionError("somebody was contacted")

    monkeypatch.setattr(socket, "create_connection", contacted)
    monkeypatch.setattr(socket, "getaddrinfo", contacted)
    for url in ("http://192.168.1.20:8000/v1", "http://gpu-box:8000/v1", "http://127.0.0.1.nip.io:8000/v1"):
        assert probe_hosted("vllm:m", HostedSettings(base_url=url)).available
        assert not is_loopback(url)
        with pytest.raises(ValueError, match="not on this machine"):
            listens(url)


@pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:99999/v1", "http://", ""])
def test_an_address_that_is_none_is_not_running(url: str) -> None:
    assert not is_loopback(url) or not listens(url)


@pytest.mark.parametrize(
    ("url", "local", "to"),
    [
        ("http://127.0.0.1:8000/v1", True, ""),
        ("http://192.168.1.20:8000/v1", False, "192.168.1.20"),
        ("http://[::1", False, ""),
    ],
)
def test_a_family_is_local_by_where_it_is_and_not_by_its_name(url: str, local: bool, to: str) -> None:
    for prefix in ("vllm", "compatible"):
        specs = {spec.prefix: spec for spec in core_specs(Settings(providers={prefix: {"base_url": url}}))}
        assert (specs[prefix].local, specs[prefix].sends_to) == (local, to)


def family(prefix: str, probe: object) -> ModelSpec:
    return ModelSpec(prefix, prefix, lambda *_arguments: 1 / 0, probe, local=True)  # pyright: ignore[reportArgumentType]


def test_families_are_probed_side_by_side_and_one_that_raises_costs_only_itself() -> None:
    both = threading.Barrier(2, timeout=10)

    def meets(_name: str) -> Probe:
        both.wait()
        return Probe(True)

    def raises(_name: str) -> Probe:
        raise RuntimeError("no table of models")

    probes = probe_all([family("a", meets), family("b", raises), family("c", meets)])
    assert [probe.available for probe in probes] == [True, False, True]
    assert "no table of models" in probes[1].detail


def test_the_family_of_the_configured_model_is_asked_about_that_one() -> None:
    def named(name: str) -> Probe:
        return Probe(True, f"asked for {name or 'any'}")

    probes = probe_all([family("a", named), family("b", named)], "b:/x:y.gguf")
    assert [probe.detail for probe in probes] == ["asked for any", "asked for /x:y.gguf"]


def test_the_list_says_which_server_does_not_run_and_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with server() as port:
        settings = tmp_path / "tieout.toml"
        settings.write_text(
            f'[providers.vllm]\nbase_url = "http://127.0.0.1:{port}/v1"\n'
            f'[providers.ollama]\nbase_url = "http://127.0.0.1:{free_port()}/v1"\n'
        )
        monkeypatch.setenv("TIEOUT_CONFIG", str(settings))
        assert run(["--no-plugins", "--lang", "en", "models", "--json"]) == 0
        rows = {row["prefix"]: row for row in json.loads(capsys.readouterr().out)}
        assert rows["vllm"]["available"]
        assert not rows["ollama"]["available"]
        for command in ("models", "doctor"):
            assert run(["--no-plugins", "--lang", "en", command]) == 0
            (line,) = (line for line in capsys.readouterr().out.splitlines() if "Ollama on" in line)
            assert "not running" in line
            assert "[providers.ollama]" in line
