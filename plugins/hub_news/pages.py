"""Public pages: today, the archive, the sources, the word to publishers, and the count of reads."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Response, abort, request
from flask_babel import get_locale, get_timezone

from hub.api import Content, Item, current_user, items, level, now, render_page, session
from hub_news import care, sources, websub
from hub_news.reader import running

SHOWN = 200
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROBOT = re.compile(r"bot|crawl|spider|slurp|preview|fetch|curl|wget|python|monitor", re.I)


def _zone() -> Any:
    return get_timezone() or ZoneInfo("UTC")


def _readable() -> Any:
    mine = items.AUDIENCES[: level(current_user()) + 1]
    return sa.and_(Content.kind == "news", Content.status == "published", Content.audience.in_(mine))


def _between(start: dt.datetime, end: dt.datetime, language: str) -> tuple[list[Item], int]:
    span = sa.and_(_readable(), Content.published >= start, Content.published < end)
    total = session().scalar(sa.select(sa.func.count()).select_from(Content).where(span)) or 0
    ids = session().scalars(
        sa.select(Content.id).where(span).order_by(Content.published.desc(), Content.id.desc()).limit(SHOWN)
    )
    return items.load(list(ids), language, level(current_user()), links=True), total


def by_day(shown: Iterable[Item]) -> list[tuple[dt.date, list[Item]]]:
    """Items by the day of their publication in the site's zone, in their order."""
    days: list[tuple[dt.date, list[Item]]] = []
    for item in shown:
        day = (item.published or item.updated).astimezone(_zone()).date()
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(item)
    return days


def linked(item: Item, base: str) -> dict[str, Any]:
    """What the page of an article says to machines, its authors as persons or as those organisations. base: core's JSON-LD."""
    out: dict[str, Any] = json.loads(base)
    organisations = {items.site()["name"], *(end.title for end in item.links.get("partner", ()))}
    if names := [name.strip() for name in out.pop("author", "").split(",") if name.strip()]:
        out["author"] = [{"@type": "Organization" if name in organisations else "Person", "name": name} for name in names]
    return out


def today(lang: str) -> Any:
    """What was published today; nothing else, and what there is to do instead on a quiet day."""
    start = now().astimezone(_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    shown, total = _between(start, start + dt.timedelta(days=1), lang)
    return render_page("news/day.html", items=shown, total=total, day=start.date())


def archive(lang: str) -> Any:
    """Every month that has news, with how many."""
    zone, counts = _zone(), dict[tuple[int, int], int]()
    known = sa.select(Content.published).where(_readable(), Content.published.is_not(None))
    for moment in filter(None, session().scalars(known)):
        local = moment.astimezone(zone)
        counts[local.year, local.month] = counts.get((local.year, local.month), 0) + 1
    years: dict[int, list[tuple[int, int]]] = {}
    for (year, number), count in sorted(counts.items(), reverse=True):
        years.setdefault(year, []).append((number, count))
    return render_page("news/archive.html", years=years, month_name=month_name)


def month(lang: str, year: int, month: int) -> Any:
    """The news of a month; 404 where there cannot be any."""
    if not (1990 <= year <= 2200 and 1 <= month <= 12):
        abort(404)
    start = dt.datetime(year, month, 1, tzinfo=_zone())
    end = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=_zone())
    shown, total = _between(start, end, lang)
    if not shown:
        abort(404)
    return render_page("news/month.html", items=shown, total=total, year=year, month=month, month_name=month_name)


def month_name(number: int) -> str:
    """A month by itself, as people say it."""
    locale = get_locale()
    names = locale.months["stand-alone"]["wide"] if locale else {}
    return str(names.get(number, number))


def source_list(lang: str) -> Any:
    """Every source: how it is, when it is asked next and why. Never kept: it changes without an edit."""
    return render_page("news/sources.html", cache=False, lines=sources.lines(lang))


def bot(lang: str = "") -> Any:
    """What publishers should know of our reader."""
    return render_page("news/bot.html", agent=running.user_agent())


def seen(uid: str) -> Response:
    """Counts one read; the reader's browser keeps the answer for an hour, and nothing is known of who reads."""
    if _UID.fullmatch(uid) and not _ROBOT.search(request.headers.get("User-Agent", "bot")):
        care.note_read(uid)
    response = Response(PIXEL, mimetype="image/gif")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def push(word: str) -> Response:
    """What a hub calls: GET to ask whether we meant it, POST to bring what is new (WebSub)."""
    if request.method == "GET":
        challenge = websub.confirm(word, request.args)
        if challenge is None:
            abort(404)
        return Response(challenge, mimetype="text/plain")
    if (request.content_length or 0) > websub.MAX_BYTES:
        abort(413)
    body = request.get_data()
    signature = request.headers.get("X-Hub-Signature", "")
    return Response(status=websub.deliver(word, signature, request.headers.get("Content-Type", ""), body))
