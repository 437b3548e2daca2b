"""The error for a file that is there but is not what it should be."""

from relu_bench.errors import DataError


class DamagedError(DataError):
    """A file is truncated, altered or of another kind; whoever knows the data set adds a remedy.

    `place` is the file, and the array in it if it holds several.
    """

    def __init__(self, place: object, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place = str(place)


def what_instead(start: bytes, expected: str) -> str:
    """What a file is that should be `expected`, told from its first bytes."""
    if not start:
        return "it is empty"
    if start.lstrip().startswith(b"<"):
        return f"it is a web page, not {expected}; a download was answered with that"
    return f"it is not {expected}; it starts with the bytes {start.hex(' ')}"
