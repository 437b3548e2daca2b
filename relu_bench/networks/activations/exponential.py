"""The exponential linear units."""

import math
from collections.abc import Mapping

import numpy as np

from relu_bench.components.registry import Parameter
from relu_bench.networks.activations.entry import (
    Activation,
    Array,
    Facts,
    Kink,
    keras_function,
    own_layer,
)

# Klambauer et al. 2017, equation 14: the fixed point at mean 0 and variance 1.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _elu_slope(x: Array, alpha: float) -> Array:
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


def _exponential_facts(low: float, kinks: tuple[Kink, ...] = (), *, once: bool = True) -> Facts:
    return Facts(
        infimum=low + 0.0,
        supremum=math.inf,
        reached=(low == 0, False),
        limits=(low + 0.0, math.inf),
        monotonic=True,
        smoothness="once differentiable" if once else "continuous",
        kinks=kinks,
    )


def _elu_facts(alpha: float) -> Facts:
    kinks = () if alpha == 1 else (Kink(0.0, 0.0, alpha),)
    return _exponential_facts(-alpha, kinks, once=alpha == 1)


EXPONENTIAL: Mapping[str, Activation] = {
    "elu": Activation(
        kind="exponential",
        formula="x for x > 0, alpha * (exp(x) - 1) below",
        latex=r"\begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
        derivative="1 for x > 0, alpha * exp(x) below and at 0",
        value=_elu,
        slope=_elu_slope,
        facts=_elu_facts,
        reference="Clevert, Unterthiner, Hochreiter 2016, "
        "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)",
        initializer="he_normal",
        parameters={"alpha": Parameter("float", 1.0, minimum=0, maximum=100)},
        use="networks without batch norm whose activations should be near zero mean; where units "
        "die",
        avoid="where the exponential is dear, where exact zeros are wanted, output layers, "
        "recurrent states (unbounded)",
        build=keras_function("elu", alpha="alpha"),
    ),
    "celu": Activation(
        kind="exponential",
        formula="max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)",
        latex=r"\max(x, 0) + \alpha (e^{\min(x, 0) / \alpha} - 1)",
        derivative="1 for x > 0, exp(x / alpha) below and at 0",
        value=lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha)),
        slope=lambda x, alpha: np.exp(np.minimum(x, 0) / alpha),
        facts=lambda alpha: _exponential_facts(-alpha, (Kink(0.0, 0.0, 1.0),)),
        reference="Barron 2017, Continuously Differentiable Exponential Linear Units",
        initializer="he_normal",
        parameters={"alpha": Parameter("float", 1.0, minimum=0.001, maximum=100)},
        use="in place of elu when alpha is not 1: its slope never jumps",
        avoid="where elu is to be avoided",
        build=own_layer("celu", "alpha"),
    ),
    "selu": Activation(
        kind="exponential",
        formula="1.0507 * x for x > 0, 1.0507 * 1.6733 * (exp(x) - 1) below",
        latex=r"\lambda \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
        derivative="1.0507 for x > 0, 1.7581 * exp(x) below; at 0 either",
        value=lambda x: _SELU_SCALE * _elu(x, _SELU_ALPHA),
        slope=lambda x: _SELU_SCALE * np.where(x == 0, 1.0, _elu_slope(x, _SELU_ALPHA)),
        facts=lambda: _exponential_facts(
            -_SELU_SCALE * _SELU_ALPHA,
            (Kink(0.0, 0.0, _SELU_SCALE, _SELU_SCALE * _SELU_ALPHA),),
            once=False,
        ),
        reference="Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-Normalizing Neural Networks",
        initializer="lecun_normal",
        initializer_note="its fixed point holds for no other",
        use="deep perceptrons without batch norm: mean 0 and variance 1 keep themselves; with "
        "alpha dropout and standardized inputs",
        avoid="with batch norm, standard dropout or another initializer, which all break the "
        "fixed point; convolutional networks with skips; output layers, recurrent networks",
        build=keras_function("selu"),
    ),
}
