"""The example package, built and installed as a stranger would: everything that it brings appears and works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from site_folder import SiteFolder


@pytest.fixture
def site(third_party_site: SiteFolder) -> SiteFolder:
    return third_party_site


def read(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_that_it_brings_is_counted(site: SiteFolder) -> None:
    (report,) = read(site.tieout("plugins", "doctor", "power", "--json"))
    assert (report["state"], report["reason"], report["warnings"]) == ("loaded", "", [])
    assert report["brings"] == {"tools": 2, "guards": 1, "models": 1, "sources": 1, "lifespan": 1}


def test_help_and_list_show_it(site: SiteFolder) -> None:
    assert "what the electricity of a data centre costs" in site.tieout("--help").stdout
    rows = {row["name"]: row for row in read(site.tieout("plugins", "list", "--json"))}
    assert rows["power"]["package"] == "tieout-power-notes"
    assert rows["power"]["core"] == ">=0.1,<0.2" or set(rows["power"]["core"].split(",")) == {"<0.2", ">=0.1"}
    assert "数据中心的电费" in site.tieout("--lang", "zh", "--help").stdout


def test_its_model_is_among_the_models(site: SiteFolder) -> None:
    rows = {row["prefix"]: row for row in read(site.tieout("models", "--json"))}
    assert rows["power-notes"]["available"]


def test_its_tool_is_a_command(site: SiteFolder) -> None:
    result = read(site.tieout("power", "bill", "100 MW", "30 days", "--json"))
    assert result["cost"]["value"] == pytest.approx(7_236_000)
    assert result["price"]["origin"]["table"] == "US electricity prices"
    card = site.tieout("--lang", "zh", "power", "bill", "100 MW", "30 days").stdout
    assert "电费" in card
    assert "U.S. Energy Information Administration" in card


def test_its_settings_are_read_and_checked(site: SiteFolder) -> None:
    file = site.home / "pue.toml"
    site.home.mkdir(exist_ok=True)
    file.write_text("[plugins.power]\npue = 1.5\n", encoding="utf-8")
    result = read(site.tieout("power", "bill", "1 MW", "1 h", "--json", TIEOUT_CONFIG=str(file)))
    assert result["pue"]["value"] == 1.5
    file.write_text("[plugins.power]\npue = 0.5\n", encoding="utf-8")
    done = site.tieout("power", "bill", "1 MW", "1 h", TIEOUT_CONFIG=str(file))
    assert done.returncode == 3
    assert "pue.toml:2" in done.stderr


def test_its_tool_answers_a_question_offline(site: SiteFolder) -> None:
    question = "What does the electricity for a 100 MW data centre cost in 30 days?"
    done = site.tieout("ask", "--json", "--no-store", "-m", "offline", question)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["status"] == "done", done.stderr
    assert "$7.236M" in events[-1]["text"]
    assert {event["status"] for event in events if event["type"] == "mark"}.isdisjoint({"untied", "mismatch"})


def test_its_table_has_an_age(site: SiteFolder) -> None:
    done = site.tieout("data", "status")
    assert done.returncode == 0, done.stderr
    assert "US electricity prices" in done.stdout
    assert "2023-12-31" in done.stdout


def test_its_utilities_are_known_to_the_stocks_plugin(site: SiteFolder) -> None:
    result = read(site.tieout("stocks", "lookup", "塔伦能源", "--json"))
    assert "TLN.US" in json.dumps(result)


@pytest.mark.slow
def test_its_own_tests_pass_against_the_installed_package(
    third_party_source: Path, site: SiteFolder, tmp_path: Path
) -> None:
    for name in ("tests", "pyproject.toml"):  # without src: what is tested is what was installed
        copy = shutil.copytree if name == "tests" else shutil.copy
        copy(third_party_source / name, tmp_path / name)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**site.environment(), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_rule_is_among_the_shields(site: SiteFolder, tmp_path: Path) -> None:
    rules = {rule["id"]: rule for rule in read(site.tieout("shield", "rules", "--json"))["rules"]}
    assert rules["py-ipmi-password"]["origin"] == "tieout-power-notes"
    file = tmp_path / "a.py"
    file.write_text(
        'from pyghmi.ipmi import command\ncommand.Command(h, "admin", "s3cr3t-Pw")\n', encoding="utf-8"
    )
    done = site.tieout("shield", "scan", str(file))
    assert done.returncode == 10
    assert "py-ipmi-password" in done.stdout
    shown = site.tieout("shield", "fix", str(file), "--rule", "py-ipmi-password")
    assert '+command.Command(h, "admin", os.environ["BMC_PASSWORD"])' in shown.stdout
