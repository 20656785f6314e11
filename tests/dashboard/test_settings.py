"""What the environment says of a server: read in one place, checked, and listed in the docs."""

import ast
import re
from pathlib import Path

import pytest

from dashboard import settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ATTRIBUTION_UPLAODS", "0", "is no setting: ATTRIBUTION_UPLOADS is."),
        ("ATTRIBUTION_LESSON_ONLY", "1", "is no setting: ATTRIBUTION_LESSONS_ONLY is."),
        ("ATTRIBUTION_UPLOADS", "off", "is 'off', and 0 or 1 is expected."),
        ("ATTRIBUTION_FILE_MB", "0", "a whole number of megabytes from 1 to 10,000 is expected."),
        ("ATTRIBUTION_FRAME_ANCESTORS", "https://a.example; script-src *", "addresses such as"),
        ("ATTRIBUTION_FRAME_ANCESTORS", "'self', https://a.example", "addresses such as"),
        ("ATTRIBUTION_LOGIN", "everyone", "1, 0, or addresses and @domains"),
    ],
)
def test_what_is_wrong_is_one_sentence(name: str, value: str, words: str) -> None:
    said = settings.wrong({"PATH": "/bin", name: value})
    assert said.startswith(f"{name} is ")
    assert words in said
    assert said.count(". ") == 0


def test_what_is_good_is_not_refused() -> None:
    good = {
        "ATTRIBUTION_UPLOADS": "0",
        "ATTRIBUTION_UPLOAD_MODELS": "",
        "ATTRIBUTION_FILE_MB": "25",
        "ATTRIBUTION_FRAME_ANCESTORS": "'self' https://*.example.org:8443 https://huggingface.co",
        "ATTRIBUTION_LOGIN": "ada@example.org, @uni.example",
        "ATTRIBUTION_METRICS_TOKEN": "a b",
        "ATTRIBUTION_PORT_8501_TCP_ADDR": "10.0.0.1",  # as a cluster adds for a service
        "ATTRIBUTION_SERVICE_HOST": "10.0.0.1",
    }
    assert settings.wrong(good) == ""


def test_a_wrong_limit_is_the_usual_one_until_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTRIBUTION_FILE_MB", "ten")
    assert settings.megabytes("ATTRIBUTION_FILE_MB") == 10
    monkeypatch.setenv("ATTRIBUTION_FILE_MB", "25")
    assert settings.megabytes("ATTRIBUTION_FILE_MB") == 25


def test_models_are_not_sent_where_no_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_UPLOAD_MODELS", "1")
    assert settings.sent_models()
    monkeypatch.setenv("ATTRIBUTION_UPLOADS", "0")
    assert not settings.sent_models()


def test_the_docs_list_every_setting_and_no_other() -> None:
    text = (ROOT / "docs/server.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(ATTRIBUTION_\w+)", text, re.MULTILINE)
    assert sorted(rows) == sorted(settings.NAMES)
    for name, megabytes in settings.LIMITS.items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}")]
        assert f"| {megabytes} |" in row


def test_settings_alone_read_what_is_ours_of_the_environment() -> None:
    for file in (ROOT / "dashboard").rglob("*.py"):
        texts = [
            n.value for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Constant)
        ]
        named = [t for t in texts if isinstance(t, str) and re.fullmatch(r"ATTRIBUTION_\w+", t)]
        assert not named or file.name == "settings.py", file
