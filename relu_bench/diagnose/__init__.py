"""How signals and gradients start, before any training: many random initializations at once.

`combinations` finds what is to be simulated, `draws` draws the weights, `network` sends signals
forward and gradients back, `simulate` does so for all trials, `diagnosis` and `verdicts` say what
it means, `listing` writes it down. Definitions and formulas are in `docs/diagnose.md`.
TensorFlow is not needed, except for an activation of the user's own.
"""

from relu_bench.diagnose.combinations import Combination, collapsed, combinations, not_simulated
from relu_bench.diagnose.diagnosis import Diagnosis, LayerDiagnosis
from relu_bench.diagnose.measure import diagnose
from relu_bench.diagnose.verdicts import RULE, Verdict

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
