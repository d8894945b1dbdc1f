"""Ages as ``kubectl get`` prints them."""

from lwstui.sandbox.clock import parse_time

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86400
_YEAR_DAYS = 365


def human_duration(seconds: float) -> str:
    """Return a duration in one or two units, such as ``8m40s`` or ``5d``."""
    whole = int(seconds)
    if seconds <= -2:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 2 * _MINUTE_S:
        return f"{whole}s"
    if whole < 3 * _HOUR_S:
        return _two(whole, _MINUTE_S, "m", "s", 10 * _MINUTE_S)
    if whole < 2 * _DAY_S:
        return _two(whole // _MINUTE_S, 60, "h", "m", 8 * 60)
    days, hours = whole // _DAY_S, whole // _HOUR_S
    if days < 2 * _YEAR_DAYS:
        return _two(hours, 24, "d", "h", 8 * 24)
    return _two(days, _YEAR_DAYS, "y", "d", 8 * _YEAR_DAYS)


def _two(amount: int, per: int, unit: str, smaller: str, limit: int) -> str:
    """Return ``amount`` smaller units as units, with the rest while it is below ``limit``."""
    units, rest = divmod(amount, per)
    if amount >= limit or rest == 0:
        return f"{units}{unit}"
    return f"{units}{unit}{rest}{smaller}"


def age(timestamp: str | None, now: float) -> str:
    """Return how long ago an RFC 3339 time was; ``<unknown>`` when there is none."""
    if not timestamp:
        return "<unknown>"
    return human_duration(now - parse_time(timestamp))
