"""MQTT -> readings -> store, and the service's composition root.

Map, in the order of the walk (DESIGN section 4):

- `model`, `ports`, `errors`: the words, and what is needed from outside
- `catalog`: stations, parameters, areas; `topics`: who a topic speaks for
- `codecs/`: bytes -> report, one file a format
- `validate`: report x catalogue -> claims; `series`, `quality`: claims -> readings with flags
- `walk`: all of that, in the order of the log
- `flagged`: what became of a delivery, on its way to the store; `ledger`: that nothing is missing
- `fleet`: each station now
- `pipeline`: log, settle, walk, evaluate; `writer`: the store follows the log; `warming`: the past
  read back where a start lacks it; `insist`, `backoff`: trying again
- `line_protocol`, `bisection`, `influx_answers`, `influxql`: InfluxDB without the network
- `adapters/`: MQTT, intake log, SQLite and InfluxDB stores, books, checkpoint, clocks, and the one bridge to `alerts`
- `health`: what is in trouble; `doctor`: what an installation lacks; `collector`: Python's own, spared
- `settings`, `configuration`: `config/` as values
- `app`: the service put together; `demo`: with broker and devices; `cli`, `__main__`: the commands

Pure: everything above `pipeline`. `DECISIONS.md` says why it is so.
"""
