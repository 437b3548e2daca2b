"""What the tests of the simulation share: small networks, one image, and networks written out."""

import numpy as np

from relu_bench.diagnose.simulate import Images, Network

UNTRUNCATED = "variance_scaling(distribution=untruncated_normal, mode=fan_in, scale={scale})"


def one_image(mean_square: float, features: int = 4) -> Images:
    """An image whose pixels have this mean square."""
    inputs = np.full((1, features), np.sqrt(mean_square), np.float32)
    return Images(inputs, np.zeros(1, np.int64))


def random_images(count: int, features: int, classes: int, seed: int = 5) -> Images:
    random = np.random.default_rng(seed)
    inputs = random.uniform(0, 1, (count, features)).astype(np.float32)
    return Images(inputs, random.integers(0, classes, count))


def relu_network(
    inputs: int, widths: tuple[int, ...], initializer: str = "he_normal", outputs: int = 2
) -> Network:
    return Network(inputs, widths, outputs, initializer, "zeros")
