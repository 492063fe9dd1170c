"""The faults, by what they break."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from tests.faults.broken import Fault, answers, description, errors, shape
from validator.emulator.refusals import Refusal

# Accepts what is forbidden -------------------------------------------------------------------------------------------


def _ignoring(*keywords: str, where: str = "") -> dict[str, Any]:
    def judge(self: Any, usual: Any, operation: Any, request: Any) -> Any:
        request, violations = usual(operation, request)
        return request, [each for each in violations if each.keyword not in keywords or where not in each.instance_path]

    return {"judge": judge}


def _forgiving_type(self: Any, usual: Any, operation: Any, request: Any) -> Any:
    """Texts may be given as numbers, as where a server turns whatever comes into text."""
    request, violations = usual(operation, request)
    wrong = [
        each for each in violations if each.keyword == "type" and each.limit == "string" and isinstance(each.value, int)
    ]
    for each in wrong:
        _put(request, each.instance_path, str(each.value))
    return request, [each for each in violations if each not in wrong]


def _filling_tags(self: Any, usual: Any, operation: Any, request: Any) -> Any:
    request, violations = usual(operation, request)
    missing = [
        each for each in violations if each.keyword == "required" and each.instance_path.lower().endswith("value")
    ]
    for each in missing:
        _put(request, each.instance_path, "")
    return request, [each for each in violations if each not in missing]


def _put(instance: Any, pointer: str, value: Any) -> None:
    *path, last = pointer.split("/")[1:]
    for part in path:
        instance = instance[int(part)] if isinstance(instance, list) else instance[part]
    instance[int(last) if isinstance(instance, list) else last] = value


# Rejects what is allowed ---------------------------------------------------------------------------------------------


def _refusing(
    test: Any, code: str = "ValidationException", message: str = "1 validation error detected"
) -> dict[str, Any]:
    def exchange(self: Any, usual: Any, service: str, operation: str, body: bytes, **scope: Any) -> Any:
        request = json.loads(body)
        if isinstance(request, dict) and test(operation, request):
            return self.fail(self.contracts[service].operation(operation), code, message)
        return usual(service, operation, body, **scope)

    return {"exchange": exchange}


def _named(request: dict[str, Any]) -> str:
    return next(
        (value for name, value in request.items() if name.lower().endswith("name") and isinstance(value, str)), ""
    )


# Has effects all the same --------------------------------------------------------------------------------------------


def _creates_anyway(self: Any, usual: Any, operation: Any, request: Any, violations: Any) -> Any:
    route = self.routes[operation.service][operation.name]
    if route.verb == "create" and isinstance(request, dict):
        good = {
            name: value
            for name, value in request.items()
            if not any(f"/{name}" in each.instance_path for each in violations)
        }
        with contextlib.suppress(Refusal, KeyError, TypeError):
            self.resources.create(route, (self.account, self.region), good)
    return usual(operation, request, violations)


def _creates_then_refuses(self: Any, usual: Any, route: Any, scope: Any, request: Any) -> Any:
    """What refers to something missing is made, then refused."""
    try:
        return usual(route, scope, request)
    except Refusal as refusal:
        if refusal.code == "ResourceNotFoundException":
            kept, self.parents = self.parents, lambda *a, **k: {}
            try:
                usual(route, scope, request)
            except (Refusal, KeyError):
                pass
            finally:
                self.parents = kept
        raise


def _deletes_then_refuses(self: Any, usual: Any, record: Any) -> Any:
    try:
        return usual(record)
    except Refusal:
        self.store.remove(record)
        raise


# Pages ---------------------------------------------------------------------------------------------------------------


def _overlap(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    return usual(kind, scope, filters, max(after - 1, 0))


def _gap(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    found = usual(kind, scope, filters, after)
    if after:
        next(found, None)
    return found


def _restart(self: Any, usual: Any, kind: Any, context: str, token: str | None) -> int:
    usual(kind, context, token)
    return 0


def _ends_early(operation: str, request: Any, answer: Any) -> Any:
    _, token = shape(operation, answer)
    if token and any(name.lower() == "nexttoken" for name in request):
        answer.pop(token)
    return answer


def _unfiltered_later(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    return usual(kind, scope, () if after else filters, after)


def _no_filters(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    return usual(kind, scope, (), after)


def _is_not_is(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    return usual(kind, scope, tuple((member, True, value) for member, _, value in filters), after)


def _no_status_filter(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    return usual(kind, scope, tuple(each for each in filters if each[0] != "Status"), after)


# Tokens --------------------------------------------------------------------------------------------------------------


def _any_token(self: Any, usual: Any, kind: Any, context: str, token: str | None) -> int:
    try:
        return int(usual(kind, context, token))
    except Refusal as refusal:
        if "expired" in refusal.message:
            raise
        return 0


def _ageless(self: Any, usual: Any, kind: Any, context: str, token: str | None) -> int:
    try:
        return int(usual(kind, context, token))
    except Refusal as refusal:
        if "expired" in refusal.message:
            return 1
        raise


def _bound_to(*parts: int) -> dict[str, Any]:
    """Tokens bound to less: the parts are service, operation, account, region, filter."""

    def context(self: Any, usual: Any, route: Any, scope: Any, filters: Any) -> str:
        every = usual(route, scope, filters).split("/", 4)
        return "/".join(part for number, part in enumerate(every) if number in parts)

    return {"context": context}


def _once(self: Any, usual: Any, kind: Any, context: str, token: str | None) -> int:
    spent = self.__dict__.setdefault("spent", set())
    if token in spent:
        raise Refusal(kind.error("token"), "The token was used.")
    if token is not None:
        spent.add(token)
    return int(usual(kind, context, token))


# Lifecycle -----------------------------------------------------------------------------------------------------------


def _back_and_forth(operation: str, request: Any, answer: Any) -> Any:
    found = description(operation, answer)
    if found is not None:
        for member in ("status", "Status"):
            if (
                found.get(member) == "ACTIVE"
                and int(found.get("lastUpdatedDateTime", found.get("LastModificationTime", 0)) * 1000) % 2
            ):
                found[member] = "CREATE IN_PROGRESS" if member == "status" else "CREATE_IN_PROGRESS"
    return answer


class _Relapse:
    """Every third look at something active shows it pending again."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, operation: str, request: Any, answer: Any) -> Any:
        found = description(operation, answer)
        for member, state in (("status", "CREATE PENDING"), ("Status", "CREATE_PENDING")):
            if found is not None and found.get(member) == "ACTIVE":
                self.looks += 1
                if self.looks % 3 == 0:
                    found[member] = state
        return answer


