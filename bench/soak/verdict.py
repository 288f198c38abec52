"""What the samples say: is memory flat, is lag flat?"""

import statistics
from collections.abc import Callable, Sequence
from itertools import combinations

from bench.fairness import p
from bench.soak.samples import Sample

HOUR = 3600.0


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The median of the slopes between all pairs (Theil and Sen): a spike does not move it. 0 for fewer than two."""
    slopes = [(y - x) / (b - a) for (a, x), (b, y) in combinations(points, 2) if b != a]
    return statistics.median(slopes) if slopes else 0.0


def mb_per_hour(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Over the second half: what a program grows to while it warms up is no leak."""
    return round(slope([(one.t_s, of(one)) for one in samples[len(samples) // 2 :]]) * HOUR, 2)


def lag_p99(lags_s: Sequence[Sequence[float]], quarter: int) -> float:
    """Of all steps performed in the first (0) to last (3) quarter of the samples."""
    begin, end = len(lags_s) * quarter // 4, len(lags_s) * (quarter + 1) // 4
    steps = [lag for one in lags_s[begin:end] for lag in one]
    return round(p(steps, 99), 3) if steps else 0.0
