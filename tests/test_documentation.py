"""Every command and every Python session of README and docs runs, and prints what the page shows."""

from __future__ import annotations

import ast
import contextlib
import doctest
import http.server
import inspect
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import validator
from tests import documents

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGES = documents.pages()
NAMES = [str(page.relative_to(documents.ROOT)) for page in PAGES]


def _environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_", "GITHUB_", "COV_"))
    }
    return {
        **kept,
        "PATH": path,
        "HOME": str(home),
        "COLUMNS": "120",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONTRACT_CACHE": str(home / "cache"),
    }


def _follow(page: Path, place: Path) -> str | None:
    """Do what a page tells its reader to do; what differs from what it shows, or None."""
    home, folder = place / "home", place / "work"
    home.mkdir(parents=True)
    folder.mkdir()
    try:
        return _done(page, home, folder)
    finally:
        # A page stops the server it has started; one that failed on the way has not.
        for file in folder.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text("ascii")), signal.SIGTERM)


_DATABASE = "db.example:6379"


def _database() -> str:
    """Host and port of a Redis server made for the asking."""
    import fakeredis

    server = fakeredis.TcpFakeServer(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_address[1]}"


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def _done(page: Path, home: Path, folder: Path) -> str | None:
    port = _free_port()
    database = _database() if _DATABASE in page.read_text("utf-8") else ""
    for step in documents.steps(page):
        # Pages show the port that serve takes by itself; here it may be taken.
        text = step.text.replace("4570", port).replace(_DATABASE, database)
        if isinstance(step, documents.File):
            (folder / step.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.name).write_text(text, "utf-8")
            continue
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=folder,
            env=_environment(home),
            capture_output=True,
            text=True,
            timeout=180,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        printed = done.stdout + done.stderr
        where = f"{page.name}:{step.line}: {step.text}"
        if done.returncode != step.status:
            return f"{where}\nleft with {done.returncode}\n{printed}"
        if not step.matches(printed):
            return f"{where}\nprinted\n{printed}\nnot\n" + "\n".join(step.output)
    return None


@pytest.fixture(scope="module")
def followed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], str | None]]:
    """Follows pages: the selected ones side by side, since each waits for processes of its own."""
    place = tmp_path_factory.mktemp("pages")

    def begin(page: Path) -> Future[str | None]:
        return pool.submit(_follow, page, place / str(PAGES.index(page)))

    with ThreadPoolExecutor(1 if "PYTEST_XDIST_WORKER" in os.environ else os.cpu_count() or 1) as pool:
        begun: dict[Path, Future[str | None]] = {}
        if "PYTEST_XDIST_WORKER" not in os.environ:
            wanted = [item for item in request.session.items if getattr(item, "originalname", "") == _SESSIONS]
            begun = {item.callspec.params["page"]: begin(item.callspec.params["page"]) for item in wanted}
        yield lambda page: (begun.get(page) or begin(page)).result()


_SESSIONS = "test_sessions_of_a_page_run_as_shown"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_sessions_of_a_page_run_as_shown(page: Path, followed: Callable[[Path], str | None]) -> None:
    difference = followed(page)
    assert difference is None, difference


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_what_is_not_run_says_why(page: Path) -> None:
    for block, reason in documents.reasons(page):
        assert len(reason.split()) > 3, f"{page.name}:{block.line} is not run, and gives no reason"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_of_a_page_is_right(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    globals_: dict[str, object] = {}
    for block in documents.blocks(page):
        if block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.text, globals_, page.name, str(page), block.line)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
            said: list[str] = []
            runner.run(test, out=said.append, clear_globs=False)
            assert not runner.failures, "".join(said)
            globals_ = test.globs
        elif block.language == "python":
            tree = ast.parse(block.text, f"{page.name}:{block.line}")
            if block.rest.startswith("run"):
                exec(compile(tree, f"{page.name}:{block.line}", "exec"), globals_)


