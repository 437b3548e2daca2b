"""Display names: what figures and tables call a value, such as `ReLU` for `relu`.

Presentation only: no part of a run's identity or of the CSVs. A config gives them as `labels`, and
the store keeps them with each call's resolved config.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from relu_bench.errors import show

KEY = "labels"
LONGEST = 40
"""Characters of a display name."""

ALLOWED = (
    f"names by value, of 1 to {LONGEST} characters in one line, such as "
    '{relu: ReLU, "leaky_relu(negative_slope=0.01)": "Leaky ReLU 0.01"}'
)
_CONTROL = ("Cc", "Zl", "Zp", "Cs")


def fault_of(name: Any) -> str:
    """What is wrong with a display name, in words; empty for nothing."""
    if not isinstance(name, str):
        quoted = "; put it in quotes" if isinstance(name, int | float) else ""
        return f"{show(name)} is no name{quoted}"
    if not name.strip():
        return "an empty name would show nothing"
    if any(unicodedata.category(character) in _CONTROL for character in name):
        return f"{show(name)} has a line break or another control character"
    if len(name.strip()) > LONGEST:
        return f"{show(name)} has {len(name.strip())} characters, more than {LONGEST}"
    return ""


def given_by(config: Mapping[str, Any]) -> dict[str, str]:
    """The names in a resolved config, by canonical label; anybody may have written it."""
    names = config.get(KEY)
    if not isinstance(names, Mapping):
        return {}
    return {str(label): name.strip() for label, name in names.items() if not fault_of(name)}
