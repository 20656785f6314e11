"""What a report is made of, as a browser would take it apart."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from plotly.offline import get_plotlyjs


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
