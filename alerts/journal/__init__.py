"""`state.db`: what was judged, what people did and who was told, on disk before anyone hears of it.

schema    the tables, as migrations
rows      values to rows and back
journal   transitions, warnings, acts: one transaction a step
outbox    notifications on their way
unstored  what the store for dashboards has not got yet
"""

from alerts.journal.journal import Journal
from alerts.journal.schema import MIGRATIONS

__all__ = ["MIGRATIONS", "Journal"]
