"""A decoder that a file took over: it holds nobody up, and what it answers is not believed."""

import hashlib
import threading

import pytest

from dashboard.work import decoder as module
from dashboard.work.decoder import Decoder
from dashboard.work.workshop import Refused
from tests.dashboard.test_decoder import CROP, at_work, linux

__all__ = ["at_work"]  # a fixture


def answering(monkeypatch, folder, program):
    """Decoders run this program instead of their own, as one that was taken over would."""
    (folder / "dashboard" / "work").mkdir(parents=True)
    read = "import os, sys, time\nsys.stdin.buffer.read()\n"
    (folder / "dashboard" / "work" / "decoder_process.py").write_text(read + program)
    monkeypatch.setattr(module, "_ROOT", folder)
    return Decoder()


GOOD = '{"digest": "0", "notes": [], "final": true}'  # of another file


@linux
@pytest.mark.parametrize(
    "program",
    [
        "os.close(1); time.sleep(60)",
        "time.sleep(60)",
        "os.fork() or time.sleep(60)",  # a child of its own holds its output open
        "os.fork(); os.close(1); time.sleep(60)",
    ],
)
def test_patience_ends_whatever_a_process_does(program, monkeypatch, tmp_path, at_work):
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    decoder = answering(monkeypatch, tmp_path, program)
    outcomes = []

    def work():
        try:
            decoder.decode(b"", [CROP])
        except Refused as refused:
            outcomes.append(str(refused))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    assert outcomes == ["The picture was not decoded in 1 s; try again."]
    assert at_work(decoder) == []
    assert not decoder._quick._busy


@linux
@pytest.mark.parametrize(
    "said",
    [
        "",
        "no JSON",
        "[" * 100_000,
        "[]",
        "{}",
        '{"final": true}',
        '{"error": 3, "final": true}',
        '{"notes": [[]], "final": true}',
        '{"notes": 5, "final": true}',
        GOOD,  # without the pixels
        "\\xff" * 9,
    ],
)
def test_an_answer_that_is_none_is_refused(said, monkeypatch, tmp_path):
    decoder = answering(monkeypatch, tmp_path, f"print({said!r})")
    for ask in (lambda: decoder.decode(b"", [CROP]), lambda: decoder.records(b"")):
        with pytest.raises(Refused, match="cannot be decoded; ") as refused:
            ask()
        assert "\n" not in str(refused.value)


@linux
def test_no_more_is_read_than_was_asked_for(monkeypatch, tmp_path, at_work):
    monkeypatch.setattr(module, "_HEAD", 1_000)
    body = f"sys.stdout.buffer.write({GOOD.encode()!r} + b'\\n' + bytes(3 * 224 * 224))\n"
    endless = "while True: sys.stdout.buffer.write(bytes(1000))"
    decoder = answering(monkeypatch, tmp_path, body)
    decoded = decoder.decode(b"", [CROP])
    assert decoded.frames[CROP].shape == (224, 224, 3)
    assert decoded.digest == hashlib.sha256(b"").hexdigest()  # whatever the process says of it
    program = tmp_path / "dashboard" / "work" / "decoder_process.py"
    program.write_text("import sys\n" + body + endless)
    decoder = Decoder()  # no process waits for it that has read the other program
    with pytest.raises(Refused, match="cannot be decoded"):
        decoder.decode(b"", [CROP])
    assert at_work(decoder) == []


@linux
def test_a_process_sees_no_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "sesame")
    monkeypatch.setenv("LC_NUMERIC", "C")
    tell = "import json; print(json.dumps({'error': ' '.join(sorted(os.environ)), 'final': True}))"
    with pytest.raises(Refused) as refused:
        answering(monkeypatch, tmp_path, tell).decode(b"", [CROP])
    names = str(refused.value).split()
    assert {"PATH", "LC_NUMERIC", "OMP_NUM_THREADS"} <= set(names)
    assert all(n in (*module._KEPT, *module._ALONE) or n.startswith("LC_") for n in names)
