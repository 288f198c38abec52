"""Evaluates the samples: growth of memory and lag."""

import statistics
from collections.abc import Callable, Sequence
from itertools import combinations

from bench.measures.percentiles import percentile
from bench.soak.samples import Sample

HOUR = 3600.0


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Returns the median of the slopes between all pairs (Theil-Sen), which a spike does not change. 0 for fewer than
    two points."""
    slopes = [(y - x) / (b - a) for (a, x), (b, y) in combinations(points, 2) if b != a]
    return statistics.median(slopes) if slopes else 0.0


def mb_per_hour(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Returns the growth in MB per hour over the second half of the samples: growth while a program warms up is no
    leak."""
    return round(slope([(one.t_s, of(one)) for one in samples[len(samples) // 2 :]]) * HOUR, 2)


def lag_p99(lags_s: Sequence[Sequence[float]], quarter: int) -> float:
    """Returns the 99th percentile of the lag in seconds, in quarter 0 (first) to 3 (last) of the samples."""
    begin, end = len(lags_s) * quarter // 4, len(lags_s) * (quarter + 1) // 4
    steps = [lag for one in lags_s[begin:end] for lag in one]
    return round(percentile(steps, 99), 3) if steps else 0.0
