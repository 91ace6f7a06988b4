"""How a transaction stands, in the words of the page."""

from datetime import timedelta
from typing import Any

from django import template

from gallery import chain_words

register = template.Library()


@register.filter
def purpose_words(purpose: str) -> str:
    """What a transaction is for."""
    return str(chain_words.PURPOSES.get(purpose, purpose))


@register.filter
def state_words(status: str) -> str:
    """A state, or a step of the way."""
    return str(chain_words.STATES.get(status, status))


@register.filter
def reason_words(passage: Any) -> str:
    """What holds a passage up or ended it; empty where nothing does."""
    code, text = passage.reason
    return str(chain_words.REASONS.get(code, text)) if code else ""


@register.filter
def duration(time: timedelta) -> str:
    """A waiting time, in its two largest units."""
    return chain_words.duration(time)


@register.filter
def gwei(wei: int) -> str:
    """A fee in full gwei, rounded up, for narrow columns; the exact figure is on the work's own page and in JSON."""
    return f"{-(-int(wei) // 10**9):,} gwei"
