"""Hostile files: each gets one line, the good file beside it is still checked, and the status is 2."""

from __future__ import annotations

import copy
import gzip
import io
import json
import os
import random
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from validator.__main__ import run
from validator.batch import Tally
from validator.recordings import yamls
from validator.recordings.detect import Given
from validator.recordings.limits import Limits
from validator.shards import check_all, cut

LINE = b'{"service": "personalize", "operation": "ListDatasetImportJobs", "request": {"maxResults": 101}}\n'
PILL = json.dumps({"status_code": 200, "data": {"datasetImportJobs": [], "ResponseMetadata": {}}}).encode()
SMALL = Limits(document=1 << 20, line=1 << 16, body=1 << 16, archive=1 << 22, members=50, nodes=10_000, depth=100)


def bomb_of_aliases() -> bytes:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join([*rows, "interactions: [{request: *a9}]"]).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return held.getvalue()


def half_of_a_zip() -> bytes:
    whole = zipped({"personalize.ListDatasetImportJobs_1.json": PILL})
    return whole[: len(whole) // 2]


# file name -> its content, and what its line says.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "deep-block.yaml": (lambda: "\n".join(" " * n + "a:" for n in range(1000)).encode(), "nested too deeply"),
    "tag.yaml": (lambda: b"interactions:\n- request: !!python/object/apply:os.system ['touch /tmp/never']\n", "tag"),
    "ruby.yaml": (lambda: b"interactions:\n- request: !ruby/object:Gem::Installer {i: x}\n", "tag"),
    "aliases.yaml": (bomb_of_aliases, "aliases unfold to more than"),
    "loop.yaml": (lambda: b"interactions: &a\n- request: {a: *a}\n", "refers to itself"),
    "twins.yaml": (lambda: b"interactions:\n- request: {uri: a, uri: b}\n", "there twice"),
    "broken.yaml": (lambda: b"interactions:\n- request: [\n", "not readable YAML at line"),
    "deep.yaml": (lambda: b"interactions: " + b"[" * 20_000, "nested too deeply"),
    "deep.json": (lambda: b'{"log": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    "deep-enough.json": (lambda: b'{"log": ' + b"[" * 300 + b"]" * 300 + b"}", "nested too deeply"),
    "twins.json": (lambda: b'{"status_code": 200, "data": {"a": 1, "a": 2}}', "the member 'a' is there twice"),
    "truncated.json": (lambda: PILL[:-5], "not JSON"),
    "empty.json": (lambda: b"", "empty"),
    "latin.json": (lambda: b'{"status_code": 200, "data": {"a": "\xe9"}}', "not UTF-8 at byte 36"),
    "large.json": (lambda: b'{"log": "' + b"x" * (1 << 20) + b'"}', "larger than 1 MiB"),
    "line.jsonl": (lambda: LINE + b'{"service": "' + b"x" * (1 << 18) + b'"}\n' + LINE, "longer than"),
    "damaged.jsonl": (lambda: LINE + b'{"service": "personalize", "oper\n' + LINE, "damaged.jsonl:2: not JSON"),
    "deep.jsonl": (lambda: LINE + b'{"service": ' + b"[" * 3000 + b"\n", "deep.jsonl:2: "),
    "list.jsonl": (lambda: LINE + b"[1]\n", "list.jsonl:2: not one exchange"),
    "truncated.jsonl.gz": (lambda: gzip.compress(LINE * 1000)[:-20], "cannot be"),
    "bomb.jsonl.gz": (lambda: gzip.compress(b"\0" * (1 << 24)), "larger than 1 MiB"),
    "half.zip": (half_of_a_zip, "cannot be"),
    "bomb.zip": (lambda: zipped({f"{n}.json": b" " * (1 << 20) + b"[]" for n in range(8)}), "larger than 1 MiB"),
    "many.zip": (lambda: zipped({f"{n}.json": PILL for n in range(60)}), "holds more than 50 files"),
    "out.zip": (lambda: zipped({"../personalize.ListDatasetImportJobs_1.json": PILL}), "leads out of the archive"),
    "absolute.zip": (lambda: zipped({"/etc/x.json": PILL}), "leads out of the archive"),
    "nested.zip": (lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c.json": PILL})})}), "an archive in an archive"),
    "out.tar": (lambda: tarred("../x.json", PILL), "leads out of the archive"),
    "odd.har": (lambda: b'{"log": {"entries": [1, {"request": 2}, {"request": {"method": 1}}]}}', ""),
    "odd.yaml": (lambda: b"interactions:\n- request: {body: {a: 1}, headers: 7}\n- request: {uri: 3}\n", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_line_and_the_rest_is_checked(name: str, tmp_path: Path) -> None:
    make, said = HOSTILE[name]
    (tmp_path / name).write_bytes(make())
    (tmp_path / "zzz.jsonl").write_bytes(LINE)
    started, tally = time.perf_counter(), Tally()
    check_all(cut([str(tmp_path)], Given(limits=SMALL), tally=tally), tally)
    assert time.perf_counter() - started < 5
    lines = [str(problem) for problem in tally.problems]
    assert all("\n" not in line and len(line) < 700 for line in lines)
    assert any(finding.location and "zzz.jsonl" in str(finding.location) for finding in tally.findings.values())
    if said:
        assert any(name in line and said in line for line in lines), lines
    assert len(lines) <= (0 if not said else 8 if name == "bomb.zip" else 1), lines


def test_good_lines_around_a_damaged_one_are_judged(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE + b"{\n" + LINE + b"\n" + LINE)
    tally = Tally()
    check_all(cut([str(tmp_path)], tally=tally), tally)
    assert tally.checked == 3


def test_status_is_2_and_findings_are_still_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.jsonl").write_bytes(LINE)
    (tmp_path / "bad.json").write_bytes(b"{")
    assert run(["check", str(tmp_path), "--report", "json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["summary"]["error"] == 1
    assert err.splitlines() == [f"aws-contract: {tmp_path / 'bad.json'}: {err.strip().partition('bad.json: ')[2]}"]


def test_links_that_loop_end(tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_bytes(LINE)
    (tmp_path / "inner").mkdir()
    os.symlink(tmp_path, tmp_path / "inner" / "again", target_is_directory=True)
    os.symlink("self.json", tmp_path / "self.json")
    tally = Tally()
    check_all(cut([str(tmp_path)], tally=tally), tally)
    assert tally.checked == 1
    assert len(tally.problems) == 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    tally = Tally()
    check_all(cut([str(tmp_path), str(tmp_path / "pipe.json")], tally=tally), tally)
    assert [str(problem).rpartition(": ")[2] for problem in tally.problems] == ["neither a file nor a folder"]


@pytest.mark.parametrize("body", ["gzip", "deflate"])
def test_a_body_that_unpacks_without_end_is_left(body: str, tmp_path: Path) -> None:
    import zlib

    packed = gzip.compress(b"\0" * (1 << 22)) if body == "gzip" else zlib.compress(b"\0" * (1 << 22))
    entry = {
        "request": {
            "method": "POST",
            "url": "https://personalize.us-east-1.amazonaws.com/",
            "postData": {"text": "{}"},
            "headers": [{"name": "X-Amz-Target", "value": "AmazonPersonalize.ListDatasetImportJobs"}],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Encoding", "value": body}],
            "content": {"encoding": "base64", "text": __import__("base64").b64encode(packed).decode()},
        },
    }
    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    tally = Tally()
    check_all(cut([str(tmp_path)], Given(limits=SMALL), tally=tally), tally)
    assert [each.reason for each in tally.unchecked] == ["a body unpacks to more than 0 MiB"]


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    peaks = []
    for count in (100, 1_000):
        path.write_bytes(LINE * count)
        tally = Tally()
        tracemalloc.start()
        check_all(cut([str(path)], tally=tally), tally)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert tally.checked == count
        assert len(tally.findings) == 1
    assert peaks[1] < peaks[0] * 1.5 + 1_000_000


def mutations(document: object, draw: random.Random) -> object:
    """The document with one value somewhere in it replaced by something that nobody expects there."""
    odd = [None, True, 0, -1, 1e300, "", "\ud800", "x" * 50, [], {}, [[]], {"a": {}}, ["a"], float("nan"), 10**400]
    document = copy.deepcopy(document)
    while True:
        place, key = None, None
        value = document
        while isinstance(value, (dict, list)) and value and (place is None or draw.random() < 0.8):
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            place, key = value, draw.choice(keys)
            value = value[key]
        if place is None:
            return draw.choice(odd)
        if isinstance(place, dict) and draw.random() < 0.2:
            del place[key]
        else:
            place[key] = draw.choice(odd)  # type: ignore[index]
        return document


ODD_LINES = [
    {"service": [], "operation": {}},
    {"service": "personalize", "operation": 7},
    {"service": "personalize", "operation": "ListDatasetImportJobs", "error": {"code": [], "message": {}}},
    {"service": "personalize", "operation": "ListDatasetImportJobs", "error": "no", "status": "x", "recorded_at": []},
    {"service": "personalize", "operation": "ListDatasetImportJobs", "request": [], "response": "x", "source": 5},
    {
        "service": "personalize",
        "operation": "ListDatasetImportJobs",
        "request": {"\ud800": 1},
        "response": {"a": "\ud800"},
    },
    {"service": "personalize", "operation": "ListDatasetImportJobs", "request": {"maxResults": 10**400}},
]


@pytest.mark.parametrize("document", ODD_LINES)
def test_an_odd_line_is_never_more_than_a_line(document: object, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINE.decode() + json.dumps(document) + "\n" + LINE.decode())
    tally = Tally()
    check_all(cut([str(tmp_path)], tally=tally), tally)
    json.dumps(tally.report().to_json(), default=str)
    assert tally.exchanges >= 2
    assert len(tally.problems) <= 1
    assert tally.groups[next(iter(tally.groups))].count >= 2


FIXTURES = Path(__file__).parent.parent / "fixtures" / "recordings"
WHOLE = sorted(
    path
    for path in FIXTURES.rglob("*")
    if path.suffix in (".json", ".har", ".yaml", ".yml") and "examples" not in path.parts
)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_value_out_of_place_is_never_more_than_a_line(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    document = (
        yamls.parse_yaml(content.decode(), "x", SMALL) if path.suffix in (".yaml", ".yml") else json.loads(content)
    )
    draw = random.Random(str(path.name))
    for number in range(25):
        broken = mutations(document, draw)
        target = tmp_path / path.with_suffix(".json").name
        try:
            target.write_text(json.dumps(broken, default=lambda value: value.decode("latin-1")))
        except (TypeError, ValueError):
            continue
        tally = Tally()
        check_all(cut([str(target)], tally=tally), tally)
        tally.report()
        assert all("\n" not in str(problem) for problem in tally.problems), number