class _TakesAll(http.server.BaseHTTPRequestHandler):
    """A service that refuses nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


_PHASES = """
from hypothesis import Phase
settings.register_profile("some", settings.get_profile("farm"), phases=[Phase.{}])
settings.load_profile("some")
"""


@pytest.mark.slow
def test_what_one_machine_saw_fail_the_others_try_first(tmp_path: Path) -> None:
    page = documents.ROOT / "docs" / "howto" / "fuzz-your-emulator.md"
    files = {step.name: step.text for step in documents.steps(page) if isinstance(step, documents.File)}
    database = _database()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _TakesAll) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def machine(name: str, number: int, phase: str) -> subprocess.CompletedProcess[str]:
            folder = tmp_path / name
            folder.mkdir()
            (folder / "conftest.py").write_text(files["conftest.py"] + _PHASES.format(phase), "utf-8")
            (folder / "test_emulator.py").write_text(files["test_emulator.py"], "utf-8")
            places = {
                "EXAMPLES_URL": f"redis://{database}/{number}",
                "EMULATOR_URL": f"http://127.0.0.1:{server.server_address[1]}",
            }
            return subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_emulator.py"],
                cwd=folder, env={**_environment(tmp_path), **places}, capture_output=True, text=True,
                timeout=120, check=False,
            )  # fmt: skip

        first = machine("first", 0, "generate")
        assert "accepted, though" in first.stdout, first.stdout + first.stderr
        # With the examples of others and no new ones: what then fails was learnt from them.
        second, stranger = machine("second", 0, "reuse"), machine("stranger", 1, "reuse")
        server.shutdown()
    assert "accepted, though" in second.stdout, second.stdout
    assert "1 failed" not in stranger.stdout, stranger.stdout


def test_every_command_is_documented() -> None:
    from validator import cli

    readme = PAGES[0].read_text("utf-8")
    reference = (documents.ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    for name in cli.COMMANDS:
        assert f"## `{name}`" in reference
        assert f"`{name}`" in readme or f"aws-contract {name}" in readme, f"README does not name {name}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_data_and_sessions_are_marked_as_what_they_are(page: Path) -> None:
    for block in documents.blocks(page):
        where = f"{page.name}:{block.line}"
        assert block.language, f"{where}: a block without a language"
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)
        if block.language not in ("console", "python", "pycon"):
            assert not block.text.startswith("$ "), f"{where}: a session that nobody runs; mark it as console"


def test_every_public_name_is_documented() -> None:
    from validator import emulator, strategies

    text = (documents.ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
    methods = ["client", "patch", "advance", "reset", "close", "now", "pass_time", "handle", "exchange"]
    assert all(callable(getattr(emulator.Emulator, name)) for name in methods)
    arguments = inspect.signature(emulator.Emulator).parameters
    plugin = ["--aws-contract", "--aws-contract-report", "--aws-contract-fail-under", "aws_contract", "aws_emulator",
              "aws_contract_ignore"]  # fmt: skip
    for name in (*validator.__all__, *strategies.__all__, *methods, *arguments, *plugin):
        assert re.search(rf"`(@pytest\.mark\.)?{re.escape(name)}\b", text), f"python.md does not name {name}"


@pytest.mark.parametrize("name", ["attach", "detach", "load"])
def test_signatures_are_documented_as_they_are(name: str) -> None:
    text = (documents.ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
    shown = re.search(rf"`{name}\((.*?)\)`", text)
    assert shown is not None
    names = re.findall(r"(\w+)(?:=[^,]+)?", shown[1].replace("*, ", ""))
    assert names == list(inspect.signature(getattr(validator, name)).parameters)


def test_every_room_is_in_the_picture() -> None:
    text = (documents.ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {
        path.stem
        for path in (documents.ROOT / "validator").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    for part in ("## Floors", "## Rooms"):
        table = text.partition(part)[2].partition("\n## ")[0]
        missing = rooms - {"__init__"} - set(re.findall(r"`(\w+)`", table))
        assert not missing, f"{part} of architecture.md lacks {sorted(missing)}"


def test_every_benchmark_has_a_line() -> None:
    text = (documents.ROOT / "docs" / "performance.md").read_text("utf-8")
    for path in (documents.ROOT / "benchmarks").glob("bench_*.py"):
        assert path.name in text, f"performance.md does not name {path.name}"


def test_nothing_to_contribute_takes_more_than_five_steps() -> None:
    pages = [documents.ROOT / "CONTRIBUTING.md", documents.ROOT / "docs" / "howto" / "add-an-erratum.md"]
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.search(r"^6\. ", text, re.MULTILINE)
        for name in re.findall(r"`((?:validator|tests|docs|schemas|fixtures)/[\w./-]+)`", text):
            if not re.search("NAME|SERVICE", name):
                assert (documents.ROOT / name).exists(), f"{page.name} names {name}, which is not there"


def test_every_page_builds_without_a_warning(tmp_path: Path) -> None:
    for needed in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(needed, reason=f"{needed} is not installed; it is in the extra docs")
    words = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-d",
        str(tmp_path / "trees"),
        "docs",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(words, cwd=documents.ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_links_of_pages_outside_the_site_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (documents.ROOT / name).read_text("utf-8")):
            assert (documents.ROOT / target).exists(), f"{name} links to {target}"


def test_reference_pages_are_what_the_code_says() -> None:
    sys.path.insert(0, str(documents.ROOT / "docs"))
    try:
        import reference_pages
    finally:
        sys.path.pop(0)
    for name in reference_pages.PAGES:
        committed = (documents.ROOT / "docs" / "reference" / f"{name}.md").read_text("utf-8")
        assert committed == reference_pages.text(name), (
            f"run: python docs/reference_pages.py ({name}.md is out of date)"
        )


def test_no_page_names_a_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=documents.ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    for name in tracked.stdout.split():
        path = documents.ROOT / name
        if path.suffix in (".md", ".py", ".toml", ".yaml", ".yml") and path.is_file():
            content = path.read_text("utf-8")
            for word in (
                "/root/" + ".",
                "/work/" + "main",
                "pypi." + "org",
                "registry." + "npmjs",
                "files." + "pythonhosted",
            ):
                assert word not in content, f"{name} names {word}"
