"""MQTT -> readings -> store, and the service's composition root.

Map, in the order of the walk (DESIGN section 4):

- `model`, `ports`, `errors`: the words, and what is needed from outside; `moments`: microseconds
- `catalog/`: stations, parameters, areas, files of outfalls and water sources; `topics`: who a topic speaks for
- `codecs/`: bytes -> report, one file a format; `dialect`, `units`: what an HJ 212 device means, by the catalogue;
  `forecasts`: an area as a station that forecasts
- `validate`: report x catalogue -> claims; `series`, `quality`: claims -> readings with flags; `patterns`,
  `neighbours`, `wholes`: what a reading alone does not show; `sensors`: all series with what judges them; `calm`: a
  whole message at one look, while nothing can be wrong with it
- `walk`: all of that, in the order of the log
- `bundle`: a message's readings, handed on as one; `flagged`: what became of a delivery, on its way to the store
  (`recent`: the newest); `ledger`: that nothing is missing
- `fleet`: each station now
- `rewalk`, `redrive`: what was refused goes through again; `retention`, `shortages`: what of the log may go, what is
  full
- `pipeline`: log, settle, walk, evaluate; with `deriving` (indices go with the delivery they came of), `flagging` (what
  became of deliveries goes to log and books), `stamping`, `queued`, `beginning` (from where a start goes on) and
  `checkpointing`
- `writer`: the store follows the log; `followers`: `ledger_writer`, `warning_writer` and `pulse`, as books, journal and
  service stand (`points`, `standing`, pure); `warming`: the past read back where a start lacks
  it; `keeper`: lets the log's old segments go
- `redriver`, `reloading` (with `plan`, `wording`), `stopping`: what an administrator may ask of a running service;
  `stopping` also watches that no loop ends before
- `insist`, `backoff`: trying again; `allowance`: how fast a device may go on; `lines`: HJ 212 devices over TCP
- `line_protocol`, `bisection`, `influx_answers`, `influxql`: InfluxDB without the network
- `adapters/`: MQTT, HJ 212 over TCP, intake log, SQLite and InfluxDB stores, books, checkpoint, clocks, the newest
  indices over MQTT (`bulletins`), and the one bridge to `alerts`
- `health`: what is in trouble; `condition`, `figures`, `metrics`: told to people and to Prometheus; `doctor`: what an
  installation lacks; `collector`: Python's own, spared
- `settings`, `configuration`: `config/` as values
- `broker/`: what a real mosquitto is given; `secret_folder`, `secrets_cli`: generated passwords, closed to others;
  `store_cli`: an InfluxDB 2 made ready, by `adapters/influx_admin`
- `backup_cli`: the data folder into a backup beside a running service, and back (`manifest`, `adapters/backup`)
- `app`: the service put together, with `storage` and `web`; `account`: what came of it; `demo`: with broker and
  devices; `cli`, `quarantine_cli`, `ledger_cli` (all with `folder`), `catalog_cli`, `decode_cli`, `commands`
  (each imported when it is asked for), `__main__`

Pure: everything above `pipeline`, `plan` and `metrics`; the list stands in `tests/test_architecture.py`.
`DECISIONS.md` says why it is so.
"""
