"""The change log for those who follow this hub: what is public and our own, with the items themselves where they want them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from hub.api import Change, Content, ask, gettext, items, log, session

from .problems import refuse
from .reading import data, language, sources, whole

MOST, MOST_WHOLE = 500, 100


def change_list() -> Response:
    """Public changes after `since`: what a follower needs to stay current. Drafts and their ids are not in it.

    With `?items=1` each change carries its item as it is now (those of `kind`, where kinds are named), and the answer says
    who speaks; a follower for whom nothing has changed gets a 304. Whoever may read more (`further_changes`) gets that among it.
    """
    since, filled = _number("since", 0, 10**18 - 1), request.args.get("items") == "1"
    limit = max(1, _number("limit", MOST_WHOLE if filled else MOST, MOST_WHOLE if filled else MOST))
    rows, head, kinds = log.since(since, limit), log.head(public=True), list[str]()
    further = ask("further_changes", since=since, limit=limit) if filled else None
    if further is not None:
        both = {row.id: row for row in (*further["changes"], *rows) if row.id <= further["until"]}
        rows = [both[number] for number in sorted(both)[:limit]]
        head, kinds = max(head, further["head"]), further["kinds"]
    body: dict[str, Any] = {
        "changes": _told(rows), "next": rows[-1].id if rows else since, "more": len(rows) == limit,
    }  # fmt: skip
    if filled:
        _fill(body["changes"], {row.uid: row.content_id for row in rows}, kinds)
        body |= {"head": head, "restart": since > head, "hub": about()}
        body |= {"shared": further["mark"]} if further is not None else {}
    response = data(body)
    response.headers.pop("X-Hub-Cache", None)
    if filled:
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
    return response


def _number(name: str, usual: int, most: int) -> int:
    text = request.args.get(name, str(usual))
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > most:
        refuse(400, f"{name}: {gettext('a whole number, at most %(most)s', most=most)}")
    return int(text)


def _told(rows: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes as they are given: of kinds that are on, no touches, nothing that is other people's text."""
    kinds, theirs = {ctype.kind for ctype in items.types()}, _borrowed(rows)
    return [
        {"id": c.id, "kind": c.kind, "uid": c.uid, "gone": c.gone, "at": c.at.isoformat()}
        for c in rows if c.kind in kinds and c.verb != "touched" and c.content_id not in theirs
    ]  # fmt: skip


def _borrowed(rows: Sequence[Change]) -> set[int]:
    """What came here from a feed is its origin's to publish (and what lives at another hub is not in the public log)."""
    borrowed = [sa.and_(Content.kind == t.kind, Content.origin.startswith(t.borrowed)) for t in items.types() if t.borrowed]
    mine = sa.select(Content.id).where(Content.id.in_({row.content_id for row in rows}))
    return set(session().scalars(mine.where(sa.or_(sa.false(), *borrowed))))


def _fill(told: list[dict[str, Any]], numbers: dict[str, int], kinds: Sequence[str]) -> None:
    """Give each change the item as visitors see it now; None where there is nothing (any more), or it was not asked for.

    kinds: those of which whoever asks may read entries for members, too. What left the public for them is not gone for these.
    What is gone may come back, unless it was erased.
    """
    wanted, lang = request.args.getlist("kind"), language()
    rows = [row for row in told if (kinds or not row["gone"]) and (not wanted or row["kind"] in wanted)]
    ids = {numbers[row["uid"]] for row in rows}
    inner = sa.and_(Content.audience == "members", Content.kind.in_(kinds), ~Content.elsewhere)
    for_them = sa.or_(Content.audience == "public", inner)
    open_ids = sa.select(Content.id).where(Content.id.in_(ids), Content.status == "published", for_them)
    shown = {item.uid: item for item in items.load(list(session().scalars(open_ids)), lang, 0, links=True)}
    theirs = sources(list(shown.values()))
    left = set(session().scalars(sa.select(Content.uid).where(Content.uid.in_([row["uid"] for row in told if row["gone"]]))))
    for row in told:
        item = shown.get(row["uid"])
        row["gone"] = row["gone"] and (item is None or not kinds)
        row["erased"] = row["gone"] and row["uid"] not in left
        row["item"] = whole(item, theirs) if item is not None and not row["gone"] else None


def about() -> dict[str, Any]:
    """Who speaks: name, address, languages, and the kinds there are with their address words."""
    site = items.site()
    kinds = {ctype.kind: ctype.path for ctype in items.types()}
    return {"name": site["name"], "url": site["url"], "languages": list(site["languages"]), "kinds": kinds}
