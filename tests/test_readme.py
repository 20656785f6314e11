"""The README's Python runs as printed."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


# What is known of the samples from elsewhere: the cat's class, and the motifs that were embedded.
EXPECTED = ("tiger cat", "Gata1")


@pytest.mark.parametrize(
    ("code", "expected"), list(zip(BLOCKS, EXPECTED, strict=True)), ids=EXPECTED
)
def test_example_runs_as_printed(code, expected, capsys):
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    assert expected in capsys.readouterr().out
