"""Dashboards on one static page, with real answers: for people without Grafana, and for looking at them in tests.

It reads the same JSON that Grafana is given, and shows as much of it as the dashboards here use:

- `frames`: InfluxDB's answers as series and rows, renamed as the panel says (pure)
- `values`: figures as words with units, mappings and colours (pure)
- `plots`: curves, bands and the map as geometry in per cent, so that they fit any width (pure)
- `content`: one panel's content (pure); `page`: all of them as HTML (pure but for its template)
- `asking`: the questions put to InfluxDB
"""
