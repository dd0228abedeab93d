"""What outfalls discharge, by the hour and the day, held against their permits. Pure.

Map, in the order of the walk:

- `model`: an outfall's monitor, an hour, a day, a case
- `figures`: what the readings of an hour and the hours of a day amount to: flow-weighted means, loads, shares of limits
- `readings`: of one monitor, as long as they can matter; `windows`: the hours and days they come to; `network`: of all
"""
