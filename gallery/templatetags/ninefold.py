"""Money, addresses and two-language words in templates."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from gallery import words
from gallery.onsite import currencies
from minting import units

register = template.Library()


@register.filter
def eth(wei: int | None) -> SafeString | str:
    """Exact ether with its unit; the unit stays whole where the digits of a very long price have to be torn."""
    if wei is None:
        return ""
    return format_html('<span class="money">{}<span class="unit">&nbsp;ETH</span></span>', units.ether(int(wei)))


@register.filter
def eth_plain(wei: int | None) -> str:
    """The same digits without markup, for attributes and form fields."""
    return "" if wei is None else units.ether(int(wei))


@register.filter
def wei(digits: str) -> int:
    """Wei that were written as text, as JSON does."""
    return int(digits)


@register.filter
def clock(span: timedelta | None) -> str:
    """A span as hours, minutes and seconds: '26:05:09'; what is past is nothing. static/js/countdown.js goes on."""
    seconds = max(0, int(span.total_seconds())) if span else 0
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


@register.filter
def seconds(span: timedelta | None) -> int:
    """A span in whole seconds; what is past is nothing."""
    return max(0, int(span.total_seconds())) if span else 0


@register.filter
def money(minor: int | None, code: str) -> str:
    """An amount that is on no chain, with its currency: 450000|money:"KRW" -> '450,000 KRW'."""
    return "" if minor is None else currencies.shown(int(minor), code)


@register.filter
def percent(bps: int) -> str:
    """Basis points for people: 1250 -> '12.5%'."""
    whole, rest = divmod(int(bps), 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


@register.filter
def short(text: str) -> str:
    """An address, hash or CID with its middle left out."""
    text = str(text)
    return text if len(text) < 16 else f"{text[:8]}…{text[-6:]}"


@register.filter
def said(thing: Any, field: str) -> str:
    """`thing.field` in the language of the page: the Korean one where there is one, else the other."""
    korean = getattr(thing, f"{field}_ko", "") if (get_language() or "").startswith("ko") else ""
    return str(korean or getattr(thing, field, ""))


@register.filter
def tongue(text: str) -> str:
    """The language a text is written in, for `lang`: "ko" when it has Hangul."""
    return "ko" if any("\uac00" <= c <= "\ud7a3" or "\u3131" <= c <= "\u318e" for c in str(text)) else "en"


@register.filter
def enlarging(name: str) -> str:
    """The way of enlarging, in words."""
    return str(words.ENLARGING.get(name, name))


@register.filter
def worked_over(operation: str) -> str:
    """What a model did to a picture, as a sentence."""
    return str(words.WORKED_OVER.get(operation, operation))


@register.filter
def source_kind(uri: str) -> str:
    """IPTC's kind of source in words; a kind that is not known stands as it is."""
    return str(words.SOURCE_KINDS.get(uri, uri))


@register.filter
def action_words(action: str) -> str:
    """An action of C2PA in words."""
    return str(words.ACTIONS.get(action, action))


@register.filter
def notice(code: str) -> str:
    """What was done to the words of a prompt."""
    return str(words.NOTICES.get(code, code))


@register.filter
def stars(number: int) -> str:
    """So many stars, as signs."""
    return "★" * int(number)


@register.filter
def of(known: dict[Any, Any], key: Any) -> Any:
    """The value of a key that is a row's id, or None."""
    return known.get(key)


@register.filter
def circumstance(what: str) -> str:
    """What decides a picture beside its recipe, in words; a library by its name."""
    return str(words.CIRCUMSTANCES.get(what, what))


@register.filter
def hundredfold(share: float) -> str:
    """A share of 1 as per cent, a small one with its digits: 0.00042 -> '0.042%'."""
    return f"{share * 100:.2g}%" if share < 0.1 else f"{share * 100:.0f}%"


@register.filter
def shortened(text: str) -> str:
    """A digest by its beginning; other words whole."""
    text = str(text)
    return text[:12] if len(text) == 64 else text


@register.filter
def job_problem(job: Any) -> str:
    """Why a job failed, in the language of the page where the code is known, else the engine's own words."""
    known = words.FAILURES.get(job.error_code)
    return str(known) if known else job.error_text


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A time element in UTC, to the minute."""
    if at is None:
        return ""
    shown = words.moment(at)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), shown)


@register.filter
def has_passed(at: datetime | None) -> bool:
    """Whether a time lies behind us."""
    return at is not None and at <= timezone.now()
