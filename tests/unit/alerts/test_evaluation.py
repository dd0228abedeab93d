"""Levels, dwell, counts, lateness and announcing, example by example, through the engine."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from alerts.model import Change, Level, Quality
from tests.support.rules import ASample, a_place, a_rule, an_engine, at, fed, series, told


def test_level_true_at_boot_alerts() -> None:
    """The very first sample may raise: nobody has to see the value low before."""
    assert told(fed(an_engine(), series([1.2]))) == [("raised", "orange", 0)]


def test_level_exactly_at_the_limit_is_within_it() -> None:
    """Strictly above raises; a constant value where raise equals lift never flaps."""
    assert fed(an_engine(), series([1.0] * 10)) == []
    assert told(fed(an_engine(), series([1.1] + [1.0] * 10))) == [("raised", "orange", 0), ("cleared", None, 5)]


def test_level_inclusive_raises_at_the_limit() -> None:
    rule = a_rule(inclusive=True)
    assert told(fed(an_engine(rule), series([1.0, 1.0, 0.99]))) == [("raised", "orange", 0), ("cleared", None, 10)]


def test_level_below_mirrors_above() -> None:
    rule = a_rule(direction="below", levels={"orange": {"raise": 5, "lift": 6}})
    values = [7, 5, 4.9, 5.5, 5.99, 6, 4]
    assert told(fed(an_engine(rule), series(values))) == [
        ("raised", "orange", 10),
        ("cleared", None, 25),
        ("raised", "orange", 30),
    ]


def test_level_hysteresis_holds_between_lift_and_raise() -> None:
    rule = a_rule(levels={"orange": {"raise": 1.0, "lift": 0.5}})
    assert told(fed(an_engine(rule), series([1.2, 0.9, 0.6, 1.1, 0.5]))) == [
        ("raised", "orange", 0),
        ("cleared", None, 20),
    ]


def test_levels_go_up_and_down_and_clear_once() -> None:
    """Upgrades and downgrades within one episode; its highest level stays on record."""
    engine = an_engine(a_rule(levels={"yellow": {"raise": 1}, "red": {"raise": 2}}))
    assert told(fed(engine, series([1.5, 2.5, 1.5, 0.5]))) == [
        ("raised", "yellow", 0),
        ("upgraded", "red", 5),
        ("downgraded", "yellow", 10),
        ("cleared", None, 15),
    ]
    (episode,) = engine.episodes("r1", "s1")
    assert episode.highest == Level.RED.rank


def test_duplicate_is_not_repeat() -> None:
    """The same sample again does not count towards n in a row; a further instant does."""
    engine = an_engine(a_rule(levels={"orange": {"raise": 1, "samples": 2}}))
    first, second = series([1.2, 1.3])
    assert fed(engine, [first, first, first]) == []
    assert told(fed(engine, [second])) == [("raised", "orange", 5)]
    assert fed(engine, [first, second, first]) == []


def test_dwell_needs_the_whole_duration_of_instants() -> None:
    rule = a_rule(levels={"orange": {"raise": 1, "for": "15m"}})
    (raised,) = fed(an_engine(rule), series([0.5, 1.2, 1.2, 1.2, 1.2, 1.2]))
    assert (raised.onset, raised.instant) == (at(5), at(20))


def test_dwell_does_not_advance_on_the_clock() -> None:
    engine = an_engine(a_rule(levels={"orange": {"raise": 1, "for": "15m"}}))
    fed(engine, series([1.2, 1.2]))
    assert engine.advance(at(600)) == []


def test_true_at_boot_alerts() -> None:
    """No change is needed: what is above the limit in the first reading ever seen is raised, and so is its duration."""
    assert told(fed(an_engine(), series([1.2]))) == [("raised", "orange", 0)]
    lasting = a_rule(levels={"orange": {"raise": 1, "for": "15m"}})
    assert told(fed(an_engine(lasting), series([1.2] * 5))) == [("raised", "orange", 15)]


def test_silence_does_not_lift() -> None:
    engine = an_engine()
    fed(engine, series([1.2]))
    assert engine.advance(at(60 * 24 * 7)) == []
    assert engine.episodes("r1", "s1")[0].ended is None


def test_gap_restarts_the_dwell_but_not_the_count() -> None:
    """After an unseen stretch the duration starts anew, samples in a row go on."""
    rule = a_rule(levels={"yellow": {"raise": 1, "samples": 3}, "orange": {"raise": 1, "for": "15m"}})
    before, after = series([1.2, 1.2]), series([1.2] * 4, start=at(60))
    assert told(fed(an_engine(rule), [*before, *after])) == [("raised", "yellow", 60), ("upgraded", "orange", 75)]


def test_gap_restarts_the_lifting() -> None:
    rule = a_rule(levels={"orange": {"raise": 1, "lift_samples": 3}})
    before, after = series([1.2, 0.2, 0.2]), series([0.2] * 4, start=at(60))
    assert told(fed(an_engine(rule), [*before, *after])) == [("raised", "orange", 0), ("cleared", None, 70)]


@pytest.mark.parametrize("flag", [Quality.FAIL, Quality.MISSING])
def test_bad_samples_neither_count_nor_reset(flag: Quality) -> None:
    engine = an_engine(a_rule(levels={"orange": {"raise": 1, "samples": 2}}))
    first, bad, second = series([1.2, 0.1, 1.3])
    bad = ASample(instant=bad.instant, value=0.1, flag=flag, received_at=bad.received_at)
    assert told(fed(engine, [first, bad, second])) == [("raised", "orange", 10)]


def test_suspect_samples_raise_where_accepted_and_never_lift() -> None:
    rule = a_rule(accept=["pass", "unchecked", "suspect"])
    samples = series([1.5, 0.1, 0.1], flag=Quality.SUSPECT)
    assert told(fed(an_engine(rule), samples)) == [("raised", "orange", 0)]
    assert fed(an_engine(a_rule()), samples) == []


def test_values_that_are_no_numbers_are_no_evidence() -> None:
    engine = an_engine()
    assert fed(engine, series([float("nan"), float("inf"), -float("inf"), None, 1e300])) == []


def test_future_point_does_not_mute() -> None:
    """A reading from beyond the skew moves nothing: the next good one still counts as the newest."""
    engine = an_engine()
    future = ASample(instant=at(60 * 24 * 365), value=0.1, received_at=at(1))
    assert engine.feed([future], at(1)) == []
    assert engine.future_ignored == 1
    assert told(fed(engine, series([1.2]))) == [("raised", "orange", 0)]


def test_backfill_does_not_fire_duration() -> None:
    """A stretch that began and ended in the past is told once, as discovered late."""
    engine = an_engine(a_rule(levels={"orange": {"raise": 1, "for": "15m"}}))
    samples = series([0.2, 1.2, 1.2, 1.2, 1.2, 0.2])
    found = engine.feed(samples, at(60 * 24))
    assert told(found) == [("discovered_late", "orange", 20)]
    assert (found[0].onset, found[0].ended) == (at(5), at(25))
    assert engine.feed(samples, at(60 * 24 + 5)) == []


def test_still_true_after_backfill_fires() -> None:
    """Once the stream has caught up and the condition holds, it fires with its earlier onset."""
    engine = an_engine()
    samples = series([1.2] * 24)
    now = samples[-1].received_at
    found = engine.feed(samples, now)
    assert told(found) == [("raised", "orange", 0)]
    assert found[0].noticed_at == now


def test_late_sample_that_bridges_raises_now() -> None:
    engine = an_engine(a_rule(levels={"orange": {"raise": 1, "samples": 3}}))
    first, second, third = series([1.2, 1.2, 1.2])
    assert fed(engine, [first, third]) == []
    (raised,) = engine.feed([second], at(11))
    assert (raised.change, raised.onset, raised.instant) == (Change.RAISED, at(0), at(10))


def test_correction_that_removes_the_ground_withdraws_the_basis_once() -> None:
    engine = an_engine()
    fed(engine, series([0.2, 1.5]))
    wrong = ASample(instant=at(5), value=0.3, received_at=at(7))
    assert told(engine.feed([wrong], at(7))) == [("basis_withdrawn", "orange", 5)]
    assert fed(engine, series([0.2, 0.2], start=at(10))) == []
    assert told(fed(engine, series([1.6], start=at(20)))) == [("raised", "orange", 20)]
    assert told(fed(engine, series([0.6], start=at(25)))) == [("cleared", None, 25)]


def test_correction_that_moves_the_onset_keeps_the_warning() -> None:
    """The episode began later than thought: it is the same one for people, and clears as such."""
    engine = an_engine()
    fed(engine, series([1.5, 1.5]))
    assert engine.feed([ASample(instant=at(0), value=0.3, received_at=at(6))], at(6)) == []
    assert told(fed(engine, series([0.3], start=at(10)))) == [("cleared", None, 10)]


def test_late_clearing_between_two_stretches_clears_and_raises_anew() -> None:
    engine = an_engine()
    first, second, third = series([1.5, 0.2, 1.5])
    fed(engine, [first, third])
    assert told(engine.feed([second], at(11))) == [("cleared", None, 5), ("raised", "orange", 10)]
    assert len(engine.episodes("r1", "s1")) == 2
    assert told(fed(engine, series([0.2], start=at(15)))) == [("cleared", None, 15)]


def test_sample_older_than_the_memory_is_counted_and_not_evaluated() -> None:
    engine = an_engine(a_rule(memory=4), places=[a_place(lateness_seconds=0.0)])
    fed(engine, series([0.2] * 20))
    assert engine.feed([ASample(value=9.0)], at(100)) == []
    assert engine.too_old == 1


def test_area_mean_needs_its_coverage_and_follows_later_stations() -> None:
    """Three of four stations speak for the area once the next instant begins; the fourth revises theirs."""
    rule = a_rule(select={"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}, coverage=0.75)
    engine = an_engine(rule, places=[a_place(f"s{n}") for n in range(4)])
    values = [1.0, 1.0, 1.3]
    assert fed(engine, [ASample(station=f"s{n}", value=value) for n, value in enumerate(values)]) == []
    (raised,) = fed(engine, [ASample(station="s0", value=1.0, instant=at(5))])
    assert (raised.subject, raised.change, raised.instant) == ("north", Change.RAISED, at(0))
    assert raised.evidence.samples[-1].value == pytest.approx(1.1)
    assert told(fed(engine, [ASample(station="s3", value=0.1)])) == [("basis_withdrawn", "orange", 0)]


def test_area_mean_is_given_at_once_when_all_have_spoken() -> None:
    """No wait for the next instant; what the quickest stations said alone raises nothing."""
    rule = a_rule(select={"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}, coverage=0.75)
    engine = an_engine(rule, places=[a_place(f"s{n}") for n in range(4)])
    assert fed(engine, [ASample(station=f"s{n}", value=2.0) for n in range(3)]) == []
    assert told(fed(engine, [ASample(station="s3", value=2.0)])) == [("raised", "orange", 0)]


def test_area_correction_that_takes_the_coverage_away_is_no_value() -> None:
    rule = a_rule(select={"kind": "source", "parameter": "nh3_n", "period": "5m", "per": "area"}, coverage=1.0)
    engine = an_engine(rule, places=[a_place("s0"), a_place("s1")])
    fed(engine, [ASample(station="s0", value=2.0), ASample(station="s1", value=2.0)])
    assert len(engine.episodes("r1", "north")) == 1
    assert told(engine.feed([ASample(station="s1", value=3.0, flag=Quality.FAIL)], at(1))) == [
        ("basis_withdrawn", "orange", 0)
    ]


def test_mean_needs_enough_values_and_slides() -> None:
    rule = a_rule(value={"mean": {"over": "30m", "at_least": 4}})
    found = fed(an_engine(rule), series([0.2, 0.2, 2, 2, 2, 0.2, 0.2, 0.2, 0.2]))
    # (0.2 + 0.2 + 2 + 2) / 4 = 1.1 at the fourth; 6.6 / 6 = 1.1 up to the eighth, 4.8 / 6 at the ninth
    assert told(found) == [("raised", "orange", 15), ("cleared", None, 40)]


def test_of_limit_compares_with_the_place_and_skips_places_without_one() -> None:
    rule = a_rule(value={"of_limit": True}, levels={"yellow": {"raise": 1}})
    places = [a_place("s1", limits=(("nh3_n", 5.0),)), a_place("s2")]
    engine = an_engine(rule, places=places)
    assert told(fed(engine, [*series([5.0, 5.1]), *series([50.0], station="s2")])) == [("raised", "yellow", 5)]
    assert [subject for _, subject in engine.subjects()] == ["s1"]


@pytest.mark.parametrize(
    ("direction", "values", "raised"),
    [
        ("rise", [200, 200, 320], [10]),
        ("rise", [320, 200, 200], []),
        ("fall", [320, 200, 200], [5]),
        ("either", [200, 320, 200], [5]),
        ("rise", [0, 320], []),  # per cent of nothing is nothing
    ],
)
def test_rate_sees_the_change_within_its_duration(direction: str, values: list[float], raised: list[float]) -> None:
    rule = a_rule(kind="rate", over="1h", direction=direction, percent=True, levels={"yellow": {"raise": 30}})
    found = told(fed(an_engine(rule), series(values)))
    assert [minutes for change, _, minutes in found if change == "raised"] == raised


def test_quality_counts_marked_samples_and_unmarked_good_ones() -> None:
    rule = a_rule(kind="quality", reasons="flat_line", samples=2, level="blue")
    engine = an_engine(rule)
    samples = [
        *series([7.0, 7.0], flag=Quality.SUSPECT, reason="flat_line"),
        *series([7.0], start=at(10), flag=Quality.FAIL, reason="range"),
        *series([7.1, 7.2], start=at(15)),
    ]
    assert told(fed(engine, samples)) == [("raised", "blue", 5), ("cleared", None, 20)]


def test_any_of_and_all_of_combine_conditions() -> None:
    levels = {
        "yellow": {"any_of": [{"raise": 5}, {"raise": 1, "for": "10m"}]},
        "red": {"all_of": [{"raise": 1, "for": "15m"}, {"raise": 3}]},
    }
    found = fed(an_engine(a_rule(levels=levels)), series([2, 2, 2, 2, 4, 2, 0]))
    assert told(found) == [
        ("raised", "yellow", 10),
        ("upgraded", "red", 20),
        ("downgraded", "yellow", 25),
        ("cleared", None, 30),
    ]
    assert found[1].onset == at(20)


def test_evidence_names_numbers_window_and_rule() -> None:
    rule = a_rule(levels={"orange": {"raise": 1, "samples": 2}})
    (raised,) = fed(an_engine(rule), series([0.2, 1.2, 1.34]))
    evidence = raised.evidence
    assert evidence.rule_hash == rule.hash
    assert evidence.inequality == "nh3_n 1.34 > 1 mg/L, 2 samples"
    assert [sample.value for sample in evidence.samples] == [1.2, 1.34]
    assert evidence.samples[0].received_at == at(5) + timedelta(seconds=1)
    assert evidence.missing == 0


def test_evidence_of_a_mean_counts_what_was_missing() -> None:
    rule = a_rule(value={"mean": {"over": "1h", "at_least": 3}})
    (raised,) = fed(an_engine(rule), series([2, 2, 2]))
    assert raised.evidence.missing == 9
    assert raised.evidence.inequality == "1h mean of nh3_n 2 > 1 mg/L"


def test_transition_ids_are_the_same_for_the_same_events() -> None:
    samples = series([1.2, 2.2, 0.1, 1.4])
    first, second = fed(an_engine(), samples), fed(an_engine(), samples)
    assert [one.id for one in first] == [one.id for one in second]
    assert len({one.id for one in first}) == len(first)
    assert all(a.instant <= b.instant for a, b in pairwise(first))


def test_inequality_names_only_what_raised_or_lifted() -> None:
    """Of several conditions, those whose value went back; each said once."""
    levels = {
        "yellow": {"any_of": [{"raise": 1}, {"raise": 1, "for": "10m"}]},
        "red": {"all_of": [{"raise": 1}, {"raise": 3}]},
    }
    found = fed(an_engine(a_rule(levels=levels)), series([2, 4, 2, 0.5]))
    assert [one.evidence.inequality for one in found] == [
        "nh3_n 2 > 1 mg/L",
        "nh3_n 4 > 1 mg/L and > 3 mg/L",
        "nh3_n 2 <= 3 mg/L",
        "nh3_n 0.5 <= 1 mg/L",
    ]