def _described(**change: Any) -> Any:
    """An answer to describe with members changed: a value, or a function of the description."""

    def alter(operation: str, request: Any, answer: Any) -> Any:
        found = description(operation, answer)
        if found is not None:
            for name, value in change.items():
                if name in found or not callable(value):
                    found[name] = value(found) if callable(value) else value
        return answer

    return answers(alter)


def _reason_always(operation: str, request: Any, answer: Any) -> Any:
    found = description(operation, answer)
    if found is not None and found.get("status", found.get("Status")) == "ACTIVE" and "ImportJob" in operation:
        found["failureReason" if "status" in found else "Message"] = "none"
    return answer


class _Older:
    """The time of the last update goes back at every look."""

    def __init__(self, *names: str) -> None:
        self.names, self.looks = names, 0

    def __call__(self, operation: str, request: Any, answer: Any) -> Any:
        found = description(operation, answer)
        self.looks += 1
        for name in self.names:
            if found is not None and name in found:
                found[name] += 1000 - self.looks if "Updated" in name or "Modification" in name else self.looks
        return answer


# Agreement -----------------------------------------------------------------------------------------------------------


def _summary_case(operation: str, request: Any, answer: Any) -> Any:
    for item in shape(operation, answer)[0]:
        for name in ("jobName", "DatasetImportJobName"):
            if isinstance(item, dict) and name in item:
                item[name] = item[name].swapcase()
    return answer


def _newest_missing(operation: str, request: Any, answer: Any) -> Any:
    items, token = shape(operation, answer)
    if items and not token and operation != "ListTagsForResource":
        items.pop()
    return answer


def _pending_missing(operation: str, request: Any, answer: Any) -> Any:
    items, _ = shape(operation, answer)
    items[:] = [item for item in items if "PENDING" not in str(item.get("status", item.get("Status")))]
    return answer


# Deletion ------------------------------------------------------------------------------------------------------------


def _nothing(self: Any, usual: Any, *arguments: Any) -> None:
    return None


