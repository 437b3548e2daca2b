"""The activations: a literal table with one entry each; everything else picks it up from here.

The formulas are NumPy in float64. They are what figures and `diagnose` use, and what tests hold the
Keras layers against. Of Keras 3's activations these are left out: softmax, log_softmax, sparsemax
and glu, which are not elementwise, and exponential, which overflows within a few layers.
"""

import math
from dataclasses import replace

import numpy as np

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.networks.activations.entry import (
    Activation,
    Array,
    Facts,
    Kink,
    Smoothness,
    Table,
    keras_function,
    own_layer,
)

_INF = math.inf
_HE_2015 = "He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers"
_LEAKY_HE = "exactly variance_scaling(scale=2/(1+a²)) for a negative slope a"
# As the authors of AReLU start it: alpha = 0.9, and 1 + sigmoid(beta) with beta = 2.
_ARELU_SLOPES = (0.9, 1 + 1 / (1 + math.exp(-2.0)))
# Klambauer et al. 2017, equation 14: the fixed point at mean 0 and variance 1.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805
_GELU_INNER, _GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715
_THRESHOLD = {"threshold": Parameter("float", 0.5, minimum=0, maximum=100)}


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


def _rising(
    low: float = -_INF,
    high: float = _INF,
    smoothness: Smoothness = "smooth",
    kinks: tuple[Kink, ...] = (),
    *,
    reached: tuple[bool, bool] = (False, False),
) -> Facts:
    """Of a function that never falls, from `low` to `high`."""
    return Facts(
        infimum=low + 0.0,
        supremum=high,
        reached=reached,
        limits=(low + 0.0, high),
        monotonic=True,
        smoothness=smoothness,
        kinks=kinks,
    )


def _dipping(
    lowest: float, smoothness: Smoothness = "smooth", kinks: tuple[Kink, ...] = ()
) -> Facts:
    """Of a function that falls from 0 to `lowest`, then rises to infinity."""
    return Facts(
        infimum=lowest,
        supremum=_INF,
        reached=(True, False),
        limits=(0.0, _INF),
        monotonic=False,
        smoothness=smoothness,
        kinks=kinks,
    )


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


_RELU = Activation(
    kind="rectifier",
    formula="max(x, 0)",
    latex=r"\max(x, 0)",
    derivative="1 for x > 0, 0 below and at 0",
    value=lambda x: np.maximum(x, 0.0),
    slope=lambda x: _step(x, 0.0),
    facts=lambda: _leaky_facts(0.0, at_zero=0.0),
    reference="Nair, Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines",
    initializer="he_normal",
    use="the default for hidden layers of perceptrons and convolutional networks: cheap, "
    "sparse, and its slope does not shrink gradients where it is active",
    avoid="output layers (unless the target is never negative, and then softplus is safer), "
    "recurrent states (unbounded), and high learning rates, under which units die",
    build=keras_function("relu"),
)


def _same_as_relu(layer: str, use: str) -> Activation:
    """ReLU by another way to write it; a test holds that all train bit for bit alike."""
    avoid = "where relu does; it is the same function, slower to write"
    return replace(_RELU, use=use, avoid=avoid, build=own_layer(layer))


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _elu_slope(x: Array, alpha: float) -> Array:
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


def _exponential_facts(low: float, kinks: tuple[Kink, ...] = (), *, once: bool = True) -> Facts:
    smoothness: Smoothness = "once differentiable" if once else "continuous"
    return _rising(low, _INF, smoothness, kinks, reached=(low == 0, False))


def _elu_facts(alpha: float) -> Facts:
    kinks = () if alpha == 1 else (Kink(0.0, 0.0, alpha),)
    return _exponential_facts(-alpha, kinks, once=alpha == 1)


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


def _cut_facts(low: float, *kinks: Kink) -> Facts:
    """Of a line that is cut off at `low` and at 1."""
    return _rising(low, 1.0, "continuous", kinks, reached=(True, True))


