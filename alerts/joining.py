"""Which series of several parameters' changes there are, and whose scores they hear. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from alerts.deviation import Ear
from alerts.evaluation import Series
from alerts.index_names import JOINT_CHANGE
from alerts.joint import JointSeries
from alerts.model import Place
from alerts.rules.change import ChangeRule
from alerts.rules.joint import JointRule
from alerts.rules.rule import JudgedRule
from alerts.scheme import Scheme

Key = tuple[str, str]  # parameter and period


class Joints:
    """`route` gives the series of a key at a place, `there` the one that a rule is over, where anything of it has come.

    `changed` is told of a joint series that has heard something.
    """

    def __init__(
        self,
        *,
        rules: Sequence[JudgedRule],
        route: Callable[[Place, Key], Sequence[Series]],
        there: Callable[[Place, JudgedRule], Series | None],
        changed: Callable[[JointSeries], None],
    ) -> None:
        self._route = route
        self._there = there
        self._changed = changed
        self._joining = [rule for rule in rules if isinstance(rule, JointRule)]
        self._changing = [rule for rule in rules if isinstance(rule, ChangeRule)]
        self._joined = {(rule.of, rule.period) for rule in self._joining}
        self._ears: dict[tuple[str, str], Ear] = {}  # by place and rule over one parameter

    def listening(self, rules: Iterable[JudgedRule], place: Place) -> Sequence[JointSeries]:
        """The joint series that hear one of these rules over single parameters."""
        if not any((rule.entry, rule.period) in self._joined for rule in rules):
            return ()
        period = next(iter(rules)).period
        found = self._route(place, (JOINT_CHANGE, period))
        return [one for one in found if isinstance(one, JointSeries)]

    def ear(self, place: Place, rule: str) -> Ear:
        """Through which the scores of a rule over one parameter are heard there."""
        return self._ears.setdefault((place.id, rule), Ear())

    def begun(self, scheme: Scheme, place: Place) -> JointSeries:
        """The series of these joint rules there. Rules that hear different entries have a series each."""
        first = scheme.rules[0]
        entry = first.of if isinstance(first, JointRule) else ""
        changing = [rule for rule in self._changing if (rule.entry, rule.period) == (entry, first.period)]
        changing = [rule for rule in changing if rule.watches(place)]
        return JointSeries(
            scheme=scheme,
            place=place,
            changing=changing,
            ears=[self.ear(place, rule.id) for rule in changing],
            others=lambda: [one for rule in changing if (one := self._there(place, rule)) is not None],
            changed=self._changed,
        )
