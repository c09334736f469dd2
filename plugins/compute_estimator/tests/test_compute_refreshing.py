"""Refreshed prices: public lists are read, checked, and used before the shipped tables; failures change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tieout.cli import main
from tieout.errors import ExitCode
from tieout_compute_estimator.accelerators import find_device
from tieout_compute_estimator.api_prices import api_price, shipped_api_prices
from tieout_compute_estimator.refreshing import CATALOGUE, CLOUDS, TOKEN_PRICES

Run = Callable[..., tuple[int, str]]
HEAD = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice\n"
GPUS = {
    "H100": "H100 SXM", "H200": "H200 SXM", "B200": "B200", "A100-80GB": "A100-80GB SXM", "L40S": "L40S",
    "A100": "A100-40GB SXM", "V100-32GB": "V100-32GB SXM2", "RTX4090": "RTX 4090", "MI300X": "MI300X",
}  # fmt: skip


def catalogue(price: float) -> str:
    """A cloud that asks ``price`` an hour for one of anything, in machines of eight."""
    rows = [f"m8_{name},{name},8.0,8,8,{8 * price},x,\"{{'Gpus': []}}\"," for name in GPUS]
    return HEAD + "cpu_4x,,,4,16,0.2,x,,\n" + "\n".join(rows) + "\n"


def token_prices(factor: float) -> list[dict[str, Any]]:
    """Every row of the shipped table, ``factor`` times as dear."""
    places: dict[str, dict[str, Any]] = {}
    for row in shipped_api_prices().rows:
        place = places.setdefault(
            row.provider, {"id": "x-" + row.provider, "name": row.provider, "models": []}
        )
        tiers = {"base": row.input_usd * factor, "tiers": [{"start": 200_000, "price": 99}]}
        prices = {"input_mtok": tiers, "output_mtok": row.output_usd * factor}
        place["models"].append({"id": "m/" + row.name.lower(), "name": row.name, "prices": prices})
    for name, known in (("OpenAI", "openai"), ("Anthropic", "anthropic"), ("Google", "google")):
        place = places[name]
        place["id"] = known
        for entry in place["models"]:
            entry["id"] = (
                entry["id"][2:].replace(" ", "-")
                if known != "anthropic"
                else entry["id"][2:].replace(" ", "-").replace(".", "-")
            )
    return list(places.values())


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIEOUT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "tieout.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line: exit code, and everything it printed."""

    def call(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["--lang", "en", *words])
        shown = capsys.readouterr()
        return int(left.value.code or 0), shown.out + shown.err

    return call


REFRESH = ("--online", "data", "refresh", "--approve", "network")


def rents(http: Any, price: float = 2.0) -> None:
    for number, cloud in enumerate(CLOUDS):
        http.get(f"{CATALOGUE}/{cloud}/vms.csv").respond(text=catalogue(price + number))


def test_the_rent_of_another_h100_is_not_that_of_the_pcie_card(http: Any, data_dir: Path, run: Run) -> None:
    shipped = find_device("H100 PCIe").price
    nvl = "m1_H100-NVL,H100-NVL,1.0,8,8,99,x,\"{'Gpus': []}\",\n"
    for cloud in CLOUDS:
        http.get(f"{CATALOGUE}/{cloud}/vms.csv").respond(text=catalogue(2.0) + nvl)
    code, said = run(*REFRESH, "compute rental prices")
    assert code == 0, said
    assert find_device("H100 PCIe").price == shipped


def test_rents_become_the_range_over_the_clouds(http: Any, data_dir: Path, run: Run) -> None:
    shipped = find_device("H100").price
    rents(http)
    code, said = run(*REFRESH, "compute rental prices")
    assert code == 0, said
    price = find_device("H100").price
    assert price is not None
    assert price != shipped
    assert (price.low, price.mid, price.high) == (2.0, 4.5, 7.0)
    assert price.as_of == date.today()  # noqa: DTZ011
    assert "SkyPilot" in price.source
    assert find_device("H100").peak_tflops["bf16"] == 989.5  # only the price is another
    status = json.loads(run("data", "status", "--json")[1])
    shown = next(row for row in status if row["table"] == "compute rental prices")
    assert shown["refreshable"]
    assert shown["as_of"] == price.as_of.isoformat()


