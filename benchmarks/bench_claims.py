"""The claim checker: a report of sixty pages, a single claim, the derivation search, a text of ten megabytes.

    python benchmarks/bench_claims.py

A page is 1,500 characters: the sample claims in a row with plain sentences between them, as dense as a report of the
industry gets. Medians; the first run pays for loading the tables.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from tieout_compute_estimator import check_text
from tieout_compute_estimator.claims.checking import check_claims

SAMPLES = Path(__file__).resolve().parents[1] / "examples" / "sample_claims" / "claims.json"
PAGE = 1_500
PAGES = 60
PLAIN = "行业需求保持旺盛,我们维持对板块的积极看法。The sector stays in focus. "
ROUNDS = 5


def report(pages: int) -> str:
    """A text of so many pages with a claim in every third sentence or so."""
    claims = [case["inputs"]["text"] for case in json.loads(SAMPLES.read_text(encoding="utf-8"))["cases"]]
    pieces: list[str] = []
    length = 0
    while length < pages * PAGE:
        piece = claims[len(pieces) % len(claims)] + "。\n" + PLAIN
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)[: pages * PAGE]


def seconds(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall time."""
    times: list[float] = []
    for _round in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    start = time.perf_counter()
    check_text("GPT-3 took 3640 PF-days")
    print(f"first claim, tables loaded      {time.perf_counter() - start:8.3f} s")
    one = seconds(lambda: check_claims("GPT-4 用 3125 台 A100 服务器练 90-100 天,对应 15625P"), 50)
    print(f"one claim                       {one * 1e3:8.2f} ms")
    search = seconds(lambda: check_claims("ChatGPT 单月运营需要算力约 4874.4 PFlop/s-day"), 20)
    print(f"one claim with a derivation     {search * 1e3:8.2f} ms")
    text = report(PAGES)
    found = check_text(text)
    took = seconds(lambda: check_text(text))
    print(f"{PAGES} pages, {len(found.claims)} claims        {took:8.2f} s  (target: under 2)")
    large = report(2_000)[:10_000_000].ljust(10_000_000, "行")
    took = seconds(lambda: check_text(large), 1)
    print(f"10 MB of text                   {took:8.2f} s")


if __name__ == "__main__":
    main()
