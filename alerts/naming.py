"""What codes are called in messages and pages, and where a warning's page is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from alerts.index_names import INDEX_NAMES
from alerts.model import Place, PollutionWarning

Names = Mapping[str, tuple[str, str]]  # (zh, en) by code


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Of one configuration. Whatever is gone from it keeps its id for a name."""

    places: Mapping[str, Place]
    rules: Names
    parameters: Names
    console_url: str
    zone: tzinfo  # of the times people are shown

    def place(self, warning: PollutionWarning) -> Place | None:
        """Where the warning is."""
        return self.places.get(warning.subject)

    def rule(self, warning: PollutionWarning) -> tuple[str, str]:
        """(zh, en) of what raised it."""
        return self.rules.get(warning.rule, (warning.rule, warning.rule))

    def parameter(self, warning: PollutionWarning) -> tuple[str, str]:
        """(zh, en) of what it is about; an index by its own name."""
        return self.called(warning.parameter or "")

    def called(self, code: str) -> tuple[str, str]:
        """(zh, en) of a parameter or index; its code where nobody names it."""
        if (index := INDEX_NAMES.get(code)) is not None:
            return index.zh, index.en
        return self.parameters.get(code, (code, code))

    def area(self, warning: PollutionWarning) -> str:
        """The area it is in, empty where that is not known."""
        if warning.subject_is_area:
            return warning.subject
        place = self.place(warning)
        return place.area if place else ""

    def page(self, warning: PollutionWarning) -> str:
        """The address people act at."""
        return f"{self.console_url.rstrip('/')}/warnings/{warning.id}"
