"""What a report is made of, as a browser would take it apart."""

import base64
import hashlib
import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from plotly.offline import get_plotlyjs
from streamlit.testing.v1 import AppTest

from dashboard.export.sheet import Sheet, sheet_files
from dashboard.export.subject import Subject
from dashboard.text import plain


def hold_the_same(app: AppTest, of: Subject | Sheet) -> None:
    """Each figure that the page shows is in its report, with its sentence and its numbers; and
    each picture, and each text in colours."""
    offered = sheet_files(of) if isinstance(of, Sheet) else of.kind.files(of)
    page = next(file for file in offered if file.key == "html").build().decode()
    report, shown = Taken(page), drawn(page)
    charts = app.main.get("plotly_chart")  # not the network that the sidebar draws
    assert charts
    for chart in charts:
        assert numbers(json.loads(chart.proto.spec)["data"]) in shown
    captions = [caption.strip() for caption in re.findall(r"<figcaption>(.*?)<", page)]
    told = [unescape(caption) for caption in captions]
    for chart in charts:
        assert any(chart.proto.alt.startswith(plain(caption)) for caption in told)
    pictures = app.main.get("image")[1:]  # the first is the small one for phones
    words = [e.value for e in app.main.get("html") if 'role="img"' in e.value]
    assert all(word in page for word in words)
    assert len(told) == report.tags.count("figure") == len(charts) + len(words) + len(pictures)


def drawn(page: str) -> list[Any]:
    """The numbers of each figure of a report."""
    marks = re.finditer(r'Plotly.newPlot\(\s*"[^"]*",\s*', page)
    decoder = json.JSONDecoder()
    return [numbers(decoder.raw_decode(page, mark.end())[0]) for mark in marks]


def numbers(data: list[dict[str, Any]]) -> list[Any]:
    """What a figure shows, without how it is hovered over and coloured."""
    return [[trace.get(name) for name in ("type", "x", "y", "z")] for trace in data]


class Taken(HTMLParser):
    """words : what is read. scripts : but for Plotly's own. links : what it goes to or loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.words, self.policy = "", ""
        self.feed(page.replace(get_plotlyjs(), "library"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.tags and self.lasttag == "script" and self.cdata_elem == "script":
            self.scripts.append(data)
        elif self.lasttag != "style" or self.cdata_elem != "style":
            self.words += data

    @property
    def allowed(self) -> set[str]:
        """Digests of the scripts that the policy lets run."""
        return set(re.findall(r"'sha256-([^']+)'", self.policy))

    def is_closed(self) -> bool:
        """Whether it runs the scripts that it came with, loads nothing and sends nothing."""
        scripts = [get_plotlyjs() if s == "library" else s for s in self.scripts]
        found = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts}
        strict = "default-src 'none'" in self.policy and "script-src 'sha256-" in self.policy
        return strict and found == self.allowed and not {"img", "iframe", "link"} & {*self.tags}
