"""What a type checker tells a user of the library."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
from typing import assert_type
import keras
import numpy as np
import attribution
from attribution import METHODS, AblationCurve, Attribution, Network, Request, zoo

net = attribution.load("tal1-gata1")
assert_type(net, Network)
x = np.zeros((1, 200, 4), np.float32)
one = attribution.neuron_integrated_gradients(net, x, "relu1", target=0, tolerance=0.1)
assert_type(one, Attribution)
assert_type(attribution.deeplift(net, x, "all", rule="genomics"), dict[str, Attribution])
several = attribution.internal_influence(net, {"x": x}, ["relu1", "relu2"], baseline=[x, 0 * x])
assert_type(several, dict[str, Attribution])
assert_type(attribution.gradient_times_difference(net, x, "relu1", target={0: 1.0}), Attribution)
assert_type(METHODS["nig"].run(net, x, "relu1", output="output"), Attribution)
assert_type(attribution.ablation_curve(net, x, one), AblationCurve)
assert_type(one.request, Request | None)
assert_type(zoo.cards()["tal1-gata1"].labels, tuple[str, ...])
attribution.neuron_integrated_gradients(net, x, "relu1", tolerance="0.1")  # WRONG
attribution.deeplift(net, x, "relu1", rule="epsilon")  # WRONG
attribution.gradient_times_difference(net, x, "relu1", tolerance=0.1)  # WRONG
attribution.nothing  # WRONG
"""


def test_a_users_program(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = ["-m", "mypy", "--strict", "--follow-imports=silent", "--ignore-missing-imports"]
    done = subprocess.run(
        [sys.executable, *command, "--cache-dir", tmp_path / "cache", program],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wrong = [i for i, line in enumerate(PROGRAM.splitlines(), 1) if "# WRONG" in line]
    found = [int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line]
    assert sorted(set(found)) == wrong, done.stdout
