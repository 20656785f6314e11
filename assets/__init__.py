"""Bundled models, labels and samples, and the scripts that made them.

Run a script as a module from the root, for example ``python -m assets.build_labels``.
The files and their origins are listed in ``assets/README.md``; programs read the
cards, ``models/*.yaml``.
"""
