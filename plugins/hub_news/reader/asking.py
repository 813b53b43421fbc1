"""One polite question to a source: one GET with its validators, and the answer sorted. Knows no database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hub.api import NetError, fetch

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
MAX_BYTES = 10_000_000
SECONDS = 20.0


@dataclass
class Answer:
    """outcome: new (a body to read), same (not modified), gone (410), failed. error: a word, detail: what exactly."""

    outcome: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    body_hash: str = ""
    url: str = ""
    moved_to: str = ""  # where, if every redirect on the way was permanent
    error: str = ""
    detail: str = ""


def ask(
    url: str, *, etag: str = "", modified: str = "", body_hash: str = "", user_agent: str = "hub", allow: Iterable[str] = (),
    seconds: float = SECONDS, accept: str = ACCEPT, max_bytes: int = MAX_BYTES,
) -> Answer:  # fmt: skip
    """Fetch a source; validators are sent byte for byte as they came. Never raises for what the other side does."""
    headers = {"accept": accept}
    if etag:
        headers["if-none-match"] = etag
    if modified:
        headers["if-modified-since"] = modified
    try:
        reply = fetch(url, headers=headers, allow=allow, max_bytes=max_bytes, deadline=seconds, user_agent=user_agent)
    except NetError as error:
        return Answer("failed", error=WORDS.get(type(error).__name__, "unreachable"), detail=str(error)[:500])
    except Exception as error:  # whatever one source does, the others are read
        return Answer("failed", error="answer", detail=f"{type(error).__name__}: {error}"[:500])
    return sorted_answer(reply, body_hash)


WORDS = {"Refused": "refused", "Unreachable": "unreachable", "TooSlow": "slow", "TooBig": "big", "BadAnswer": "answer"}


def sorted_answer(reply: object, body_hash: str = "") -> Answer:
    """What a reply of `fetch` means for a source."""
    status, headers, body = reply.status, reply.headers, reply.body  # type: ignore[attr-defined]
    base = Answer("failed", status, headers, body, url=reply.url)  # type: ignore[attr-defined]
    if reply.permanent:  # type: ignore[attr-defined]
        base.moved_to = reply.url  # type: ignore[attr-defined]
    if status == 304:
        base.outcome = "same"
    elif status == 410:
        base.outcome = "gone"
    elif 200 <= status < 300:
        base.body_hash = hashlib.sha256(body).hexdigest()
        base.outcome = "same" if base.body_hash == body_hash else "new"
    else:
        base.error, base.detail = "status", str(status)
    return base
