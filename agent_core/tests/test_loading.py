"""Entry points: described without being imported, loaded without taking others down."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from site_folder import GOOD, SiteFolder

from tieout.loading import describe_failure, find_entry_points, load_entry_points


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteFolder:
    site = SiteFolder(tmp_path / "site", tmp_path / "home")
    site.path.mkdir()
    monkeypatch.syspath_prepend(str(site.path))
    return site


def test_an_entry_is_described_from_metadata_alone(site: SiteFolder) -> None:
    site.add("described", "raise SystemExit('imported')", summary="One line.", group="tieout.test.things")
    (entry,) = find_entry_points("tieout.test.things")
    assert (entry.name, entry.distribution, entry.version) == ("described", "hall-described", "1.2")
    assert (entry.summary, entry.core_range) == ("One line.", ">=0.1")
    assert "hall_described" not in sys.modules


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (["tieout-core>=0.1,<0.2"], ">=0.1,<0.2"),
        (["tieout_core (>=0.1)"], ">=0.1"),
        (["Tieout.Core[local]>=0.1; python_version > '3'"], ">=0.1"),
        (["tieout-core-extras>=9"], ""),
        (["numpy>=2", "tieout-core==0.1.*"], "==0.1.*"),
        ([], ""),
    ],
)
def test_the_range_of_the_core_is_read(site: SiteFolder, requires: list[str], expected: str) -> None:
    site.add("ranged", GOOD, requires=requires, group="tieout.test.ranged")
    (entry,) = find_entry_points("tieout.test.ranged")
    assert entry.core_range == expected


def test_a_group_is_loaded_one_by_one(site: SiteFolder) -> None:
    group = "tieout.test.mixed"
    site.add("a_good", "value = 3", value="hall_a_good:value", group=group)
    site.add("b_bad", "1 / 0", group=group)
    site.add("c_exits", "raise SystemExit(2)", group=group)
    site.add("d_future", "value = 4", group=group, requires=["tieout-core>=99"])
    loaded = {entry.name: entry for entry in load_entry_points(group)}
    assert loaded["a_good"].value == 3
    assert loaded["a_good"].error == ""
    assert "ZeroDivisionError" in loaded["b_bad"].error
    assert "hall_b_bad:1" in loaded["b_bad"].error
    assert "exit" in loaded["c_exits"].error
    assert ">=99" in loaded["d_future"].error
    assert "hall_d_future" not in sys.modules


def test_strict_mode_raises_instead(site: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("strict", "1 / 0", group="tieout.test.strict")
    monkeypatch.setenv("TIEOUT_STRICT_PLUGINS", "1")
    with pytest.raises(ZeroDivisionError):
        load_entry_points("tieout.test.strict")


def test_nobody_in_a_group_is_no_error() -> None:
    assert load_entry_points("tieout.test.nobody") == []


def test_a_failure_is_one_clean_line() -> None:
    line = describe_failure(ValueError("first\nsecond \x1b[31mred"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert describe_failure(ModuleNotFoundError("x", name="numpy")) == "module 'numpy' is not installed"


@pytest.mark.parametrize(
    "error", [ValueError("SECRET"), SystemExit("SECRET"), ModuleNotFoundError(name="SECRET")]
)
def test_whatever_happened_is_told_without_secrets(error: BaseException) -> None:
    assert "SECRET" not in describe_failure(error, redact=lambda text: text.replace("SECRET", "[redacted]"))
