"""What somebody zips and sends for a run: within limits, and nowhere but in its folder."""

import io
import zipfile
from pathlib import Path

import pytest

from attribution.inputs.labelled import UNPACKED
from dashboard.work import datasets
from dashboard.work.workshop import Refused


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    names = (
        *("../../evil.png", "/etc/evil.png", "..\\..\\evil.png", "C:/evil.png", "../evil/a.png"),
        *("cats/../../../evil.png", "cats/ok.png", ".../x.png", "cats/.hidden.png", "a\0b/c.png"),
    )
    place = datasets.unpacked(
        tmp_path / "in" / "run-1", zipped(**{n: n.encode() for n in names}), "set.zip", "image"
    )
    assert place == tmp_path / "in" / ".run-1.data"
    laid = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert laid
    assert all(
        path.is_relative_to(place) and len(path.relative_to(place).parts) <= 2 for path in laid
    )
    assert (place / "cats").is_dir()
    assert not any("hidden" in path.name for path in laid)


def test_classes_are_the_folders_and_files_of_one_name_stay_apart(tmp_path: Path) -> None:
    data = zipped(**{"set/cats/1.png": b"a", "other/cats/1.png": b"b", "set/dogs/1.png": b"c"})
    place = datasets.unpacked(tmp_path / "run", data, "set.zip", "image")
    held = sorted((path.parent.name, path.read_bytes()) for path in place.rglob("*.png"))
    assert held == [("cats", b"a"), ("cats", b"b"), ("dogs", b"c")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"no zip", "no .zip file, or damaged"),
        (zipped(**{"cats/1.txt": b"x"}), "holds no inputs of this network"),
        (zipped(**{"cats/zeros.png": bytes(UNPACKED + 1)}), "unpacks to more than 64 MB"),
        (zipped(**{f"c/{i}.png": b"" for i in range(datasets.MOST + 1)}), "more than 2,000 files"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_in_a_sentence(
    tmp_path: Path, data: bytes, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        datasets.unpacked(tmp_path / "run", data, "set.zip", "image")
    assert not list(tmp_path.rglob("*.png"))
