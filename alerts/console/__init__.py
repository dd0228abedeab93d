"""The console: what needs a duty officer now, why, and the answer, in seconds, on a wall or a phone.

`app.build_console` puts it together. It sees warnings through `ports.Desk` and intake through
`alerts.ports.Observations`; it decides nothing about a warning.

Pure: `texts`, `phrases`, `sentences`, `language`, `staff`, `scale`, `curves` and everything in `views/`.
Shell: `guard` (who may speak to us), `events` (server-sent events), `rendering`, `failures`, `answering`, `pages/`.
"""
