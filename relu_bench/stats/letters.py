"""Letters for what cannot be told apart: variants that share one are not shown to differ.

Source: Piepho (2004), An algorithm for a letter-based representation of all-pairwise comparisons,
Journal of Computational and Graphical Statistics 13(2), 456-466: insert and absorb.
"""

import numpy as np
from numpy.typing import ArrayLike


def letters(different: ArrayLike) -> list[str]:
    """The letters of each of k variants: two share one exactly when they are not different.

    Args:
        different: (k, k), symmetric, whether a pair is told apart. Letters are given in the order
            of the rows: put the best first, and it has an `a`.

    Returns:
        k texts, such as `a`, `ab`, `b`; after `z` comes `A`, then `a1`, which keeps letters apart
        in a text.

    Raises:
        ValueError: when `different` is no square and symmetric table.
    """
    apart = np.asarray(different, dtype=bool)
    if apart.ndim != 2 or apart.shape[0] != apart.shape[1] or (apart != apart.T).any():
        raise ValueError(f"expected a square, symmetric table of pairs, got shape {apart.shape}")
    groups = [frozenset(range(len(apart)))]
    for i in range(len(apart)):
        for j in range(i + 1, len(apart)):
            if apart[i, j]:
                groups = _split(groups, i, j)
    ordered = sorted(sorted(group) for group in groups if group)
    return [
        "".join(_letter(number) for number, group in enumerate(ordered) if variant in group)
        for variant in range(len(apart))
    ]


def _split(groups: list[frozenset[int]], i: int, j: int) -> list[frozenset[int]]:
    """Each group that holds both, as two that hold one each; those within others fall away."""
    kept = [group for group in groups if not {i, j} <= group]
    for group in groups:
        if {i, j} <= group:
            for part in (group - {j}, group - {i}):
                if not any(part <= other for other in kept):
                    kept = [other for other in kept if not other <= part] + [part]
    return kept


def _letter(number: int) -> str:
    round_, place = divmod(number, 52)
    letter = chr(ord("a") + place) if place < 26 else chr(ord("A") + place - 26)
    return f"{letter}{round_}" if round_ else letter
