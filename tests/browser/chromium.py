"""The Chromium of the browser tests.

`python -m tests.browser.chromium` makes sure that there is one: the system's if it has one,
else Playwright's own, else Debian's package. It fails with the mend; no test is ever skipped.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import Error, sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600
PLAYWRIGHT = [sys.executable, "-m", "playwright", "install"]
DEBIAN = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes chromium"
MEND = f"""The browser tests need a Chromium, and none could be installed. One of these mends it:
  the system's own package, on Debian: apt-get install chromium
  Playwright's: {shlex.join([*PLAYWRIGHT, "--with-deps", "chromium"])}
  the path of any Chrome or Chromium in the environment variable CHROMIUM"""


def system_chromium() -> str | None:
    """Path of the Chromium named by $CHROMIUM or found on PATH, or None.

    Ubuntu's `chromium-browser` may be a stub that only asks for a snap, so each candidate is run.
    """
    if named := os.environ.get("CHROMIUM"):
        if not _runs(named):
            raise FileNotFoundError(f"CHROMIUM={named} is not a Chromium that runs.")
        return named
    return next((path for name in COMMANDS if (path := shutil.which(name)) and _runs(path)), None)


def ensure_chromium() -> str:
    """Say which Chromium the tests will use, installing one if need be."""
    if found := _available():
        return found
    for command in _installers():
        print(f"No Chromium found. Trying: {shlex.join(command)}", flush=True)
        _install(command)
        if found := _available():
            return found
    raise FileNotFoundError(MEND)


def _available() -> str | None:
    return system_chromium() or _playwright_chromium()


def _runs(path: str) -> bool:
    try:
        run = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def _playwright_chromium() -> str | None:
    with sync_playwright() as playwright:
        try:
            playwright.chromium.launch().close()
        except Error:  # not installed, or a shared library is missing
            return None
        return playwright.chromium.executable_path


def _installers() -> Iterator[list[str]]:
    has_apt = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    libraries = ["--with-deps"] if has_apt else []
    yield [*PLAYWRIGHT, *libraries, "chromium"]
    if has_apt:
        yield ["sh", "-c", DEBIAN]


def _install(command: list[str]) -> None:
    try:
        subprocess.run(command, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        print(f"Given up after {INSTALL_SECONDS} seconds.")


if __name__ == "__main__":
    try:
        print("Browser tests use", ensure_chromium())
    except FileNotFoundError as error:
        sys.exit(str(error))
