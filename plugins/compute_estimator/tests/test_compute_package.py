"""The package as the host sees it: tools, examples, tables, messages, import cost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest

import tieout_compute_estimator
from tieout.plugin import Figure, Formula, Tool, translator
from tieout_compute_estimator import fleet, hardware, memory, mfu, models, plugin, serve, train
from tieout_compute_estimator.accelerators import device_table
from tieout_compute_estimator.settings import ComputeSettings
from tieout_compute_estimator.tables import shipped_tables

PACKAGE = "tieout_compute_estimator"


def _tools() -> list[Tool[..., object]]:
    return list(plugin.tools(ComputeSettings()))


def test_every_public_name_exists() -> None:
    assert tieout_compute_estimator.__all__ == sorted(tieout_compute_estimator.__all__)
    for name in tieout_compute_estimator.__all__:
        assert getattr(tieout_compute_estimator, name)
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(tieout_compute_estimator, "no_such_name")  # noqa: B009


def test_tools_have_what_the_faces_need() -> None:
    assert [tool.name for tool in _tools()] == [
        "train",
        "mfu",
        "solve",
        "sweep",
        "scaling",
        "explain",
        "memory",
        "serve",
        "fleet",
        "hardware",
        "models",
        "devices",
        "registry",
        "picture",
        "check",
        "eval",
    ]
    for tool in _tools():
        assert tool.arguments_model.model_json_schema()
        assert len(tool.summary) < 130
        if "model" in tool.faces:
            assert all(parameter.description for parameter in tool.parameters), tool.name
            for lang in ("zh", "en"):
                assert len(set(tool.examples[lang])) >= 6
        else:
            assert not tool.examples


def test_importing_the_plugin_loads_no_tables() -> None:
    loaded = f"[name for name in sys.modules if name.startswith('{PACKAGE}.') or name == 'numpy']"
    code = f"import sys, {PACKAGE}.plugin; print({loaded})"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == f"['{PACKAGE}.plugin']"


def test_shipped_tables_say_how_old_they_are() -> None:
    tables = {table.name: table for table in shipped_tables()}
    assert tables["compute hardware"].rows == len(device_table().devices)
    prices = tables["compute rental prices"]
    assert prices.valid_until is not None
    assert prices.expired(date(2030, 1, 1))
    assert not tables["compute models"].expired(date(2030, 1, 1))


def _shown() -> Iterator[Figure]:
    """Figures of every kind that the tools return, with everything behind them."""
    results = [
        train(model="DeepSeek-V3", device_count=8),
        mfu(70e9, 15e12, 6.4e6, "H100", model="Llama 3 70B"),
        memory(model="DeepSeek-V3", context=10, device="H200"),
        memory(model="Llama 3 8B", context=10),
        memory(7e9, purpose="training"),
        models("GPT-3"),
        serve("DeepSeek-V3", "H20", dtype="fp8", speculative=1.8),
        serve("DeepSeek-V3", "H20", dtype="fp8", device_count=16),
        serve(device="A100", params=13e9),
        fleet("Qwen3-32B", "Ascend 910B", users=1e5),
        fleet("Llama 3.3 70B", "H100 SXM", users=1e6, dtype="fp8"),
        *(hardware(device.name) for device in device_table().devices),
    ]
    for result in results:
        for _path, figure in result.figures():
            yield from figure.walk()


def test_metrics_and_conventions_are_shown_in_chinese() -> None:
    translate = translator(PACKAGE)
    texts = {figure.metric for figure in _shown()}
    texts |= {figure.origin.convention for figure in _shown() if isinstance(figure.origin, Formula)}
    same_in_both = {"", "MFU", "KV cache"}
    assert len(texts) > 50
    assert sorted(text for text in texts - same_in_both if translate(text, lang="zh") == text) == []
