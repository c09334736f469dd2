"""The offline model through a real session: what it calls, asks for and says."""

from __future__ import annotations

import pytest
from offline_tools import all_plugins

from tieout.events import TextEvent, ToolStartedEvent
from tieout.host import Host
from tieout.plugin import Figure, Result, hookimpl, tool
from tieout.session import Session
from tieout.testing import HostMaker


@pytest.fixture
def host(make_host: HostMaker) -> Host:
    return make_host(all_plugins())


async def ask(session: Session, text: str) -> tuple[list[tuple[str, dict[str, object]]], str]:
    """The calls of a turn and its answer."""
    calls: list[tuple[str, dict[str, object]]] = []
    answer = ""
    async for event in session.stream(text):
        if isinstance(event, ToolStartedEvent):
            calls.append((event.tool, dict(event.arguments)))
        elif isinstance(event, TextEvent):
            answer += event.text
    assert answer == session.turns[-1].text
    return calls, answer


JS = "let a = 1\nlet b = 2"
CHOICES: list[tuple[str, str, dict[str, object]]] = [
    (
        "Should I expect rain in Quito during the coming 4 days?",
        "weather.forecast",
        {"city": "Quito", "days": 4},
    ),
    ("奥斯陆接下来一周天气怎样", "weather.forecast", {"city": "Oslo", "days": 7}),
    (
        "ship 1.5 tonnes for 640 km by rail, what is the rate",
        "freight.quote",
        {"weight": 1500, "distance": 640, "mode": "rail"},
    ),
    (
        "距离 95 公里,货重 80 公斤,打折 12%,运费要多少",
        "freight.quote",
        {"weight": 80, "distance": 95, "discount": 0.12},
    ),
    ("纪要里对食堂涨价怎么讲", "minutes.minutes", {}),
    (f"how many lines is this?\n```js\n{JS}\n```", "reader.explain", {"code": JS, "language": "javascript"}),
]


@pytest.mark.parametrize(("question", "tool_name", "arguments"), CHOICES)
async def test_a_strangers_tool_is_reached_by_its_own_examples(
    session: Session, question: str, tool_name: str, arguments: dict[str, object]
) -> None:
    calls, _answer = await ask(session, question)
    assert [name for name, _given in calls] == [tool_name]
    given = calls[0][1]
    assert {name: given.get(name) for name in arguments} == arguments


async def test_the_answer_is_what_the_tool_says_and_nothing_else(session: Session) -> None:
    _calls, answer = await ask(session, "weather in Lisbon for 2 days")
    assert answer == "Fine in Lisbon for 2 days."


async def test_optional_arguments_are_left_to_the_tool_when_not_said(session: Session) -> None:
    calls, _answer = await ask(session, "freight price for 300 kg over 800 km")
    assert calls == [("freight.quote", {"weight": 300, "distance": 800})]


async def test_two_requests_in_one_question_make_two_calls_search_last(session: Session) -> None:
    calls, answer = await ask(
        session, "Do the minutes mention the depot? And what is freight for 200 kg over 50 km?"
    )
    assert [name for name, _given in calls] == ["freight.quote", "minutes.minutes"]
    assert answer.index("200 kg") < answer.index("Minutes on")


async def test_the_search_gets_what_the_question_is_about(session: Session) -> None:
    calls, _answer = await ask(session, "运 200 公斤走 50 公里的新仓库线路要多少运费?纪要里怎么说?")
    assert [name for name, _given in calls] == ["freight.quote", "minutes.minutes"]
    assert "新仓库线路" in str(calls[1][1]["query"])
    assert "怎么说" not in str(calls[1][1]["query"])


async def test_the_inputs_may_come_after_the_question_that_names_the_result(session: Session) -> None:
    question = "What do the minutes say about freight by rail? Work it out for 300 kg, 800 km and 10% off."
    calls, _answer = await ask(session, question)
    assert [name for name, _given in calls] == ["freight.quote", "minutes.minutes"]
    assert calls[0][1] == {"weight": 300, "distance": 800, "mode": "rail", "discount": 0.1}


