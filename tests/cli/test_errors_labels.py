"""Labels that are none: whole outputs."""

import pytest
from expecting import ACTIVATION_NAMES, Invoke, expect_error

from relu_bench.data import known_names
from relu_bench.networks.initializers import INITIALIZERS
from relu_bench.networks.models import MODELS
from relu_bench.networks.optimizers import OPTIMIZERS

KERNEL_INITIALIZERS = ", ".join(name for name, row in INITIALIZERS.items() if row.for_kernel)

QUOTE = "Inside [ ] or { } quote labels that contain a comma or a bracket:"


def test_a_label_that_falls_into_pieces(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "initializer: [he_normal, variance_scaling(scale=1.0, mode=fan_in)]\n",
        [],
        "c.yaml, line 1: 'variance_scaling(scale=1.0' is only a piece of a label\n"
        "    initializer: [he_normal, variance_scaling(scale=1.0, mode=fan_in)]\n"
        "                             ^\n"
        f"{QUOTE}\n"
        '    initializer: [he_normal, "variance_scaling(scale=1.0, mode=fan_in)"]',
    )
    expect_error(
        invoke,
        "epochs: 1\nmodel: [mlp(hidden=[128, 64]), cnn]\n",
        [],
        "c.yaml, line 2: expected ',' or ']', but got '[', "
        "while parsing a flow sequence that starts in line 2\n"
        "    model: [mlp(hidden=[128, 64]), cnn]\n"
        "                       ^\n"
        f"{QUOTE}\n"
        '    model: ["mlp(hidden=[128, 64])", cnn]',
    )
    expect_error(
        invoke,
        "cases: [{model: mlp(width=8, depth=2), epochs: 1}]\n",
        [],
        "c.yaml, line 1: 'mlp(width=8' is only a piece of a label\n"
        "    cases: [{model: mlp(width=8, depth=2), epochs: 1}]\n"
        "                    ^\n"
        f"{QUOTE}\n"
        '    cases: [{model: "mlp(width=8, depth=2)", epochs: 1}]',
    )


def test_unknown_activation(invoke: Invoke) -> None:
    expect_error(
        invoke,
        "activation: [relu, leakyrelu]\n",
        [],
        "c.yaml, line 1, activation: 'leakyrelu' is no activation. Did you mean 'leaky_relu'? "
        f"Known: {ACTIVATION_NAMES}\n"
        "    activation: [relu, leakyrelu]\n"
        "                       ^",
    )