def _not_held_for_good(self: Any, usual: Any, record: Any) -> None:
    """Only what is always held is held: what lasts as long as a job is not asked about."""
    if any(parent.holds is None for parent, _ in self.children(record)):
        usual(record)


def _find_dead(self: Any, usual: Any, service: str, kind: str, scope: Any, identifier: str) -> Any:
    """What was once found is found for ever."""
    graves = self.__dict__.setdefault("graves", {})
    found = usual(service, kind, scope, identifier)
    if found is not None:
        graves[scope, identifier] = found
    return found or graves.get((scope, identifier))


def _describe_dead(self: Any, usual: Any, route: Any, scope: Any, request: Any) -> Any:
    seen = self.__dict__.setdefault("seen_once", {})
    key = (scope, route.operation.name, json.dumps(request))
    try:
        seen[key] = usual(route, scope, request)
    except Refusal:
        if key not in seen:
            raise
    return seen[key]


# Names ---------------------------------------------------------------------------------------------------------------


def _for_ever(self: Any, usual: Any, kind: Any, shelf: Any, members: Any) -> None:
    taken = self.__dict__.setdefault("taken", set())
    usual(kind, shelf, members)
    key = (id(shelf), kind.key(members))
    if kind.unique and key in taken:
        raise Refusal(kind.declared["unique"]["error"], "The name was taken once.")
    taken.add(key)


def _wider(self: Any, usual: Any, kind: Any, shelf: Any, members: Any) -> None:
    """Unique in the account, though it must only be unique for its parent."""
    usual(kind, shelf, members)
    name = kind.declared.get("name")
    if kind.unique and any(
        name in record.members and record.members[name] == members.get(name) for record in shelf.by_number.values()
    ):
        raise Refusal(kind.declared["unique"]["error"], "The name is taken.")


# Absence -------------------------------------------------------------------------------------------------------------


def _ghosts(self: Any, usual: Any, route: Any, scope: Any, request: Any) -> Any:
    try:
        return usual(route, scope, request)
    except Refusal as refusal:
        if "NotFound" not in refusal.code:
            raise
        return {}


def _another_code(operation: str, body: dict[str, Any]) -> tuple[int, Any]:
    if body.get("__type") == "ResourceNotFoundException":
        body["__type"] = "InvalidInputException"
    return 400, body


# Accounts ------------------------------------------------------------------------------------------------------------


def _one_account(self: Any, usual: Any, service: str, operation: str, body: bytes, **scope: Any) -> Any:
    return usual(service, operation, body, **{**scope, "account": self.account})


def _one_region(self: Any, usual: Any, service: str, operation: str, body: bytes, **scope: Any) -> Any:
    return usual(service, operation, body, **{**scope, "region": self.region})


def _finds_abroad(self: Any, usual: Any, service: str, kind: str, scope: Any, identifier: str) -> Any:
    found = usual(service, kind, scope, identifier)
    if found is None:
        shelves = [shelf for (of, name, _), shelf in self.store.shelves.items() if (of, name) == (service, kind)]
        found = next((shelf.by_identifier[identifier] for shelf in shelves if identifier in shelf.by_identifier), None)
    return found


def _lists_abroad(self: Any, usual: Any, kind: Any, scope: Any, filters: Any, after: int) -> Any:
    shelves = [
        where
        for (of, name, where), shelf in list(self.store.shelves.items())
        if (of, name) == (kind.service, kind.name)
    ]
    records = [record for where in shelves for record in usual(kind, where, filters, after)]
    return iter(sorted(records, key=lambda record: record.number))


# Tags ----------------------------------------------------------------------------------------------------------------


def _keeps_first(self: Any, usual: Any, route: Any, scope: Any, request: Any) -> Any:
    before = dict(self.named(route, scope, request).tags)
    answer = usual(route, scope, request)
    record = self.named(route, scope, request)
    record.tags = {**record.tags, **before}
    return answer


def _accepts(name: str, sentence: str, *keywords: str, where: str = "") -> Fault:
    return Fault(
        f"accepts-{name}", sentence, frozenset({"invalid_rejected"}), emulator=_ignoring(*keywords, where=where)
    )


