import math

import pytest

from relu_bench import wording

NONE = math.nan


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.counted(1, "run"), "1 run"),
        (wording.counted(1200, "run"), "1,200 runs"),
        (wording.counted(0, "run", "is", "are"), "0 runs are"),
        (wording.counted(1, "run", "is", "are"), "1 run is"),
        (wording.plural(2, "it", "them"), "them"),
        (wording.series([]), ""),
        (wording.series(["relu"]), "relu"),
        (wording.series(["relu", "elu"]), "relu and elu"),
        (wording.series(["relu", "elu", "tanh"]), "relu, elu and tanh"),
        (wording.first_of(["a", "b"], 2), "a, b"),
        (wording.first_of(["a", "b", "c", "d"], 2), "a, b, and 2 more"),
        (wording.first_of("abc", 1, between="; ", what="others"), "a; and 2 others"),
        (wording.as_yaml(True), "true"),
        (wording.as_yaml(None), "null"),
        (wording.as_yaml(0.1), "0.1"),
        (wording.rounded(92.015, 2), "92.02"),
        (wording.rounded(100 * 0.92015, 2), "92.02"),  # 92.01499999999999
        (wording.rounded(96.745, 2), "96.75"),
        (wording.rounded(-0.125, 2), "-0.13"),
        (wording.rounded(0.004, 2), "0.00"),
        (wording.rounded(1e20, 2), "100000000000000000000.00"),
        (wording.rounded(math.inf, 2), "inf"),
        (wording.signed(0.004, 2), "0.00"),
        (wording.signed(-0.004, 2), "0.00"),
        (wording.signed(0.12, 2), "+0.12"),
        (wording.signed(-0.12, 2), "-0.12"),
        (wording.between(1, 2, 1), "1.0–2.0"),
        (wording.signed_between(-1, 2, 1), "-1.0 to +2.0"),
        (wording.with_spread(97.715, 0.1, 2), "97.72 ± 0.10"),
        (wording.with_spread(97.715, NONE, 2), "97.72"),
        (wording.percent(0.5), "50"),
        (wording.percent(0.9961), "100"),
        (wording.percent(0.00123), "0.12"),
        (wording.probability(0.0004), "<0.001"),
        (wording.probability(0.2934), "0.293"),
        (wording.seed_range(2, 2), "2"),
        (wording.seed_range(47, 1399), "47–1,399"),
        (wording.seed_range(5, math.inf), "5+"),
        (wording.seed_range(math.inf, math.inf), ">1,000,000"),
        (wording.duration(89), "89 s"),
        (wording.duration(90), "2 min"),
        (wording.duration(9000), "2.5 h"),
    ],
)
def test_how_it_is_written(written: str, expected: str) -> None:
    assert written == expected


def test_what_does_not_exist_is_empty() -> None:
    assert not wording.rounded(NONE, 2)
    assert not wording.signed(NONE, 2)
    assert not wording.between(NONE, NONE, 2)
    assert not wording.signed_between(NONE, NONE, 2)
    assert not wording.with_spread(NONE, NONE, 2)
    assert not wording.percent(NONE)
    assert not wording.probability(NONE)
    assert not wording.seed_range(NONE, NONE)
