"""What loads TensorFlow, and what must not."""

import ast
import subprocess
import sys
import types
from pathlib import Path

import pytest

import attribution

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "pandas", "h5py")
LIGHT = {
    "the package": "import attribution",
    "the public list": "import attribution; assert 'deeplift' in dir(attribution)",
    "cards of models": "from attribution import zoo; assert zoo.cards()['tal1-gata1'].labels",
    "cards of methods": "from attribution import METHODS; assert METHODS['nig'].promise",
    "a picture": "from attribution import images; images.decode(open(PICTURE, 'rb').read())",
    "a sequence": "from attribution import sequences; sequences.encode('ACGT')",
    "baselines": "from attribution import baselines; baselines.zeros(np.ones((1, 4, 4)))",
    "motifs": "from attribution import motifs",
    "filters": "from attribution import filters",
    "fields": "from attribution import fields",
    "an array": "from attribution import arrays; arrays.read(b'1,2', 'a.csv', (2,))",
    "a table": "from attribution import tables; tables.read(b'a\\n1', 'a.csv')",
    "a series": "from attribution import series; series.read(b'1,2', 'a.csv')",
    "tokens": "from attribution import tokens; tokens.read('1 2')",
    "the command line": "from attribution import cli; cli.parser.build().format_help()",
    "profiles": "from attribution import profile; profile.run",
    "errors": "from attribution import errors, AttributionError",
    "a saved result": "from attribution import Attribution; Attribution.load(RESULT).channels()",
    "a result in a notebook": "from attribution import Attribution; repr(Attribution.load(RESULT))",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import numpy as np

    one = np.ones(1)
    path = tmp_path_factory.mktemp("saved") / "result.npz"
    attribution.Attribution(
        scores=np.ones((1, 3), np.float32),
        gap=one,
        error=one,
        converged=one > 0,
        evaluations=np.ones(1, int),
        f_input=one,
        f_baseline=one,
        target=np.zeros(1, int),
        layer="dense",
        method="nig",
        is_cut=True,
    ).save(path)
    return path


@pytest.fixture(scope="module")
def loaded(saved: Path) -> dict[str, list[str]]:
    """What is done, one after the other in one process -> the heavy modules that are there then."""
    picture = next((ROOT / "assets/samples").glob("*.jpg"))
    lines = [f"import sys, numpy as np\nPICTURE, RESULT = {str(picture)!r}, {str(saved)!r}"]
    for code in (*LIGHT.values(), "import attribution; attribution.Network"):
        lines += [code, f"print([m for m in {HEAVY} if m in sys.modules])"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = map(ast.literal_eval, done.stdout.splitlines())
    return dict(zip((*LIGHT, "a network"), found, strict=True))


@pytest.mark.parametrize("what", LIGHT)
def test_no_tensorflow(what: str, loaded: dict[str, list[str]]) -> None:
    assert loaded[what] == []


def test_the_package_alone_loads_no_pydantic() -> None:
    code = "import sys, attribution; assert not {'pydantic', 'yaml'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_network_needs_it(loaded: dict[str, list[str]]) -> None:
    assert "tensorflow" in loaded["a network"]


def test_every_public_name_is_there() -> None:
    for name in attribution.__all__:
        assert getattr(attribution, name) is not None
    with pytest.raises(AttributeError):
        attribution.nothing  # noqa: B018


def test_no_function_has_the_name_of_a_module() -> None:
    modules = {p.stem for p in (ROOT / "attribution").iterdir() if not p.stem.startswith("__")}
    for name in set(attribution.__all__) & modules:
        assert isinstance(getattr(attribution, name), types.ModuleType), name