def _fault(name: str, sentence: str, checks: str, **methods: Any) -> Fault:
    own = {key: value for key, value in methods.items() if key not in ("emulator",)}
    return Fault(name, sentence, frozenset(checks.split()), resources=own, emulator=methods.get("emulator", {}))


FAULTS: tuple[Fault, ...] = (
    _accepts("long-text", "texts longer than their maximum are accepted", "maxLength"),
    _accepts("short-text", "texts shorter than their minimum are accepted", "minLength"),
    _accepts("wrong-pattern", "texts that do not match their pattern are accepted", "pattern"),
    _accepts(
        "wrong-pattern-deep",
        "texts deep in a request are not matched with their pattern",
        "pattern",
        where="/DataSource/",
    ),
    _accepts("unknown-value", "values outside an enum are accepted", "enum"),
    _accepts("unknown-mode", "an import mode that does not exist is accepted", "enum", where="ode"),
    _accepts("too-large-page", "a page size above the maximum is accepted", "maximum"),
    _accepts("no-page-size", "a page size of nought is accepted", "minimum"),
    _accepts("many-tags", "more tags than the maximum are accepted", "maxItems"),
    _accepts("missing-member", "required members may be left out", "required", where="/dataSource"),
    Fault(
        "accepts-missing-tag-value",
        "a tag may lack its value",
        frozenset({"invalid_rejected"}),
        emulator={"judge": _filling_tags},
    ),
    Fault(
        "accepts-numbers-for-text",
        "a number is taken where the contract wants a text",
        frozenset({"invalid_rejected"}),
        emulator={"judge": _forgiving_type},
    ),
    _fault(
        "rejects-longest-name",
        "a name of the greatest length is rejected",
        "valid_accepted",
        emulator=_refusing(lambda operation, request: len(_named(request)) == 63),
    ),
    _fault(
        "rejects-largest-page",
        "a page size at the maximum is rejected",
        "valid_accepted",
        emulator=_refusing(lambda operation, request: 100 in request.values()),
    ),
    _fault(
        "rejects-incremental",
        "an import mode of the enum is rejected for its form",
        "valid_accepted",
        emulator=_refusing(lambda operation, request: "INCREMENTAL" in request.values()),
    ),
    _fault(
        "rejects-without-role",
        "an optional member is demanded",
        "valid_accepted",
        emulator=_refusing(
            lambda operation, request: (
                operation == "CreateDatasetImportJob" and "jobName" in request and "roleArn" not in request
            )
        ),
    ),
    _fault(
        "rejects-plain-list",
        "a list of everything is rejected",
        "valid_accepted",
        emulator=_refusing(
            lambda operation, request: operation == "ListDatasets" and not request, "InvalidInputException"
        ),
    ),
    _fault(
        "wrong-type-in-answer",
        "a time is a text",
        "response_conformance",
        emulator=_described(creationDateTime=lambda found: "today", CreationTime=lambda found: "today"),
    ),
    _fault(
        "broken-arn",
        "the ARN of a new job has another form than documented",
        "response_conformance",
        emulator=answers(
            lambda operation, request, answer: (
                {**answer, "datasetImportJobArn": "job/1"} if "datasetImportJobArn" in answer else answer
            )
        ),
    ),
    _fault(
        "wrong-type-in-error",
        "the message of an error is a number",
        "error_conformance",
        emulator=errors(lambda operation, body: (400, {"__type": body["__type"], "message": 5, "Message": 5})),
    ),
    _fault(
        "undeclared-error",
        "a missing resource is answered with an error that nothing documents",
        "error_declared",
        emulator=errors(
            lambda operation, body: (
                400,
                {**body, "__type": body["__type"].replace("ResourceNotFound", "NoSuchThingNotFound")},
            )
        ),
    ),
    _fault(
        "error-as-success",
        "errors come with status 200",
        "invalid_rejected missing_is_not_found",
        emulator=errors(lambda operation, body: (200, {})),
    ),
    _fault(
        "wrong-status",
        "a missing resource is answered with status 500",
        "error_status no_server_error",
        emulator=errors(lambda operation, body: (500 if "NotFound" in body["__type"] else 400, body)),
    ),
    _fault(
        "redirects",
        "a missing resource is answered with a redirection",
        "error_status",
        emulator=errors(lambda operation, body: (302 if "NotFound" in body["__type"] else 400, body)),
    ),
    _fault(
        "crashes-on-missing-member",
        "a request without a required member makes it fall over",
        "no_server_error",
        emulator=_ignoring("required"),
    ),
    _fault(
        "crashes-on-bad-token",
        "a token that cannot be read makes it fall over",
        "no_server_error",
        read_token=lambda self, usual, kind, context, token: (
            0 if token is None else int(token.split("-")[5]) if "forged" in token else usual(kind, context, token)
        ),
    ),
    _fault(
        "creates-what-is-invalid",
        "a rejected create has created all the same",
        "no_effect_after_rejection",
        emulator={"complain": _creates_anyway},
    ),
    _fault(
        "creates-on-missing-parent",
        "a create on something missing is rejected, and done",
        "no_effect_after_rejection",
        create=_creates_then_refuses,
    ),
    _fault(
        "deletes-what-it-refuses",
        "a refused delete has deleted all the same",
        "no_effect_after_rejection",
        check_deletable=_deletes_then_refuses,
    ),
    _fault(
        "one-too-many",
        "a page has one item more than asked for",
        "page_size",
        page_size=lambda self, usual, asked: usual(asked) + 1,
    ),
    _fault("endless", "the second page leads back to the first", "page_progress page_disjoint", read_token=_restart),
    _fault(
        "overlapping",
        "the last item of a page is the first of the next",
        "page_disjoint page_progress",
        matching=_overlap,
    ),
    _fault("gap", "one item between two pages is on neither", "page_complete created_is_listed", matching=_gap),
    _fault(
        "ends-early",
        "the second page is always the last",
        "page_complete created_is_listed",
        emulator=answers(_ends_early),
    ),
    _fault("filter-ignored", "filters are ignored", "filter_holds", matching=_no_filters),
    _fault("filter-on-first-page", "only the first page is filtered", "filter_holds", matching=_unfiltered_later),
    _fault("is-not-taken-for-is", "IS_NOT filters like IS", "filter_holds created_is_listed", matching=_is_not_is),
    _fault("status-filter-ignored", "a filter by status is ignored", "filter_holds", matching=_no_status_filter),
    _fault("forged-token", "any token is accepted", "token_rejected", read_token=_any_token),
    _fault("expired-token", "a token is accepted after it has expired", "token_rejected", read_token=_ageless),
    _fault("token-of-another-list", "a token is good for every list", "token_rejected", **_bound_to(0, 2, 3, 4)),
    _fault("token-of-another-filter", "a token is good for every filter", "token_rejected", **_bound_to(0, 1, 2, 3)),
    _fault("token-of-another-account", "a token is good for every account", "token_rejected", **_bound_to(0, 1, 3, 4)),
    _fault("token-of-another-region", "a token is good for every region", "token_rejected", **_bound_to(0, 1, 2, 4)),
    _fault("token-only-once", "a token is rejected when it is used again", "closure", read_token=_once),
    _fault(
        "relapse", "what is active is pending again at a later look", "lifecycle", emulator=lambda: answers(_Relapse())
    ),
    _fault(
        "undocumented-state",
        "jobs in progress are RUNNING",
        "lifecycle",
        emulator=answers(
            lambda operation, request, answer: json.loads(json.dumps(answer).replace("CREATE IN_PROGRESS", "RUNNING"))
        ),
    ),
    _fault(
        "reason-without-failure",
        "an active job gives a reason for its failure",
        "lifecycle",
        emulator=answers(_reason_always),
    ),
    _fault("deletes-too-early", "what is pending can be deleted", "lifecycle", check_deletable=_nothing),
    _fault("deletes-what-is-in-use", "what others stand on can be deleted", "lifecycle", check_not_held=_nothing),
    _fault(
        "deletes-beneath-jobs",
        "a dataset can be deleted while something is imported into it",
        "lifecycle",
        check_not_held=_not_held_for_good,
    ),
    _fault(
        "increments-nothing",
        "an incremental import needs no full one before it",
        "lifecycle",
        check_needs=_nothing,
    ),
    _fault("builds-on-pending", "jobs are created on a dataset that is not ready", "lifecycle", check_ready=_nothing),
    _fault(
        "updated-before-created",
        "the time of the last update is before the creation",
        "timestamps_ordered",
        emulator=_described(
            lastUpdatedDateTime=lambda found: found["creationDateTime"] - 5,
            LastModificationTime=lambda found: found["CreationTime"] - 5,
        ),
    ),
    _fault(
        "creation-time-moves",
        "the time of creation is another at every look",
        "timestamps_ordered",
        emulator=lambda: answers(_Older("creationDateTime", "CreationTime")),
    ),
    _fault(
        "update-time-goes-back",
        "the time of the last update goes back",
        "timestamps_ordered",
        emulator=lambda: answers(_Older("lastUpdatedDateTime", "LastModificationTime")),
    ),
    _fault(
        "forgets-the-mode",
        "describe says FULL whatever was asked for",
        "describe_agrees",
        emulator=_described(
            importMode=lambda found: "INCREMENTAL" if found["importMode"] == "FULL" else "FULL",
            Domain=lambda found: "CUSTOM" if found["Domain"] != "CUSTOM" else "RETAIL",
        ),
    ),
    _fault(
        "wrong-parent",
        "describe names another dataset",
        "describe_agrees",
        emulator=_described(
            datasetArn=lambda found: found["datasetArn"] + "x" if "jobName" in found else found["datasetArn"]
        ),
    ),
    _fault(
        "summary-differs",
        "the list spells names in another case",
        "describe_agrees created_is_listed",
        emulator=answers(_summary_case),
    ),
    _fault(
        "newest-missing",
        "the newest is not listed",
        "created_is_listed page_complete",
        emulator=answers(_newest_missing),
    ),
    _fault(
        "pending-missing",
        "what is pending is not listed",
        "created_is_listed page_complete",
        emulator=answers(_pending_missing),
    ),
    _fault("deletes-nothing", "a delete is acknowledged and not done", "deleted_is_gone", begin_deletion=_nothing),
    _fault("describes-the-dead", "what is gone is still described", "deleted_is_gone", describe=_describe_dead),
    _fault(
        "never-gone",
        "what is being deleted stays so for ever",
        "deleted_is_gone",
        step=lambda self, usual, record, *rest: (
            None if "DELETE" in str(record.state) and "IN_PROGRESS" in str(record.state) else usual(record, *rest)
        ),
    ),
    _fault("names-twice", "a name is given twice", "name_unique", check_unique=_nothing),
    _fault("names-for-ever", "a name stays taken when its holder is gone", "name_unique", check_unique=_for_ever),
    _fault("names-too-wide", "a name that is free for another dataset is refused", "name_unique", check_unique=_wider),
    _fault(
        "ghosts-described", "what was never created is answered with success", "missing_is_not_found", carry_out=_ghosts
    ),
    _fault(
        "missing-is-invalid",
        "what was never created is answered with another error",
        "missing_is_not_found",
        emulator=errors(_another_code),
    ),
    _fault(
        "pending-not-found",
        "describe does not find what is pending",
        "closure",
        describe=lambda self, usual, route, scope, request: _hide_pending(self, usual, route, scope, request),
    ),
    _fault(
        "one-account", "all accounts are one", "account_isolated token_rejected", emulator={"exchange": _one_account}
    ),
    _fault("one-region", "all regions are one", "account_isolated token_rejected", emulator={"exchange": _one_region}),
    _fault("finds-abroad", "an ARN is found from every account", "account_isolated", find=_finds_abroad),
    _fault("lists-abroad", "a list shows what other accounts have", "account_isolated", matching=_lists_abroad),
    _fault("no-quota", "any number of jobs is pending at once", "quota_holds", check_quota=_nothing),
    _fault("tag-not-replaced", "a tag that is put again keeps its first value", "tags_agree", tag=_keeps_first),
    _fault("tag-not-removed", "a removed tag stays", "tags_agree", untag=lambda self, usual, route, scope, request: {}),
)


