"""Charts and their SVG files: what they show, and that nothing in them can break out."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError, ToolError
from tieout.plugin import Plot, Series
from tieout_compute_estimator import picture, serve
from tieout_compute_estimator.picture_data import devices_for
from tieout_compute_estimator.pictures import Bar, memory_stack, roofline, time_shares, tornado
from tieout_compute_estimator.svg_chart import svg_chart

SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_roofline_bends_where_bandwidth_meets_peak() -> None:
    plot = roofline(peak=1e15, bandwidth=2e12, points=[("decoding", 100.0, 1.5e14)], device="X")
    roof, point = plot.series
    assert roof.x[1] == pytest.approx(500)
    assert roof.y[1] == roof.y[2] == pytest.approx(1000)
    assert roof.y[0] == pytest.approx(roof.x[0] * 2)
    assert point.x == (100.0,)
    assert point.y == (150.0,)


def test_decoding_lies_under_the_roof() -> None:
    result = serve("Llama 3.1 70B", "H100 SXM", device_count=2, dtype="fp8")
    point = result.point
    for intensity, rate in (
        (point.decode_intensity, point.decode_rate),
        (point.prompt_intensity, point.prompt_rate),
    ):
        assert rate < min(point.peak, point.bandwidth * intensity)


def test_shares_of_the_time_add_up() -> None:
    shares = time_shares(serve("Llama 3.1 8B", "H20").shares.parts)
    assert sum(shares.series[0].y) == pytest.approx(100)
    assert len(shares.categories) == 5


def test_memory_is_stacked() -> None:
    plot = memory_stack([1, 2], [("weights", [5e9, 5e9]), ("cache", [1e9, 2e9])], capacity=8e9)
    weights, cache, capacity = plot.series
    assert weights.y == (5, 5)
    assert cache.low == weights.y
    assert cache.y == (6, 7)
    assert capacity.y == (8, 8)


def test_the_widest_input_comes_first() -> None:
    plot = tornado([Bar("narrow", 9, 11), Bar("wide", 2, 40), Bar("middle", 5, 15)], middle=10, unit="x")
    assert plot.categories == ("wide", "middle", "narrow")


def test_more_devices_lose_efficiency_only_at_great_scale() -> None:
    hours = 1e6
    assert devices_for(hours, 30) == pytest.approx(hours / 720)
    large = devices_for(1e9, 30)
    assert large > 1e9 / 720
    assert large * 720 == pytest.approx(1e9 * (large / 8192) ** 0.0687)


def test_the_svg_holds_title_axes_and_names() -> None:
    plot = Plot(
        kind="line",
        title="Cost",
        x_label="days",
        y_label="USD",
        series=(
            Series(name="rent", x=(1, 10, 100), y=(5, 6, 9), low=(4, 5, 8), high=(6, 7, 10)),
            Series(name="today", x=(10,), y=(6,)),
        ),
        x_log=True,
    )
    drawn = svg_chart(plot)
    texts = _texts(drawn)
    for text in ("Cost", "days", "USD", "rent", "today", "10"):
        assert text in texts
    assert len(list(ElementTree.fromstring(drawn).iter(f"{SVG}circle"))) == 2


def test_bars_name_their_categories_and_values() -> None:
    plot = Plot(
        kind="interval",
        title="Claim",
        x_label="",
        y_label="GPU",
        series=(
            Series(name="stated", x=(0,), y=(2048,)),
            Series(name="recomputed", x=(1,), y=(5459,), low=(5000,), high=(6000,)),
        ),
        categories=("stated", "recomputed"),
    )
    texts = _texts(svg_chart(plot))
    assert "stated" in texts
    assert "recomputed" in texts
    assert "5,000 – 6,000" in texts


def test_names_cannot_break_out_of_the_file() -> None:
    nasty = "</text><script>alert(1)</script>\x1b[31m & 'x'"
    plot = Plot(
        kind="bar",
        title=nasty,
        x_label=nasty,
        y_label=nasty,
        series=(Series(name=nasty, x=(0.0,), y=(1.0,)),),
        categories=(nasty,),
    )
    drawn = svg_chart(plot)
    assert "<script" not in drawn
    assert "\x1b" not in drawn
    ElementTree.fromstring(drawn)


numbers = st.floats(-1e18, 1e18, allow_nan=False)


@given(
    st.sampled_from(["line", "scatter", "bar", "interval"]),
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_any_numbers_make_a_well_formed_file(
    kind: str, points: list[tuple[float, float]], x_log: bool, y_log: bool
) -> None:
    x, y = zip(*points, strict=True)
    plot = Plot(
        kind=kind,  # pyright: ignore[reportArgumentType]
        title="t",
        x_label="x",
        y_label="y",
        series=(Series(name="s", x=x, y=y),),
        x_log=x_log,
        y_log=y_log,
    )
    drawn = svg_chart(plot)
    ElementTree.fromstring(drawn)
    assert "nan" not in drawn
    assert "inf" not in drawn


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("roofline", {"model": "Llama 3.1 8B", "device": "H20"}),
        ("memory", {"model": "Gemma 3 27B", "device": "H200", "batch": 4}),
        ("deadline", {"params": 70e9, "tokens": 15e12, "device": "H100"}),
        ("scaling", {"flops": 1e24}),
        ("scaling", {"params": 7e9, "tokens": 2e12}),
        ("tornado", {"model": "Llama 3.1 8B", "device": "H20"}),
        ("tornado", {"params": 70e9, "tokens": 15e12, "device": "H100"}),
        ("claim", {"text": "Training 70B parameters on 15T tokens took 2,048 H100 30 days."}),
    ],
)
def test_every_kind_is_drawn(kind: str, arguments: dict[str, object], tmp_path: Path) -> None:
    out = tmp_path / "chart.svg"
    result = picture(kind, str(out), **arguments)  # pyright: ignore[reportArgumentType]
    drawn = out.read_text()
    assert result.size == len(drawn.encode())
    assert result.plot.title in _texts(drawn)
    assert str(out) in result.say("en")
    assert result.plot in result.card("zh").blocks


@pytest.mark.parametrize(
    ("kind", "out", "arguments", "error"),
    [
        ("roofline", "x.gif", {"model": "Llama 3.1 8B", "device": "H20"}, InputError),
        ("roofline", "no/such/folder/x.svg", {"model": "Llama 3.1 8B", "device": "H20"}, ToolError),
        ("roofline", "x.svg", {"device": "H20"}, InputError),
        ("memory", "x.svg", {"params": 7e9, "device": "H20"}, InputError),
        ("deadline", "x.svg", {"params": 7e9, "tokens": 1e12}, InputError),
        ("deadline", "x.svg", {"params": 7e9, "tokens": 1e12, "device": "H20"}, InputError),
        ("scaling", "x.svg", {}, InputError),
        ("claim", "x.svg", {}, InputError),
        ("claim", "x.svg", {"text": "No number here."}, InputError),
    ],
)
def test_bad_input_writes_nothing(
    kind: str, out: str, arguments: dict[str, object], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        picture(kind, str(tmp_path / out), **arguments)  # pyright: ignore[reportArgumentType]
    assert not list(tmp_path.rglob("*.*"))


def test_png_without_its_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ToolError, match="resvg-py"):
        picture("scaling", str(tmp_path / "x.png"), flops=1e24)


def test_png_is_drawn_by_the_package_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FakeResvg:
        @staticmethod
        def svg_to_bytes(*, svg_string: str, zoom: int) -> list[int]:
            assert svg_string.startswith("<svg")
            return list(b"\x89PNG" * zoom)

    monkeypatch.setitem(sys.modules, "resvg_py", FakeResvg)
    picture("scaling", str(tmp_path / "x.png"), flops=1e24)
    assert (tmp_path / "x.png").read_bytes() == b"\x89PNG\x89PNG"
