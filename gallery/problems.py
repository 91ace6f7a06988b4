"""Answers that say no: problem+json (RFC 9457) for programs."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gallery import words
from gallery.errors import WordsRefused


def answer(status: int, code: str, title: str, detail: str, next_step: str = "") -> HttpResponse:
    """`code` is the word that programs go by; the rest is for people."""
    body = {"type": "about:blank", "status": status, "code": code, "title": title, "detail": detail}
    if next_step:
        body["next_step"] = next_step
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def of(error: Exception) -> HttpResponse:
    """An error of the site or an engine, by its `code`, `status` and `title`."""
    detail, next_step = words.problem(error)
    status = int(getattr(error, "status", 503 if getattr(error, "retryable", False) else 422))
    return answer(status, str(getattr(error, "code", "refused")), str(getattr(error, "title", "")), detail, next_step)


BODY_BYTES_MAX = 64 * 1024
OPENINGS_MAX = 500  # nesting cannot be deeper; C's stack ends somewhere, and the parser does not always see it coming


class NotJson(Exception):
    """The body of the request is not a JSON object."""

    code, status = "not_json", 400

    def __init__(self) -> None:
        super().__init__(_("The request is not a JSON object."))
        self.title, self.next_step = _("Not understood"), _("Load the page again and repeat the step.")


def read_json(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body, at most 64 KiB and not deeply nested; NotJson for anything else."""
    raw = request.body
    if len(raw) > BODY_BYTES_MAX or raw.count(b"[") + raw.count(b"{") > OPENINGS_MAX:
        raise NotJson
    try:
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False).encode()  # refuses halves of surrogate pairs, which nothing can store
    except ValueError:
        raise NotJson from None
    if not isinstance(body, dict):
        raise NotJson
    return body


def read_signed(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """{message, signature} of the body: terms as a wallet signed them. WordsRefused where either is none."""
    body = read_json(request)
    message, signature = body.get("message"), body.get("signature")
    if not isinstance(message, dict) or not isinstance(signature, str):
        raise WordsRefused("signature", "The artist's signature is missing.")
    return message, signature
