"""Variants of an email: which one a lead is sent, and which one has won.

Assignment is weighted rendezvous hashing: for each variant a hash of lead, step and name gives a number, which is
scaled by the weight, and the variant with the best number is sent. Nothing is stored, and every process decides alike.
A variant that is added, or whose weight grows, takes leads from the others, but moves no lead between the others.
Sources: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998), for the hash;
C. Schindelhauer and G. Schomaker, "Weighted Distributed Hash Tables" (SPAA 2005), the logarithmic method, for weights.

The winner is judged by replies. A variant's true reply rate has the posterior Beta(1 + replies, 1 + sent - replies),
from a uniform prior. `probability_best` is the probability that it is the highest of all, integrated numerically: the
same counts always give the same answer. (For two variants, E. Miller's "Formulas for Bayesian A/B Testing" gives a
closed form. A test compares the two.)
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

STATISTIC = "bayesian_probability_best_by_replies"
MIN_SAMPLE = 100
"""How many emails of each variant must have been sent before one may win."""
CERTAINTY = 0.95

# Panels are this many standard deviations wide, and end where a density has fallen to e^-45 of its peak.
_PANEL = 0.25
_NEGLIGIBLE = -45.0


@dataclass(frozen=True, slots=True)
class Variant:
    """`weight` is relative to the other variants' weights. A variant of weight 0 is sent to nobody."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class VariantResult:
    """How many emails of a variant were sent, and how many of them were replied to (each counted once)."""

    name: str
    sent: int
    replied: int


def choose(variants: Sequence[Variant], lead_id: UUID, step_id: UUID) -> str:
    """The variant for this lead at this step: always the same one while the variants stay the same.

    Raises ValueError when no variant has a weight above 0.
    """
    candidates = [variant for variant in variants if variant.weight > 0]
    if not candidates:
        raise ValueError("no variant has a weight above 0")
    # -ln(u) / w has an exponential distribution of rate w: the smallest is variant i with probability w_i / sum(w).
    return min(candidates, key=lambda one: (-math.log(_draw(lead_id, step_id, one.name)) / one.weight, one.name)).name


def probability_best(results: Sequence[VariantResult]) -> dict[str, float]:
    """For each variant, the probability that its reply rate is the highest of all. They add up to 1.

    Raises ValueError for impossible counts (more replies than emails, a negative number) and for a name twice.
    """
    if any(not 0 <= one.replied <= one.sent for one in results):
        raise ValueError("0 <= replied <= sent does not hold")
    if len({one.name for one in results}) != len(results):
        raise ValueError("two variants have one name")
    if not results:
        return {}
    shares = _shares(tuple((1 + one.replied, 1 + one.sent - one.replied) for one in results))
    return {one.name: share for one, share in zip(results, shares, strict=True)}


def winner(results: Sequence[VariantResult], min_sample: int = MIN_SAMPLE, certainty: float = CERTAINTY) -> str | None:
    """The variant that is the best with at least this probability; None before each has sent `min_sample` emails."""
    if len(results) < 2 or any(one.sent < min_sample for one in results):
        return None
    chances = probability_best(results)
    leader = max(chances, key=lambda name: chances[name])
    return leader if chances[leader] >= certainty else None


def _draw(lead_id: UUID, step_id: UUID, name: str) -> float:
    """Uniform in (0, 1). Both IDs have a fixed length, so that different inputs never make the same bytes."""
    digest = hashlib.blake2b(step_id.bytes + lead_id.bytes + name.encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "big") >> 11) + 0.5) / 2**53


@lru_cache(maxsize=4096)
def _shares(posteriors: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    """P(best) of each Beta(a, b), by Simpson's rule over ln(x / (1 - x)), in which each density is close to a normal.

    The nodes are those of all densities, closer together for a narrow one. So a variant with millions of emails can be
    compared with one that has none.
    """
    nodes = sorted({node for a, b in posteriors for node in _nodes(a, b)})
    densities = [_Density(a, b) for a, b in posteriors]
    cumulated = [0.0] * len(densities)
    shares = [0.0] * len(densities)
    left = [density(nodes[0]) for density in densities]
    for start, end in pairwise(nodes):
        width = end - start
        middle = [density((start + end) / 2) for density in densities]
        right = [density(end) for density in densities]
        # The integral of the parabola through the three values, over half of the panel and over all of it.
        half = [c + width * (5 * f + 8 * m - g) / 24 for c, f, m, g in zip(cumulated, left, middle, right, strict=True)]
        whole = [c + width * (f + 4 * m + g) / 6 for c, f, m, g in zip(cumulated, left, middle, right, strict=True)]
        for i in range(len(densities)):
            at_start, at_half, at_end = (_product(values, i) for values in (cumulated, half, whole))
            shares[i] += width * (left[i] * at_start + 4 * middle[i] * at_half + right[i] * at_end) / 6
        cumulated, left = whole, right
    # Each share has the same unknown scale, and together they must be 1.
    total = sum(shares)
    return tuple(max(share / total, 0.0) for share in shares)


def _product(values: Sequence[float], without: int) -> float:
    return math.prod(value for i, value in enumerate(values) if i != without)


class _Density:
    """The density of ln(x / (1 - x)) for x in Beta(a, b), which is x^a (1 - x)^b, scaled so that its peak is 1."""

    __slots__ = ("_a", "_b", "_top")

    def __init__(self, a: int, b: int) -> None:
        self._a, self._b = a, b
        self._top = _log_curve(a, b, math.log(a / b))

    def __call__(self, logit: float) -> float:
        return math.exp(_log_curve(self._a, self._b, logit) - self._top)


def _log_curve(a: int, b: int, logit: float) -> float:
    """ln(x^a (1 - x)^b) at x = 1 / (1 + e^-logit), precise also where x or 1 - x is close to 1."""
    return -a * _softplus(-logit) - b * _softplus(logit)


def _softplus(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


def _nodes(a: int, b: int) -> list[float]:
    peak, deviation = math.log(a / b), math.sqrt(1 / a + 1 / b)
    top = _log_curve(a, b, peak)
    step = _PANEL * deviation
    nodes = [peak]
    for direction in (-step, step):
        node = peak
        while _log_curve(a, b, node) - top > _NEGLIGIBLE:
            node += direction
            nodes.append(node)
    return nodes
