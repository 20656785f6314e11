"""What it takes to load a model of 100 MB: memory beyond Keras itself, each in a fresh process.

PYTHONPATH=. .venv/bin/python benchmarks/loading.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

_WIDTH, _DEPTH = 2560, 4
_MAKE = f"""
import keras
layers = [keras.layers.Dense({_WIDTH}, activation="relu") for _ in range({_DEPTH})]
keras.Sequential([keras.Input(({_WIDTH},)), *layers, keras.layers.Dense(3)]).save(path)
"""
_KERAS = """
import keras, numpy as np
keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).predict(np.ones((1, 4)), verbose=0)
"""
_WAYS = {
    "keras": "keras.models.load_model(path, compile=False)",
    "attribution.load": "import attribution; attribution.load(path)",
    "page": """
from dashboard.work.engine import Engine
from dashboard.work.shelf import Shelf
engine = Engine()
engine.shelf = Shelf(path.rpartition("/")[0])
engine.open("large", print)
""",
}
_PEAK = """
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""


def peak(path: Path, code: str) -> float:
    """MB that a fresh process holds at most while it runs this. Linux only."""
    whole = f"path = {str(path)!r}\n{code}\n{_PEAK}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Print a table."""
    megabytes = 4 * (_DEPTH * _WIDTH * (_WIDTH + 1)) / 2**20
    with tempfile.TemporaryDirectory() as folder:
        for name in ("large.keras", "large.h5"):
            path = Path(folder) / name
            peak(path, _MAKE)
            base = peak(path, _KERAS)
            print(f"{name}: {megabytes:.0f} MB of weights; Keras alone {base:.0f} MB")
            for what, code in _WAYS.items():
                more = peak(path, _KERAS + code) - base
                print(f"  {what}: {more:.0f} MB more, {more / megabytes:.2f} times the weights")
            path.unlink()


if __name__ == "__main__":
    main()
