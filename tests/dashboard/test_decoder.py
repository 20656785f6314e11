"""The process that decodes uploads: what it gives, what ends it, and what that costs the others."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from attribution import images, sequences
from dashboard.kinds.image import uploads
from dashboard.work import decoder as module
from dashboard.work import pictures
from dashboard.work import sequences as letters
from dashboard.work.decoder import Decoder, Frame
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused
from tests.dashboard.conftest import animation, own, picture
from tests.hostile import pictures as hostile

ROOT = Path(__file__).parents[2]
CROP, WHOLE = Frame(224, 224, "crop"), Frame(50, 70, "letterbox")
SLOW = "png: 40 megapixels, Paeth"

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")


def children():
    """Ids of the processes of decoders of this process."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_text()
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        if "decoder_process" in command and parent == os.getpid():
            found.add(int(entry.name))
    return found


@pytest.fixture
def at_work():
    """Ids of those that were started since, but for the one that waits for a decoder's next."""
    before = children()
    return lambda of: [*(children() - before - {p.pid for p in of._spare._waits})]


def test_the_frames_are_those_of_the_library():
    for data in (picture("RGBA"), animation(), picture("I;16", (500, 300)), picture(form="JPEG")):
        decoded = Decoder().decode(data, [CROP, WHOLE, CROP])
        alone = images.decode(data)
        assert decoded.digest == alone.digest
        assert decoded.notes == alone.notes
        assert set(decoded.frames) == {CROP, WHOLE}
        for frame, pixels in decoded.frames.items():
            expected = images.fit(alone, (frame.height, frame.width), frame.fit)
            np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("data", [b"", b"no\n", b"\n" * 1_000, b'{"frames": []}\n'])
def test_what_is_no_picture_is_refused_in_the_words_of_the_library(data):
    with pytest.raises(images.InvalidImage) as alone:
        images.decode(data)
    with pytest.raises(Refused) as refused:
        Decoder().decode(data, [CROP])
    assert str(refused.value) == str(alone.value)


