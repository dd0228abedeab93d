"""The tables of `state.db`. Applied in order by whoever opens the file; `PRAGMA user_version` counts them.

Times are whole microseconds since 1970-01-01 UTC: exact, and they sort. Evidence and payloads are JSON.
"""

from __future__ import annotations

_FIRST = """
CREATE TABLE transitions (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    parameter TEXT,
    change TEXT NOT NULL,
    level TEXT,
    instant INTEGER NOT NULL,
    onset INTEGER NOT NULL,
    ended INTEGER,
    noticed_at INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE warnings (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_is_area INTEGER NOT NULL,
    parameter TEXT,
    level TEXT NOT NULL,
    highest TEXT NOT NULL,
    state TEXT NOT NULL,
    open INTEGER NOT NULL,
    onset INTEGER NOT NULL,
    raised_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    lifted_at INTEGER,
    lift_due INTEGER NOT NULL,
    basis_withdrawn INTEGER NOT NULL,
    drill INTEGER NOT NULL,
    evidence TEXT NOT NULL
) STRICT;
CREATE INDEX warnings_by_time ON warnings (raised_at, id);
CREATE INDEX warnings_open ON warnings (raised_at, id) WHERE open = 1;

CREATE TABLE acts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    warning TEXT NOT NULL REFERENCES warnings (id),
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    person TEXT,
    reason TEXT NOT NULL,
    transition_id TEXT REFERENCES transitions (id)
) STRICT;
CREATE INDEX acts_by_warning ON acts (warning, seq);
CREATE TRIGGER acts_are_not_changed BEFORE UPDATE ON acts
BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END;
CREATE TRIGGER acts_are_not_deleted BEFORE DELETE ON acts
BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END;

CREATE TABLE notifications (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    warning TEXT NOT NULL REFERENCES warnings (id),
    act TEXT NOT NULL REFERENCES acts (id),
    person TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'accepted', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    uncertain INTEGER NOT NULL DEFAULT 0,
    queued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempted_at INTEGER,
    accepted_at INTEGER,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX notifications_by_warning ON notifications (warning, seq);
CREATE INDEX notifications_due ON notifications (due_at, seq) WHERE state = 'queued';
CREATE INDEX notifications_sending ON notifications (seq) WHERE state = 'sending';
"""

# What the store for dashboards has not got: filled by the transaction that journals, emptied once it is stored.
_UNSTORED = """
CREATE TABLE unstored (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    act INTEGER,
    transition_id TEXT
) STRICT;
CREATE INDEX acts_by_moment ON acts (at);
CREATE INDEX transitions_by_instant ON transitions (rule, subject, instant);
INSERT INTO unstored (transition_id) SELECT id FROM transitions ORDER BY rowid;
INSERT INTO unstored (act) SELECT seq FROM acts ORDER BY seq;
CREATE TRIGGER transitions_are_to_be_stored AFTER INSERT ON transitions
BEGIN INSERT INTO unstored (transition_id) VALUES (NEW.id); END;
CREATE TRIGGER acts_are_to_be_stored AFTER INSERT ON acts
BEGIN INSERT INTO unstored (act) VALUES (NEW.seq); END;
"""

# Days of outfalls above their limits: what happened to each case, never changed. Amounts in millionths, `load` of kg.
_CASES = """
CREATE TABLE case_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    "case" TEXT NOT NULL,
    outfall TEXT NOT NULL,
    station TEXT NOT NULL,
    parameter TEXT NOT NULL,
    day TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('opened', 'revised', 'withdrawn')),
    value INTEGER,
    "limit" INTEGER NOT NULL,
    basis TEXT NOT NULL,
    load INTEGER,
    hours INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX case_events_by_outfall ON case_events (outfall, seq);
CREATE TRIGGER case_events_are_not_changed BEFORE UPDATE ON case_events
BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
CREATE TRIGGER case_events_are_not_deleted BEFORE DELETE ON case_events
BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _UNSTORED, _CASES)
