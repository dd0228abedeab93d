"""`state.db`: what was judged, what people did and who was told, on disk before anyone hears of it.

schema    the tables, as migrations
rows      values to rows and back
journal   transitions, warnings, acts: one transaction a step
outbox    notifications on their way
"""

from alerts.journal.journal import Journal
from alerts.journal.schema import MIGRATIONS

__all__ = ["MIGRATIONS", "Journal"]
