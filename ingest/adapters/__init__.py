"""How the ports are met: one file for each thing outside; `database` and `worker` serve the SQLite ones."""
