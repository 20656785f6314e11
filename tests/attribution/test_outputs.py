"""Several outputs: what a refused layer is told works, and the command line says it too."""

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import attribution
from attribution import InvalidRequest, Network, cli
from attribution.commands import words
from attribution.commands.refusals import spoken

RNG = np.random.default_rng(5)
X = RNG.normal(size=(2, 4, 4, 3)).astype("float32")
MEND = re.compile(r'target=(\([^)]*\))( and output="output")?')


def heads() -> keras.Model:
    """Classes, a number, and classes for each pixel; and a layer of no output, as of none is it."""
    keras.utils.set_random_seed(2)
    x = layers.Input((4, 4, 3), name="x")
    shared = layers.Conv2D(4, 3, padding="same", activation="relu", name="shared")(x)
    flat = layers.Flatten(name="flat")(shared)
    kind = layers.Softmax(name="kind")(layers.Dense(3, name="logits")(flat))
    age = layers.Dense(1, name="age")(layers.Dense(4, "tanh", name="of_age")(flat))
    seg = layers.Conv2D(2, 1, activation="softmax", name="seg")(shared)
    turned = layers.Permute((2, 1, 3), name="turned")(seg)
    return keras.Model(x, {"kind": kind, "age": age, "seg": turned})


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return heads()


@pytest.fixture(scope="module")
def net(model: keras.Model) -> Network:
    return Network(model)


def refusal(net: Network, layer: str, **asked: Any) -> str:
    with pytest.raises(InvalidRequest) as told:
        attribution.gradient_times_difference(net, X, layer, **asked)
    return str(told.value)


def test_what_a_refusal_names_works(net: Network) -> None:
    mended = 0
    for output in net.output_shapes:
        for read in ("logit", "output"):
            for layer in (info.name for info in net.layers):
                asked: dict[str, Any] = {"target": (output,), "output": read}
                try:
                    attribution.gradient_times_difference(net, X, layer, **asked)
                    continue
                except InvalidRequest as error:
                    found = MEND.search(str(error))
                    after = "output itself" in str(error)
                if after:
                    asked["output"] = "output"
                else:
                    assert found, (layer, asked)
                    asked["target"] = tuple(json.loads(f"[{found[1][1:-1]}]"))
                    asked["output"] = "output" if found[2] else "logit"
                attribution.gradient_times_difference(net, X, layer, **asked)
                mended += 1
    assert mended > 10


def test_the_refusal_says_where_a_layer_leads(net: Network) -> None:
    for read in ("logit", "output"):
        told = refusal(net, "age", target=("kind", 0), output=read)
        assert "leads to output 'age', not to 'kind', which is explained" in told
        assert 'target=("age", 0).' in told
        assert "after the score" not in told
    told = refusal(net, "seg", target=("kind", 0))
    assert 'target=("seg", 0, 0, 0) and output="output"' in told
    assert 'output="output" explains the output itself' in refusal(net, "kind", target=("kind", 0))


def test_a_layer_of_the_other_output_has_that_outputs_scores(
    net: Network, model: keras.Model
) -> None:
    """The last layer's only neuron has the whole difference, as Keras alone computes it."""
    found = attribution.neuron_integrated_gradients(net, X, "age", target=("age", 0))
    wanted = (model(X)["age"] - model(0 * X)["age"]).numpy()
    np.testing.assert_allclose(found.scores, wanted, rtol=1e-4)


