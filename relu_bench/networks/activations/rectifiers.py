"""ReLU and its piecewise linear relatives."""

import math
from collections.abc import Mapping

import numpy as np

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.networks.activations.entry import (
    Activation,
    Array,
    Facts,
    Kink,
    keras_function,
    own_layer,
)

_INF = math.inf
_HE_2015 = "He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers"
_LEAKY_HE = "exactly variance_scaling(scale=2/(1+a²)) for a negative slope a"
# As the authors of AReLU start it: alpha = 0.9, and 1 + sigmoid(beta) with beta = 2.
_ARELU_SLOPES = (0.9, 1 + 1 / (1 + math.exp(-2.0)))


def _prelu(label: Label, layer_name: str, rank: int) -> object:
    import keras

    return keras.layers.PReLU(
        alpha_initializer=keras.initializers.Constant(label["initial"]),
        shared_axes=list(range(1, rank - 1)) or None,
        name=layer_name,
    )


def _two_slopes(x: Array, negative_slope: float, positive_slope: float = 1.0) -> Array:
    return np.where(x > 0, positive_slope * x, negative_slope * x)


def _step(x: Array, negative_slope: float, positive_slope: float = 1.0) -> Array:
    return np.where(x > 0, positive_slope, negative_slope)


def _leaky_facts(negative: float, at_zero: float, positive: float = 1.0) -> Facts:
    """Of a line through 0 with one slope on each side; f'(0) is `at_zero`."""
    left = -_INF if negative > 0 else _INF if negative < 0 else 0.0
    return Facts(
        infimum=min(left, 0.0),
        supremum=_INF,
        reached=(negative <= 0, False),
        limits=(left, _INF),
        monotonic=negative >= 0,
        smoothness="smooth" if negative == positive else "continuous",
        kinks=(Kink(0.0, 0.0, at_zero),),
    )


def _relu_facts() -> Facts:
    return _leaky_facts(0.0, at_zero=0.0)


def _above(x: Array, threshold: float, default_value: float) -> Array:
    return np.where(x > threshold, x, default_value)


def _threshold_facts(threshold: float, default_value: float) -> Facts:
    return Facts(
        infimum=min(threshold, default_value),
        supremum=_INF,
        reached=(default_value <= threshold, False),
        limits=(default_value, _INF),
        monotonic=default_value <= threshold,
        smoothness="continuous" if threshold == default_value else "discontinuous",
        kinks=(Kink(threshold, default_value, 0.0),),
    )


def _same_as_relu(layer: str, use: str) -> Activation:
    """ReLU by another way to write it; a test holds that all train bit for bit alike."""
    return Activation(
        kind="rectifier",
        formula="max(x, 0)",
        latex=r"\max(x, 0)",
        derivative="1 for x > 0, 0 below and at 0",
        value=lambda x: np.maximum(x, 0.0),
        slope=lambda x: _step(x, 0.0),
        facts=_relu_facts,
        reference="Nair, Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines",
        initializer="he_normal",
        use=use,
        avoid="where relu does; it is the same function, slower to write",
        build=own_layer(layer),
    )


