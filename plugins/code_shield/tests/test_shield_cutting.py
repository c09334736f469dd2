"""However an answer is cut, the same comes out, in every language; and nothing of what is taken out gets out.

``shield_streams.py`` runs the same at full size: 10,000 cuttings of 200 answers.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shield_streams import leaked, make_answer, random_cuts, run

from tieout.events import GuardEvent, TextEvent, TurnDoneEvent
from tieout.testing import FakeModel, HostMaker
from tieout_code_shield import plugin


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_cutting_changes_nothing_and_nothing_leaks(seed: int, cuts: int) -> None:
    answer = make_answer(random.Random(seed))
    letters = run(list(answer))
    assert not leaked(answer, letters)
    chance = random.Random(cuts)
    for parts in ([answer], random_cuts(answer, chance), random_cuts(answer, chance)):
        outcome = run(parts)
        assert (outcome.text, outcome.stopped) == (letters.text, letters.stopped)


ANSWERS = [
    "Words.\n\n```python\nimport os\nos.system('ls ' + name)\nprint(1)\n```\nMore `eval(x)` words.\n",
    "```bash\nls\nsudo rm -rf /\nls\n```\nnever said\n",
    "```swift\nlet a = 1\n```\nafter\n```js\neval(x)\n```\n",
    '1. ```php\n   $q = mysql_query("select * from t where a = $_GET[a]");\n   echo 1;\n   ```\n2. done\n',
    "no code at all",
]


@pytest.mark.parametrize("unknown", ["warn", "block"])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_streamed_stored_and_returned_text_are_one(
    make_host: HostMaker, tmp_path: Path, answer: str, unknown: str
) -> None:
    seen: set[str] = set()
    for number, parts in enumerate(([answer], list(answer), random_cuts(answer, random.Random(3)))):
        host = make_host(
            {"shield": plugin},
            models=(FakeModel(parts, [*parts]),),
            settings={"guards": {"unknown": unknown}},
            store_path=tmp_path / f"{number}.db",
        )
        session = host.session(lang="en")
        events = [event async for event in session.stream("Write some code.")]
        (done,) = [event for event in events if isinstance(event, TurnDoneEvent)]
        streamed = "".join(event.text for event in events if isinstance(event, TextEvent))
        assert session.session_id is not None
        stored = (await (await host.store()).turns(session.session_id))[-1].answer
        assert session.turns[-1].text == streamed == stored == done.text
        seen.add(streamed)
        if "swift" in answer:
            assert any(isinstance(event, GuardEvent) and event.verdict == "unknown" for event in events)
            assert ("after" in streamed) is (unknown == "warn")
    assert len(seen) == 1
