"""The cache of derived operations: faster the second time, never stale, never in the way."""

from __future__ import annotations

import json
import threading

import pytest

from validator import cache, overlay, sources
from validator.contract import from_models
from validator.errors import UnknownNameError
from validator.validate import iter_violations

SERVICE, OPERATION = "sqs", "CreateQueue"


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CONTRACT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Folder(sources.ModelFolder):
    """The installed models, counting how often one is parsed."""

    def __init__(self, version=None):
        installed = sources.installed()
        super().__init__(installed.roots, version or installed.version)
        self.parsed = 0

    def load(self, service, api_version=None):
        self.parsed += 1
        return super().load(service, api_version)


def asked(folder):
    """What a process sees that asks for one operation: its entry and the schema of its request."""
    contract = cache.load(folder, SERVICE, judge=iter_violations)
    operation = contract.operation(OPERATION)
    keywords = [violation.keyword for violation in operation.iter_violations({"QueueName": 5})]
    return contract.operations, dict(operation.entry), operation.schema(), operation.schema("response"), keywords


def test_the_second_process_parses_no_model(root):
    first, second = Folder(), Folder()
    expected = asked(first)
    assert asked(second) == expected
    assert (first.parsed, second.parsed) == (1, 0)
    assert [file.name for file in sorted(root.rglob("*.json"))] == ["index.json", f"operation-{OPERATION}.json"]


def test_what_is_not_kept_is_derived():
    asked(Folder())
    folder = Folder()
    contract = cache.load(folder, SERVICE)
    contract.operation(OPERATION)
    assert folder.parsed == 0
    assert contract.operation("SendMessage").schema()
    assert folder.parsed == 1


@pytest.mark.parametrize("service", ["sqs", "personalize", "dynamodb"])
def test_the_document_is_the_one_derived_without(service):
    for _ in range(2):
        kept = cache.load(Folder(), service)
        kept.operation(kept.operations[0])
        assert kept.document == from_models(sources.installed(), service).document


def test_another_botocore_or_another_model_finds_nothing(monkeypatch):
    asked(Folder())
    upgraded = Folder(version="9.9.9")
    asked(upgraded)
    assert upgraded.parsed == 1
    monkeypatch.setattr(sources.ModelFolder, "stamp", lambda *_: "changed")
    touched = Folder()
    asked(touched)
    assert touched.parsed == 1


def test_overlays_are_never_kept(monkeypatch):
    plain = asked(Folder())
    entry = overlay.Entry(
        "longer", SERVICE, "documented",
        ({"op": "add", "path": f"/x-aws-operations/{OPERATION}/deprecated", "value": True},), "r", ("https://example.org",),
    )  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(overlay, "load", lambda *_: (entry,))
        assert asked(Folder())[1] == {**plain[1], "deprecated": True}
    assert asked(Folder()) == plain


DAMAGE = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "garbage": lambda content: b"\x00\xff" * 100,
    "one letter changed": lambda content: content.replace(b"QueueName", b"QueueMame"),
    "another document": lambda content: _signed([1, 2]),
    "members missing": lambda content: _signed({}),
}


def _signed(document):
    import hashlib

    content = json.dumps(document).encode()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_repaired_in_silence(root, damage):
    expected = asked(Folder())
    for file in root.rglob("*.json"):
        file.write_bytes(DAMAGE[damage](file.read_bytes()))
    folder = Folder()
    assert asked(folder) == expected
    assert folder.parsed == 1
    last = Folder()
    assert asked(last) == expected
    assert last.parsed == 0


def test_a_folder_that_cannot_be_written_changes_nothing(root):
    root.write_text("a file where the folder should be")
    expected = asked(Folder())
    assert asked(Folder()) == expected
    assert root.read_text() == "a file where the folder should be"


@pytest.mark.parametrize("value", ["0", "off", "", "OFF"])
def test_it_can_be_switched_off(root, monkeypatch, value):
    monkeypatch.setenv("AWS_CONTRACT_CACHE", value)
    folder = Folder()
    asked(folder)
    asked(folder)
    assert folder.parsed == 2
    assert not root.exists()


def test_without_a_setting_it_lies_in_the_users_cache(monkeypatch):
    monkeypatch.delenv("AWS_CONTRACT_CACHE")
    assert cache.root().name == "aws-contract"


def test_what_old_versions_left_is_let_go(root):
    for version in range(8):
        asked(Folder(version=f"9.{version}"))
    assert len(list((root / SERVICE).glob("*/*"))) == 3


def test_whole_services_are_not_written(root):
    contract = cache.load(Folder(), "ec2")
    for name in contract.operations[:40]:
        contract.operation(name)
    assert 1 < len(list(root.rglob("*.json"))) <= 17


def test_many_at_once_keep_only_whole_files(root):
    expected, found = asked(Folder()), []
    for file in root.rglob("*.json"):
        file.unlink()

    def ask():
        found.append(asked(Folder()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8
    assert not list(root.rglob("*.tmp"))


def test_names_that_do_not_exist_are_told():
    with pytest.raises(UnknownNameError, match="did you mean sqs"):
        cache.load(Folder(), "sqss")
    with pytest.raises(UnknownNameError):
        cache.load(Folder(), "../sqs")
    with pytest.raises(UnknownNameError, match="operation"):
        cache.load(Folder(), SERVICE).operation("CreateQueues")


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(root, monkeypatch):
    def full(*_names):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    expected = asked(Folder())
    assert [file.name for file in root.rglob("*") if file.is_file()] == []
    monkeypatch.undo()
    monkeypatch.setenv("AWS_CONTRACT_CACHE", str(root))
    assert asked(Folder()) == expected
