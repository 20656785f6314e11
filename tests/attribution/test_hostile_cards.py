"""Cards of ill will: each is refused with a sentence, nothing runs, nothing is read elsewhere."""

import os
import time
from pathlib import Path

import pytest

from attribution import InvalidCard, cards

START = "title: a\ninputs: {x: {kind: array}}\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = {
    "a Python call": "source: !!python/object/apply:os.system ['touch MARKER']\n",
    "a Python object": "source: !!python/object/new:os.system [touch MARKER]\n",
    "a module": "source: !!python/module:os\n",
    "a tag of one's own": "source: !evil {a: b}\n",
    "a tag by a directive": "%TAG !p! tag:yaml.org,2002:python/\n---\nsource: !p!name:os.system\n",
    "a standard tag": "source: !!binary aGk=\n",
    "a bomb of aliases": BOMB,
    "an alias of itself": "source: &a [*a]\n",
    "a merge": "defaults: &d {title: b}\n<<: *d\n",
    "an anchor": "source: &a text\n",
    "deep nesting": "source: " + "[" * 200_000,
    "deep blocks": "".join("  " * i + f"k{i}:\n" for i in range(500)),
    "many values": "source: [" + "1," * 150_000 + "1]\n",
    "a number of a million digits": "source: [" + "9" * 900_000 + "]\n",
    "a letter beyond Unicode": 'source: "\\UFFFFFFFF"\n',
    "a half of a letter": 'source: "\\ud800"\n',
    "not a number": "source: .nan\n",
    "an infinite number": "source: -.INF\n",
    "a key twice": "source: a\nsource: b\n",
    "a key that is a list": "? [a]\n: b\n",
    "two documents": "---\ninputs: 3\n",
    "a directive": "%YAML " + "9" * 5_000 + ".1\n---\ntitle: a\n",
    "a tab": "source:\n\t- a\n",
    "an unknown field": "__class__: Card\n",
    "a list for a text": "licence: [a]\n",
    "a number for a text list": "samples: 1e400\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_refused_and_does_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my.yaml"
    text = TEXTS[name]
    directive = text.startswith("%")
    path.write_text(text if directive else START + text, encoding="utf-8")
    before = sorted(os.listdir(tmp_path))
    began = time.process_time()
    with pytest.raises(InvalidCard) as refused:
        cards.read(path)
    assert time.process_time() - began < 20
    said = str(refused.value)
    assert said.startswith("my.yaml")
    assert said.isprintable()
    assert len(said) < 500
    assert sorted(os.listdir(tmp_path)) == before  # no MARKER


def test_the_marker_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a loader that trusts its text does with the first of them."""
    import yaml

    monkeypatch.chdir(tmp_path)
    yaml.load(TEXTS["a Python call"], Loader=yaml.UnsafeLoader)
    assert (tmp_path / "MARKER").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A card's folder, beside a secret."""
    (tmp_path / "secret.txt").write_text("root:secret\n")
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "round.txt").symlink_to(folder / "round.txt")
    (folder / "inner").mkdir()
    os.mkfifo(folder / "pipe.txt")
    return folder


FIELDS = {
    "names": "outputs: {{kind: classes, names: {}}}\n",
    "sample": "samples: [{{file: {}}}]\n",
    "vocabulary": "inputs: {{x: {{kind: tokens, vocabulary: {}}}}}\n",
    "features": "inputs: {{x: {{kind: table, features: {}}}}}\n",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "file",
    ["../secret.txt", "inner/../../secret.txt", "/etc/passwd", "link.txt", "round.txt", "inner",
     "pipe.txt", '"a\\0b"', "a" * 5_000, "none.txt", "''"],
)  # fmt: skip
def test_no_way_out_of_the_folder(field: str, file: str, folder: Path) -> None:
    text = FIELDS[field].format(file)
    if "inputs" not in text:
        text = "inputs: {x: {kind: array}}\n" + text
    (folder / "my.yaml").write_text(text)
    with pytest.raises(InvalidCard) as refused:
        cards.read(folder / "my.yaml")
    assert "secret\n" not in str(refused.value)
    assert "root:" not in str(refused.value)
    assert "line" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("names.txt", b"a\n\nb\n"),
        ("names.txt", b"\xff\xfe"),
        ("names.json", b'{"a": 1}'),
        ("names.json", b"[" * 100_000),
        ("names.yaml", b"- !!python/name:os.system\n"),
        ("names.yaml", b"a: b\n"),
        ("names.yaml", b"- [a]\n"),
        ("names.txt", b"a" * 2_000),
    ],
)
def test_files_of_names_are_checked(name: str, data: bytes, folder: Path) -> None:
    (folder / name).write_bytes(data)
    (folder / "my.yaml").write_text("inputs: {x: {kind: array}}\n" + FIELDS["names"].format(name))
    with pytest.raises(InvalidCard, match=r"^my.yaml, line 2: outputs.names") as refused:
        cards.read(folder / "my.yaml")
    assert len(str(refused.value)) < 500
