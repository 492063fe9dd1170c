"""Operations by the names people and tools give them: `list-dataset-import-jobs`, `list_dataset_import_jobs_2`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from validator import services
from validator import validate as validating
from validator.contract import Contract
from validator.routing import Candidate


def squeezed(name: str) -> str:
    """A name without case and separators, in which `DescribeDBInstances` and `describe-db-instances` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_TABLES: dict[int, tuple[Contract, Mapping[str, str]]] = {}


def operations(contract: Contract) -> Mapping[str, str]:
    """Squeezed name -> operation."""
    kept = _TABLES.get(id(contract))
    if kept is None or kept[0] is not contract:
        kept = _TABLES[id(contract)] = (contract, {squeezed(name): name for name in contract.operations})
    return kept[1]


def find_operation(service: str, name: str) -> str | None:
    """The operation of a service that a name in any casing stands for."""
    return operations(validating.load(service)).get(squeezed(name))


def longest_operation(service: str, label: str) -> str | None:
    """The operation whose name is the longest run of whole words in a label: `describe-stack-2` -> DescribeStack."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", label) if word]
    table = operations(validating.load(service))
    best: tuple[int, str] | None = None
    for start in range(len(words)):
        for end in range(len(words), start, -1):
            found = table.get(squeezed("".join(words[start:end])))
            if found is not None and (best is None or len(found) > best[0]):
                best = len(found), found
    return best[1] if best else None


@functools.lru_cache(maxsize=1024)
def from_file_name(stem: str) -> Candidate | None:
    """The operation a file is named after: `personalize.list-dataset-import-jobs`, `aws_iam_list-users_2`."""
    parts = [part for part in re.split(r"[\s._-]+", stem) if part]
    if parts and parts[0].casefold() == "aws":
        parts = parts[1:]
    while len(parts) > 2 and parts[-1].isdigit():
        parts = parts[:-1]
    for end in range(min(len(parts) - 1, 5), 0, -1):
        service = services.by_label("-".join(parts[:end]))
        if service is not None and (operation := find_operation(service, "".join(parts[end:]))) is not None:
            return Candidate(service, operation)
    return None


def from_command_line(text: str) -> Candidate | None:
    """The operation an AWS CLI command line calls: `aws personalize list-dataset-import-jobs --max-results 5`."""
    words = text.split()
    if "aws" in words[:8]:
        words = words[words.index("aws") + 1 :]
    plain: list[str] = []
    skip = False
    for word in words[:40]:
        if skip:
            skip = False
        elif word.startswith("-"):
            # Global options before the service take a value, save for the flags among them.
            skip = (
                not plain
                and "=" not in word
                and word not in ("--debug", "--no-paginate", "--no-sign-request", "--no-cli-pager")
            )
        else:
            plain.append(word)
        if len(plain) == 2:
            break
    if len(plain) < 2:
        return None
    service = services.by_label(plain[0])
    if service is None:
        return None
    operation = find_operation(service, plain[1])
    return Candidate(service, operation) if operation else None
