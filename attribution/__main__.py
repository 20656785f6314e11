"""python -m attribution, or neuron-attribution: see `python -m attribution --help`."""

import sys

from attribution.commands import quiet


def run() -> int:
    """The command, with nothing said but by itself; its exit code."""
    quiet.hush()
    from attribution.cli import main  # which loads TensorFlow

    return main()


if __name__ == "__main__":
    sys.exit(run())