NO_LABEL = "a label is name or name(parameter=value, ...)"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("activation: relu,elu", "'relu,elu' is one value; a list is meant: [relu, elu]"),
        ("activation: relu elu", "'relu elu' is one value; a list is meant: [relu, elu]"),
        (
            "activation: relu, elu(alpha=0.1)",
            "'relu, elu(alpha=0.1)' is one value; a list is meant: [relu, elu(alpha=0.1)]",
        ),
        (
            "model: cnn, mlp(hidden=[8, 4])",
            "'cnn, mlp(hidden=[8, 4])' is one value; a list is meant: "
            '[cnn, "mlp(hidden=[8, 4])"]',
        ),
        (
            "dataset: mnist, digits",
            "'mnist, digits' is one value; a list is meant: [mnist, digits]",
        ),
        ("learning_rate: 0.1,1e-2", "'0.1,1e-2' is one value; a list is meant: [0.1, 1e-2]"),
        ("learning_rate: 0,1", "'0,1' has a decimal comma; write 0.1"),
        ("learning_rate: 1,5e-3", "'1,5e-3' has a decimal comma; write 1.5e-3"),
        ("dropout: 0,1, 0,25", "'0,1, 0,25' has a decimal comma; write [0.1, 0.25]"),
        ("epochs: 10,20", "'10,20' is one value; a list is meant: [10, 20]"),
        ("batch_norm: on,off", "'on,off' is one value; a list is meant: [on, off]"),
        (
            "activation: leaky relu",
            f"'leaky relu' is no label: expected nothing more at 'relu'; {NO_LABEL}. "
            "Did you mean 'leaky_relu'?",
        ),
        (
            "activation: Leaky ReLU 0.2",
            f"'Leaky ReLU 0.2' is no label: expected nothing more at 'ReLU 0.2'; {NO_LABEL}. "
            "Did you mean 'leaky_relu(negative_slope=0.2)'?",
        ),
        (
            "activation: tf.nn.relu",
            f"'tf.nn.relu' is no label: expected nothing more at '.nn.relu'; {NO_LABEL}. "
            "Did you mean 'relu'?",
        ),
        (
            "activation: nn.ReLU()",
            f"'nn.ReLU()' is no label: expected nothing more at '.ReLU()'; {NO_LABEL}. "
            "Did you mean 'relu'?",
        ),
        (
            "activation: LeakyReLU",
            f"'LeakyReLU' is no activation. Did you mean 'leaky_relu'? Known: {ACTIVATION_NAMES}",
        ),
        (
            "initializer: xavier",
            "'xavier' is no initializer. Did you mean 'glorot_uniform' or 'glorot_normal'? "
            f"Known: {KERNEL_INITIALIZERS}",
        ),
        (
            "initializer: kaiming",
            "'kaiming' is no initializer. Did you mean 'he_uniform' or 'he_normal'? "
            f"Known: {KERNEL_INITIALIZERS}",
        ),
        (
            "optimizer: Adam",
            f"'Adam' is no optimizer. Did you mean 'adam'? Known: {', '.join(OPTIMIZERS)}",
        ),
        (
            "activation: leaky_relu(slope=0.1)",
            "activation 'leaky_relu' has no parameter 'slope'. It takes: negative_slope",
        ),
        (
            "activation: elu(alfa=0.1)",
            "activation 'elu' has no parameter 'alfa'. Did you mean 'alpha'? It takes: alpha",
        ),
        (
            "activation: leaky_relu(0.1)",
            "'leaky_relu(0.1)' is no label: expected a parameter's name at '0.1)'; "
            "a label is name or name(parameter=value, ...). "
            "Did you mean 'leaky_relu(negative_slope=0.1)'?",
        ),
        (
            "activation: leaky_relu(negative_slope=2)",
            "negative_slope=2 in 'leaky_relu(negative_slope=2)': "
            "negative_slope is a number, at least 0 and at most 1.",
        ),
        (
            "initializer: variance_scaling(mode=fanin)",
            "mode=fanin in 'variance_scaling(mode=fanin)': "
            "mode is fan_in or fan_out or fan_avg. Did you mean 'fan_in'?",
        ),
        (
            "bias_initializer: orthogonal",
            "'orthogonal' is no initializer for biases. Known: glorot_uniform, glorot_normal, "
            "he_uniform, he_normal, lecun_uniform, lecun_normal, variance_scaling, "
            "random_normal, truncated_normal, random_uniform, constant, zeros, ones",
        ),
        (
            "optimizer: sgd(learning_rate=0.1)",
            "optimizer 'sgd' has no parameter 'learning_rate'; that is learning_rate, a field of "
            "its own. It takes: momentum, nesterov",
        ),
        ("model: mpl", f"'mpl' is no model. Did you mean 'mlp'? Known: {', '.join(MODELS)}"),
        (
            "model: mlp(width=8)",
            "'mlp(width=8)' lacks depth, which is an integer, at least 1 and at most 200",
        ),
        (
            "dataset: fashion-mnist",
            "Unknown data set 'fashion-mnist'. Did you mean fashion_mnist? "
            f"Known are {', '.join(known_names())};\n"
            "data of your own are given as a path, such as ./fashion-mnist.",
        ),
    ],
)
def test_unknown_names_and_parameters(line: str, message: str, invoke: Invoke) -> None:
    key = line.partition(":")[0]
    expect_error(
        invoke,
        f"{line}\n",
        [],
        f"c.yaml, line 1, {key}: {message}\n    {line}\n    {' ' * len(key)}  ^",
    )
