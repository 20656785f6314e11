"""Files that `Attribution.save` did not write: each is refused, in one sentence."""

import io
import json
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attribution import Attribution, InvalidRequest
from tests.attribution.saved_files import (
    about,
    load,
    npy,
    packed,
    refused,
    saved,
    unpacked,
    version_1,
)

EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another_layer": lambda a: a | {"layer": "other"},
    "a_newer_format": lambda a: a | {"format": 99},
    "a_format_that_is_true": lambda a: a | {"format": True},
    "no_layer": lambda a: {k: v for k, v in a.items() if k != "layer"},
    "one_key_more": lambda a: a | {"more": 1},
    "notes_of_numbers": lambda a: a | {"notes": [1]},
    "a_note_alone": lambda a: a | {"notes": "note"},
    "a_cut_by_number": lambda a: a | {"is_cut": 1},
    "a_tolerance_that_is_true": lambda a: a | {"tolerance": True},
    "a_tolerance_that_is_nan": lambda a: a | {"tolerance": float("nan")},
    "a_tolerance_beyond_floats": lambda a: a | {"tolerance": 10**400},
    "a_tolerance_below_zero": lambda a: a | {"tolerance": -1},
    "an_axis_beyond": lambda a: a | {"channel_axis": 9},
    "an_axis_below": lambda a: a | {"channel_axis": -1},
    "a_second_target": lambda a: a | {"target": 1},
    "a_list": lambda a: [a],
    "a_number": lambda a: 3,
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("edit", EDITS)
def test_a_description_that_was_edited(edit: str, version: int) -> None:
    data = version_1() if version == 1 else saved(load(version_1()))
    members = unpacked(data)
    members["about.npy"] = npy(np.array(json.dumps(EDITS[edit](about(members)))))
    if (edit, version) == ("another_layer", 1):  # format 1 has no digest: it cannot be told
        assert load(packed(members)).layer == "other"
    else:
        refused(io.BytesIO(packed(members)))


@pytest.mark.parametrize(
    "target",
    [
        True,
        1.5,
        [1.5],
        {"weights": [[1, True]]},
        {"weights": [[[1], 2.0]]},
        {"weights": [[1, float("inf")]]},
        {"weights": [1]},
        {"index": 3},
        {"index": [{"index": [True]}]},
        {"a": 1},
    ],
    ids=str,
)
def test_targets_that_no_request_has(target: Any) -> None:
    members = unpacked(version_1())
    del members["target.npy"]
    words = about(members) | {"target": target}
    members["about.npy"] = npy(np.array(json.dumps(words)))
    refused(io.BytesIO(packed(members)))
    words |= {"target": {"weights": [[{"index": [1, 0]}, -2.0]]}}
    members["about.npy"] = npy(np.array(json.dumps(words)))
    assert load(packed(members)).target == {(1, 0): -2.0}


