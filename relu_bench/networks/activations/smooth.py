"""Smooth relatives of ReLU."""

import math
from collections.abc import Mapping

import numpy as np

from relu_bench.components.registry import Parameter
from relu_bench.networks.activations.entry import Activation, Array, Facts, Kink, keras_function

_INF = math.inf
_GELU_INNER, _GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715


def _sigmoid(x: Array) -> Array:
    # Written by tanh, which does not overflow.
    return 0.5 * (1 + np.tanh(0.5 * x))


def _softplus(x: Array) -> Array:
    return np.logaddexp(0.0, x)


def _normal_distribution(x: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(x), np.float64)


def _gelu_curve(x: Array) -> Array:
    return np.asarray(np.tanh(_GELU_INNER * (x + _GELU_CUBIC * x**3)), np.float64)


def _gelu(x: Array, approximate: bool) -> Array:
    if approximate:
        return 0.5 * x * (1 + _gelu_curve(x))
    return x * _normal_distribution(x)


def _gelu_slope(x: Array, approximate: bool) -> Array:
    if approximate:
        curve = _gelu_curve(x)
        inner = _GELU_INNER * (1 + 3 * _GELU_CUBIC * x * x)
        return 0.5 * (1 + curve) + 0.5 * x * (1 - curve * curve) * inner
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return _normal_distribution(x) + x * density


def _mish_slope(x: Array) -> Array:
    curve = np.tanh(_softplus(x))
    return np.asarray(curve + x * (1 - curve * curve) * _sigmoid(x), np.float64)


def _rising(low: float) -> Facts:
    """Of a smooth function that rises from `low` to infinity."""
    return Facts(
        infimum=low, supremum=_INF, limits=(low, _INF), monotonic=True, smoothness="smooth"
    )


def _dipping(lowest: float) -> Facts:
    """Of a smooth function that falls from 0 to `lowest`, then rises to infinity."""
    return Facts(
        infimum=lowest,
        supremum=_INF,
        reached=(True, False),
        limits=(0.0, _INF),
        monotonic=False,
        smoothness="smooth",
    )


