"""A hall of broken plugins, installed as real distributions: each costs only itself, and the commands go on working."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from site_folder import DEADLY, GOOD, HALL, SiteFolder, furnish

from tieout.cli import plugins as plugin_commands
from tieout.errors import ExitCode


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    folder = tmp_path_factory.mktemp("hall")
    site = SiteFolder(folder / "site", folder / "home")
    furnish(site, HALL)
    return site


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    folder = tmp_path_factory.mktemp("deadly")
    site = SiteFolder(folder / "site", folder / "home")
    furnish(site, DEADLY)
    return site


@pytest.fixture
def site(tmp_path: Path) -> SiteFolder:
    return SiteFolder(tmp_path / "site", tmp_path / "home")


def test_help_and_list_name_them_all_and_import_none(hall: SiteFolder) -> None:
    shown = hall.tieout("--help")
    assert shown.returncode == 0
    assert "a plugin that works" in shown.stdout
    listed = hall.tieout("plugins", "list", "--json")
    assert listed.returncode == 0
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert set(HALL) | {"good"} <= set(rows)
    assert rows["future"]["core"] == ">=99,<100"
    assert {rows[name]["state"] for name in HALL} == {"enabled"}


@pytest.mark.slow
def test_the_doctor_says_what_is_wrong_with_each(hall: SiteFolder) -> None:
    done = hall.tieout("plugins", "doctor", "--json", "good", *HALL)
    assert done.returncode == ExitCode.PLUGIN
    reports = {report["name"]: report for report in json.loads(done.stdout)}
    assert reports["good"]["state"] == "loaded"
    assert reports["good"]["brings"]["tools"] == 1
    for name, exhibit in HALL.items():
        report = reports[name]
        said = " ".join([report["reason"], *report["warnings"]])
        assert report["state"] == exhibit.state, (name, said)
        assert exhibit.reason in said, (name, said)


def test_a_good_plugin_works_among_them(hall: SiteFolder) -> None:
    done = hall.tieout("good", "ping", "--count", "3", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"]["value"] == 3


def test_the_command_of_a_broken_one_says_why(hall: SiteFolder) -> None:
    done = hall.tieout("missing", "ping")
    assert done.returncode == ExitCode.PLUGIN
    assert "numpy_of_the_future" in done.stderr
    assert "plugins doctor missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_needs_all_plugins_works_with_those_that_load(hall: SiteFolder) -> None:
    done = hall.tieout("models", "--json")
    assert done.returncode == 0, done.stderr
    assert any(row["prefix"] == "offline" for row in json.loads(done.stdout))


def test_one_that_kills_the_process_is_found_and_switched_off(deadly: SiteFolder) -> None:
    assert deadly.tieout("--help").returncode == 0
    assert deadly.tieout("plugins", "list").returncode == 0
    (report,) = json.loads(deadly.tieout("plugins", "doctor", "kills", "--json").stdout)
    assert report["state"] == "failed"
    assert DEADLY["kills"].reason in report["reason"]
    assert deadly.tieout("plugins", "disable", "kills").returncode == 0
    listed = json.loads(deadly.tieout("plugins", "list", "--json").stdout)
    assert next(row["state"] for row in listed if row["name"] == "kills") == "disabled"
    assert deadly.tieout("good", "ping").returncode == 0
    assert deadly.tieout("kills", "ping").returncode == ExitCode.PLUGIN
    assert deadly.tieout("plugins", "enable", "kills").returncode == 0
    assert '"kills"' not in (deadly.home / "tieout.toml").read_text(encoding="utf-8")


def test_an_unknown_name_is_refused(hall: SiteFolder) -> None:
    done = hall.tieout("plugins", "disable", "nobody")
    assert done.returncode == ExitCode.PLUGIN
    assert "nobody" in done.stderr


def test_no_plugins_loads_none(hall: SiteFolder) -> None:
    done = hall.tieout("--no-plugins", "models")
    assert done.returncode == 0, done.stderr


def test_strict_mode_shows_an_author_the_whole_error(site: SiteFolder) -> None:
    site.add("raising", HALL["raising"].source)
    done = site.tieout("raising", "ping", TIEOUT_STRICT_PLUGINS="1")
    assert done.returncode != 0
    assert "no table of rates" in done.stderr


def test_an_import_that_never_ends_is_reported(site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("hangs", "import time; time.sleep(3600)")
    for name, value in site.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(plugin_commands, "_DOCTOR_SECONDS", 2)
    report = plugin_commands._examine("hangs")  # pyright: ignore[reportPrivateUsage]
    assert report["state"] == "failed"
    assert "2 s" in report["reason"]


LIFESPANS = {
    "starts_badly": ("raise RuntimeError('no table of rates')", "", "RuntimeError: no table of rates"),
    "never_starts": ("await asyncio.sleep(3600)", "", "did not start within 1 s"),
    "blocks": ("time.sleep(3600)", "", "blocked the event loop and did not start within 1 s"),
    "stops_badly": (
        "",
        "raise RuntimeError('no way down')",
        "failed while it stopped: RuntimeError: no way down",
    ),
}
"""What a lifespan does before and after its plugin's life, and what the doctor says of it."""


@pytest.mark.slow
def test_the_doctor_starts_and_stops_each_and_a_hanging_one_holds_up_no_other(site: SiteFolder) -> None:
    for name, (before, after, _said) in LIFESPANS.items():
        source = """
            import asyncio, time
            from contextlib import asynccontextmanager
            from tieout.plugin import hookimpl

            @asynccontextmanager
            async def span():
                BEFORE
                yield
                AFTER

            @hookimpl
            def lifespan(host):
                return span()
        """
        site.add(name, source.replace("BEFORE", before or "pass").replace("AFTER", after or "pass"))
    site.add("good", GOOD)
    done = site.tieout("plugins", "doctor", "--json", "good", *LIFESPANS, TIEOUT_LIMITS__PLUGIN_START="1")
    assert done.returncode == ExitCode.PLUGIN, done.stderr
    reports = {report["name"]: report for report in json.loads(done.stdout)}
    assert reports["good"]["state"] == "loaded"
    for name, (_before, after, said) in LIFESPANS.items():
        report = reports[name]
        assert report["state"] == ("loaded" if after else "failed"), report
        assert said in " ".join([report["reason"], *report["warnings"]])


def test_metadata_that_cannot_be_read_hides_nobody(site: SiteFolder) -> None:
    site.add("good", GOOD, summary="a plugin that works")
    site.add(
        "latin", GOOD, metadata=b"Metadata-Version: 2.1\nName: hall-latin\nVersion: 1\nSummary: caf\xe9\n"
    )
    done = site.tieout("plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["good"]["summary"] == "a plugin that works"
    assert "latin" in rows
    assert site.tieout("--help").returncode == 0
    assert site.tieout("good", "ping").returncode == 0


def test_two_packages_with_one_plugin_name_are_a_conflict_that_is_said(site: SiteFolder) -> None:
    site.add("good", GOOD)
    site.add("copy", GOOD, entry_points="[tieout.plugins]\ngood = hall_copy\n")
    done = site.tieout("doctor")
    assert "hall-good" in done.stdout + done.stderr
    assert "hall-copy" in done.stdout + done.stderr