def _hide_pending(self: Any, usual: Any, route: Any, scope: Any, request: Any) -> Any:
    answer = usual(route, scope, request)
    if "CREATE PENDING" in json.dumps(answer) or "CREATE_PENDING" in json.dumps(answer):
        raise Refusal("ResourceNotFoundException", "Not yet there.")
    return answer


# Harmless ------------------------------------------------------------------------------------------------------------


def _reversed(operation: str, request: Any, answer: Any) -> Any:
    shape(operation, answer)[0].reverse()
    return answer


def _empty_last_page(self: Any, usual: Any, route: Any, scope: Any, request: Any) -> Any:
    """A full last page is followed by an empty one, as where a server cannot know that nothing follows."""
    answer = usual(route, scope, request)
    pages, kind = route.operation.pagination, route.one_kind
    items = answer[kind.declared["summaries"]]
    limit = request.get(pages["limitKey"])
    if limit and len(items) == limit and pages["outputToken"][0] not in answer:
        context = self.context(route, scope, self.filters(kind, request))
        answer[pages["outputToken"][0]] = self.tokens.give(context, self.store.number, self.clock.now())
    return answer


def _strict(self: Any, usual: Any, operation: Any, request: Any) -> Any:
    """Unknown members and nulls are refused, as an API may well do."""
    violations = [each for each in operation.iter_violations(request) if not each.unchecked]
    return request, violations


