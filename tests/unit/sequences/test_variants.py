"""Variants: which lead is sent which variant, and which variant has won."""

import math
import random
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sequences.variants import Variant, VariantResult, choose, probability_best, winner
from tests.properties import examples

STEP = UUID("6f0c3c4e-8c5e-4d54-9d1b-2f6f3f0d9a11")
LEADS = [UUID(int=number, version=4) for number in range(6000)]
NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True)


def results(*counts: tuple[int, int]) -> list[VariantResult]:
    return [VariantResult(chr(ord("A") + i), sent, replied) for i, (sent, replied) in enumerate(counts)]


def second_is_better(first: tuple[int, int], second: tuple[int, int]) -> float:
    """The closed form for two variants: E. Miller, "Formulas for Bayesian A/B Testing"."""
    (a1, b1), (a2, b2) = ((1 + replied, 1 + sent - replied) for sent, replied in (first, second))

    def ln_beta(a: int, b: int) -> float:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    return math.fsum(
        math.exp(ln_beta(a1 + i, b1 + b2) - math.log(b2 + i) - ln_beta(1 + i, b2) - ln_beta(a1, b1)) for i in range(a2)
    )


# Which lead is sent which variant.


def test_the_assignment_never_changes() -> None:
    """These values never change: after an upgrade, a lead in the middle of a sequence must get the same variant."""
    variants = [Variant("A", 1), Variant("B", 1), Variant("C", 2)]
    assert "".join(choose(variants, lead, STEP) for lead in LEADS[:24]) == "CCCCACAABBCCBABCABCAACCC"


@given(NAMES, st.integers(0, 5999), st.randoms(use_true_random=False))
def test_the_order_of_the_variants_does_not_matter(names: list[str], lead: int, shuffling: random.Random) -> None:
    variants = [Variant(name, 1 + i) for i, name in enumerate(names)]
    chosen = choose(variants, LEADS[lead], STEP)
    shuffling.shuffle(variants)
    assert choose(variants, LEADS[lead], STEP) == chosen


@examples(15)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(any))
def test_leads_are_spread_by_weight(weights: list[int]) -> None:
    variants = [Variant(f"v{i}", weight) for i, weight in enumerate(weights)]
    counted = Counter(choose(variants, lead, STEP) for lead in LEADS)
    for variant in variants:
        share = variant.weight / sum(weights)
        # Five standard deviations of a binomial count.
        assert abs(counted[variant.name] - share * len(LEADS)) <= 5 * math.sqrt(len(LEADS) * share * (1 - share))


@examples(15)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 9))
def test_a_new_variant_moves_leads_only_to_itself(weights: list[int], weight: int) -> None:
    before = [Variant(f"v{i}", one) for i, one in enumerate(weights)]
    after = [*before, Variant("new", weight)]
    moved = {
        choose(after, lead, STEP) for lead in LEADS[:1500] if choose(after, lead, STEP) != choose(before, lead, STEP)
    }
    assert moved <= {"new"}


def test_each_step_assigns_variants_independently() -> None:
    variants = [Variant("A"), Variant("B")]
    both = Counter((choose(variants, lead, STEP), choose(variants, lead, UUID(int=1))) for lead in LEADS)
    assert all(abs(count - len(LEADS) / 4) < 200 for count in both.values()), both


def test_variants_need_a_weight_above_zero() -> None:
    with pytest.raises(ValueError, match="weight"):
        choose([Variant("A", 0)], LEADS[0], STEP)


# Which variant has won.


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 0), (0, 0)),
        ((100, 3), (100, 9)),
        ((10, 10), (10, 0)),
        ((0, 0), (100_000, 5)),
        ((1000, 100), (1000, 130)),
        ((1_000_000, 20_000), (1_000_000, 20_300)),
        ((5, 0), (100_000, 99_999)),
    ],
)
def test_two_variants_compare_as_in_the_closed_form(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert probability_best(results(first, second))["B"] == pytest.approx(second_is_better(first, second), abs=1e-6)


COUNTS = st.integers(0, 400).flatmap(lambda sent: st.tuples(st.just(sent), st.integers(0, sent)))


@examples(40)
@given(COUNTS, COUNTS)
def test_random_pairs_compare_as_in_the_closed_form(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert probability_best(results(first, second))["B"] == pytest.approx(second_is_better(first, second), abs=1e-6)


@examples(10)
@given(st.lists(COUNTS, min_size=2, max_size=10))
def test_many_variants_compare_as_in_a_simulation(counts: list[tuple[int, int]]) -> None:
    chances = probability_best(results(*counts))
    assert sum(chances.values()) == pytest.approx(1)
    draw, rounds = random.Random(1), 4000
    best: Counter[int] = Counter()
    for _ in range(rounds):
        rates = [draw.betavariate(1 + replied, 1 + sent - replied) for sent, replied in counts]
        best[rates.index(max(rates))] += 1
    for i, chance in enumerate(chances.values()):
        # Five standard deviations of the simulation, which is the less exact of the two.
        assert abs(best[i] / rounds - chance) <= 5 * math.sqrt(chance * (1 - chance) / rounds) + 1 / rounds


@given(st.integers(2, 10), COUNTS)
@examples(15)
def test_equal_variants_have_equal_chances(number: int, counts: tuple[int, int]) -> None:
    chances = probability_best(results(*[counts] * number))
    assert list(chances.values()) == pytest.approx([1 / number] * number, abs=1e-9)


def test_impossible_counts_are_refused() -> None:
    for wrong in (results((1, 2)), results((-1, 0)), [VariantResult("A", 1, 0), VariantResult("A", 1, 0)]):
        with pytest.raises(ValueError, match=r"replied|name"):
            probability_best(wrong)
    assert probability_best([]) == {}


def test_no_variant_wins_before_each_has_its_sample() -> None:
    clear = results((200, 40), (200, 4))
    assert winner(clear) == "A"
    assert winner(clear, min_sample=201) is None
    assert winner([*clear, VariantResult("C", 99, 0)]) is None
    assert winner(clear[:1]) is None


def test_no_variant_wins_without_the_required_certainty() -> None:
    close = results((200, 24), (200, 20))
    assert winner(close) is None
    assert winner(close, certainty=probability_best(close)["A"]) == "A"
