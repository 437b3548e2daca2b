import sys
from pathlib import Path

# So that the tests find networks.py whatever is collected with them.
sys.path.insert(0, str(Path(__file__).parent))
