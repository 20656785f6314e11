"""Models as strangers write them, without a card or with an odd one, on the page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.request.outputs import Head, Outputs
from tests.dashboard.conftest import headline, says, seen, visit
from tests.dashboard.test_own_programs import check, folder, opened
from tests.wide import one_of

L = keras.layers
__all__ = ["folder"]


def item(app: AppTest):
    assert not app.exception
    return app.session_state["session"].last.item


def test_a_tables_own_header_names_its_features(folder: Path) -> None:
    given = keras.Input((3,), name="car")
    keras.Model(given, L.Dense(1, name="price")(given)).save(folder / "cars.keras")
    app = opened("cars")
    assert headline(app).startswith("Price (")  # not "0"
    rows = b"weight,power,doors\n1500,120,4\n900,60,2\n"
    app.file_uploader(key="table_file").set_value(("cars.csv", rows, "text/csv")).run()
    assert item(app).shown.names == ("weight", "power", "doors")
    np.testing.assert_array_equal(item(app).encode(), [[1500, 120, 4]])
    (folder / "cars.csv").write_bytes(rows)
    check(app)
    app.file_uploader(key="table_file").set_value(("two.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert "two.csv has 2 columns, and the model takes 3 features" in says(app)
    app.file_uploader(key="table_file").set_value(("bare.csv", b"1,2,3\n", "text/csv")).run()
    assert item(app).shown.names == ("feature 1", "feature 2", "feature 3")


def test_four_channels_keep_what_is_transparent(folder: Path) -> None:
    keras.utils.set_random_seed(1)
    given = keras.Input((9, 12, 4), name="sprite")
    hidden = L.GlobalAveragePooling2D()(L.Conv2D(3, 3, name="conv")(given))
    keras.Model(given, L.Dense(2, activation="softmax")(hidden)).save(folder / "sprites.keras")
    rgba = np.random.default_rng(0).integers(0, 256, (9, 12, 4), np.uint8)
    picture = io.BytesIO()
    Image.fromarray(rgba).save(picture, "PNG")
    (folder / "mine.png").write_bytes(picture.getvalue())
    app = opened("sprites")
    app.file_uploader[0].set_value([("mine.png", picture.getvalue(), "image/png")]).run()
    np.testing.assert_allclose(item(app).encode()[0] * 255, rgba, rtol=1e-5)
    assert not any("laid on white" in c.value for c in app.caption)
    share = rgba[..., 3:] / 255
    seen_ = item(app).shown.pixels  # on white, as a browser shows it
    np.testing.assert_allclose(seen_, rgba[..., :3] * share + 255 * (1 - share), atol=0.6)
    assert "alpha=True" in check(app)
    visit(app, "path")
    assert not says(app)


@pytest.mark.parametrize(
    ("alphabet", "letters"), [("TGCA", "ACGTTT"), ("ACDEFGHIK", "HIKEDC")], ids=["order", "protein"]
)
def test_letters_in_the_order_of_the_card(folder: Path, alphabet: str, letters: str) -> None:
    """What is no A, C, G, T in this order has no page of its own, and no other columns either."""
    keras.utils.set_random_seed(1)
    given = keras.Input((6, len(alphabet)), name="given")
    hidden = L.GlobalAveragePooling1D()(L.Conv1D(3, 2, name="conv")(given))
    keras.Model(given, L.Dense(2, activation="softmax")(hidden)).save(folder / "mine.keras")
    (folder / "mine.yaml").write_text(
        f"inputs:\n  given: {{kind: sequence, length: 6, alphabet: {alphabet}}}\n"
        "samples:\n  - {file: one.fasta, title: One}\n"
    )
    (folder / "one.fasta").write_text(f">one\n{letters}\n")
    app = opened("mine")
    assert not says(app)
    expected = np.eye(len(alphabet))[[alphabet.index(c) for c in letters]]
    np.testing.assert_array_equal(item(app).encode()[0], expected)
    check(app)


def test_a_sample_that_cannot_be_read_is_said_and_other_networks_can_be_chosen(
    folder: Path,
) -> None:
    given = keras.Input((3,), name="given")
    keras.Model(given, L.Dense(2, name="said")(given)).save(folder / "mine.keras")
    (folder / "mine.yaml").write_text(
        "inputs:\n  given: {kind: table}\nsamples:\n  - {file: bad.csv, title: Bad}\n"
    )
    (folder / "bad.csv").write_text("a,b\n1,2\n")
    app = opened("mine")
    assert "bad.csv has 2 columns" in says(app)
    app.selectbox(key="model").select("wine").run()
    assert item(app).model == "wine"


def test_numbers_of_different_outputs_are_not_compared(folder: Path) -> None:
    """A speed of 900 is no reason to explain the speed."""
    keras.utils.set_random_seed(2)
    given = keras.Input((4,), name="given")
    hidden = L.Dense(5, activation="tanh", name="hidden")(given)
    kind = L.Dense(3, activation="softmax", name="kind")(hidden)
    speed = L.Dense(1, bias_initializer=keras.initializers.Constant(900), name="speed")(hidden)
    keras.Model(given, {"kind": kind, "speed": speed}).save(folder / "mine.keras")
    app = opened("mine")
    assert headline(app).startswith("Kind: ")
    assert any("speed" in seen(option) for option in app.radio(key="target_best").options)


def test_the_largest_of_each_output_come_first() -> None:
    heads = (
        Head("kind", "classes", (3,), ("a", "b", "c")),
        Head("steps", "positions", (2, 1), ("steps",)),
        Head("speed", "number", (1,), ("speed",), False),
    )
    outputs, values = Outputs(heads), np.array([0.2, 0.5, 0.3, 0.6, 0.9, 900])
    assert [*outputs] == ["kind: a", "kind: b", "kind: c", "steps at 0", "steps at 1", "speed"]
    assert outputs.usual(values) == 1
    assert outputs.best(values, 5) == [1, 4, 5, 3, 2]


def _shown(app: AppTest) -> str:
    """All that stands on a page and in its figures, but for the explanations of terms."""
    texts = [e.value for kind in ("header", "markdown", "caption") for e in app.main.get(kind)]
    return "\n".join([*texts, *(chart.proto.spec for chart in app.get("plotly_chart"))])


@pytest.mark.parametrize("shape", one_of([[4], [12, 10, 3], [20, 4]]))
def test_a_network_of_a_number_has_no_logit(folder: Path, shape: list[int]) -> None:
    keras.utils.set_random_seed(3)
    given = keras.Input(shape, name="given")
    hidden = given
    if len(shape) > 1:
        conv = (L.Conv1D, L.Conv2D)[len(shape) - 2](3, 2, activation="relu", name="conv")
        hidden = L.Flatten()(conv(given))
    hidden = L.Dense(5, activation="relu", name="hidden")(hidden)
    keras.Model(given, L.Dense(1, name="price")(hidden)).save(folder / "price.keras")
    app = opened("price", baseline="zeros", pick="supporting", count="2")
    said = _shown(app)
    assert re.search("(the|its) output", said)
    for page in ("overview", "compare", "ablate", "path"):
        said += _shown(visit(app, page))
    assert "change of the output" in said
    assert not re.search("logit", said, re.IGNORECASE)
