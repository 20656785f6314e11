"""A quiet, repeatable TensorFlow for every test; nothing is imported before it is told so."""

import os
import random

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# Examples are the same in every run, and a slow machine is not a failure.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _seeds() -> None:
    """Ours takes explicit seeds; this is for what a library draws (Keras: initial weights)."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
