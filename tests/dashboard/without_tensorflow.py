"""A plugin for pytest: as in a Python where TensorFlow is not installed."""

import sys

sys.modules |= dict.fromkeys(("tensorflow", "keras", "h5py", "ray"))  # type: ignore[arg-type]
