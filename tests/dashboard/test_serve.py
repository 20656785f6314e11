"""The dashboard is served by one command, from any folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_module_serves_the_app_with_the_options_of_streamlit(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    options = ["--server.headless=true", "--server.address=localhost", f"--server.port={port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    log = tmp_path / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "serve", *options],
            cwd=tmp_path,
            env=environment,
            stdout=said,
            stderr=said,
        )
    try:
        until = time.monotonic() + 60
        while not healthy(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(20)


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def test_another_command_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "teach"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice: 'teach'" in done.stderr