def _shrink_facts(smoothness: Smoothness, threshold: float) -> Facts:
    """Zero within `threshold` of 0, and a derivative of 0 at its ends."""
    if not threshold:
        smoothness = "smooth"
    ends = dict.fromkeys((-threshold + 0.0, threshold))
    return _rising(smoothness=smoothness, kinks=tuple(Kink(x, 0.0, 0.0) for x in ends))


ACTIVATIONS: Table = {
    # ReLU and its piecewise linear relatives.
    "relu": _RELU,
    "relu6": Activation(
        kind="rectifier",
        formula="min(max(x, 0), 6)",
        latex=r"\min(\max(x, 0), 6)",
        derivative="1 for 0 < x < 6, else 0",
        value=lambda x: np.clip(x, 0.0, 6.0),
        slope=lambda x: np.where((x > 0) & (x < 6), 1.0, 0.0),
        facts=lambda: _rising(
            0.0,
            6.0,
            "continuous",
            (Kink(0.0, 0.0, 0.0), Kink(6.0, 6.0, 0.0)),
            reached=(True, True),
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
    # The exponential linear units.
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
    # Smooth relatives of ReLU.
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
        facts=lambda: _dipping(-0.375, "continuous", (Kink(-3.0, 0.0, 0.0), Kink(3.0, 3.0, 1.0))),
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
        facts=lambda: _rising(
            0.0,
            _INF,
            "once differentiable",
            (Kink(-1.0, 0.0, 0.0), Kink(1.0, 1.0, 1.0)),
            reached=(True, False),
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
        facts=lambda: _rising(high=0.0),
        reference="Collobert, Kavukcuoglu, Farabet 2011, Torch7 (its library; no paper of its own)",
        initializer="he_normal",
        use="log-probabilities; as a hidden layer it is softplus mirrored",
        avoid="hidden layers, as softplus: all outputs have one sign",
        build=keras_function("log_sigmoid"),
    ),
    # With a finite limit on both sides.
    "tanh": Activation(
        kind="bounded",
        formula="tanh(x)",
        latex=r"\tanh(x)",
        derivative="1 - tanh(x)^2, at most 1 (at 0)",
        value=np.tanh,
        slope=lambda x: 1 - np.tanh(x) ** 2,
        facts=lambda: _rising(-1.0, 1.0),
        reference="LeCun, Bottou, Orr, Müller 1998, Efficient BackProp",
        initializer="glorot_uniform",
        use="states of recurrent networks; shallow networks whose activations should be centred "
        "on zero; output layers with targets in (-1, 1)",
        avoid="deep networks without batch norm: gradients vanish where it saturates",
        build=keras_function("tanh"),
    ),
    "sigmoid": Activation(
        kind="bounded",
        formula="1 / (1 + exp(-x))",
        latex=r"\frac{1}{1 + e^{-x}}",
        derivative="sigmoid(x) * (1 - sigmoid(x)), at most 1/4 (at 0)",
        value=_sigmoid,
        slope=lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
        facts=lambda: _rising(0.0, 1.0),
        reference="Rumelhart, Hinton, Williams 1986, "
        "Learning Representations by Back-Propagating Errors",
        initializer="glorot_uniform",
        initializer_note="four times wider by its slope of 1/4 at 0 (LeCun et al. 1998)",
        use="output layers of yes-or-no targets; gates of recurrent networks",
        avoid="hidden layers: a layer passes on at most a quarter of the gradient, and its "
        "outputs are never centred on zero",
        build=keras_function("sigmoid"),
    ),
    "softsign": Activation(
        kind="bounded",
        formula="x / (1 + |x|)",
        latex=r"\frac{x}{1 + |x|}",
        derivative="1 / (1 + |x|)^2",
        value=lambda x: x / (1 + np.abs(x)),
        slope=lambda x: 1 / (1 + np.abs(x)) ** 2,
        facts=lambda: _rising(-1.0, 1.0, "once differentiable"),
        reference="Turian, Bergstra, Bengio 2009, "
        "Quadratic Features and Deep Architectures for Chunking",
        initializer="glorot_uniform",
        nan_at=(-math.inf, math.inf),
        use="in place of tanh where saturation hurts: its tails fall as 1/x², not exponentially",
        avoid="deep networks without batch norm; output layers of probabilities",
        build=keras_function("softsign"),
    ),
    "hard_sigmoid": Activation(
        kind="bounded",
        formula="min(max(x + 3, 0), 6) / 6",
        latex=r"\frac{\min(\max(x + 3, 0), 6)}{6}",
        derivative="1/6 for -3 < x < 3, else 0",
        value=lambda x: np.clip(x + 3, 0.0, 6.0) / 6,
        slope=lambda x: np.where(np.abs(x) < 3, 1 / 6, 0.0),
        facts=lambda: _cut_facts(0.0, Kink(-3.0, 0.0, 0.0), Kink(3.0, 1.0, 0.0)),
        reference="Courbariaux, Bengio, David 2015, BinaryConnect: Training Deep Neural Networks "
        "with Binary Weights During Propagations; slope as in Howard et al. 2019",
        initializer="glorot_uniform",
        use="gates on small devices, where the exponential is dear",
        avoid="hidden layers: even flatter than sigmoid, and without any gradient beyond 3",
        build=keras_function("hard_sigmoid"),
    ),
    "hard_tanh": Activation(
        kind="bounded",
        formula="min(max(x, -1), 1)",
        latex=r"\min(\max(x, -1), 1)",
        derivative="1 for -1 <= x <= 1, else 0",
        value=lambda x: np.clip(x, -1.0, 1.0),
        slope=lambda x: np.where(np.abs(x) <= 1, 1.0, 0.0),
        facts=lambda: _cut_facts(-1.0, Kink(-1.0, -1.0, 1.0), Kink(1.0, 1.0, 1.0)),
        reference="Collobert 2004, Large Scale Machine Learning (thesis)",
        initializer="glorot_uniform",
        use="in place of tanh on small devices; before weights or activations are made binary",
        avoid="deep networks without batch norm: no gradient at all where it is cut",
        build=keras_function("hard_tanh"),
    ),
    "sparse_sigmoid": Activation(
        kind="bounded",
        formula="min(max((x + 1) / 2, 0), 1)",
        latex=r"\min(\max(\tfrac{x + 1}{2}, 0), 1)",
        derivative="1/2 for -1 < x < 1, else 0",
        value=lambda x: np.clip((x + 1) / 2, 0.0, 1.0),
        slope=lambda x: np.where(np.abs(x) < 1, 0.5, 0.0),
        facts=lambda: _cut_facts(0.0, Kink(-1.0, 0.0, 0.0), Kink(1.0, 1.0, 0.0)),
        reference="Martins, Astudillo 2016, From Softmax to Sparsemax",
        initializer="glorot_uniform",
        use="gates that should close and open entirely",
        avoid="hidden layers of deep networks: no gradient beyond 1, never centred on zero",
        build=keras_function("sparse_sigmoid"),
    ),
    # The identity, and what subtracts something from it.
    "identity": Activation(
        kind="shrinking",
        formula="x",
        latex="x",
        derivative="1",
        value=lambda x: 1.0 * x,
        slope=np.ones_like,
        facts=_rising,
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
        facts=_rising,
        reference="Collobert, Kavukcuoglu, Farabet 2011, Torch7 (its library; no paper of its own)",
        initializer="he_normal",
        use="sparse codes that need a smooth shrinkage",
        avoid="most networks: it is flat at 0, where pre-activations start, so signals and "
        "gradients vanish; output layers",
        build=keras_function("tanh_shrink"),
    ),
}
