"""Which hidden neurons made a network give its answer, and how sure we are of the numbers.

The public list is in `__init__.pyi`. What it names is loaded when it is first used: TensorFlow by
what needs a network, and by nothing else.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.3.0"
