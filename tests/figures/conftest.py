import sys
from pathlib import Path

# The results that these tests draw are made by the same module as those of tests/compare.
sys.path.insert(0, str(Path(__file__).parents[1] / "compare"))
