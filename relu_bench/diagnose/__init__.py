"""How signals and gradients start, before any training: many random initializations at once.

`draws` draws the weights, `network` sends signals forward and gradients back, `simulate` does so
for all trials of what differs in a plan, `diagnosis` says what it means, `listing` writes it down.
`measure` is the whole. Definitions and formulas are in `docs/diagnose.md`.
TensorFlow is not needed, except for an activation of the user's own: NumPy simulates twenty layers
of 64 units with 300 trials and 100 images in less time than TensorFlow takes to start.
"""

from relu_bench.diagnose.diagnosis import (
    RULE,
    Combination,
    Diagnosis,
    LayerDiagnosis,
    Verdict,
    collapsed,
    combinations,
    not_simulated,
)
from relu_bench.diagnose.measure import diagnose

__all__ = [
    "RULE",
    "Combination",
    "Diagnosis",
    "LayerDiagnosis",
    "Verdict",
    "collapsed",
    "combinations",
    "diagnose",
    "not_simulated",
]
