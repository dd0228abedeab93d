"""Windows of air in event time, and the indices that follow from them. Pure.

Map, in the order of the walk:

- `counting`: which readings count, and for how many minutes
- `calendar`: hours and natural days of a zone
- `packing`, `minutes`: readings finer than an hour, kept packed for the allowed lateness
- `hours`: hourly values over the hours that can still matter; `months`: sums of days
- `figures`: what hours amount to by the law: means, IAQI, AQI
- `subject`, `station`, `area`: the windows of one station or area; `network`: of all
- `model`: what goes in and out; `bulletin`: the newest of a station as one document
"""