def test_a_layer_that_leads_nowhere() -> None:
    class Aside(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = layers.Dense(2, name="one"), layers.Dense(2, name="aside")
            self.fixed = layers.Dense(2, name="fixed")

        def call(self, x: Any) -> Any:
            self.other(x)
            return self.one(x) + self.fixed(ops.ones((1, 3))) * ops.cast(x[:, :1] > 0, "float32")

    aside = Aside()
    x = np.ones((1, 3), "float32")
    aside(x)
    told = []
    for name in ("aside", "fixed"):
        with pytest.raises(InvalidRequest) as refused:
            attribution.gradient_times_difference(Network(aside), x, name, target=0)
        told.append(str(refused.value))
    assert "the score does not depend on it" in told[0]
    assert "it does not depend on the input" in told[1]


def test_the_checkup_says_how_another_output_is_asked_for(net: Network) -> None:
    report = attribution.check(net, X)
    (score,) = (f for f in report.findings if f.topic == "Score")
    assert score.fine
    assert 'target=("' in score.mend
    assert "leads to output" in str(report).replace("\n", " ")
    one = Network(keras.Sequential([keras.Input((3,)), layers.Dense(2)]))
    (score,) = (f for f in attribution.check(one).findings if f.topic == "Score")
    assert not score.mend


# On the command line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model: keras.Model) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    model.save(folder / "heads.keras")
    np.save(folder / "x.npy", X)
    (folder / "kinds.txt").write_text("rose\ntulip\nlily\n")
    (folder / "age.txt").write_text("age\nb\nc\n")
    return folder


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def shown(line: str) -> list[dict[str, Any]]:
    assert cli.main(f"explain heads.keras x.npy --layer shared {line} --out s.json".split()) == 0
    found: list[dict[str, Any]] = json.loads(Path("s.json").read_text())["layers"]["shared"][
        "examples"
    ]
    return found


def refused(capsys: pytest.CaptureFixture[str], line: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["explain", "heads.keras", "x.npy", *line.split()])
    assert stopped.value.code == 2
    (told,) = capsys.readouterr().err.splitlines()
    return str(told)


@pytest.mark.parametrize(
    ("said", "target", "told"),
    [
        ("age:0", ("age", 0), "age:0"),
        ("age", ("age",), "age:0"),
        ("kind:2", ("kind", 2), "kind:2"),
        ("kind:-1", ("kind", 2), "kind:2"),
        ("kind:0:1,2:-1", ("kind", {0: 1, 2: -1}), "kind:{0: 1.0, 2: -1.0}"),
        ("seg:3,0,1", ("seg", 3, 0, 1), "seg:3,0,1"),
        ("seg:3,0,1:1,2,0,1:1", ("seg", {(3, 0, 1): 1, (2, 0, 1): 1}), None),
    ],
)
def test_a_target_of_another_output(said: str, target: Any, told: str | None, net: Network) -> None:
    wanted = attribution.neuron_integrated_gradients(net, X, "shared", target=target)
    for example, row in enumerate(shown(f"--target {said}")):
        assert row["delta"] == pytest.approx(wanted.delta[example], rel=1e-4)
        assert told in (None, row["target"])


def test_probabilities_and_names_are_those_of_the_output_meant(model: keras.Model) -> None:
    outputs = model(X)
    for name, place in (("kind", (1,)), ("seg", (3, 0, 1))):
        rows = shown(f"--target {name}:{','.join(map(str, place))}")
        for example, row in enumerate(rows):
            wanted = float(outputs[name][(example, *place)])
            assert row["probability"] == pytest.approx(wanted, rel=1e-4)
    assert {row["probability"] for row in shown("--target age:0")} == {None}
    for row in shown("--target kind:TULIP --classes kinds.txt"):
        assert (row["target"], row["class"]) == ("kind:1", "tulip")


def test_predicted_classes_of_another_output(model: keras.Model) -> None:
    seg = model(X)["seg"].numpy()
    logits = np.log(seg[..., 1]) - np.log(seg[..., 0])  # two classes: the surer, the larger
    for example, row in enumerate(shown("--target seg")):
        assert re.fullmatch(r"seg:\d,\d,[01]", row["target"])
        r, c, k = map(int, row["target"][4:].split(","))
        assert (logits[example, r, c] > 0) == bool(k)


def test_the_mend_is_said_in_options(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, "--layer age --target kind:0")
    assert told.endswith("Ask for that output with --target age:0.")
    option = told.split("with ")[1].rstrip(".")
    assert cli.main(["explain", "heads.keras", "x.npy", "--layer", "age", *option.split()]) == 0
    capsys.readouterr()
    told = refused(capsys, "--layer seg --target kind:0")
    assert "--target seg:0,0,0 and --output output" in told
    assert "(--output output explains" in refused(capsys, "--layer kind --target kind")
    assert cli.main(["check", "heads.keras", "x.npy"]) == 0
    letter = " ".join(capsys.readouterr().out.split())
    assert "--target " in letter
    assert "target=(" not in letter
    assert spoken('target=("a b", 0, 0)') == "--target 'a b:0,0'"
    assert spoken("use rule='rescale' or rule='reveal_cancel'.") == (
        "use --method deeplift_rescale or --method deeplift_reveal_cancel."
    )


@pytest.mark.parametrize("method", list(attribution.METHODS))
def test_options_that_refusals_name_are_known(method: str) -> None:
    """Whatever word of a method stands for a rule, the command line has it."""
    rule = attribution.METHODS[method].options.get("rule")
    if rule:
        assert spoken(f"rule='{rule}'") == f"--method {method}"
    assert spoken("use neuron_integrated_gradients") == "use --method nig"


def test_the_letter_of_a_command_names_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "heads.keras"]) == 0
    letter = " ".join(capsys.readouterr().out.split())
    assert "give some as INPUT." in letter
    assert not re.search(r"\b(rule|target|output|axis|x)=", letter)


def test_a_name_of_an_output_and_of_a_class_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidRequest, match="of an output and of a class"):
        words.read_target("age:0", ("Age", "b"), ("kind", "age"))
    assert words.read_target("age", ("age", "b"), ()) == 0
    assert words.read_target("a:b:1", (), ("a", "a:b")) == ("a:b", 1)
    assert words.split_output(None, ("age",)) == (None, None)
    for wrong in ("age:x", "age:", "nose:1", "seg:1,2", "age:0:1,", "seg:1,1,1:1,2"):
        assert "arget" in refused(capsys, f"--layer shared --target {wrong}")


def test_a_region_is_a_sum_of_places() -> None:
    region = {(3, 3, 1): 1.0, (3, 4, 1): -0.5}
    assert words.read_target("3,3,1:1,3,4,1:-.5") == region
    assert words.read_target("seg:3,3,1:1, 3,4,1:-.5", (), ("seg",)) == ("seg", region)
    assert words.read_target("2,dog:1", ("cat", "dog")) == {(2, 1): 1.0}