def _terse(operation: str, body: dict[str, Any]) -> tuple[int, Any]:
    return 400, {"__type": body["__type"], **{name: "No." for name in body if name.lower() == "message"}}


VARIATIONS: tuple[Fault, ...] = (
    Fault("other-order", "lists come in another order", emulator=answers(_reversed)),
    Fault(
        "smaller-pages",
        "a page holds two items where the request does not say",
        resources={"page_size": lambda self, usual, asked: 2 if asked is None else asked},
    ),
    Fault(
        "longer-tokens",
        "tokens are longer",
        resources={
            "list_page": lambda self, usual, route, scope, request: _padded(usual(route, scope, request), "." * 200),
            "read_token": lambda self, usual, kind, context, token: usual(
                kind, context, token.removesuffix("." * 200) if token else token
            ),
        },
    ),
    Fault(
        "extra-member",
        "answers have a member that the contract does not know",
        emulator=answers(lambda operation, request, answer: {**answer, "addedNextYear": {"some": 1}}),
    ),
    Fault("other-messages", "errors say the same in other words", emulator=errors(_terse)),
    Fault(
        "namespaced-errors",
        "the type of an error carries its namespace",
        emulator=errors(lambda operation, body: (400, {**body, "__type": "com.amazonaws.service#" + body["__type"]})),
    ),
    Fault(
        "nulls",
        "absent members are null in answers",
        emulator=answers(
            lambda operation, request, answer: (
                {**answer, "nextToken": answer.get("nextToken")}
                if operation.startswith("ListData")
                and "NextToken" not in answer
                and "nextToken" in json.dumps(list(request))
                else answer
            )
        ),
    ),
    Fault("strict-members", "unknown members and nulls are refused", emulator={"judge": _strict}),
    Fault("empty-last-page", "the last page may be empty", resources={"list_page": _empty_last_page}),
    Fault(
        "instant",
        "everything is done at the first look",
        resources={"describe": lambda self, usual, *arguments: (self.advance(9), usual(*arguments))[1]},
    ),
    Fault(
        "slow",
        "everything takes twice as many looks",
        resources={"step": lambda self, usual, record, *rest: _every_other(self, usual, record, *rest)},
    ),
    Fault(
        "smaller-quota",
        "one job at a time",
        resources={"check_quota": lambda self, usual, kind, shelf: _quota_of(self, usual, kind, shelf, 2)},
    ),
    Fault(
        "deletes-at-once",
        "a delete is done when it is acknowledged",
        resources={"begin_deletion": lambda self, usual, record: self.store.remove(record)},
    ),
    Fault(
        "whole-seconds",
        "times are whole seconds",
        emulator=answers(
            lambda operation, request, answer: json.loads(json.dumps(answer), parse_float=lambda text: int(float(text)))
        ),
    ),
)


def _padded(answer: Any, padding: str) -> Any:
    return {name: value + padding if name.lower() == "nexttoken" else value for name, value in answer.items()}


def _every_other(self: Any, usual: Any, record: Any, *rest: Any) -> None:
    looks = self.__dict__.setdefault("looks", {})
    looks[record.identifier] = looks.get(record.identifier, 0) + 1
    if looks[record.identifier] % 2 == 0:
        usual(record, *rest)


def _quota_of(self: Any, usual: Any, kind: Any, shelf: Any, limit: int) -> None:
    for quota in kind.declared.get("quotas", ()):
        if self.counted(shelf, quota) >= limit:
            raise Refusal(quota["error"], f"More than {limit}.")