async def test_several_named_things_are_looked_up_one_by_one(session: Session) -> None:
    calls, answer = await ask(session, "weather in Oslo and Quito")
    assert [given["city"] for _name, given in calls] == ["Oslo", "Quito"]
    assert "Oslo" in answer
    assert "Quito" in answer


async def test_what_is_missing_is_asked_for_with_its_example(session: Session) -> None:
    calls, answer = await ask(session, "what does shipping 300 kg cost")
    assert calls == []
    assert "distance" in answer
    assert "800 km" in answer
    assert "300 kg" not in answer.split("Just send")[0].split("distance")[1]


async def test_a_follow_up_completes_the_question_before(session: Session) -> None:
    await ask(session, "what does shipping 300 kg by air cost")
    calls, _answer = await ask(session, "800 km")
    assert calls == [("freight.quote", {"weight": 300, "distance": 800, "mode": "air"})]


async def test_a_follow_up_changes_one_argument_and_keeps_the_rest(session: Session) -> None:
    await ask(session, "freight for 300 kg over 800 km by air")
    calls, _answer = await ask(session, "and by rail?")
    assert calls == [("freight.quote", {"weight": 300, "distance": 800, "mode": "rail"})]


async def test_a_new_question_does_not_inherit_arguments(session: Session) -> None:
    await ask(session, "freight for 300 kg over 800 km by air")
    calls, _answer = await ask(session, "what is the weather like in Oslo")
    assert calls == [("weather.forecast", {"city": "Oslo"})]


@pytest.mark.parametrize(
    "text", ["hello", "谢谢", "write me a sonnet about the sea", "帮我写一封情书", "谁发明了电话"]
)
async def test_what_no_tool_is_for_gets_an_honest_answer(session: Session, text: str) -> None:
    calls, answer = await ask(session, text)
    assert calls == []
    assert "tieout models" in answer


async def test_the_refusal_lists_examples_of_the_installed_tools(session: Session) -> None:
    _calls, answer = await ask(session, "hello")
    assert "offline" in answer
    assert answer.count("\n- ") == 4
    assert "will it be sunny in Oslo" in answer


async def test_the_same_question_twice_gives_the_same_answer(host: Host) -> None:
    question = "Quote for 90 kg over 30 km; what do the minutes say about it?"
    first = await ask(host.session(model="offline"), question)
    second = await ask(host.session(model="offline"), question)
    assert first == second


class BrokenPlugin:
    @hookimpl
    def tools(self) -> list[object]:
        from tieout.errors import InputError

        @tool(
            examples={
                "en": [
                    f"polish the {thing}" for thing in ("brass", "door", "lamp", "silver", "mirror", "shoe")
                ]
            }
        )
        def polish(thing: str = "") -> Result:
            """Polish something."""
            raise InputError("The polish is empty.", hint="Buy some.")

        return [polish]


async def test_a_failed_tool_is_reported_with_its_next_step(make_host: HostMaker) -> None:
    session = make_host({"broken": BrokenPlugin()}).session(model="offline")
    _calls, answer = await ask(session, "polish the brass please")
    assert answer == "The polish is empty. Buy some."


class Tall(Result):
    height: Figure


class LongPlugin:
    @hookimpl
    def tools(self) -> list[object]:
        @tool(
            examples={
                "en": [f"measure the {thing}" for thing in ("tower", "tree", "mast", "wall", "gate", "hill")]
            }
        )
        def measure() -> Tall:
            """Measure something tall."""
            return Tall(height=Figure(value=12.5, unit="km", metric="height"), notes=("tall " * 60_000,))

        return [measure]


async def test_a_result_cut_at_its_limit_still_gives_words_not_json(make_host: HostMaker) -> None:
    session = make_host({"tall": LongPlugin()}).session(model="offline")
    _calls, answer = await ask(session, "measure the tower")
    assert answer.startswith("height: 12.5 km\n")


async def test_without_any_tool_it_says_so(make_host: HostMaker) -> None:
    calls, answer = await ask(make_host().session(model="offline"), "train a model")
    assert calls == []
    assert "offline" in answer
