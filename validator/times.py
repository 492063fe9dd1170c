"""Every spelling of a time that callers and services use <-> seconds since the epoch."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?\s*(Z|z|[+-]\d{2}:?\d{2}|UTC)?)?"
)


def to_epoch(value: Any) -> Any:
    """Seconds since the epoch of a `datetime`, `date`, number or text; the value itself when it is no time.

    A time without a zone is UTC, as botocore has it. Whole seconds come as int.
    """
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        seconds = (value - _EPOCH).total_seconds()
        return int(seconds) if not value.microsecond and seconds.is_integer() else seconds
    if isinstance(value, datetime.date):
        return (value - _EPOCH.date()).days * 86400
    if isinstance(value, str):
        found = _from_text(str(value).strip())
        return value if found is None else found
    return value


def _from_text(text: str) -> float | int | None:
    if found := _ISO.fullmatch(text):
        return _from_iso(*found.groups())
    if len(text) > 64:
        return None
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return None if not math.isfinite(seconds) else int(seconds) if seconds.is_integer() else seconds
    try:
        # The email package brings sockets with it: loaded for the few headers that are in this form.
        from email.utils import parsedate_to_datetime

        stamp = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    found_epoch = to_epoch(stamp)
    return found_epoch if isinstance(found_epoch, (int, float)) else None


def _from_iso(
    year: str,
    month: str,
    day: str,
    hour: str | None,
    minute: str | None,
    second: str | None,
    fraction: str | None,
    zone: str | None,
) -> float | int | None:
    # A leap second is the first of the next minute; 24:00 is not used by AWS.
    leap = second == "60"
    try:
        stamp = datetime.datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            59 if leap else int(second or 0),
            tzinfo=datetime.timezone.utc,
        )
    except ValueError:
        return None
    seconds: float | int = int((stamp - _EPOCH).total_seconds()) + leap
    if zone and zone[0] in "+-":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds += offset if zone[0] == "-" else -offset
    if fraction and int(fraction):
        seconds += int(fraction) / 10 ** len(fraction)
    return seconds


def to_datetime(seconds: Any) -> Any:
    """An aware UTC `datetime`; the value itself where it is no number or Python's calendar ends."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return seconds
    try:
        return _EPOCH + datetime.timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return seconds


def spell(seconds: Any, form: str) -> Any:
    """Epoch seconds as a service writes them: `unixTimestamp`, `iso8601` or `rfc822`."""
    stamp = to_datetime(seconds)
    if form == "unixTimestamp" or not isinstance(stamp, datetime.datetime):
        return seconds
    if form == "rfc822":
        from email.utils import format_datetime

        return format_datetime(stamp, usegmt=True)
    fraction = f".{stamp.microsecond // 1000:03d}" if stamp.microsecond else ""
    return f"{stamp:%Y-%m-%dT%H:%M:%S}{fraction}Z"