TEXTS = {
    "deep": "[" * 100_000,
    "deep_and_closed": "[" * 100_000 + "]" * 100_000,
    "twice": '{"format": 1, "format": 1}',
    "cut": '{"format": 1',
    "nothing": "",
    "digits": "9" * 10_000,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_description_that_is_no_plain_json(text: str) -> None:
    members = unpacked(version_1())
    refused(io.BytesIO(packed(members | {"about.npy": npy(np.array(TEXTS[text]))})))


ARRAYS: dict[str, Any] = {
    "gap": np.zeros(2),
    "error": np.array([-0.1]),
    "evaluations": np.array([1.5]),
    "converged": np.array([1]),
    "f_input": np.array([4]),
    "f_baseline": np.array(["2"]),
    "scores": np.array(3.0),
    "standard_error": np.zeros((1, 2)),
    "target": np.array([2.0]),
    "about": np.array(3),
    "resolution": np.array([2.0]),
    "more": np.zeros(1),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_do_not_fit_the_others(name: str, version: int) -> None:
    data = version_1() if version == 1 else saved(load(version_1()))
    members = unpacked(data)
    said = refused(io.BytesIO(packed(members | {f"{name}.npy": npy(ARRAYS[name])})))
    assert name in said or name == "about"
    if f"{name}.npy" in members:
        del members[f"{name}.npy"]
        if name not in ("target", "standard_error") and (name, version) != ("converged", 2):
            said = refused(io.BytesIO(packed(members)))
            assert name in said or name == "about"


def header(text: str, content: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    line = text.encode() + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(line)) + line + content


def form(descr: str, shape: str, order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


LIES = {
    "more_than_there_is": header(form("'<f8'", "(2,)"), bytes(8)),
    "less_than_there_is": header(form("'<f8'", "(1,)"), bytes(16)),
    "more_than_memory": header(form("'<f8'", "(1000000000000,)"), bytes(8)),
    "shape_below_zero": header(form("'<f8'", "(-1,)"), bytes(8)),
    "shape_of_words": header(form("'<f8'", "('1',)"), bytes(8)),
    "shape_is_true": header(form("'<f8'", "(True,)"), bytes(8)),
    "too_many_axes": header(form("'<f8'", f"({'1, ' * 70})"), bytes(8)),
    "an_axis_beyond_the_machine": header(form("'<f8'", f"(0, {9**18})")),
    "objects": header(form("'|O'", "(1,)"), b"cos\nsystem\n(S'true'\ntR."),
    "a_structure": header(form("[('a', '<f8')]", "(1,)"), bytes(8)),
    "no_such_type": header(form("'<f3'", "(1,)"), bytes(3)),
    "nothing_in_characters": header(form("'<U0'", "(1000000000000000000,)")),
    "a_program": header("__import__('os')", bytes(8)),
    "deep": header("(" * 9000, bytes(8)),
    "another_version": header(form("'<f8'", "(1,)"), bytes(8), b"\x02\x00"),
    "nothing": b"",
    "a_pickle": b"\x80\x04K\x01.",
}


@pytest.mark.parametrize("name", ["gap", "about"])
@pytest.mark.parametrize("lie", LIES)
def test_headers_that_lie(lie: str, name: str) -> None:
    members = unpacked(version_1()) | {f"{name}.npy": LIES[lie]}
    refused(io.BytesIO(packed(members)))


def test_a_description_of_codes_that_are_no_characters() -> None:
    content = header(form("'<U2'", "()"), b"\xff" * 8)
    refused(io.BytesIO(packed(unpacked(version_1()) | {"about.npy": content})))


def test_a_small_file_that_would_fill_the_memory(tmp_path: Path) -> None:
    """A quarter of a gigabyte in a megabyte: refused before anything is unpacked."""
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in unpacked(version_1()).items():
            if name != "scores.npy":
                archive.writestr(name, content)
        with archive.open("scores.npy", "w", force_zip64=True) as stream:
            stream.write(header(form("'<f4'", "(1, 262144, 1024)")))
            for _ in range(256):
                stream.write(bytes(2**20))
    assert path.stat().st_size < 2**21
    assert "memory" in refused(path)


def test_a_member_that_is_longer_than_the_list_says() -> None:
    content = bytearray(packed(unpacked(version_1()) | {"gap.npy": npy(np.zeros(10**6))}))
    real, said = struct.pack("<L", len(npy(np.zeros(10**6)))), len(npy(np.zeros(1)))
    assert content.count(real) >= 2
    refused(io.BytesIO(bytes(content).replace(real, struct.pack("<L", said))))


def test_what_zip_files_can_be_besides() -> None:
    members = unpacked(version_1())
    good = packed(members, zipfile.ZIP_STORED)
    assert load(good).layer == "relu"
    encrypted = bytearray(good)
    for place in (i for i in range(len(good)) if good[i : i + 4] in (b"PK\x03\x04", b"PK\x01\x02")):
        encrypted[place + (6 if good[place + 2] == 3 else 8)] |= 1
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in [*members.items(), ("gap.npy", members["gap.npy"])]:
                archive.writestr(name, content)
    others = {
        "encrypted": bytes(encrypted),
        "a member twice": file.getvalue(),
        "packed by lzma": packed(members, zipfile.ZIP_LZMA),
        "packed by bzip2": packed(members, zipfile.ZIP_BZIP2),
        "two members of one name": packed(members | {"gap": members["gap.npy"]}),
        "many members": packed(members | {f"{i}.npy": b"" for i in range(5000)}),
        "a comment": good[:-2] + b"\x02\x00hi",
        "no end": good[:-22],
        "an end alone": good[-22:],
        "nothing": b"",
    }
    for data in others.values():
        refused(io.BytesIO(data))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "two\nlines.npz").write_bytes(b"PK")
    refused(tmp_path / "pipe.npz")
    refused(tmp_path / "folder.npz")
    refused(tmp_path / "empty.npz")
    with pytest.raises(InvalidRequest, match=r"two\\nlines"):
        Attribution.load(tmp_path / "two\nlines.npz")
    refused(tmp_path / "empty.npz" / "inside.npz")
    refused(tmp_path / ("x" * 5000))
    refused("nul\0.npz")
    refused("/dev/zero")
    with pytest.raises(FileNotFoundError):
        Attribution.load(tmp_path / "missing.npz")
    closed = io.BytesIO(version_1())
    closed.close()
    for other in (closed, io.StringIO("words"), None, 3, b"bytes", [1]):
        refused(other)
