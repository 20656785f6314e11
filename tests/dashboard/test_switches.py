"""What whoever runs a server has switched off is not on its pages, and is not missed there."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from dashboard.controls import entrance
from dashboard.views import dataset_start
from tests.dashboard.conftest import headline, says, seen, turn_to, visit
from tests.dashboard.test_dataset_page import open_, turn

SECRETS = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "not a secret"
client_id = "neurons"
client_secret = "not one either"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_UPLOADS", "0")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of a picture and two numbers, whose controls each would take a file."""
    found = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    picture, ages = keras.Input((8, 8, 3), name="picture"), keras.Input((2,), name="ages")
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 3)(picture))
    joined = keras.layers.Concatenate(name="joined")([pooled, ages])
    keras.Model([picture, ages], keras.layers.Dense(2)(joined)).save(found / "two.keras")
    return found


@pytest.fixture
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_MODELS", str(made))


def forms(app: AppTest) -> list[str]:
    return [e.label for e in app.expander if e.label == "What this model takes and says"]


@pytest.mark.usefixtures("closed", "folder")
def test_without_uploads_no_page_has_a_control_for_them(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_UPLOAD_MODELS", "1")
    app.run()
    for model in ("efficientnet-lite0", "tal1-gata1", "wine", "reviews", "machine", "two"):
        turn_to(app, model)
        assert headline(app)
        assert not app.file_uploader, model
        assert not says(app), model
    assert forms(app)
    visit(app, "about")
    assert any("This server takes no files." in m.value for m in app.markdown)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(
    "model", ["efficientnet-lite0", pytest.param("tal1-gata1", marks=pytest.mark.slow)]
)
def test_a_link_to_somebodys_file_gets_one_sentence(app: AppTest, model: str) -> None:
    app.query_params["model"] = model
    app.query_params["input"] = "file-0123456789ab"
    app.run()
    assert headline(app)
    (said,) = [*app.warning, *app.info, *app.error]
    assert "(file-0123456789ab), and this server takes no files: " in seen(said.value)


@pytest.mark.usefixtures("closed")
def test_runs_over_bundled_sets_can_still_be_started(app: AppTest) -> None:
    open_(turn(app), "runs_start")
    assert not app.file_uploader
    assert dataset_start._ZIP not in app.radio(key="start_set_digits").options
    assert len(app.selectbox(key="start_model").options) == len(dataset_start._SETS)
    assert not app.button(key="start_run").disabled


@pytest.mark.usefixtures("folder")
def test_cards_are_corrected_unless_that_is_switched_off(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params["model"] = "two"
    app.run()
    assert forms(app)
    monkeypatch.setenv("ATTRIBUTION_CARDS", "0")
    app.run()
    assert headline(app)
    assert not forms(app)
    assert not says(app)


def test_a_server_of_lessons_shows_nothing_else(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_LESSONS_ONLY", "1")
    app.run()
    assert not says(app)  # the first page is no page that somebody asked for
    assert [t.value for t in app.title] == ["Learn"]
    for page, query in (("", {"model": "wine"}), ("compare", {}), ("dataset", {}), ("explore", {})):
        visit(app, page)
        app.query_params.update(query)
        app.run()
        assert [t.value for t in app.title] == ["Learn"]
        assert not app.header
        assert app.button(key="begin_digits")


def test_a_link_to_more_than_lessons_gets_a_sentence_there(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_LESSONS_ONLY", "1")
    app.query_params["model"] = "wine"
    app.run()
    assert says(app).startswith("This server shows lessons alone, so what the link names is not")
    app.run()
    assert not says(app)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider is described, and Authlib, which no test needs, seems to be there."""
    file, usual = tmp_path / "secrets.toml", config.get_option("secrets.files")
    file.write_text(SECRETS)
    found = importlib.util.find_spec
    monkeypatch.setattr(
        entrance.importlib.util,
        "find_spec",
        lambda name, *more: found("json" if name == "authlib" else name, *more),
    )
    config.set_option("secrets.files", [str(file)])
    secrets_singleton._reset()
    yield
    config.set_option("secrets.files", usual)
    secrets_singleton._reset()


@pytest.mark.usefixtures("secrets")
def test_who_has_not_logged_in_sees_a_button_alone(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_LOGIN", "@uni.example")
    app.run()
    assert not app.exception
    assert [b.label for b in app.button] == ["Log in"]
    assert not app.header
    assert not app.sidebar.children
    monkeypatch.delenv("ATTRIBUTION_LOGIN")
    app.run()
    assert headline(app)


def test_a_login_that_nobody_could_pass_lets_nobody_in(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_LOGIN", "1")
    app.run()
    assert "ATTRIBUTION_LOGIN needs " in says(app)
    assert not app.header
    monkeypatch.setattr(entrance.importlib.util, "find_spec", lambda _: "found")
    assert entrance.missing() == (
        "ATTRIBUTION_LOGIN needs redirect_uri, cookie_secret under [auth] in "
        ".streamlit/secrets.toml."
    )


@pytest.mark.parametrize(
    ("allowed", "user", "comes_in"),
    [
        ("1", {"email": "ada@example.org"}, True),
        ("1", {}, True),
        ("ada@example.org", {"email": "Ada@Example.org", "email_verified": True}, True),
        ("ada@example.org", {"email": "bob@example.org"}, False),
        ("@uni.example", {"email": "ada@uni.example"}, True),
        ("@uni.example", {"email": "ada@evil.uni.example"}, False),
        ("@uni.example", {"email": "@uni.example@evil.example"}, False),
        ("@uni.example", {"email": "ada@uni.example", "email_verified": False}, False),
        ("@uni.example, ada@example.org", {"email": "ada@example.org"}, True),
        ("@uni.example", {}, False),
    ],
)
def test_addresses_and_domains_say_who_comes_in(
    allowed: str, user: dict[str, object], comes_in: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_LOGIN", allowed)
    assert entrance.admitted(user) is comes_in
