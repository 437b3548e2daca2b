"""Texts as numbers of tokens, by a vocabulary that knows the training part only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from relu_bench.data.dataset import Positions

Tokens = npt.NDArray[np.int32]

_AT_ONCE = 5_000
"""Texts that are split into words at once: their words take far more memory than their numbers."""


@dataclass(frozen=True, eq=False)
class TextEncoding:
    """Encodes the texts of a data set, by position in its training part.

    Words are those of Keras's `TextVectorization`: lower case, ASCII punctuation taken out, split
    at white space. They are numbered from 2 by how often they occur in the training part, ties
    from the end of the alphabet, up to `vocabulary`; 1 is any other word, 0 is padding.

    Attributes:
        train: all texts outside the test part, object array (n,) of str.
        test: those of the test part, object array (m,) of str.
        length: tokens of a text: its last ones; a shorter text has zeros in front.
        vocabulary: how many numbers there are, 0 and 1 included.
    """

    train: npt.NDArray[Any]
    test: npt.NDArray[Any]
    length: int
    vocabulary: int

    def __call__(self, positions: Positions) -> tuple[Tokens, Tokens]:
        """Tokens (n, length) and (m, length), by the words of `train[positions]` alone."""
        from relu_bench.machine.quiet_tensorflow import keras

        layer = keras.layers.TextVectorization(max_tokens=self.vocabulary, ragged=True)
        layer.adapt(_lowered(self.train[positions]))
        return self._encoded(layer, self.train), self._encoded(layer, self.test)

    def _encoded(self, layer: Any, texts: npt.NDArray[Any]) -> Tokens:
        found = np.zeros((len(texts), self.length), np.int32)
        for start in range(0, len(texts), _AT_ONCE):
            ragged = layer(_lowered(texts[start : start + _AT_ONCE]))
            chunk = found[start : start + _AT_ONCE]
            last_tokens(ragged.values.numpy(), ragged.row_splits.numpy(), chunk)
        return found


def last_tokens(values: npt.NDArray[Any], splits: npt.NDArray[np.int64], out: Tokens) -> None:
    """Write the last tokens of each text into its row of `out` (n, length), right-aligned.

    Args:
        values: the tokens of all texts, one text behind the other.
        splits: (n + 1,) where each text begins, and the last one ends.
        out: zeros, which stay in front of shorter texts.
    """
    length = out.shape[1]
    lengths = np.minimum(np.diff(splits), length)
    columns = np.arange(length)
    # Column c of a text that ends at e holds the token e - length + c, if it has that many.
    taken = columns >= length - lengths[:, np.newaxis]
    source = splits[1:, np.newaxis] - length + columns
    out[taken] = values[source[taken]]


def _lowered(texts: Sequence[str] | npt.NDArray[Any]) -> Any:
    import tensorflow as tf

    # TensorFlow's own lower case is that of ASCII alone.
    return tf.constant([text.lower() for text in texts])
