"""The settings that the documents show are settings, and the tables of exit codes and stages hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tieout_code_shield.settings import ACTIONS, ShieldSettings
from tieout_code_shield.shield import Shield
from tieout_code_shield.tools import make_tools

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "code_shield.md").read_text("utf-8")


def test_settings_in_the_document_are_valid() -> None:
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(\[plugins.*?)```", TEXT, re.DOTALL)]
    tables = [block["plugins"]["shield"] for block in blocks]
    assert len(tables) == 2
    for table in tables:
        ShieldSettings.model_validate(table)


def test_every_action_is_explained() -> None:
    assert re.findall(
        r"^\| `(\w+)` \| [^|]+ \|$", TEXT.split("## Policies")[1].split("## Rules")[0], re.MULTILINE
    ) == [*ACTIONS]


def test_options_in_the_document_exist() -> None:
    known = {
        parameter.name.replace("_", "-") for tool in make_tools(Shield()) for parameter in tool.parameters
    }
    shown = set(re.findall(r"--(?:no-)?([a-z][a-z-]+)", TEXT)) - {"output", "json"}
    assert shown <= known, shown - known


def test_rules_that_the_document_names_exist() -> None:
    rules = Shield().rules
    named = set(re.findall(r"\b((?:py|js|injection|secret)-[a-z]+(?:-[a-z]+)+|py-eval)\b", TEXT))
    assert named
    assert all(rules.get(name) for name in named), named
