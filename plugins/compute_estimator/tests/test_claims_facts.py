"""The table of published facts: every row has a subject, a unit, a source, and words in both languages."""

from __future__ import annotations

import pytest

from tieout.plugin import translator
from tieout.quantities import DEFAULT
from tieout_compute_estimator.claims.findings import in_unit
from tieout_compute_estimator.claims.knowledge import Fact, fact_table, family, knowledge
from tieout_compute_estimator.claims.phrases import PHRASES

TABLE = fact_table()


def test_every_fact_is_about_a_known_subject_and_names_its_source() -> None:
    known = knowledge()
    for fact in TABLE.facts:
        assert fact.subject in known.subjects, fact
        assert fact.source in TABLE.sources, fact
        assert fact.unit in DEFAULT, fact
        assert fact.value > 0
        assert fact.ends[0] <= fact.value <= fact.ends[1], fact
    used = {fact.source for fact in TABLE.facts} | {subject.hardware_source for subject in TABLE.subjects}
    assert set(TABLE.sources) <= used


def test_what_is_not_published_by_its_maker_says_what_it_rests_on() -> None:
    for fact in TABLE.facts:
        if fact.status in (
            "estimate",
            "leak",
            "marketing",
            "reported",
            "forecast",
            "trend",
        ) and fact.role not in ("rate", "unit_price"):
            assert fact.assumption, fact
        if fact.status == "debunked":
            assert fact.correction, fact
        if fact.status == "leak":
            assert TABLE.sources[fact.source].confidence == "low", fact


def test_nothing_is_published_about_a_thing_before_it_is_out() -> None:
    released = {subject.name: subject.released for subject in TABLE.subjects if subject.kind == "model"}
    for fact in TABLE.facts:
        read = fact.as_of or TABLE.sources[fact.source].as_of
        if fact.status in ("published", "measured"):
            assert read.isoformat()[:7] >= released.get(fact.subject, ""), fact
        assert read <= TABLE.as_of, fact


def test_several_published_values_of_one_role_say_what_sets_them_apart() -> None:
    """A device, a year, a format, a note …: nothing else tells two sizes of one model from a mistake."""
    apart = (
        "device", "year", "period", "per", "dtype", "sparse", "metric", "note", "count", "runs", "reference", "whole",
        "as_of", "variant",
    )  # fmt: skip
    seen: dict[tuple[object, ...], Fact] = {}
    for fact in TABLE.facts:
        key = (fact.subject, fact.role, fact.unit, *(getattr(fact, name) for name in apart))
        other = seen.setdefault(key, fact)
        members = knowledge().subjects[fact.subject].members
        if fact.firm and other.firm and not members and other.source == fact.source:
            assert abs(fact.value / other.value - 1) < 0.02, (fact, other)


def test_phrases_of_the_data_are_in_the_catalogue_in_chinese() -> None:
    translate = translator("tieout_compute_estimator")
    phrases = {text for fact in TABLE.facts for text in (fact.assumption, fact.correction) if text}
    assert phrases <= set(PHRASES)
    same_in_both = {"MFU", "HFU"}
    assert [text for text in PHRASES if translate(text, lang="zh") == text and text not in same_in_both] == []


@pytest.mark.parametrize("name", ["previous", "lineage"])
def test_references_between_subjects_exist(name: str) -> None:
    known = knowledge()
    for subject in TABLE.subjects:
        target = getattr(subject, name)
        assert not target or target in known.subjects, subject
        assert all(member in known.subjects for member in subject.members)


def _value(subject: str, role: str, unit: str) -> list[float]:
    facts = [
        fact
        for fact in knowledge().facts(subject, role)
        if fact.status != "debunked" and not fact.per and not fact.variant
    ]
    return [value for fact in facts if (value := in_unit(fact.value, fact.unit, unit)) is not None]


def test_facts_of_one_run_agree_with_each_other() -> None:
    """Hours are devices times time within the run's slack, and 6ND stays below the peak: a slip in the table shows."""
    known = knowledge()
    checked = 0
    for name in known.subjects:
        for run in (
            fact for fact in known.facts(name, "duration") if fact.count and fact.count > 1 and not fact.per
        ):
            device = next((d for d in known.devices.values() if family(d.name) == run.device), None)
            work = _work(name)
            if device is None or work is None:
                continue
            seconds = in_unit(run.value, run.unit, "s") or 0.0
            peak = device.peak_tflops[device.training_dtype] * 1e12
            assert 0.03 < work / (seconds * (run.count or 1) * peak) < 0.75, (name, run)
            checked += 1
    assert checked >= 8


def _work(name: str) -> float | None:
    n = _value(name, "active_params", "parameter") or _value(name, "params", "parameter")
    d = _value(name, "tokens", "token")
    return 6 * n[0] * d[0] if n and d else None


def test_a_look_up_prefers_what_is_published() -> None:
    best = knowledge().best("GPT-3 175B", "duration")
    assert isinstance(best, Fact)
    assert best.status == "estimate"
    assert knowledge().best("ChatGPT", "params") is not None
    assert knowledge().best("GPT-4", "params").status == "leak"  # type: ignore[union-attr]


def test_families_of_accelerators() -> None:
    assert [family(name) for name in ("A100-40GB SXM", "H100 PCIe", "GB200 (per GPU)", "TPU v5p", "H200 SXM")] == [
        "A100", "H100", "GB200", "TPU v5p", "H200",
    ]  # fmt: skip
