"""The scripts of the hand-kept tables: every shipped file goes through its script unchanged; bad rows are refused."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = script("build_table")


@pytest.mark.parametrize("table", BUILD.TABLES)
def test_a_shipped_table_goes_through_its_script_unchanged(table: str, tmp_path: Path) -> None:
    nothing = tmp_path / "rows.json"
    nothing.write_text("[]", "utf-8")
    output = tmp_path / "out.json"
    assert BUILD.main([table, str(nothing), str(output)]) == 0
    shipped = json.loads((BUILD.DATA / f"{table}.json").read_text("utf-8"))
    assert json.loads(output.read_text("utf-8")) == shipped


def test_a_row_replaces_the_one_of_its_name_and_moves_the_date(tmp_path: Path) -> None:
    shipped = json.loads((BUILD.DATA / "models.json").read_text("utf-8"))
    row = {**shipped["models"][3], "notes": "read again", "as_of": "2031-01-02"}
    new = {**shipped["models"][0], "name": "A new one", "aliases": []}
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([row, new]), "utf-8")
    assert BUILD.main(["models", str(rows), str(tmp_path / "out.json")]) == 0
    built = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert built["models"][3] == row
    assert built["models"][-1] == new
    assert len(built["models"]) == len(shipped["models"]) + 1
    assert built["as_of"] == "2031-01-02"


@pytest.mark.parametrize(
    "rows", ['[{"name": "No source"}]', "{", '{"devices": []}', '[{"name": "x", "params": -1}]']
)
def test_rows_that_are_not_valid_are_refused(
    rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.json"
    file.write_text(rows, "utf-8")
    assert BUILD.main(["models", str(file), str(tmp_path / "out.json")]) == 1
    assert "rows.json" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_a_table_that_there_is_not_is_no_table() -> None:
    assert BUILD.main(["prices", "x.json"]) == 2


def test_api_prices_need_a_list_in_the_known_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = script("build_api_prices")
    (tmp_path / "data.json").write_text('{"rows": 1}', "utf-8")
    assert build.main([str(tmp_path / "data.json"), "2026-11-21", str(tmp_path / "out.json")]) == 1
    assert "form" in capsys.readouterr().err
    assert build.main([]) == 2
