"""A quiet, repeatable TensorFlow for every test; nothing is imported before it is told so."""

import os
import random
from collections.abc import Iterable
from itertools import chain, groupby, zip_longest

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Of several workers, each has one core: their threads would only stand in each other's way.
_THREADS = "1" if "PYTEST_XDIST_WORKER" in os.environ else "2"
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", _THREADS)
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# Examples are the same in every run, and a slow machine is not a failure.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _seeds() -> None:
    """Ours takes explicit seeds; this is for what a library draws (Keras: initial weights)."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


@pytest.hookimpl(trylast=True)  # after pytest has put together what shares a fixture
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser come in turn with files without one, those of many tests first.

    Workers take the files in this order: mostly one of two drives a browser, which often waits,
    while the other computes, and no long file is left for the end.
    """
    files = [list(found) for _, found in groupby(items, key=lambda item: item.path)]
    files.sort(key=len, reverse=True)
    browsers = [file for file in files if file[0].path.parent.name == "browser"]
    others = [file for file in files if file[0].path.parent.name != "browser"]
    pairs: Iterable[list[pytest.Item] | None] = chain(*zip_longest(browsers, others))
    items[:] = [item for file in pairs for item in file or ()]