@linux
def test_time_ends_the_work_and_the_next_file_is_read(monkeypatch, at_work):
    decoder, data = Decoder(), hostile.makers()[SLOW]()
    for name, value, said in (
        ("SECONDS", 0.05, "takes more than our 0.05 s to decode"),
        ("PATIENCE", 0.1, r"was not decoded in 0\.1 s"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            with pytest.raises(Refused, match=said) as refused:
                decoder.decode(data, [CROP])
        assert "\n" not in str(refused.value)
        assert at_work(decoder) == []
    assert decoder.decode(picture(), [CROP]).frames[CROP].shape == (224, 224, 3)


@linux
def test_memory_ends_the_work(monkeypatch):
    """The library alone takes 370 MB for this one: tables of libwebp that no header tells of."""
    with pytest.raises(Refused, match=r"memory|damaged|cannot be decoded"):
        Decoder().decode(hostile.groups_of_codes(), [CROP])
    data = hostile.png.png(3_000, 3_000)
    Decoder().decode(data, [CROP])
    for name in ("MEGABYTES", "QUICK_MEGABYTES"):
        monkeypatch.setattr(module, name, 30)
    with pytest.raises(Refused, match="needs more memory than we give to one"):
        Decoder().decode(data, [CROP])


@linux
def test_a_process_that_is_killed_costs_its_own_file_only(at_work):
    decoder, outcomes = Decoder(), []
    data = hostile.makers()[SLOW]()

    def work():
        try:
            decoder.decode(data, [CROP])
        except Refused as refused:
            outcomes.append(str(refused))

    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 60
    while not at_work(decoder) and time.monotonic() < until:
        time.sleep(0.01)
    (child,) = at_work(decoder)
    os.kill(child, signal.SIGKILL)
    thread.join(60)
    assert outcomes == [
        "The picture cannot be decoded; open it in an image program and save it again."
    ]
    assert at_work(decoder) == []
    decoder.decode(picture(), [CROP])


@linux
def test_the_next_process_waits_and_ends_with_its_decoder():
    decoder = Decoder()
    decoder.decode(picture(), [CROP])
    (waiting,) = decoder._spare._waits
    decoder.decode(picture(), [CROP])
    (other,) = decoder._spare._waits
    assert waiting.returncode == 0  # it read that file
    assert other.poll() is None
    other.kill()  # as by a machine without memory: the next file does not notice
    other.wait()
    decoder.decode(picture(), [CROP])
    (last,) = decoder._spare._waits
    del decoder
    assert last.wait(60) == -signal.SIGKILL


def test_one_at_a_time_for_all_sessions(monkeypatch):
    running, most = [0], [0]
    reply = {"notes": [], "final": True}, bytes(224 * 224 * 3)

    def ask(*_):
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.02)
        running[0] -= 1
        return reply

    monkeypatch.setattr(module, "_ask", ask)
    decoder = Decoder()
    threads = [threading.Thread(target=decoder.decode, args=(b"", [CROP])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1]
    assert running == [0]


@linux
def test_a_small_file_does_not_wait_for_those_that_need_long():
    """Two files that take over a second each are there first, and still there when it is done."""
    decoder, slow = Decoder(), hostile.makers()[SLOW]()
    ended = []

    def work(name, data):
        decoder.decode(data, [CROP], name)
        ended.append(name)

    threads = [threading.Thread(target=work, args=(f"slow {i}", slow)) for i in range(2)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    while not decoder._full._busy and time.monotonic() < until:
        time.sleep(0.01)
    work("small", picture())
    for thread in threads:
        thread.join(60)
    assert ended.index("small") == 0
    assert len(ended) == 3


def test_sequences_are_those_of_the_library():
    records = "".join(f">r{i} \N{SNOWMAN}\n{'acgtn' * 400}\n" for i in range(50)).encode()
    engine = Engine()
    found = letters.read(engine, records, "me")
    assert [(r.name, r.letters) for r in found] == [
        (r.name, r.letters) for r in sequences.read(records)
    ]
    for data in (b"\0" * 100_000, b">r\n" + b"ILE" * 40_000, "E" * 100_000):
        with pytest.raises(sequences.InvalidSequence) as alone:
            sequences.read(data)
        with pytest.raises(Refused) as refused:
            letters.read(engine, data)
        assert str(refused.value) == str(alone.value)


def test_the_process_loads_neither_tensorflow_nor_streamlit():
    request = json.dumps({"frames": [CROP], "seconds": 60, "megabytes": 220}).encode() + b"\n"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dashboard.work.decoder_process"],
        input=request + picture(),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    loaded = done.stderr.decode()
    assert "attribution.inputs.pixels" in loaded
    assert not [name for name in ("tensorflow", "keras", "streamlit", "pandas") if name in loaded]


SERVER = """
import sys, threading
from dashboard.work.decoder import Decoder, Frame

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(l for l in lines if l.startswith("VmHWM")).split()[1]) / 1024

data, decoder = sys.stdin.buffer.read(), Decoder()
before = peak()
work = lambda: decoder.decode(data, [Frame(224, 224, "crop")])
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(peak() - before)
"""


@linux
def test_six_sessions_with_one_large_file_leave_the_server_as_it_was():
    done = subprocess.run(
        [sys.executable, "-c", SERVER],
        input=hostile.png.png(4_000, 3_990, colour=0, depth=16),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert float(done.stdout) < 30


def test_a_file_is_decoded_once_and_outside_the_slot(monkeypatch):
    engine, data = Engine(), picture()
    with engine.slot.turn(lambda ahead: None):  # someone computes
        frames = [Frame(224, 224, fit) for fit in ("crop", "letterbox")]
        name, notes = pictures.inspect(engine, data, frames, "me")
    assert notes == ()
    monkeypatch.setattr(module, "_ask", lambda *_: pytest.fail("decoded again"))
    for fit in ("crop", "letterbox"):
        item, _ = own(engine, name, lambda: pytest.fail("read again"), "me", fit=fit)
        x = item.encode()
        pixels = images.fit(images.decode(data), (224, 224), fit)
        np.testing.assert_array_equal(x[0], images.ImageInput().encode(pixels))
    engine.forget("me")
    assert not [key for key in engine.store._entries if "me" in key]


def test_a_file_that_is_no_longer_kept_is_decoded_outside_the_slot():
    engine, data = Engine(), picture(size=(300, 200))
    item, _ = own(engine, "file-0123456789ab", data, "me")
    turns = []
    decode = engine.decoder.decode

    def noted(*arguments):
        turns.append((engine.slot.length, engine.slot._busy))
        return decode(*arguments)

    engine.decoder.decode = noted
    engine.prediction(item)
    assert turns == [(0, False)]
    expected = images.fit(images.decode(data), (224, 224))
    np.testing.assert_array_equal(item.shown.pixels, expected)


def test_a_name_with_a_zero_in_it_is_a_name():
    class File(io.BytesIO):
        file_id, name, type = "1", "a\0b.png", "image/png"

    held = uploads.take([File(picture())], frozenset(), {}, Engine(), "me")
    assert held["1"].error == ""
    assert "\0" not in held["1"].title


def test_hostile_files_get_one_sentence_each_and_the_last_result_stays(app: AppTest):
    app.query_params["layer"] = "avg_pool"
    app.run()
    before = app.header[0].value
    names = ("jpeg: 5,000 scans", "png: no palette", "webp: 46 bytes for 40 megapixels")
    makers = hostile.makers()
    cut = io.BytesIO()
    Image.linear_gradient("L").save(cut, "GIF")
    files = [(f"{i}.png", makers[name](), "image/png") for i, name in enumerate(names)]
    files.append(("cut.gif", cut.getvalue()[:-200], "image/gif"))
    app.file_uploader(key="files").set_value(files)
    app.run()
    assert not app.exception
    assert len(app.error) == 4
    assert app.header[0].value == before
