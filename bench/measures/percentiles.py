"""Percentiles of a sample."""


def percentile(taken: list[float], percent: int) -> float:
    """Returns the percentile by the nearest-rank method."""
    ranked = sorted(taken)
    return ranked[max(0, -(-percent * len(ranked) // 100) - 1)]
