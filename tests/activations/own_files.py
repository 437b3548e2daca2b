"""Files with activations of a user's own, for tests."""

import hashlib
import itertools
import re
from pathlib import Path

LEAKY = """\
import tensorflow as tf

def leaky(x):
    return tf.where(x > 0, x, {slope} * x)
"""
# Running it would leave a trace, and fail.
DANGEROUS = """\
from pathlib import Path
Path("it-was-run").touch()
raise SystemExit(7)

def leaky(x):
    return x
"""


def write(path: str | Path, text: str) -> str:
    """Write a file; returns the first 8 hex digits of its SHA-256."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def with_digits(text: str, pattern: str) -> str:
    """`text` with a comment behind it that makes the first 8 digits of its hash match."""
    for number in itertools.count():
        candidate = f"{text}# {number}\n"
        if re.fullmatch(pattern, hashlib.sha256(candidate.encode()).hexdigest()[:8]):
            return candidate
    raise AssertionError
