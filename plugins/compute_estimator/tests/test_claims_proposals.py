"""Readings that a chat model proposes help to read; they bring no number, and the verdict stays computed."""

from __future__ import annotations

import asyncio

import pytest

from tieout.errors import InputError
from tieout_compute_estimator import check, check_text
from tieout_compute_estimator.claims.proposals import MOST_PROPOSALS, read_proposal

UNREAD = "Their model (70B, 15T) needed {flop} FLOP"


def test_a_reading_makes_a_claim_checkable_and_is_named() -> None:
    text = UNREAD.format(flop="6.3e24")
    assert check_text(text).verdict == "not_checkable"
    checked = check_text(text, read_as=["70B = params", "15T = tokens"])
    assert checked.verdict == "ok_with_assumption"
    assert "70B = params" in checked.claims[0].assumptions[-1]


def test_a_reading_never_confirms_what_does_not_add_up() -> None:
    checked = check_text(UNREAD.format(flop="6.3e25"), read_as=["70B = params", "15T = tokens"])
    assert checked.verdict in ("inconsistent", "unit_error")


def test_what_is_confirmed_under_a_reading_is_never_plainly_ok() -> None:
    text = "Llama 3 70B: 70B, 15T"
    assert check_text(text, read_as=["15T = tokens of Llama 3 70B"]).verdict != "ok"


def test_a_unit_that_was_taken_from_a_neighbour_gives_way() -> None:
    checked = check_text("GPT-3: 300B, 3.14e23 FLOP", read_as=["300B = tokens of GPT-3"])
    assert checked.notes == ()
    assert checked.claims[0].stated[0].unit == "token"


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        ("301B = tokens", "no number of the text"),
        ("3.14e23 FLOP = energy", "unit says otherwise"),
        ("3.14e23 FLOP = tokens", "unit says otherwise"),
        ("300B = tokens of PaLM 540B", "not named in the text"),
        ("300B tokens", "form"),
        ("300B = nonsense", "form"),
        ("300B = count", "unit says otherwise"),
        ("\x1b[31m300B\x1b[0m = nonsense", "form"),
    ],
)
def test_a_reading_that_the_text_does_not_bear_is_refused_and_said(reading: str, why: str) -> None:
    text = "GPT-3 took 3.14e23 FLOP for 300B tokens"
    checked = check_text(text, read_as=[reading])
    assert any(why in note for note in checked.notes)
    assert not any("\x1b" in note for note in checked.notes)
    assert checked.verdict == check_text(text).verdict


def test_too_many_readings_are_an_error() -> None:
    call = check.function(text="x", read_as=("1 = params",) * (MOST_PROPOSALS + 1))
    with pytest.raises(InputError, match=str(MOST_PROPOSALS)):
        asyncio.run(call)


def test_the_form_of_a_reading() -> None:
    found = read_proposal(" 1.7 EFLOPS = rate of Eos ")
    assert found is not None
    assert (found.quantity, found.role, found.subject) == ("1.7 EFLOPS", "rate", "Eos")
    assert read_proposal("=") is None
