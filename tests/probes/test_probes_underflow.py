"""Where smooth activations have a derivative of exactly 0: the table of docs/probes.md."""

import numpy as np
import pytest
from small_networks import network

from relu_bench.training.probes.probe import slopes_of

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("activation", "below", "above"),
    [
        ("tanh", -7.9, 7.9),
        ("sigmoid", -87.3, 16.6),
        ("elu", -17.3, None),
        ("selu", -17.3, None),
        ("gelu", -13.2, None),
        ("gelu(approximate=true)", -4.8, None),
        ("celu", -87.3, None),
        ("silu", -87.3, None),
        ("softplus", -87.3, None),
        ("mish", -87.3, None),
    ],
)
def test_derivatives_underflow_where_the_docs_say(
    activation: str, below: float, above: float | None
) -> None:
    import tensorflow as tf

    layer = network(activation).get_layer("dense_1_activation")
    points = np.arange(-120, 120, 0.01)
    slopes = slopes_of(layer, tf.constant(points, tf.float32)).numpy()
    left, right = points < 0, points > 0
    assert points[left][slopes[left] != 0][0] == pytest.approx(below, abs=0.11)
    if above is None:
        assert (slopes[right] != 0).all()
    else:
        assert points[right][slopes[right] != 0][-1] == pytest.approx(above, abs=0.11)