SMOOTH: Mapping[str, Activation] = {
    "gelu": Activation(
        kind="smooth",
        formula="x * Phi(x), Phi the normal distribution function; approximate: by tanh",
        latex=r"x \Phi(x)",
        derivative="Phi(x) + x * phi(x), phi the normal density",
        value=_gelu,
        slope=_gelu_slope,
        facts=lambda approximate: _dipping(
            -0.17004075057125406 if approximate else -0.16997120747990369
        ),
        reference="Hendrycks, Gimpel 2016, Gaussian Error Linear Units",
        initializer="he_normal",
        parameters={"approximate": Parameter("boolean", False)},
        nan_at=(-_INF,),
        use="transformers, for which it is the custom",
        avoid="where time counts (relu is several times cheaper), output layers, recurrent states",
        build=keras_function("gelu", approximate="approximate"),
    ),
    "silu": Activation(
        kind="smooth",
        formula="x * sigmoid(x)",
        latex=r"x \sigma(x)",
        derivative="sigmoid(x) * (1 + x * (1 - sigmoid(x)))",
        value=lambda x: x * _sigmoid(x),
        slope=lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
        facts=lambda: _dipping(-0.2784645427610738),
        reference="Elfwing, Uchibe, Doya 2018, Sigmoid-Weighted Linear Units for Neural Network "
        "Function Approximation in Reinforcement Learning",
        initializer="he_normal",
        aliases=("swish",),
        nan_at=(-_INF,),
        use="deep convolutional networks, where a smooth slope helps; not killed by negative "
        "inputs",
        avoid="where time counts, output layers, recurrent states (unbounded)",
        build=keras_function("silu"),
    ),
    "hard_silu": Activation(
        kind="smooth",
        formula="x * min(max(x + 3, 0), 6) / 6",
        latex=r"x \frac{\min(\max(x + 3, 0), 6)}{6}",
        derivative="0 up to -3, (2 * x + 3) / 6 between, 1 from 3 on",
        value=lambda x: x * np.clip(x + 3, 0.0, 6.0) / 6,
        slope=lambda x: np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, (2 * x + 3) / 6)),
        facts=lambda: Facts(
            infimum=-0.375,
            supremum=_INF,
            reached=(True, False),
            limits=(0.0, _INF),
            monotonic=False,
            smoothness="continuous",
            kinks=(Kink(-3.0, 0.0, 0.0), Kink(3.0, 3.0, 1.0)),
        ),
        reference="Howard et al. 2019, Searching for MobileNetV3",
        initializer="he_normal",
        aliases=("hard_swish",),
        nan_at=(-_INF,),
        use="in place of silu on small devices",
        avoid="output layers, recurrent states; on large machines silu costs little more",
        build=keras_function("hard_silu"),
    ),
    "mish": Activation(
        kind="smooth",
        formula="x * tanh(log(1 + exp(x)))",
        latex=r"x \tanh(\ln(1 + e^x))",
        derivative="tanh(s) + x * (1 - tanh(s)^2) * sigmoid(x), s = log(1 + exp(x))",
        value=lambda x: x * np.tanh(_softplus(x)),
        slope=_mish_slope,
        facts=lambda: _dipping(-0.30884341301725043),
        reference="Misra 2020, Mish: A Self Regularized Non-Monotonic Activation Function",
        initializer="he_normal",
        nan_at=(-_INF,),
        use="deep convolutional networks, as silu",
        avoid="where time counts: it is among the dearest; output layers, recurrent states",
        build=keras_function("mish"),
    ),
    "softplus": Activation(
        kind="smooth",
        formula="log(1 + exp(x))",
        latex=r"\ln(1 + e^x)",
        derivative="sigmoid(x)",
        value=_softplus,
        slope=_sigmoid,
        facts=lambda: _rising(0.0),
        reference="Dugas, Bengio, Bélisle, Nadeau, Garcia 2001, "
        "Incorporating Second-Order Functional Knowledge for Better Option Pricing",
        initializer="he_normal",
        use="output layers of targets above 0, such as scales and rates",
        avoid="hidden layers: no sparsity, and outputs of at least log(2) at 0 shift the mean",
        build=keras_function("softplus"),
    ),
    "squareplus": Activation(
        kind="smooth",
        formula="(x + sqrt(x^2 + b)) / 2",
        latex=r"\frac{x + \sqrt{x^2 + b}}{2}",
        derivative="(1 + x / sqrt(x^2 + b)) / 2",
        # For x < 0 the formula subtracts nearly equal numbers: its conjugate does not.
        value=lambda x, b: np.where(
            x > 0,
            (x + np.sqrt(x**2 + b)) / 2,
            b / (2 * (np.sqrt(x**2 + b) + np.abs(x))),
        ),
        slope=lambda x, b: 0.5 * (1 + x / np.sqrt(x**2 + b)),
        facts=lambda b: _rising(0.0),
        reference="Barron 2021, Squareplus: A Softplus-Like Algebraic Rectifier",
        initializer="he_normal",
        parameters={"b": Parameter("float", 4.0, minimum=1e-6, maximum=1e6)},
        nan_at=(-_INF,),
        use="in place of softplus without an exponential",
        avoid="hidden layers, as softplus; outputs that must be exact far below 0 (float32 "
        "rounds them to 0)",
        build=keras_function("squareplus", b="b"),
    ),
    "sparse_plus": Activation(
        kind="smooth",
        formula="0 for x <= -1, (x + 1)^2 / 4 for -1 < x < 1, x above",
        latex=r"\begin{cases} 0 & x \le -1 \\ \frac{1}{4} (x + 1)^2 & -1 < x < 1 "
        r"\\ x & x \ge 1 \end{cases}",
        derivative="0 up to -1, (x + 1) / 2 between, 1 from 1 on",
        value=lambda x: np.where(x <= -1, 0.0, np.where(x < 1, (x + 1) ** 2 / 4, x)),
        slope=lambda x: np.clip((x + 1) / 2, 0.0, 1.0),
        facts=lambda: Facts(
            infimum=0.0,
            supremum=_INF,
            reached=(True, False),
            limits=(0.0, _INF),
            monotonic=True,
            smoothness="once differentiable",
            kinks=(Kink(-1.0, 0.0, 0.0), Kink(1.0, 1.0, 1.0)),
        ),
        reference="Martins, Astudillo 2016, From Softmax to Sparsemax (the integral of its "
        "sparse sigmoid)",
        initializer="he_normal",
        use="a ReLU without its kink that still gives exact zeros",
        avoid="where units die: it is as silent below -1 as ReLU; output layers, recurrent states",
        build=keras_function("sparse_plus"),
    ),
    "log_sigmoid": Activation(
        kind="smooth",
        formula="log(1 / (1 + exp(-x)))",
        latex=r"\ln \frac{1}{1 + e^{-x}}",
        derivative="sigmoid(-x)",
        value=lambda x: -_softplus(-x),
        slope=lambda x: _sigmoid(-x),
        facts=lambda: Facts(
            infimum=-_INF,
            supremum=0.0,
            limits=(-_INF, 0.0),
            monotonic=True,
            smoothness="smooth",
        ),
        reference="Collobert, Kavukcuoglu, Farabet 2011, Torch7 (its library; no paper of its own)",
        initializer="he_normal",
        use="log-probabilities; as a hidden layer it is softplus mirrored",
        avoid="hidden layers, as softplus: all outputs have one sign",
        build=keras_function("log_sigmoid"),
    ),
}
