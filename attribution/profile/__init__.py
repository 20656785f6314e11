"""Profiles: which units of a network decide for each class of a data set, and how sure that is.

run = profile.run("my.keras", "pictures", "run", layers=["conv3"], target="label")
run = profile.open("run")          # finished or not
run.table("conv3")                 # a row for each class and unit, with intervals
profile.merge(["run-1", "run-2"])  # what two machines made
run.prove("others")                # the first units switched off on inputs it has not used
profile.export(run, "units.npz")
"""

from attribution.profile.exports import export
from attribution.profile.merging import merge
from attribution.profile.results import Run, open
from attribution.profile.runner import run

__all__ = ["Run", "export", "merge", "open", "run"]
