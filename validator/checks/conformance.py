"""Each message held against its own schema, and each error against what its operation declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from validator.checks import check
from validator.contract import Contract, Operation
from validator.exchange import Exchange
from validator.results import Finding, Severity, Violation

# What any AWS service may answer whatever its operation declares: the common errors of the query and JSON
# protocols, of signing, and of throttling. Source: the "Common Errors" page of any API reference.
COMMON_ERRORS = frozenset(
    """
AccessDenied AccessDeniedException AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature
IncompleteSignatureException InternalError InternalFailure InternalServerError InternalServerException
InvalidAction InvalidClientTokenId InvalidParameterCombination InvalidParameterValue InvalidQueryParameter
InvalidSignatureException MalformedQueryString MissingAction MissingAuthenticationToken
MissingAuthenticationTokenException MissingParameter NotAuthorized OptInRequired PriorRequestNotComplete
ProvisionedThroughputExceededException RequestEntityTooLargeException RequestExpired RequestLimitExceeded
RequestThrottled RequestThrottledException RequestTimeout RequestTimeTooSkewed SerializationException
ServiceUnavailable ServiceUnavailableException SignatureDoesNotMatch SlowDown SubscriptionRequiredException
Throttling ThrottlingException ThrottledException TooManyRequestsException TransactionInProgressException
UnauthorizedOperation UnknownOperationException UnrecognizedClientException UnsupportedOperation
ValidationError ValidationException
""".split()
)

_COMMON = "https://docs.aws.amazon.com/personalize/latest/dg/CommonErrors.html"


@check("request_conformance", "Every request keeps the contract.", scope="exchange")
def request_conformance(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each request that breaks its contract."""
    for exchange in exchanges:
        if exchange.request is not None:
            yield from judge(contract, exchange, "request", exchange.request)


@check("response_conformance", "Every response keeps the contract.", scope="exchange")
def response_conformance(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for each response that breaks its contract, one per severity, and for each that cannot be read."""
    for exchange in exchanges:
        if unreadable(exchange) == "response":
            # A redirect is none of AWS's answers either.
            status = "" if exchange.status == 200 else f" (status {exchange.status})"
            yield _unreadable(exchange, "response", f"{exchange.unread}{status}")
        elif exchange.response is not None:
            yield from judge(contract, exchange, "response", exchange.response)


@check("error_conformance", "Every error body keeps the contract of its error.", scope="exchange")
def error_conformance(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for each body of a declared error that breaks the error's shape, and for each that cannot be read."""
    for exchange in exchanges:
        if unreadable(exchange) == "error":
            yield _unreadable(exchange, "error", f"{exchange.unread} (status {exchange.status})")
            continue
        error = exchange.error
        if error is None or not error.body:
            continue
        if error.code in contract.operation(exchange.operation).errors:
            yield from judge(contract, exchange, "error", error.body, error.code)


@check(
    "error_declared",
    "Every error is one that the operation declares or that is common to AWS.",
    severity=Severity.WARNING,
    scope="exchange",
    source=_COMMON,
)
def error_declared(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """One finding for each error code that neither the operation nor AWS at large documents."""
    for exchange in exchanges:
        error = exchange.error
        if error is None or error.code in COMMON_ERRORS or not _declares(contract, error.code):
            continue
        operation = contract.operation(exchange.operation)
        if operation.errors and error.code not in operation.errors:
            declared = ", ".join(sorted(operation.errors))
            yield _finding(
                exchange,
                "error_declared",
                Severity.WARNING,
                "error",
                f"{error.code} is not an error of {operation.name}, which declares {declared}",
                code=error.code,
            )


def unreadable(exchange: Exchange) -> str | None:
    """What an answer that cannot be read was to be, by its status: `response`, `error`, or None.

    What comes with a status of 500 or above is the service's failure, whatever it looks like.
    """
    if exchange.unread is None or exchange.status is None or exchange.status >= 500:
        return None
    return "response" if exchange.status < 400 else "error"


def _unreadable(exchange: Exchange, direction: str, message: str) -> Finding:
    return _finding(exchange, f"{direction}_conformance", Severity.ERROR, direction, message, code="unreadable")


def _declares(contract: Contract, code: str) -> bool:
    """Whether an error's code can be held against what its operation declares."""
    # Without a body there is no code: boto3 then says the status. S3 documents its errors for all operations together:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. What was once a query service answers with
    # the codes of that time, which its model has no more.
    if not code or code.isdigit() or contract.service in ("s3", "s3control"):
        return False
    return "awsQueryCompatible" not in contract.info


def judge(
    contract: Contract, exchange: Exchange, direction: str, instance: Any, code: str | None = None
) -> Iterator[Finding]:
    """What one message of an exchange breaks: a finding per severity, the worst first."""
    operation: Operation = contract.operation(exchange.operation)
    by_severity: dict[Severity, list[Violation]] = {}
    # A request that the target refused did what whoever sent it wanted to see: no test of an error may fail for it.
    refused = direction == "request" and exchange.error is not None and (exchange.status or 400) < 500
    for violation in operation.iter_violations(instance, direction, code=code):
        severity = Severity.INFO if refused else violation.severity(direction)
        by_severity.setdefault(severity, []).append(violation)
    for severity, violations in sorted(by_severity.items(), reverse=True):
        message = ("the target refused it, as it should: " if refused else "") + violations[0].message
        if len(violations) > 1:
            message += f" (and {len(violations) - 1} more)"
        yield _finding(exchange, f"{direction}_conformance", severity, direction, message, tuple(violations), code)


def _finding(
    exchange: Exchange,
    check: str,
    severity: Severity,
    direction: str,
    message: str,
    violations: tuple[Violation, ...] = (),
    code: str | None = None,
) -> Finding:
    return Finding(
        check,
        severity,
        exchange.service,
        exchange.operation,
        direction,
        message,
        violations,
        exchange.location,
        (exchange.to_json(),),
        code=code,
    )
