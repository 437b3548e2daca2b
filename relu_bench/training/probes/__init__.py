"""What happens inside a network: dead and saturated units, signal and gradient, layer by layer.

Definitions and formulas are in `docs/probes.md`. A probe only reads the network: training has the
same bits with and without.
"""

from relu_bench.training.probes.history import History
from relu_bench.training.probes.probe import PROBE_IMAGES, Probe, probe_indices

__all__ = [
    "PROBE_IMAGES",
    "History",
    "Probe",
    "probe_indices",
]
