"""Hypothesis strategies for the requests, responses and errors of any AWS operation, and a boto3 client that draws."""

from validator.negative import Broken
from validator.strategies.draws import errors, invalid_requests, requests, responses
from validator.strategies.stub import Call, stub

__all__ = ["Broken", "Call", "errors", "invalid_requests", "requests", "responses", "stub"]
