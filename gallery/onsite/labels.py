"""What is printed for a wall and for a buyer: QR codes as SVG, black on white whatever the page's colours.

Reference: ISO/IEC 18004; segno's documentation of `svg_inline`. Level M still reads with a scratch across it.
"""

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from gallery.models import Work

QUIET_ZONE = 4  # modules of white that readers need around a code


def qr(text: str) -> SafeString:
    """An SVG that fills the width of what it stands in."""
    drawn = segno.make_qr(text, error="m").svg_inline(
        border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - segno's own drawing; the text is in its modules alone


def work_url(work: Work) -> str:
    """The page that proves the token and the donation."""
    return f"{settings.SITE_URL}{reverse('work', args=[work.id])}"


def claim_url(code: str = "") -> str:
    """The claim page; the code stands in the fragment, which no server and no log ever sees."""
    return f"{settings.SITE_URL}{reverse('claim')}" + (f"#{code}" if code else "")
