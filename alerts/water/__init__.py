"""What class the water of each source monitor has, by the hour and the day, and whether it keeps the one wanted. Pure.

Map, in the order of the walk:

- `model`: a monitor, what was worked out of an hour or a day
- `readings`: of one monitor, as long as they can matter; `windows`: the hours and days they come to; `network`: of all
"""
