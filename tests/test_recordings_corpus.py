"""Real recordings of AWS, where they lie beside the project: all recognised, all judged or named, findings known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from validator import sources
from validator.batch import Tally
from validator.results import Severity
from validator.shards import check_all, cut

CORPUS = Path(__file__).parent.parent.parent / "shared" / "recordings"
VERSION = "1.43.11"

# Every group of errors and warnings, each looked at and true; docs/recordings.md tells them in words. No error is left.
KNOWN = (Path(__file__).parent / "recordings" / "real_services.txt").read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def tally() -> Tally:
    if not CORPUS.is_dir():
        pytest.skip("the real recordings are not beside the project")
    if sources.installed_version() != VERSION:
        pytest.skip(f"the findings are known for botocore {VERSION} alone")
    found = Tally()
    return check_all(cut([str(CORPUS)], tally=found), found)


def test_every_file_is_recognised(tally: Tally) -> None:
    assert not tally.problems
    assert tally.formats == {"har": 3, "placebo": 675, "snapshot": 16, "vcr": 50}
    assert tally.skipped == {".md": 1}


def test_every_exchange_is_judged_or_named(tally: Tally) -> None:
    assert tally.exchanges == 1606
    assert tally.checked + tally.unchecked_count == tally.exchanges
    assert sum(tally.reasons.values()) == tally.unchecked_count
    assert all(each.reason and each.location and each.location.file for each in tally.unchecked)
    by_kind = Counter(
        next((word for word in ("could be", "not a call", "name", "picked out") if word in reason), reason)
        for reason in tally.reasons.elements()
    )
    assert by_kind["not a call"] == 2
    assert set(by_kind) == {"could be", "not a call", "name", "picked out"}


def test_what_is_unchecked_is_only_where_a_recording_tells_too_little(tally: Tally) -> None:
    formats = Counter(
        Path(each.location.file or "").parts[len(CORPUS.parts)] for each in tally.unchecked if each.location
    )
    assert formats == {"localstack": 506, "placebo": 11, "vcr": 2}


def test_findings_are_known_one_by_one(tally: Tally) -> None:
    found = [(tally.findings[group.ids[0]].severity, group) for group in tally.groups.values()]
    assert [group.text for severity, group in found if severity is Severity.ERROR] == []
    told = sorted(f"{severity} {group.count} {group.text}" for severity, group in found if severity is Severity.WARNING)
    assert told == KNOWN


def test_a_mistake_put_into_a_real_recording_is_found(tally: Tally, tmp_path: Path) -> None:
    file = next(iter(sorted(CORPUS.glob("placebo/**/iam.GetUser_1.json"))))
    text = file.read_text()
    (tmp_path / file.name).write_text(text.replace('"UserName": "', '"UserName": 7, "Was": "', 1))
    found = Tally()
    check_all(cut([str(tmp_path)], tally=found), found)
    assert {(str(each.severity), each.violations[0].keyword) for each in found.findings.values()} == {
        ("error", "type"),
        ("info", "additionalProperties"),
    }
