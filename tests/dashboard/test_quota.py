"""The bytes of uploads are bounded, whoever sends them and whatever is listed."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.elements.lib.file_uploader_utils import enforce_filename_restriction
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from dashboard.controls import quota
from dashboard.kinds.image.uploads import Upload, newest
from tests.dashboard.conftest import headline, picture, says, turn_to

LIMIT = 1000


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> quota.Bounded:
    """As Streamlit makes it, and then with limits of 1,000 bytes a session and 2,500 for all."""
    monkeypatch.setattr(quota, "SESSION_BYTES", LIMIT)
    monkeypatch.setattr(quota, "ALL_BYTES", 2500)
    monkeypatch.setattr(quota, "MOST_FILES", 20)
    return quota.bounded(MemoryUploadedFileManager("/upload"))


def put(store: quota.Bounded, session: str, name: str, size: int) -> UploadedFileRec | None:
    """What a request of a browser does, and what is kept of it."""
    store.add_file(session, UploadedFileRec(name, f"{name}.png", "image/png", b"x" * size))
    found = store.get_files(session, [name])
    return found[0] if found else None


def total(store: quota.Bounded) -> int:
    return sum(len(f.data) for files in store.file_storage.values() for f in files.values())


def test_what_was_there_before_the_first_page_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "SESSION_BYTES", LIMIT)
    plain = MemoryUploadedFileManager("/upload")
    plain.add_file("a", UploadedFileRec("old", "old.png", "image/png", b"x" * 900))
    store = quota.bounded(plain)
    assert store is plain is quota.bounded(plain)
    refused = put(store, "a", "new", 101)
    assert refused
    assert (refused.data, refused.type) == (b"", "refused/session")
    fits = put(store, "a", "small", 100)
    assert fits
    assert len(fits.data) == 100


def test_files_that_were_never_listed_count_and_others_are_not_kept_out(
    store: quota.Bounded,
) -> None:
    for i in range(50):
        put(store, "a", f"f{i}", 300)
    assert total(store) == 900
    assert len(store.file_storage["a"]) == 20
    other = put(store, "b", "f", 300)
    assert other
    assert len(other.data) == 300


def test_all_sessions_together_are_bounded(store: quota.Bounded) -> None:
    for i in range(50):
        put(store, f"session {i}", "f", 400)
    assert total(store) == 2400
    refused = put(store, "late", "f", 101)
    assert refused
    assert refused.type == "refused/server"
    assert "512 MB" in quota.refusal(refused.type)
    store.remove_session_files("session 0")
    taken = put(store, "late", "f", 101)  # sent again, in place of the refused one
    assert taken
    assert len(taken.data) == 101


def test_what_a_session_lists_no_more_is_dropped_and_what_is_on_its_way_stays(
    store: quota.Bounded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "coming"):
        put(store, "a", name, 100)
    store.keep("a", {"one", "two"}, {})
    store.keep("a", {"two"}, {})
    assert set(store.file_storage["a"]) == {"two", "coming"}
    now = quota.time.monotonic()
    monkeypatch.setattr(quota.time, "monotonic", lambda: now + quota.UNLISTED_SECONDS + 1)
    put(store, "b", "f", 1)  # any request to the server
    assert set(store.file_storage["a"]) == {"two"}


def test_what_a_session_made_of_its_files_counts_until_it_ends(store: quota.Bounded) -> None:
    put(store, "a", "one", 600)
    store.keep("a", {"one"}, {"one": 600, "text-1": 300})  # the first is the file itself
    assert not store.refused("a", 100)
    assert store.refused("a", 101) == "refused/session"
    store.remove_file("a", "one")  # by a request, while the page still holds it
    assert store.refused("a", 101) == "refused/session"
    store.remove_session_files("a")
    assert not store.refused("a", LIMIT)
    assert not store._unlisted


def test_a_nul_in_a_name_is_replaced_before_streamlit_refuses_the_session(
    store: quota.Bounded,
) -> None:
    store.add_file("a", UploadedFileRec("f", "c\0at.png", "image/png", b"x"))
    (file,) = store.get_files("a", ["f"])
    assert file.name == "c\ufffdat.png"
    enforce_filename_restriction(file.name, ["image/*"])


def test_a_session_holds_the_newest_that_fit() -> None:
    held = {str(i): Upload(str(i), "", lambda i=i: b"x" * 10 * i) for i in range(1, 6)}  # type: ignore[misc]
    assert list(newest(held, 3, 1000)) == ["3", "4", "5"]
    assert list(newest(held, 5, 95)) == ["4", "5"]


@pytest.mark.parametrize(("kind", "limit"), [("session", "64 MB"), ("server", "512 MB")])
def test_a_refused_file_gets_one_sentence_and_the_last_good_result_stays(
    app: AppTest, kind: str, limit: str
) -> None:
    app.run()
    before = headline(app)
    app.file_uploader[0].set_value([("cat.png", b"", f"refused/{kind}")])
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert says(app).startswith("cat.png: not taken, because ")
    assert limit in says(app)
    assert headline(app) == before


def test_sequences_of_ones_own_are_bounded_too(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params["model"] = "tal1-gata1"
    app.run()
    before = headline(app)
    app.file_uploader(key="dna_file").set_value(("big.fa", b"", "refused/session"))
    app.run()
    assert says(app).startswith("big.fa: not taken, because ")
    assert headline(app) == before
    monkeypatch.setattr(quota, "SESSION_BYTES", 300)
    app.text_area(key="dna_text").set_value("ACGT" * 50)
    app.run()
    assert "Pasted: not taken" in says(app)
    assert headline(app) == before


def test_pictures_of_an_earlier_visit_are_held_by_the_session_alone(app: AppTest) -> None:
    app.query_params["layer"] = "avg_pool"
    app.run()
    app.file_uploader[0].set_value([("one.png", picture(size=(64, 37)), "image/png")])
    app.run()
    name = app.query_params["input"]
    turn_to(app, "tal1-gata1")  # which draws another uploader
    turn_to(app, "efficientnet-lite0")
    app.button(key=f"input-{name}").click()
    app.run()
    assert not app.exception
    assert app.query_params["input"] == name
    assert not says(app)


def test_a_server_has_limits_before_anybody_opens_a_page() -> None:
    """As Streamlit starts it: with the lifespan of the application, and no run of a page."""
    program = (
        "import asyncio\n"
        "from streamlit import runtime\n"
        "from dashboard.controls.quota import Bounded\n"
        "from dashboard.server import app\n"
        "async def start():\n"
        "    async with app.lifespan()(None):\n"
        "        assert isinstance(runtime.get_instance().uploaded_file_mgr, Bounded)\n"
        "        print('bounded')\n"
        "asyncio.run(start())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "bounded\n", done.stderr
