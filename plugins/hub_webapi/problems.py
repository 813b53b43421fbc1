"""What went wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Response, abort


def answer(body: Any, status: int = 200, mimetype: str = "application/json", **headers: str) -> Response:
    """A JSON answer; names of headers with underscores."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, status=status, mimetype=mimetype)
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def refuse(
    status: int, detail: str, errors: Mapping[str, str] | None = None, more: Mapping[str, Any] | None = None, **headers: str
) -> NoReturn:  # fmt: skip
    """End the request with a problem. errors: JSON pointer into the body → sentence; more: further members."""
    body: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail,
        **({"errors": [{"pointer": at, "detail": text} for at, text in errors.items()]} if errors else {}),
        **(more or {}),
    }  # fmt: skip
    abort(answer(body, status, "application/problem+json", **headers))
