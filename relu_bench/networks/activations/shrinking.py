"""The identity, and what subtracts something from it."""

import math
from collections.abc import Mapping

import numpy as np

from relu_bench.components.registry import Parameter
from relu_bench.networks.activations.entry import (
    Activation,
    Facts,
    Kink,
    Smoothness,
    keras_function,
)

_THRESHOLD = {"threshold": Parameter("float", 0.5, minimum=0, maximum=100)}


def _facts(smoothness: Smoothness = "smooth", kinks: tuple[Kink, ...] = ()) -> Facts:
    return Facts(
        infimum=-math.inf,
        supremum=math.inf,
        limits=(-math.inf, math.inf),
        monotonic=True,
        smoothness=smoothness,
        kinks=kinks,
    )


def _shrink_facts(smoothness: Smoothness, threshold: float) -> Facts:
    """Zero within `threshold` of 0, and a derivative of 0 at its ends."""
    ends = dict.fromkeys((-threshold + 0.0, threshold))
    return _facts(smoothness if threshold else "smooth", tuple(Kink(x, 0.0, 0.0) for x in ends))


SHRINKING: Mapping[str, Activation] = {
    "identity": Activation(
        kind="shrinking",
        formula="x",
        latex="x",
        derivative="1",
        value=lambda x: 1.0 * x,
        slope=np.ones_like,
        facts=_facts,
        reference="Baldi, Hornik 1989, Neural Networks and Principal Component Analysis",
        initializer="lecun_normal",
        aliases=("linear",),
        called_elsewhere=("none",),
        use="output layers of regression; as a baseline that shows what depth without "
        "nonlinearity can do: no more than one layer",
        avoid="hidden layers, except as that baseline",
        build=keras_function("linear"),
    ),
    "soft_shrink": Activation(
        kind="shrinking",
        formula="x - threshold for x > threshold, x + threshold for x < -threshold, else 0",
        latex=r"\operatorname{sign}(x) \max(|x| - \lambda, 0)",
        derivative="1 for |x| > threshold, else 0",
        value=lambda x, threshold: np.sign(x) * np.maximum(np.abs(x) - threshold, 0.0),
        slope=lambda x, threshold: np.where(np.abs(x) > threshold, 1.0, 0.0),
        facts=lambda threshold: _shrink_facts("continuous", threshold),
        reference="Donoho 1995, De-Noising by Soft-Thresholding",
        initializer="lecun_normal",
        initializer_note="wider for a high threshold: signals shrink",
        parameters=_THRESHOLD,
        nan_becomes=0.0,
        use="sparse codes and denoising: the step of iterative shrinkage as a layer",
        avoid="deep classifiers (signals shrink from layer to layer), output layers, recurrent "
        "networks",
        build=keras_function("soft_shrink", threshold="threshold"),
    ),
    "hard_shrink": Activation(
        kind="shrinking",
        formula="x for |x| > threshold, else 0",
        latex=r"\begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        derivative="1 for |x| > threshold, else 0",
        value=lambda x, threshold: np.where(np.abs(x) > threshold, x, 0.0),
        slope=lambda x, threshold: np.where(np.abs(x) > threshold, 1.0, 0.0),
        facts=lambda threshold: _shrink_facts("discontinuous", threshold),
        reference="Donoho, Johnstone 1994, Ideal Spatial Adaptation by Wavelet Shrinkage",
        initializer="lecun_normal",
        parameters=_THRESHOLD,
        nan_becomes=0.0,
        use="sparse codes and denoising where large values must stay as they are",
        avoid="deep classifiers: it jumps, so a small step of the weights may change much; output "
        "layers, recurrent networks",
        build=keras_function("hard_shrink", threshold="threshold"),
    ),
    "tanh_shrink": Activation(
        kind="shrinking",
        formula="x - tanh(x)",
        latex=r"x - \tanh(x)",
        derivative="tanh(x)^2, 0 at 0",
        value=lambda x: x - np.tanh(x),
        slope=lambda x: np.tanh(x) ** 2,
        facts=_facts,
        reference="Collobert, Kavukcuoglu, Farabet 2011, Torch7 (its library; no paper of its own)",
        initializer="he_normal",
        use="sparse codes that need a smooth shrinkage",
        avoid="most networks: it is flat at 0, where pre-activations start, so signals and "
        "gradients vanish; output layers",
        build=keras_function("tanh_shrink"),
    ),
}
