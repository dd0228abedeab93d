"""How places and parameters are called on a page."""

from __future__ import annotations

from alerts.console.language import Language
from alerts.console.phrases import Voice
from alerts.console.sentences import inequality, named, others
from alerts.model import Place
from alerts.ports import Observations
from alerts.views import WarningView


def place_name(place: Place | None, subject: str, language: Language) -> str:
    """The place's name; its id where the catalogue has lost it."""
    return language.of((place.zh, place.en)) if place else subject


def parameter_name(observations: Observations, parameter: str | None, language: Language) -> str:
    """A parameter's name; empty where a warning is about none."""
    if parameter is None:
        return ""
    zh, en, _, _ = observations.parameter(parameter)
    return language.of((zh, en))


def why(view: WarningView, observations: Observations, voice: Voice) -> str:
    """The inequality that became true, as it is printed."""
    warning = view.warning
    name = parameter_name(observations, warning.parameter, voice.language)
    said = inequality(warning.evidence.inequality, warning.parameter, name, voice.language)
    for other in others(warning.evidence.inequality):
        said = named(said, other, parameter_name(observations, other, voice.language))
    return said
