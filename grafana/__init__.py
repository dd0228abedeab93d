"""Dashboards generated from catalogue, rules and words; the JSON in `dashboards/` is output, never edited.

Map:

- `influx_query`: Grafana's InfluxQL data query, which the SDK lacks, as one typed model; `question`: its statements;
  `sources`: which data source each is put to
- `site`: names, units, levels and rules of one configuration, in one language; `texts`, `palette`: words and colours
- `limits`: a rule's levels as a panel's thresholds and in words
- `panels`, `tables`, `timelines`, `maps`, `marks`, `variables`: what dashboards are made of; `layout`: the grid
- `filling`: Grafana's placeholders filled in, for preview and tests
- `boards/`: one file a dashboard, `BOARDS` lists them
- `building`: all of them as JSON texts, and whether the files say the same; `outline`: the map's ground
- `push`: to a Grafana that is there already; `preview/`: one page with real answers, for people without Grafana
- `cli`: `clearwarn dashboards build | push | preview`

`DECISIONS.md` says why it is so.

Pure: all but `building`'s writing, `push`, `preview.asking` and `cli`.
"""
