"""Problems of values in words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from tieout.contract.slots import Slot
from tieout.i18n import use_language
from tieout.validation import problem_text


class Order(BaseModel):
    """Fields with the kinds of problem that a user meets."""

    model_config = ConfigDict(extra="forbid")
    count: int = Field(1, ge=1, lt=100)
    share: float = 0.5
    urgent: bool = False
    names: list[str] = []
    how: Literal["air", "sea", "road"] = "air"
    note: str = Field("", max_length=3)


def problem(values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as raised:
        Order.model_validate(values)
    return problem_text(raised.value.errors()[0])


@pytest.mark.parametrize(
    ("values", "english", "chinese"),
    [
        ({"count": "many"}, "it must be a whole number", "应为整数"),
        ({"count": 2.5}, "it must be a whole number", "应为整数"),
        ({"count": 0}, "it must be at least 1", "不能小于 1"),
        ({"count": 100}, "it must be less than 100", "应小于 100"),
        ({"share": "half"}, "it must be a number", "应为数字"),
        ({"urgent": "perhaps"}, "it must be true or false", "应为 true 或 false"),
        ({"names": 3}, "it must be a list", "应为列表"),
        ({"how": "rail"}, "it must be one of 'air', 'sea', 'road'", "可选 'air', 'sea', 'road'"),
        ({"note": "long"}, "it has more than 3 characters", "超过 3 个字符"),
        ({"other": 1}, "there is no such field", "没有这一项"),
    ],
)
def test_problem_is_said_in_both_languages(values: dict[str, Any], english: str, chinese: str) -> None:
    assert problem(values) == english
    with use_language("zh"):
        assert problem(values) == chinese


def test_text_without_a_number_is_quoted() -> None:
    class Sized(BaseModel):
        size: Annotated[float, Slot("quantity")]

    with use_language("zh"), pytest.raises(ValidationError) as raised:
        Sized.model_validate({"size": "big"})
    assert problem_text(raised.value.errors()[0]) == "no single number in 'big'"
    with use_language("zh"):
        assert problem_text(raised.value.errors()[0]) == "'big' 中没有唯一的数字"


def test_unknown_kind_is_said_as_pydantic_says_it() -> None:
    class Dated(BaseModel):
        day: Annotated[str, Field(pattern=r"^\d{4}$")]

    with pytest.raises(ValidationError) as raised:
        Dated.model_validate({"day": "soon"})
    error = raised.value.errors()[0]
    assert problem_text(error) == error["msg"]


def test_validator_of_somebody_else_with_our_name_for_a_problem_keeps_its_words() -> None:
    def refuse(_value: object) -> object:
        raise PydanticCustomError("quantity", "not that much")

    class Sized(BaseModel):
        size: Annotated[object, BeforeValidator(refuse)]

    with pytest.raises(ValidationError) as raised:
        Sized.model_validate({"size": 3})
    assert problem_text(raised.value.errors()[0]) == "not that much"
