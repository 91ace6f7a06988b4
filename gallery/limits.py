"""How often one address may ask for something that costs: counted in Redis, by the minute, for all web processes.

An address is what the connection says, or behind a proxy of ours the last entry that the proxy itself wrote: whatever
a visitor claims to have been forwarded for changes nothing. An IPv6 network of 64 bits counts as one. With Redis away
nobody is refused; the work itself is bounded where it is done.
"""

import ipaddress
import time

import redis
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

WINDOW_SECONDS = 60
_IPV6_PREFIX = 64


def address(request: HttpRequest) -> str:
    """Who asks, as far as it cannot be made up."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip() or text
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, _IPV6_PREFIX), strict=False))
    return str(known)


def is_over(what: str, who: str, per_minute: int) -> bool:
    """Count this once, and say whether it is more than `per_minute` in this minute; 0 is no limit."""
    if not per_minute:
        return False
    minute = int(time.time()) // WINDOW_SECONDS
    key = f"ninefold:limit:{salted_hmac(what, who).hexdigest()}:{minute}"
    try:
        with (
            redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as store,
            store.pipeline() as together,
        ):
            count, _ = together.incr(key).expire(key, 2 * WINDOW_SECONDS).execute()
    except (redis.RedisError, OSError):
        return False
    return int(count) > per_minute
