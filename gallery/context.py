"""What every page needs to know of the site: its languages, the chain it sells on, where the visitor is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

CHAIN_LOCAL = 31337


def site(request: HttpRequest) -> dict[str, Any]:
    """No database, no chain: this runs for error pages too."""
    language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return {
        "site": {
            "language": language,
            "is_korean": language == "ko",
            "other_languages": [(code, name) for code, name in LANGUAGE_NAMES if code != language],
            "url": settings.SITE_URL,
            "chain_is_local": settings.CHAIN_ID == CHAIN_LOCAL,
            "path": request.path,
        }
    }


LANGUAGE_NAMES = (("en", "English"), ("ko", "한국어"))