def test_token_prices_are_taken_over_without_tiers(http: Any, data_dir: Path, run: Run) -> None:
    before = api_price("GPT-4o")
    http.get(TOKEN_PRICES).respond(json=token_prices(2.0))
    assert run(*REFRESH, "compute API prices")[0] == 0
    after = api_price("GPT-4o")
    assert before is not None
    assert after is not None
    assert after.input.value == 2 * before.input.value
    assert after.output.value == 2 * before.output.value


@pytest.mark.parametrize(
    "tokens", [[], {"rows": 1}, [{"id": "openai", "name": "OpenAI", "models": "none"}], [1, 2]]
)
def test_a_list_in_another_form_changes_nothing(http: Any, data_dir: Path, run: Run, tokens: Any) -> None:
    before = api_price("GPT-4o")
    rents(http)
    http.get(TOKEN_PRICES).respond(json=tokens)
    code, said = run(*REFRESH)
    assert code == ExitCode.FAILURE
    assert "kept as it was" in said
    assert "refreshed" in said  # the other table is none the worse
    assert api_price("GPT-4o") == before


def test_a_source_that_is_gone_is_named(http: Any, data_dir: Path, run: Run) -> None:
    http.get(url__startswith="https://").respond(404)
    code, said = run(*REFRESH, "--json")
    assert code == ExitCode.FAILURE
    assert all("404" in row["detail"] and not row["ok"] for row in json.loads(said))
    assert not list(data_dir.rglob("*.json"))


def test_nothing_is_asked_while_offline_or_not_approved(http: Any, data_dir: Path, run: Run) -> None:
    code, said = run("data", "refresh", "--approve", "network")
    assert code == ExitCode.USAGE
    assert "--online" in said
    (data_dir.parent / "tieout.toml").write_text('[policy]\nnetwork = "ask"\n', "utf-8")
    code, said = run("--online", "data", "refresh")
    assert (code, "--approve" in said) == (ExitCode.APPROVAL, True), said
    assert not http.calls


def test_an_unknown_table_is_named_with_those_there_are(http: Any, data_dir: Path, run: Run) -> None:
    code, said = run(*REFRESH, "compute hardware")
    assert code == ExitCode.USAGE
    assert "compute rental prices" in said


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"hardware": 1}', b'{"hardware": [{"name": "H100 SXM", "price": 1}]}']
)
def test_a_broken_refreshed_file_costs_nothing_but_itself(data_dir: Path, content: bytes) -> None:
    shipped = find_device("H100")
    folder = data_dir / "tables"
    folder.mkdir(parents=True)
    (folder / "compute-rental-prices.json").write_bytes(content)
    (folder / "compute-api-prices.json").write_bytes(content)
    assert find_device("H100") == shipped
    assert api_price("GPT-4o") is not None


def test_the_status_of_an_expired_table_says_what_to_do(data_dir: Path, run: Run) -> None:
    code, said = run("data", "status")
    assert code == 0, said
    assert "EXPIRED 20" in said
    assert '`tieout --online data refresh "compute rental prices" "compute API prices"`' in said
    assert "no public source" in said
    assert "`tieout data refresh" in run("--online", "data", "status")[1]
    assert json.loads(run("data", "status", "--json")[1])


def test_approval_is_given_as_to_any_other_command(http: Any, data_dir: Path, run: Run) -> None:
    rents(http)
    for words in (["--approve", "network"], ["--approve=network"]):
        assert run("--online", "data", "refresh", *words, "compute rental prices")[0] == 0
    assert run("--online", "data", "refresh", "compute rental prices", "--approve")[0] == 0
    code, said = run("--online", "data", "refresh", "--approve", "write", "compute rental prices")
    assert (code, "--approve network" in said) == (ExitCode.APPROVAL, True)
    code, said = run("--online", "data", "refresh", "--approve", "compute rental prices")
    assert (code, "'write', 'network', 'spend'" in said) == (ExitCode.USAGE, True)
