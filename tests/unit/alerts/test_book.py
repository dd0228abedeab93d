"""The life of a warning: tables, the book, acknowledgements."""

from __future__ import annotations

from itertools import product

import pytest

from alerts import lifecycle
from alerts.book import Book
from alerts.errors import NotAllowedError
from alerts.lifecycle import acknowledged
from alerts.model import ActKind, Change, Level, PollutionWarning, WarningState, WarningType
from alerts.procedures import Procedure, Procedures, load_procedures
from tests.support.rules import CONFIG, a_place, a_rule, a_transition, at


def a_book(procedure: Procedure = Procedure.AUTOMATIC) -> Book:
    procedures = Procedures(procedures=dict.fromkeys(WarningType, procedure))
    return Book(rules={"r1": a_rule()}, places={"s1": a_place()}, procedures=procedures)


def opened(book: Book, level: Level = Level.ORANGE) -> PollutionWarning:
    entry = book.apply(a_transition(Change.RAISED, level))
    assert entry is not None
    return entry.warning


def test_table_has_or_ignores_every_change_at_every_open_state() -> None:
    """No pair is forgotten: each is in the table or listed as ignored; late discoveries touch no open warning."""
    states = {Procedure.AUTOMATIC: (None, WarningState.ISSUED), Procedure.SIGNED: (None, *_open())}
    for procedure, of_it in states.items():
        for state, change in product(of_it, Change):
            known = (procedure, state, change) in lifecycle.BY_RULE or (state, change) in lifecycle.IGNORED
            assert known is not (state is not None and change is Change.DISCOVERED_LATE), (procedure, state, change)


def _open() -> tuple[WarningState, WarningState]:
    return WarningState.PROPOSED, WarningState.ISSUED


def test_table_refuses_what_it_does_not_have() -> None:
    with pytest.raises(NotAllowedError):
        lifecycle.by_rule(Procedure.AUTOMATIC, WarningState.LIFTED, Change.RAISED)
    with pytest.raises(NotAllowedError):
        lifecycle.by_person(WarningState.LIFTED, ActKind.ACKNOWLEDGED)


def test_automatic_warning_is_issued_and_lifted_by_its_rule() -> None:
    book = a_book()
    raised = a_transition()
    entry = book.apply(raised)
    assert entry is not None
    assert entry.warning.id == "w-" + raised.id[:12]
    assert (entry.warning.state, entry.acts[0].kind, entry.acts[0].person) == (
        WarningState.ISSUED,
        ActKind.ISSUED,
        None,
    )
    assert book.open_warnings == {("r1", "s1"): entry.warning}
    cleared = book.apply(a_transition(Change.CLEARED, None, instant=at(10)))
    assert cleared is not None
    assert (cleared.warning.state, cleared.warning.lifted_at) == (WarningState.LIFTED, at(10 + 1 / 60))
    assert not book.open_warnings


def test_signed_warning_is_proposed_and_its_lifting_is_a_persons() -> None:
    book = a_book(Procedure.SIGNED)
    warning = opened(book)
    assert warning.state is WarningState.PROPOSED
    issued = book.act(warning, ActKind.ISSUED, person="li", at=at(5), reason="verified").warning
    due = book.apply(a_transition(Change.CLEARED, None, instant=at(10)))
    assert due is not None
    assert (due.warning.state, due.warning.lift_due, due.acts[0].kind) == (
        WarningState.ISSUED,
        True,
        ActKind.LIFT_DUE,
    )
    lifted = book.act(due.warning, ActKind.LIFTED, person="li", at=at(12), reason="stays clean").warning
    assert (issued.state, lifted.state, lifted.lifted_at) == (WarningState.ISSUED, WarningState.LIFTED, at(12))
    assert not book.open_warnings


def test_proposal_lapses_when_its_condition_clears_undecided() -> None:
    """The next episode is then proposed with evidence of its own."""
    book = a_book(Procedure.SIGNED)
    first = opened(book)
    lapsed = book.apply(a_transition(Change.CLEARED, None, instant=at(10)))
    assert lapsed is not None
    assert (lapsed.warning.state, lapsed.acts[0].kind) == (WarningState.LAPSED, ActKind.LAPSED)
    assert not book.open_warnings
    again = book.apply(a_transition(instant=at(20)))
    assert again is not None
    assert (again.warning.state, again.warning.id != first.id) == (WarningState.PROPOSED, True)


def test_signed_warning_whose_condition_comes_back_is_no_longer_due_to_lift() -> None:
    book = a_book(Procedure.SIGNED)
    book.act(opened(book), ActKind.ISSUED, person="li", at=at(5), reason="verified")
    book.apply(a_transition(Change.CLEARED, None, instant=at(10)))
    back = book.apply(a_transition(instant=at(20)))
    assert back is not None
    assert (back.acts[0].kind, back.warning.lift_due) == (ActKind.RETURNED, False)
    graver = book.apply(a_transition(level=Level.RED, instant=at(30)))
    assert graver is not None
    assert (graver.acts[0].kind, graver.warning.level) == (ActKind.UPGRADED, Level.RED)