RECTIFIERS: Mapping[str, Activation] = {
    "relu": Activation(
        kind="rectifier",
        formula="max(x, 0)",
        latex=r"\max(x, 0)",
        derivative="1 for x > 0, 0 below and at 0",
        value=lambda x: np.maximum(x, 0.0),
        slope=lambda x: _step(x, 0.0),
        facts=_relu_facts,
        reference="Nair, Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines",
        initializer="he_normal",
        use="the default for hidden layers of perceptrons and convolutional networks: cheap, "
        "sparse, and its slope does not shrink gradients where it is active",
        avoid="output layers (unless the target is never negative, and then softplus is safer), "
        "recurrent states (unbounded), and high learning rates, under which units die",
        build=keras_function("relu"),
    ),
    "relu6": Activation(
        kind="rectifier",
        formula="min(max(x, 0), 6)",
        latex=r"\min(\max(x, 0), 6)",
        derivative="1 for 0 < x < 6, else 0",
        value=lambda x: np.clip(x, 0.0, 6.0),
        slope=lambda x: np.where((x > 0) & (x < 6), 1.0, 0.0),
        facts=lambda: Facts(
            infimum=0.0,
            supremum=6.0,
            reached=(True, True),
            limits=(0.0, 6.0),
            monotonic=True,
            smoothness="continuous",
            kinks=(Kink(0.0, 0.0, 0.0), Kink(6.0, 6.0, 0.0)),
        ),
        reference="Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10",
        initializer="he_normal",
        use="networks that will be quantized: the range is known beforehand",
        avoid="output layers, recurrent networks; without quantization relu does the same and "
        "has no upper side on which gradients vanish",
        build=keras_function("relu6"),
    ),
    "leaky_relu": Activation(
        kind="rectifier",
        formula="x for x >= 0, negative_slope * x below",
        latex=r"\begin{cases} x & x \ge 0 \\ a x & x < 0 \end{cases}",
        derivative="1 for x > 0, negative_slope below and at 0",
        value=_two_slopes,
        slope=_step,
        facts=lambda negative_slope: _leaky_facts(negative_slope, at_zero=negative_slope),
        reference="Maas, Hannun, Ng 2013, "
        "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
        initializer="he_normal",
        initializer_note=_LEAKY_HE,
        parameters={"negative_slope": Parameter("float", 0.01, minimum=0, maximum=1)},
        called_elsewhere=("lrelu",),
        use="where ReLU units die: a silent unit keeps a gradient and can come back",
        avoid="output layers, recurrent states (unbounded on both sides), and where exact zeros "
        "are wanted",
        build=keras_function("leaky_relu", negative_slope="negative_slope"),
    ),
    "prelu": Activation(
        kind="rectifier",
        formula="x for x >= 0, a * x below; a is learned, one a unit, and starts at initial",
        latex=r"\begin{cases} x & x \ge 0 \\ a_i x & x < 0 \end{cases}",
        derivative="1 for x > 0, a below, 0 at 0",
        value=lambda x, initial: _two_slopes(x, negative_slope=initial),
        slope=lambda x, initial: np.where(x == 0, 0.0, _step(x, initial)),
        facts=lambda initial: _leaky_facts(initial, at_zero=0.0),
        reference=_HE_2015,
        initializer="he_normal",
        initializer_note=_LEAKY_HE,
        parameters={"initial": Parameter("float", 0.25, minimum=-10, maximum=10)},
        learned="the negative slope a, one a unit (a channel of images)",
        slope_attribute="alpha",
        use="large data sets, where the slope of each unit can be learned",
        avoid="small data sets (parameters to overfit with), weight decay on the slopes, output "
        "layers, recurrent networks",
        build=_prelu,
    ),
    "learnable_relu": Activation(
        kind="rectifier",
        formula="x for x > 0, a * x below; a is learned, one a layer, and starts at initial",
        latex=r"\begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}",
        derivative="1 for x > 0, a below and at 0",
        value=lambda x, initial: _two_slopes(x, negative_slope=initial),
        slope=lambda x, initial: _step(x, negative_slope=initial),
        facts=lambda initial: _leaky_facts(initial, at_zero=initial),
        reference=f"{_HE_2015} (its channel-shared form)",
        initializer="he_normal",
        initializer_note=_LEAKY_HE,
        parameters={"initial": Parameter("float", 0.01, minimum=-10, maximum=10)},
        learned="the negative slope a, one a layer",
        slope_attribute="slope",
        use="to let the network choose between ReLU and LeakyReLU at the price of one number",
        avoid="output layers, recurrent networks; where units need slopes of their own: prelu",
        build=own_layer("LearnableReLU", "initial"),
    ),
    "rrelu": Activation(
        kind="rectifier",
        formula="x for x > 0, a * x below; in training a is drawn uniformly from [lower, upper] "
        "for each element, else it is their mean",
        latex=r"\begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}, a \sim U(l, u)",
        derivative="1 for x > 0, a below and at 0",
        value=lambda x, lower, upper: _two_slopes(x, (lower + upper) / 2),
        slope=lambda x, lower, upper: _step(x, (lower + upper) / 2),
        facts=lambda lower, upper: _leaky_facts((lower + upper) / 2, at_zero=(lower + upper) / 2),
        reference="Xu, Wang, Chen, Li 2015, "
        "Empirical Evaluation of Rectified Activations in Convolutional Network",
        initializer="he_normal",
        initializer_note=_LEAKY_HE,
        parameters={
            "lower": Parameter("float", 0.125, minimum=0, maximum=1),
            "upper": Parameter("float", 0.3333333333333333, minimum=0, maximum=1),
        },
        random="the negative slope a, for each element and step",
        use="small data sets, where the random slope regularizes",
        avoid="together with much dropout, in output layers and recurrent networks",
        build=own_layer("RReLU", "lower", "upper"),
    ),
    "arelu": Activation(
        kind="rectifier",
        formula="(1 + sigmoid(beta)) * x for x > 0, clip(alpha, 0.01, 0.99) * x below; alpha and "
        "beta are learned, one each a layer, and start at 0.9 and 2.0",
        latex=r"\begin{cases} (1 + \sigma(\beta)) x & x > 0 \\ "
        r"\operatorname{clip}(\alpha, 0.01, 0.99) x & x \le 0 \end{cases}",
        derivative="1 + sigmoid(beta) for x > 0, clip(alpha, 0.01, 0.99) below and at 0",
        value=lambda x: _two_slopes(x, *_ARELU_SLOPES),
        slope=lambda x: _step(x, *_ARELU_SLOPES),
        facts=lambda: _leaky_facts(_ARELU_SLOPES[0], _ARELU_SLOPES[0], _ARELU_SLOPES[1]),
        reference="Chen, Li, Xu 2020, AReLU: Attention-based Rectified Linear Unit",
        initializer="he_normal",
        initializer_note="smaller in deep networks: slopes near 1.88 and 0.9 let signals grow",
        learned="both slopes by alpha and beta, one each a layer",
        slope_attribute="negative_slope",
        use="short trainings and transfer with small learning rates, for which it was made",
        avoid="deep networks without batch norm (it amplifies), output layers, recurrent networks",
        build=own_layer("AReLU"),
    ),
    "threshold": Activation(
        kind="rectifier",
        formula="x for x > threshold, default_value below",
        latex=r"\begin{cases} x & x > \theta \\ v & x \le \theta \end{cases}",
        derivative="1 for x > threshold, 0 below and at it",
        value=_above,
        slope=lambda x, threshold, default_value: np.where(x > threshold, 1.0, 0.0),
        facts=_threshold_facts,
        reference="Konda, Memisevic, Krueger 2015, "
        "Zero-Bias Autoencoders and the Benefits of Co-Adapting Features",
        initializer="he_normal",
        parameters={
            "threshold": Parameter("float", 1.0, minimum=-100, maximum=100),
            "default_value": Parameter("float", 0.0, minimum=-100, maximum=100),
        },
        nan_becomes=0.0,
        use="sparse codes in networks without biases: a unit speaks only above the threshold",
        avoid="most else: it jumps, and units below the threshold get no gradient; output layers, "
        "recurrent networks",
        build=keras_function("threshold", threshold="threshold", default_value="default_value"),
    ),
    "relu_lambda": _same_as_relu(
        "relu_lambda", "to see that tf.nn.relu in a Lambda layer trains as relu does"
    ),
    "relu_custom_gradient": _same_as_relu(
        "relu_custom_gradient", "to see that a hand-written gradient trains as relu does"
    ),
}
