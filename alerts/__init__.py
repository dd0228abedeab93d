"""The law, rules, warnings and people. Knows nothing of MQTT, InfluxDB or `ingest`.

Map, in the order of the walk:

- `model`, `ports`, `errors`: the words, and what is needed from outside
- `documents`: YAML that knows its lines
- `moments`, `durations`: time as evaluation counts it and as configuration writes it
- `standards/`: the law on air: exact IAQI and AQI by edition, reports, limits (pure); on water: `water`, `compliance`,
  `water_files`
- `rules/`: one file a rule kind; `windows`, `deviation`, `indices`: values worked out from samples; `travel`: the way
  to the intake
- `outfall/`: what outfalls discharge by the hour and the day, against their permits, and cases (pure)
- `water/`: the class of sources' water by the hour and the day, and whether the one wanted is kept (pure)
- `revisions`: what is said of an hour or a day of either, and said again where it changes (pure); `derivation`: air,
  outfalls and water together, as readings pass (pure)
- `air/`: windows of air in event time, and the indices of stations and areas that follow from them (pure)
- `indexing/`: `clearwarn index air | water | year`: the same over files
- `fold`, `announcing`, `evidence`, `watching`: one rule at one subject: its state, what is told of it, why (pure)
- `memory`, `marks`, `scheme`, `evaluation`, `areas`: one series and the rules over it, whatever the order of its
  samples (pure)
- `beside`, `agreement`, `joint`, `joining`, `following`: what a rule sees of the station's other parameters, several of
  them at once, and who is told when that changes (pure)
- `packing`: samples in two or three bytes each; `outlook`, `forecasts`: what is forecast for an area, and its way to
  the rules; `current`, `gauges`: how fast the water runs where that is measured, likewise;
  `surroundings`: both (pure)
- `network`, `absences`, `engine`: samples in, transitions out (pure); `index_names`: what indices are called
- `lifecycle`, `procedures`, `book`: transitions and acts in, warnings out (pure tables)
- `chronicle`: how each stood after each act, for the store (pure)
- `routing`, `dedup`: who is told, and whether now (pure)
- `journal/`: `state.db`: transitions, warnings, acts, outbox, in one transaction
- `notify/`, `dispatch`: texts, channels and the outbox's sender
- `runner`: the asynchronous shell round all of it
- `console/`: what a duty officer sees and does
- `scenarios`, `rehearsal`, `cli`: `clearwarn rules check | test`
"""
