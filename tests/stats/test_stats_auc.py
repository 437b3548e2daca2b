import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from relu_bench import stats

LABELLED = st.lists(
    st.tuples(st.sampled_from([-1.5, 0.0, 0.25, 3.0]) | st.floats(-5, 5), st.booleans()),
    min_size=2,
    max_size=40,
)


@given(LABELLED)
def test_it_is_that_of_scikit_learn_ties_included(rows: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    positive = np.array([label for _, label in rows])
    found = stats.auc(scores, positive)
    if positive.all() or not positive.any():
        assert math.isnan(found)
        return
    assert found == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_scores_that_are_not_finite_have_none() -> None:
    assert math.isnan(stats.auc(np.array([0.0, np.nan]), np.array([True, False])))
    assert math.isnan(stats.auc(np.array([0.0, np.inf]), np.array([True, False])))
