"""Which error codes mean what, for the checks that ask why a call was rejected."""

from __future__ import annotations

from typing import Any

from validator import messages
from validator.contract import Operation
from validator.engines.fast import FOREIGN
from validator.exchange import ErrorReply
from validator.validate import is_valid, verdict_of

# Codes with which a service says that the request itself breaks its constraints.
CONSTRAINT = frozenset({"ValidationException", "ValidationError", "SerializationException", "MalformedQueryString"})
# Codes that say nothing about the request: the caller, the rate or the moment was wrong.
CIRCUMSTANCE = frozenset(
    """
AccessDenied AccessDeniedException AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature
InvalidClientTokenId InvalidSignatureException LimitExceededException MissingAuthenticationToken
MissingAuthenticationTokenException OptInRequired ProvisionedThroughputExceededException RequestLimitExceeded
RequestThrottled RequestThrottledException ServiceUnavailable ServiceUnavailableException SignatureDoesNotMatch SlowDown
SubscriptionRequiredException Throttling ThrottlingException ThrottledException TooManyRequestsException
UnrecognizedClientException NotAuthorized
""".split()
)


def complains_of_form(error: ErrorReply, declared: bool) -> bool:
    """Whether an error says that the request breaks a constraint of its shape.

    `declared` tells whether the operation itself declares the code: then it may mean anything, and only a message in
    the grammar of constraints is taken at its word.
    """
    if error.code == "SerializationException":
        return True
    if error.code in CONSTRAINT and not declared:
        return True
    return bool(error.message) and "to satisfy constraint" in error.message and bool(messages.parse(error.message))


def keeps(operation: Operation, request: Any) -> bool:
    """Whether a request surely keeps its contract, quickly: what cannot be decided is not sure."""
    try:
        return verdict_of(operation)(request)
    except FOREIGN:
        return is_valid(operation, request)
