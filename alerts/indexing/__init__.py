"""`clearwarn index air | water | year`: the indices of the law worked out over files, by what the service uses.

Map:

- `ports`: a file of hourly rows, as the composition root hands it over
- `stations`: a station's hours until its day is settled; `passing`: rows in, blocks of lines out
- `lines`: days and hours as lines of CSV
- `output`: blocks in order of station and time, in a file that is there whole or not at all
- `days`: daily lines read back; `wording`: years and targets in words
- `water_samples`: a file of water samples
- `reading`: opening a file, and the options that name files
- `air_cli`, `water_cli`, `year_cli`: the commands; `cli`: their group
"""
