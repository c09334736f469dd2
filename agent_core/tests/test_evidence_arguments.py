"""A value that the model chose supports no number; what the user said, or a tool's default, does."""

from __future__ import annotations

from tieout.evidence import EvidenceBook, settle_result
from tieout.marks import tie_out
from tieout.plugin import Figure, Result, ToolCall, UserInput
from tieout.quantities import find


class Load(Result):
    """A result that repeats its arguments."""

    power: Figure
    hours: Figure


LOAD = Load(
    power=Figure(value=850, unit="kW", metric="power"), hours=Figure(value=72, unit="h", metric="time")
)
ANSWER = "The site draws 850 kW for 72 hours."


def statuses(question: str, arguments: tuple[str, ...], earlier: str = "") -> list[str]:
    settled = settle_result(
        LOAD, tool="site.load", call_id="c1", said=find(question), earlier=find(earlier), arguments=arguments
    )
    book = EvidenceBook()
    book.add(settled, tool="site.load", call_id="c1")
    return [mark.status for mark in tie_out(ANSWER, book, question)]


def test_a_value_that_the_model_chose_is_flagged() -> None:
    assert statuses("What does the site need?", ("power", "hours")) == ["untied", "untied"]


def test_a_value_that_the_user_said_is_the_users() -> None:
    assert statuses("850 kW for 72 hours, please", ("power", "hours")) == ["user", "user"]


def test_a_value_of_an_earlier_question_is_the_users_too() -> None:
    assert statuses("And in all?", ("power", "hours"), earlier="850 kW for 72 hours") == ["user", "user"]


def test_a_default_of_the_tool_is_tied_to_the_tool() -> None:
    assert statuses("What does the site need?", ()) == ["tied", "tied"]


def test_origins_say_which_of_these_it_was() -> None:
    settled = settle_result(LOAD, tool="t", call_id="c", said=find("850 kW"), arguments=("power", "hours"))
    assert settled.power.origin == UserInput(text="850 kW", start=0, end=6)
    assert settled.hours.origin == ToolCall(tool="t", call_id="c", path="hours", argument="hours")
