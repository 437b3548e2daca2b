import pytest

from relu_bench.config.plan import Spec
from relu_bench.networks import models
from relu_bench.training import estimate
from relu_bench.training.estimate import Layer, network_of

pytestmark = pytest.mark.tensorflow

DIGITS = {"dataset": "digits", "model": "mlp(hidden=[128, 64])"}
RATE = 1e9
COMPILING = estimate._COMPILE_SECONDS[True]


def specs(count: int, **fields: object) -> list[Spec]:
    return [Spec(seed=seed, **{**DIGITS, **fields}) for seed in range(count)]


def test_the_layers_of_a_perceptron() -> None:
    (spec,) = specs(1, batch_norm=True)
    network = network_of(spec)
    assert network.layers == (
        Layer("inputs", "InputLayer", (28, 28, 1), 0),
        Layer("flatten", "Flatten", (784,), 0),
        Layer("dense_1", "Dense", (128,), 100_480),
        Layer("dense_1_batch_norm", "BatchNormalization", (128,), 512),
        Layer("dense_1_activation", "Activation", (128,), 0),
        Layer("dense_2", "Dense", (64,), 8_256),
        Layer("dense_2_batch_norm", "BatchNormalization", (64,), 256),
        Layer("dense_2_activation", "Activation", (64,), 0),
        Layer("output", "Dense", (10,), 650),
    )
    assert network.parameter_count == 100_480 + 512 + 8_256 + 256 + 650
    assert network.multiply_adds == 784 * 128 + 128 * 64 + 64 * 10


def test_the_work_of_a_convolutional_network() -> None:
    (spec,) = specs(1, model="cnn")
    assert network_of(spec).multiply_adds == (
        26 * 26 * 9 * 1 * 32 + 11 * 11 * 9 * 32 * 64 + 3 * 3 * 9 * 64 * 64 + 576 * 64 + 64 * 10
    )


def test_the_time_of_one_run_by_hand() -> None:
    # 1,437 images: 287 are held out, 1,150 are trained on in 9 steps; 360 are for the test.
    forward = 2 * 109_184 / (RATE * models.entry("mlp(hidden=[128, 64])").efficiency)
    epoch = 1150 * 3 * forward + 9 * estimate._STEP_SECONDS + 287 * forward
    around = (1437 + 2 * 360) * forward
    found = estimate.seconds(specs(1, epochs=7), jobs=1, rate=RATE)
    assert found == pytest.approx(estimate.START_SECONDS + COMPILING + 7 * epoch + around)


def test_workers_share_the_runs_but_not_one_run() -> None:
    def training(count: int, jobs: int) -> float:
        return estimate.seconds(specs(count), jobs, rate=RATE) - estimate.START_SECONDS

    one = training(1, jobs=1)
    assert training(4, jobs=1) == pytest.approx(4 * one - 3 * COMPILING)
    assert training(4, jobs=2) == pytest.approx(training(4, jobs=1) / 2 + COMPILING / 2)
    assert training(1, jobs=8) == pytest.approx(one)


def test_each_program_is_compiled() -> None:
    same = estimate.seconds(specs(2), jobs=1, rate=RATE)
    other = estimate.seconds([*specs(1), *specs(1, activation="tanh")], jobs=1, rate=RATE)
    assert other - same == pytest.approx(COMPILING)


def test_what_is_not_trained_on_costs_less() -> None:
    whole = estimate.seconds(specs(1, validation_split=0.0), jobs=1, rate=RATE)
    held_out = estimate.seconds(specs(1, validation_split=0.5), jobs=1, rate=RATE)
    capped = estimate.seconds(specs(1, validation_split=0.5, train_samples=10), jobs=1, rate=RATE)
    assert whole > held_out > capped > estimate.START_SECONDS


def test_the_speed_of_this_machine_is_measured() -> None:
    assert 1e8 < estimate.matrix_product_rate() < 1e13
    assert estimate.seconds(specs(1), jobs=1) > estimate.START_SECONDS
