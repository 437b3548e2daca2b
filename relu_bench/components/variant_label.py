"""A variant's short name, made of the values of its axes."""

from collections.abc import Mapping

# Said without their name: their labels tell what they are.
_SELF_EXPLAINING = ("activation", "initializer", "optimizer", "model", "dataset")


def label(values: Mapping[str, str]) -> str:
    """A variant's short name: `relu`, `elu(alpha=1.0), learning_rate=0.01`.

    Args:
        values: the text of the value of each axis.
    """
    return ", ".join(
        text if name in _SELF_EXPLAINING else f"{name}={text}" for name, text in values.items()
    )
