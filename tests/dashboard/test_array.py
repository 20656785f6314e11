"""Arrays, the kind of input of which no more is known than its shape: from a file to an answer."""

import io
import re
from types import MappingProxyType

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attribution
from dashboard.request.catalogue import catalogue
from dashboard.work.networks import Networks
from tests.dashboard import arrays
from tests.dashboard.arrays import NAMES
from tests.dashboard.conftest import headline, says, seen, visit


@pytest.fixture(scope="module")
def networks():
    return arrays.build()


@pytest.fixture
def pages(app: AppTest, networks, monkeypatch: pytest.MonkeyPatch, tmp_path) -> AppTest:
    """The pages, with these networks among the others."""
    known, load = catalogue(), Networks.get
    made = {**known.models, **arrays.models(networks, tmp_path)}
    monkeypatch.setitem(vars(known), "models", MappingProxyType(made))
    monkeypatch.setattr(Networks, "get", lambda self, n: networks.get(n) or load(self, n))
    return app


def charts(app: AppTest) -> set[str]:
    return {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}


@pytest.mark.parametrize("name", ["table", "series", "volume", "segments", "twins"])
def test_every_page_answers_for_an_array(pages: AppTest, name: str) -> None:
    pages.query_params["model"] = name
    pages.run()
    assert not pages.exception
    assert not says(pages)
    assert "ranking" in charts(pages)
    assert ("total" in charts(pages)) == (name in {"series", "volume", "segments"})
    for page, chart in [
        ("overview", "network"),
        ("compare", "agreement"),
        ("ablate", "curves"),
        ("path", "path"),
    ]:
        visit(pages, page)
        assert not says(pages)
        assert chart in charts(pages)


def test_a_file_of_ones_own_comes_to_the_answer_of_the_library(pages: AppTest, networks) -> None:
    """Two examples in one .npy: the second is chosen, and its scores are those of the library."""
    x = np.random.default_rng(5).normal(size=(2, 20, 3)).astype(np.float32)
    data = io.BytesIO()
    np.save(data, x)
    pages.query_params["model"] = "series"
    pages.run()
    upload(pages, "mine.npy", data.getvalue())
    assert pages.query_params["input"].startswith("file-")
    pages.number_input(key="example").set_value(1).run()
    assert pages.query_params["example"] == "1"
    net = networks["series"]
    target = int(net.predict(x[1:])[0].argmax())
    result = attribution.neuron_integrated_gradients(net, x[1:], "hidden", target=target)
    first = result.top(1)["index"][0]
    assert str(pages.selectbox(key="channel_choice").options[0]).startswith(f"{first} · ")
    last = pages.session_state["session"].last
    np.testing.assert_allclose(last.answer.result.scores, result.scores, rtol=1e-4, atol=1e-6)


def test_a_number_is_no_share(pages: AppTest, networks) -> None:
    pages.query_params["model"] = "table"
    pages.run()
    last = pages.session_state["session"].last
    value = float(networks["table"].predict(last.item.encode())[0, 0])
    said = re.match(r"Price \(([−\d.]+)\):", headline(pages))
    assert said
    assert float(said[1].replace("−", "-")) == pytest.approx(value, abs=0.006)
    visit(pages, "ablate")
    assert "price goes from" in headline(pages)
    assert "%" not in headline(pages)


def test_labels_are_each_true_or_not(pages: AppTest, networks) -> None:
    pages.query_params["model"] = "volume"
    pages.run()
    last = pages.session_state["session"].last
    chances = networks["volume"].predict(last.item.encode())[0]
    yes = [name for name, chance in zip(NAMES["volume"], chances, strict=True) if chance >= 0.5]
    assert "Says yes to" in metrics(pages)
    assert all(name in metrics(pages) for name in yes or ["none"])
    least = int(chances.argmin())
    pages.query_params["target"] = str(least)
    pages.run()
    assert (", so no)" in headline(pages)) == bool(chances[least] < 0.5)


def test_a_class_at_a_position(pages: AppTest, networks) -> None:
    """The default target is the most confident number; Ablate measures that one, at its place."""
    pages.query_params["model"] = "segments"
    pages.run()
    net, last = networks["segments"], pages.session_state["session"].last
    x = last.item.encode()
    outputs = net.predict(x)[0]
    place = np.unravel_index(outputs.argmax(), outputs.shape)
    name = f"{NAMES['segments'][place[1]]} at {place[0]}"
    assert name.lower() in headline(pages).lower()
    assert last.answer.f_input == pytest.approx(float(net.score(x, tuple(map(int, place)))[0]))
    pages.query_params["target"] = "7"  # position 3, class 1
    pages.run()
    assert pages.session_state["session"].last.answer.f_input == pytest.approx(
        float(net.score(x, (3, 1))[0]), rel=1e-5
    )
    visit(pages, "ablate")
    assert "the answer is" in headline(pages)


def test_the_second_output(pages: AppTest, networks) -> None:
    pages.query_params.update({"model": "twins", "target": "3"})
    pages.run()
    assert headline(pages).startswith("Age (")
    net, last = networks["twins"], pages.session_state["session"].last
    x = last.item.encode()
    assert last.answer.f_input == pytest.approx(float(net.score(x, ("age", 0))[0]), rel=1e-5)
    visit(pages, "ablate")
    channels = pages.session_state["off_choice"]
    held = attribution.ablate(net, x, "hidden", channels, target=("age", 0))
    after = float(held[0])
    assert f"to {after:.2f}".replace("-", "−") in headline(pages)


def metrics(app: AppTest) -> str:
    return " ".join(f"{each.label} {seen(each.value)}" for each in app.metric)


def test_csv_of_a_table(pages: AppTest) -> None:
    pages.query_params["model"] = "table"
    pages.run()
    upload(pages, "mine.csv", b"a,b,c,d,e\n1,2,3,4,5\n5,4,3,2,1\n")
    assert not says(pages)
    assert "2 examples" in str(pages.selectbox(key="input").options)


@pytest.mark.parametrize(
    ("name", "data"),
    [("bad.npy", b"\x93NUMPY no"), ("bad.csv", b"a,b\n1,2\n"), ("nan.csv", b"1,2,3,nan,5\n")],
)
def test_what_cannot_be_read_is_said_and_the_last_result_stays(
    pages: AppTest, name: str, data: bytes
) -> None:
    pages.query_params["model"] = "table"
    pages.run()
    before = headline(pages)
    upload(pages, name, data)
    assert name in " ".join(seen(e.value) for e in pages.error)
    assert headline(pages) == before
    assert not pages.exception


def upload(app: AppTest, name: str, data: bytes) -> None:
    app.file_uploader(key="array_file").set_value((name, data, "application/octet-stream")).run()
    assert not app.exception
