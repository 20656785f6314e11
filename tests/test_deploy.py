"""What is in deploy/ agrees with the project, and with each other."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard import guard, settings
from dashboard.controls import quota
from tests.test_house import imports

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PORT = 8501
NORMAL = re.compile(r"[-_.]+")


def steps(file: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile with their words, lines joined and comments left out."""
    lines = [line for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(w[0], w[1]) for line in joined.splitlines() if len(w := line.split(None, 1)) == 2]


def locked() -> dict[str, tuple[str, int]]:
    """By name, the version of a package and how many sums it has."""
    found: dict[str, tuple[str, int]] = {}
    text = (DEPLOY / "requirements.lock").read_text()
    for name, version, rest in re.findall(
        r"^([\w.-]+)==(\S+?)(?: ;[^\n\\]*)? \\\n((?: {4}\S.*\n?)+)", text, re.MULTILINE
    ):
        found[NORMAL.sub("-", name).lower()] = version, rest.count("--hash=sha256:")
    assert len(found) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    return found


def test_the_lock_holds_what_the_requirements_say() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = dict(line.split(";")[0].split("==") for line in lines if not line.startswith("#"))
    held = locked()
    assert len(wanted) > 10
    assert {name: held[name][0] for name in wanted} == wanted
    assert "authlib" in held  # what a login needs, which deploy/requirements.in adds
    assert all(sums for _, sums in held.values())


def test_the_image_holds_what_the_server_imports_and_reads() -> None:
    copied = {
        source
        for step, words in steps(DEPLOY / "Dockerfile")
        if step == "COPY" and "--from" not in words
        for source in words.split()[:-1]
    }
    tracked = subprocess.run(
        ["git", "ls-files", *copied], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert all(any(name == c or name.startswith(f"{c}/") for name in tracked) for c in copied)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert all(any(c == path or path.startswith(f"{c}/") for path in let_in) for c in copied)
    assert ".streamlit/config.toml" in tracked
    files = [file for room in ("attribution", "dashboard") for file in (ROOT / room).rglob("*.py")]
    ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
    needed = {name for file in files for name in imports(file)} & ours
    assert needed <= copied


def test_the_image_is_not_roots_and_says_when_it_is_ready() -> None:
    said = steps(DEPLOY / "Dockerfile")
    names = [step for step, _ in said]
    given = dict(said)
    assert given["USER"] == "1000"
    assert names.index("USER") > max(i for i, n in enumerate(names) if n in ("RUN", "COPY"))
    assert given["EXPOSE"] == str(PORT)
    assert f"http://127.0.0.1:{PORT}{guard.READY}" in given["HEALTHCHECK"]
    assert '"-m", "dashboard", "serve"' in given["CMD"]
    installed = [words for step, words in said if step == "RUN" and "pip install" in words]
    assert len(installed) == 1
    assert {"--require-hashes", "--no-cache-dir"} <= set(installed[0].split())
    assert all(
        re.fullmatch(r"python:\$\{PYTHON\}-slim-bookworm.*", w) for s, w in said if s == "FROM"
    )


def kubernetes() -> dict[str, Any]:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes/neurons.yaml").read_text())
    return {each["kind"]: each for each in documents}


def test_two_replicas_share_a_secret_and_keep_their_sessions() -> None:
    found = kubernetes()
    pod = found["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert found["Deployment"]["spec"]["replicas"] == 2
    assert container["ports"][0]["containerPort"] == PORT
    secret = next(e for e in container["env"] if e["name"] == "STREAMLIT_SERVER_COOKIE_SECRET")
    assert secret["valueFrom"]["secretKeyRef"]
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] == guard.READY
    assert container["livenessProbe"]["httpGet"]["path"] == "/_stcore/health"
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod["securityContext"]["runAsUser"] == 1000
    assert {m["mountPath"] for m in container["volumeMounts"]} == {"/tmp"}
    notes = found["Ingress"]["metadata"]["annotations"]
    assert notes["nginx.ingress.kubernetes.io/affinity"] == "cookie"


def test_compose_runs_a_container_that_can_write_to_memory_alone() -> None:
    app = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["app"]
    assert app["read_only"] is True
    assert [t.partition(":")[0] for t in app["tmpfs"]] == ["/tmp"]
    assert app["cap_drop"] == ["ALL"]
    assert app["mem_limit"] == app["memswap_limit"]
    assert (ROOT / "deploy" / app["build"]["context"] / app["build"]["dockerfile"]).is_file()


def test_what_is_set_is_a_setting() -> None:
    """In every file of deploy/, those of ours exist, and values of switches are good."""
    app = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["app"]
    (container,) = kubernetes()["Deployment"]["spec"]["template"]["spec"]["containers"]
    space = next(w for s, w in steps(DEPLOY / "huggingface/settings.Dockerfile") if s == "ENV")
    said = {e["name"]: e["value"] for e in container["env"] if "value" in e}
    assert settings.wrong(said) == ""
    plain = {
        name: re.sub(r"\$\{\w+:[-?](.*)\}", r"\1", v) for name, v in app["environment"].items()
    }
    assert settings.wrong(plain) == ""
    assert settings.wrong(dict(w.split("=", 1) for w in shlex.split(space))) == ""
    for file in filter(Path.is_file, DEPLOY.rglob("*")):
        named = set(re.findall(r"ATTRIBUTION_\w+", file.read_text()))
        assert named <= set(settings.NAMES), file


@pytest.mark.parametrize("file", ["nginx.conf", "Caddyfile", "kubernetes/neurons.yaml"])
def test_proxies_let_through_what_the_server_takes(file: str) -> None:
    text = (DEPLOY / file).read_text()
    (most,) = re.findall(r"(?:client_max_body_size|max_size|proxy-body-size:) (\d+)(?:m|MB)", text)
    assert int(most) == quota.FILE_MEGABYTES + 2
    assert "metrics" in text or file.endswith("yaml")


def test_a_space_gets_all_that_its_image_needs(tmp_path: Path) -> None:
    subprocess.run([DEPLOY / "huggingface/space.sh", tmp_path], check=True)
    said = steps(tmp_path / "Dockerfile")
    for step, words in said:
        if step == "COPY" and "--from" not in words:
            assert all((tmp_path / source).exists() for source in words.split()[:-1])
    head = yaml.safe_load((tmp_path / "README.md").read_text().split("---")[1])
    assert (head["sdk"], head["app_port"]) == ("docker", PORT)
    # A Space is a frame of another site, and there alone does that protection keep visitors out.
    assert any("XSRF_PROTECTION=false" in words for step, words in said if step == "ENV")
    others = [f for f in DEPLOY.rglob("*") if f.is_file() and f.parent.name != "huggingface"]
    assert not [file for file in others if "XSRF_PROTECTION" in file.read_text()]
    assert max(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file()) < 10 * 2**20
