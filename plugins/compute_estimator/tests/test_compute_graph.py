"""Relations: one definition for floats, arrays and figures; turned round for any symbol; chained along every route."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.plugin import Figure, Formula
from tieout_compute_estimator.derivation import substituted
from tieout_compute_estimator.graph import Plan, Relation, routes
from tieout_compute_estimator.relations import UNITS, relations

RUN = relations().run
FORMS = [form for relation in RUN for form in (relation, *relation.others.values())]
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _computed_from_text(relation: Relation, values: dict[str, float]) -> float:
    """The expression as it is shown, computed by Python."""
    inputs = {name: Figure(value=values[name]) for name in relation.inputs}
    text = substituted(Formula(name="", expression=relation.expression, inputs=inputs))
    text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"10**{found[1].translate(POWERS)}", text)
    text = text.replace("·", "*").replace("²", "**2").replace("√", "math.sqrt")
    return float(eval(text, {"math": math}))


@pytest.mark.parametrize("relation", FORMS, ids=lambda form: f"{form.symbol} = {form.expression}")
def test_what_is_shown_is_what_is_computed(relation: Relation) -> None:
    values = {name: 1.5 + index for index, name in enumerate(relation.inputs)}
    assert relation.function(*values.values()) == pytest.approx(
        _computed_from_text(relation, values), rel=1e-4
    )


@pytest.mark.parametrize("relation", FORMS, ids=lambda form: f"{form.symbol} = {form.expression}")
def test_inputs_called_falling_lower_the_result(relation: Relation) -> None:
    values = {name: 2.0 + index for index, name in enumerate(relation.inputs)}
    base = relation.function(*values.values())
    for name in relation.inputs:
        more = relation.function(*(values | {name: values[name] * 2}).values())
        assert (more < base) == (name in relation.falling), name


@given(data=st.data())
def test_solving_a_relation_for_an_input_gives_it_back(data: st.DataObject) -> None:
    relation = data.draw(st.sampled_from([item for item in RUN if len(item.others) == len(item.inputs)]))
    values = {name: data.draw(st.floats(1e-3, 1e6), label=name) for name in relation.inputs}
    values[relation.symbol] = relation.function(*values.values())
    for name, inverse in relation.others.items():
        assert inverse.function(*(values[item] for item in inverse.inputs)) == pytest.approx(values[name])


def test_a_plan_gives_the_same_on_floats_arrays_and_figures() -> None:
    plan = routes("B", frozenset("NDPUp"), RUN)[0].plan
    values = {"N": 70e9, "D": 15e12, "P": 989.5, "U": 40.0, "p": 2.0}
    plain = plan.evaluate(values)
    arrays = plan.evaluate_arrays({name: np.array([value, 2 * value]) for name, value in values.items()})
    figures = plan.figures({name: Figure(value=value, unit=UNITS[name][0]) for name, value in values.items()})
    for step in plan.steps:
        array = arrays[step.symbol]
        assert isinstance(array, np.ndarray)
        assert array[0] == pytest.approx(plain[step.symbol])
        assert figures[step.symbol].value == pytest.approx(plain[step.symbol])
    assert [part.unit for part in figures["B"].walk()][:2] == ["USD", "GPU-hour"]


def test_the_interval_takes_best_and_worst_together() -> None:
    hours = relations().device_hours
    figure = hours.figure(
        {
            "C": Figure(value=6e24),
            "P": Figure(value=900.0, low=800.0, high=1000.0),
            "U": Figure(value=40.0, low=30.0, high=50.0),
        }
    )
    assert figure.low == pytest.approx(hours.function(6e24, 1000.0, 50.0))
    assert figure.high == pytest.approx(hours.function(6e24, 800.0, 30.0))
    assert relations().pf_days.figure({"C": Figure(value=1e24)}).low is None


def test_every_independent_route_is_found_once() -> None:
    found = routes("n", frozenset("NDPUtBpEWfok"), RUN)
    starts = [set(route.start) for route in found]
    assert {"B", "p", "t"} in starts
    assert {"N", "D", "P", "U", "t"} in starts
    assert {"E", "W", "f", "o", "k", "t"} in starts
    assert len({frozenset(start) for start in starts}) == len(starts)
    assert [len(route.plan.steps) for route in found] == sorted(len(route.plan.steps) for route in found)


def test_there_is_no_route_from_nowhere() -> None:
    assert routes("n", frozenset("ND"), RUN) == []
    assert routes("C", frozenset(), RUN) == []


def test_a_size_follows_from_flop_at_a_given_ratio() -> None:
    (route,) = routes("N", frozenset("rC"), RUN)
    assert route.plan.evaluate({"r": 20.0, "C": 6 * 20 * 1e22})["N"] == pytest.approx(1e11)


def test_a_plan_knows_what_it_needs() -> None:
    plan = Plan((relations().training_flops, relations().device_hours))
    assert set(plan.inputs) == {"N", "D", "P", "U"}
