"""`digits`: the embedded data set, 1,797 real handwritten digits that come with scikit-learn.

It is the test part of "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak, 1998,
UCI Machine Learning Repository): 8x8 pixels of 0 to 16. They are resized to 28x28 unsigned bytes,
so that every model that takes MNIST takes them.
"""

import hashlib
from importlib.metadata import version

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import Dataset, DatasetInfo, image
from relu_bench.data.parts import stratified_sample
from relu_bench.data.tasks import CLASSIFICATION
from relu_bench.errors import DataError

INFO = DatasetInfo("digits", CLASSIFICATION, image((28, 28, 1)), 10, 1_437, 360)
_SIDE = 28
_BRIGHTEST = 16
# Which samples are the test part is fixed by this; it is no setting.
_TEST_SEED = 1_797
# Of the 8x8 images and the labels as unsigned bytes: another release of scikit-learn must not
# change results unnoticed.
_SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def load() -> Dataset:
    """The embedded data set, with its fixed, stratified test part of 360 samples.

    Raises `DataError` when scikit-learn's copy is not the one expected here.
    """
    from sklearn import datasets

    bunch = datasets.load_digits()
    small = bunch.images.astype(np.uint8)
    targets = bunch.target.astype(np.uint8)
    release = version("scikit-learn")
    if hashlib.sha256(small.tobytes() + targets.tobytes()).hexdigest() != _SHA256:
        raise DataError(
            f"The digits that come with scikit-learn {release} are not the 1,797 that this data"
            " set is made of. Install another release of scikit-learn, such as 1.5."
        )
    inputs = resize(small, _SIDE, _BRIGHTEST)[..., np.newaxis]
    test = stratified_sample(targets, INFO.test_count, _TEST_SEED)
    return Dataset.of(
        INFO,
        inputs[~test],
        targets[~test],
        inputs[test],
        targets[test],
        source=f"embedded in scikit-learn {release}",
    )


def resize(images: npt.NDArray[np.uint8], side: int, brightest: int) -> npt.NDArray[np.uint8]:
    """Square `images` (n, s, s) with values 0 to `brightest`, as (n, side, side) of 0 to 255.

    Bilinear with half-pixel centres: the outer edges of the picture fall on the outer edges of
    the frame, and what lies beyond the outermost centres repeats them. All in integers, rounded
    once (a half upwards), so that every machine gives the same bytes.
    """
    weights = _bilinear_weights(images.shape[1], side)
    # Each row of weights sums to 2 * side, so two of them to its square.
    whole = (2 * side) ** 2 * brightest
    sums = weights @ images.astype(np.int64) @ weights.T
    return ((2 * 255 * sums + whole) // (2 * whole)).astype(np.uint8)


def _bilinear_weights(source: int, target: int) -> npt.NDArray[np.int64]:
    """Weights (target, source) in units of 1 / (2 * target)."""
    unit = 2 * target
    weights = np.zeros((target, source), dtype=np.int64)
    for row in range(target):
        # Centre of the target pixel, counted from the centre of the first source pixel.
        centre = (2 * row + 1) * source - target
        left, fraction = divmod(min(max(centre, 0), unit * (source - 1)), unit)
        weights[row, left] += unit - fraction
        weights[row, min(left + 1, source - 1)] += fraction
    return weights