def test_proposal_can_be_dismissed_and_the_next_raising_is_another_warning() -> None:
    book = a_book(Procedure.SIGNED)
    warning = opened(book)
    assert book.act(warning, ActKind.DISMISSED, person="li", at=at(1), reason="dust").warning.state is (
        WarningState.DISMISSED
    )
    assert book.apply(a_transition(Change.CLEARED, None, instant=at(10))) is None
    again = book.apply(a_transition(instant=at(20)))
    assert again is not None
    assert again.warning.id != warning.id


@pytest.mark.parametrize("kind", [ActKind.LIFTED, ActKind.UPGRADED, ActKind.RETURNED])
def test_people_cannot_do_what_the_table_does_not_have(kind: ActKind) -> None:
    book = a_book(Procedure.SIGNED)
    with pytest.raises(NotAllowedError):
        book.act(opened(book), kind, person="li", at=at(1))


def test_levels_move_and_the_highest_is_kept() -> None:
    book = a_book()
    opened(book, Level.YELLOW)
    book.apply(a_transition(Change.UPGRADED, Level.RED, instant=at(5)))
    entry = book.apply(a_transition(Change.DOWNGRADED, Level.YELLOW, instant=at(10)))
    assert entry is not None
    assert (entry.warning.level, entry.warning.highest) == (Level.YELLOW, Level.RED)


def test_withdrawn_basis_leaves_the_warning_to_a_person() -> None:
    book = a_book()
    opened(book)
    entry = book.apply(a_transition(Change.BASIS_WITHDRAWN, instant=at(5)))
    assert entry is not None
    assert entry.warning.open
    assert entry.warning.basis_withdrawn
    lifted = book.act(entry.warning, ActKind.LIFTED, person="li", at=at(6), reason="analyser repaired").warning
    assert lifted.state is WarningState.LIFTED


def test_late_discovery_is_on_record_as_lifted_and_touches_no_open_warning() -> None:
    book = a_book()
    standing = opened(book)
    late = a_transition(Change.DISCOVERED_LATE, Level.RED, instant=at(-600), onset=at(-600), ended=at(-500))
    entry = book.apply(late)
    assert entry is not None
    assert (entry.warning.state, [act.kind for act in entry.acts]) == (WarningState.LIFTED, [ActKind.LIFTED])
    assert entry.acts[0].reason == "discovered late"
    assert book.open_warnings[("r1", "s1")] == standing


def test_clearing_without_a_warning_is_nothing_for_people() -> None:
    assert a_book().apply(a_transition(Change.CLEARED, None)) is None


def test_book_loads_only_what_is_open() -> None:
    book, other = a_book(), a_book()
    warning = opened(book)
    closed = book.act(warning, ActKind.LIFTED, person="li", at=at(1)).warning
    other.load([closed])
    assert not other.open_warnings
    other.load([warning])
    assert other.open_warnings == {("r1", "s1"): warning}


def test_acknowledgement_is_a_record_and_void_after_an_upgrade() -> None:
    """It does not change the state; what was seen as orange has to be seen again as red, also after going back."""
    book = a_book()
    warning = opened(book)
    entry = book.act(warning, ActKind.ACKNOWLEDGED, person="wang", at=at(1))
    assert entry.warning == warning
    acts = [*entry.acts]
    assert acknowledged(warning, acts) == entry.acts[0]
    up = book.apply(a_transition(Change.UPGRADED, Level.RED, instant=at(5)))
    assert up is not None
    acts += up.acts
    assert acknowledged(up.warning, acts) is None
    down = book.apply(a_transition(Change.DOWNGRADED, Level.ORANGE, instant=at(9)))
    assert down is not None
    acts += down.acts
    assert acknowledged(down.warning, acts) is None
    again = book.act(down.warning, ActKind.ACKNOWLEDGED, person="wang", at=at(10)).acts
    assert acknowledged(down.warning, [*acts, *again]) == again[0]


def test_acknowledgement_of_a_graver_level_holds_for_a_milder_one() -> None:
    book = a_book()
    warning = opened(book, Level.RED)
    ack = book.act(warning, ActKind.ACKNOWLEDGED, person="wang", at=at(1)).acts[0]
    down = book.apply(a_transition(Change.DOWNGRADED, Level.YELLOW, instant=at(5)))
    assert down is not None
    assert acknowledged(down.warning, [ack, *down.acts]) == ack


def test_shipped_procedures_let_nobody_but_people_issue_pollution_weather() -> None:
    procedures = load_procedures(CONFIG / "procedures.yaml")
    assert procedures.of(WarningType.POLLUTION_WEATHER) is Procedure.SIGNED
    assert procedures.of(WarningType.WATER_SOURCE) is Procedure.AUTOMATIC
