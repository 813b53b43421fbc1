"""One polite question to a hub and what it answered, checked in form. Knows no database; never raises for what the other does."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from hub.api import NetError, fetch, items

from . import identity
from .identity import Signer
from .signing import SIGNATURE, Bad

MAX_BYTES, SECONDS, HOPS = 8_000_000, 20.0, 2
BATCH = 100  # changes asked for at once; fewer where their items are very long
MOST_ID = 2**53
DAY = 86_400
WORDS = {"Refused": "refused", "Unreachable": "unreachable", "TooSlow": "slow", "TooBig": "big", "BadAnswer": "answer"}
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,38}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class Row:
    """One change: an entry was published or edited (item: as it is now; None: not asked for, or already gone again) or is gone
    (erased: for good, as far as its hub says)."""

    id: int
    uid: str
    kind: str
    gone: bool
    item: dict[str, Any] | None
    erased: bool = False


@dataclass
class Page:
    """A part of a hub's log. bad: how many of its rows make no sense; cut: its item was left out because it is too large.
    shared: the mark under which it shares entries for members with us; empty: it does not."""

    rows: list[Row]
    next: int
    more: bool
    head: int
    restart: bool
    about: dict[str, Any]
    bad: int = 0
    cut: bool = False
    shared: str = ""


@dataclass
class Answer:
    """outcome: new (a page or an item), same (304), gone (404 of one entry), erased (410), failed. wait: seconds it asks us to stay away.
    key: by which it was signed, empty where it was not."""

    outcome: str
    page: Page | None = None
    item: dict[str, Any] | None = None
    etag: str = ""
    error: str = ""
    detail: str = ""
    wait: float = 0.0
    key: str = ""


def user_agent() -> str:
    """Who asks, and where to complain."""
    return f"Hub/0.1 (+{items.site()['url']}; follows this hub)"


def changes(
    url: str, since: int, *, signer: Signer, etag: str = "", kinds: Iterable[str] = (), agent: str = "hub",
    allow: Iterable[str] = (),
) -> Answer:  # fmt: skip
    """The changes of a hub after `since` with their items; a smaller part where the answer is too large."""
    limit = BATCH
    while True:
        query = [("since", since), ("items", 1), ("limit", limit), *(("kind", kind) for kind in kinds)]
        answer = _get(f"{url}/api/v1/changes?{urlencode(query)}", etag, agent, allow, signer)
        if answer.error == "big" and limit > 1:
            limit = max(1, limit // 8)
            continue
        cut = answer.error == "big"
        if cut:  # one entry that is too large by itself: its number is needed to pass it by
            query = [("since", since), ("items", 1), ("limit", 1), ("kind", "none")]
            answer = _get(f"{url}/api/v1/changes?{urlencode(query)}", "", agent, allow, signer)
        if answer.outcome == "new":
            _read_page(answer, since, limit)
        if answer.page is not None:
            answer.page.cut = cut
        return answer


def entry(url: str, path: str, uid: str, *, signer: Signer, agent: str = "hub", allow: Iterable[str] = ()) -> Answer:
    """One entry of a hub by itself."""
    answer = _get(f"{url}/api/v1/{path}/{uid}", "", agent, allow, signer)
    if answer.error == "status" and answer.detail in ("404", "410"):
        return Answer("gone" if answer.detail == "404" else "erased", key=answer.key)
    return answer


def _get(url: str, etag: str, agent: str, allow: Iterable[str], signer: Signer) -> Answer:
    signed = signer.question(url)
    headers = {"accept": "application/json", **signed, **({"if-none-match": etag} if etag else {})}
    try:
        reply = fetch(url, headers=headers, allow=allow, max_bytes=MAX_BYTES, deadline=SECONDS, hops=HOPS, user_agent=agent)
    except NetError as error:
        return Answer("failed", error=WORDS.get(type(error).__name__, "unreachable"), detail=str(error)[:500])
    except Exception as error:  # whatever one hub does, the others are read
        return Answer("failed", error="answer", detail=f"{type(error).__name__}: {error}"[:500])
    there, asked = urlsplit(reply.url), urlsplit(url)
    if there.netloc != asked.netloc or asked.scheme == "https" != there.scheme:
        return Answer("failed", error="moved", detail=reply.url[:500])
    try:
        key = identity.answering(url, signed[SIGNATURE], reply.status, reply.headers, reply.body)
    except Bad as error:
        return Answer("failed", error="late" if error.reason == "time" else "forged")
    if reply.status == 304:
        return Answer("same", key=key)
    if reply.status != 200:
        wait = retry_after(reply.headers.get("retry-after", "")) if reply.status in (429, 503) else 0.0
        told = _problem(reply.body) if reply.status in (401, 403) else ""
        return Answer("failed", error=told or "status", detail="" if told else str(reply.status), wait=wait, key=key)
    try:
        found = json.loads(reply.body, parse_constant=_no_number)
        found = _storable(found)
    except (ValueError, RecursionError) as error:
        return Answer("failed", error="answer", detail=str(error)[:300])
    if not isinstance(found, dict):
        return Answer("failed", error="answer")
    return Answer("new", item=found, etag=reply.headers.get("etag", "")[:200], key=key)


def _problem(body: bytes) -> str:
    """What another hub has against our signature: a word of `words.ERRORS`; empty where it says nothing of that kind."""
    try:
        told = json.loads(body[:10_000]).get("signature")
    except (ValueError, RecursionError, AttributeError):
        return ""
    return {"blocked": "blocked", "time": "clock", "forged": "unknown", "parts": "unknown", "form": "unknown"}.get(str(told), "")


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _storable(value: Any, depth: int = 0) -> Any:
    """A value without characters that no database takes. Raises ValueError for what is nested beyond any sense."""
    if depth > 30:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("", name): _storable(part, depth + 1) for name, part in value.items()}
    return value


def _read_page(answer: Answer, since: int, limit: int) -> None:
    """Make a page of the JSON, or a failure where its numbers make no sense: such a log cannot be followed."""
    body, answer.item = answer.item or {}, None
    try:
        answer.page = _page(body, since, limit)
    except ValueError:
        answer.outcome, answer.error = "failed", "log"


def _page(body: dict[str, Any], since: int, limit: int) -> Page:
    told, more, restart, about = body.get("changes"), body.get("more"), body.get("restart") is True, body.get("hub")
    if not isinstance(told, list) or len(told) > limit or not isinstance(more, bool):
        raise ValueError
    rows, last, bad = list[Row](), since, 0
    for raw in told:
        number = _number(raw.get("id") if isinstance(raw, dict) else None)
        if number <= last:
            raise ValueError
        last = number
        row = _row(raw)
        bad += row is None
        rows += [row] if row else []
    following = _number(body.get("next"))
    if following < last or (more and following <= since) or (restart and rows):
        raise ValueError
    head = _number(body.get("head", following))
    shared = body.get("shared", "")
    shared = shared[:60] if isinstance(shared, str) else ""
    return Page(rows, following, more, head, restart, about if isinstance(about, dict) else {}, bad, shared=shared)


def _number(value: Any) -> int:
    """A number of a log. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_ID:
        raise ValueError
    return value


def _row(raw: dict[str, Any]) -> Row | None:
    uid, kind, gone, item = raw.get("uid"), raw.get("kind"), raw.get("gone"), raw.get("item")
    if not (isinstance(uid, str) and _UID.fullmatch(uid) and isinstance(kind, str) and _KIND.fullmatch(kind)):
        return None
    if not isinstance(gone, bool) or not (item is None or isinstance(item, dict)):
        return None
    return Row(raw["id"], uid, kind, gone, item, raw.get("erased") is True)


def retry_after(text: str) -> float:
    """Seconds that Retry-After asks for (a number or a date), at most a day; 0 where it says nothing that makes sense."""
    text = text.strip()
    if re.fullmatch(r"\d{1,15}", text):
        return min(float(text), DAY)
    try:
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
        return max(0.0, min((until - dt.datetime.now(dt.UTC)).total_seconds(), DAY))
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
