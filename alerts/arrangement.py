"""What of one configuration the runner works by. Made whole, taken whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.book import Book
from alerts.derivation import Derivation
from alerts.engine import Engine
from alerts.model import Place
from alerts.naming import Names
from alerts.notify.settings import Retry
from alerts.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """`rule_names` and `parameters` are (zh, en) by code; `console_url` is where people act."""

    engine: Engine
    derivation: Derivation
    book: Book
    people: People
    console_url: str
    places: Mapping[str, Place]
    rule_names: Names
    parameters: Names
    retry: Retry
