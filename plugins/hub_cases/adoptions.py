"""What becomes of an adoption: taken in, confirmed by its sender, by those who keep the practice, decided; lists and lines.

Who calls commits. Nothing is public before a person of the practice or an editor has seen it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from slugify import slugify

from hub.api import Content, ListQuery, User, accounts, fold, gettext, items, may, ngettext, now, session, writing
from hub_cases import letters
from hub_cases.models import OPEN, STAGES, Adoption

UNCONFIRMED, REFUSED, TWICE = dt.timedelta(days=14), dt.timedelta(days=30), dt.timedelta(hours=1)
LIVE = Adoption.state == "live"


def take_in(adoption: Adoption, user: User | None = None) -> None:
    """Keep one. Of an editor or of those who keep the practice it is public at once; of another account it waits."""
    adoption.state = "held"  # until it is known what becomes of it
    session().add(adoption)
    session().flush()
    _place(adoption)
    if adoption.doubts:
        return
    if user is None and not adoption.offered_by:
        adoption.state = "confirm"
        letters.confirm(adoption)
    elif speaks_for(user, adoption):
        accept(adoption, user, holder=True)
    elif may(user, "cases.adoptions"):
        accept(adoption, user)
    else:
        queue(adoption)


def twin(adoption: Adoption) -> Adoption | None:
    """What the same person sent of the same practice in the same words, an hour ago at most: a button pressed twice."""
    theirs = Adoption.user_id == adoption.user_id if adoption.user_id else sa.func.lower(Adoption.email) == adoption.email.lower()
    lately = sa.select(Adoption).where(
        Adoption.content_id == adoption.content_id, theirs, Adoption.created > now() - TWICE, Adoption.state != "withdrawn"
    )
    told = ("stage", "names", "texts", "city", "evidence", "year")
    same = (one for one in session().scalars(lately.order_by(Adoption.id)) if all(getattr(one, n) == getattr(adoption, n) for n in told))
    return next(same, None)


def queue(adoption: Adoption, *, ask: bool = True) -> None:
    """It waits for an editor, and those who keep the practice are asked (not where they were asked very often today)."""
    adoption.state = "waiting"
    if ask:
        letters.ask_holder(adoption)


def speaks_for(user: User | None, adoption: Adoption) -> bool:
    """Whether somebody represents the organisation that answers for the practice."""
    content = session().get(Content, adoption.content_id)
    return user is not None and content is not None and content.owner_id in accounts.partners_of(user)


def accept(adoption: Adoption, user: User | None, *, holder: bool = False) -> None:
    """It is public from now on; its sender is told."""
    adoption.holder = "yes" if holder else adoption.holder
    if adoption.state != "live":
        adoption.state = "live"
        _decided(adoption, user)
    items.touch()


def deny(adoption: Adoption) -> None:
    """Those who keep the practice know nothing of it: editors decide, and until then it is not public."""
    adoption.holder, adoption.state = "no", "waiting"
    items.touch()


def refuse(adoption: Adoption, user: User | None, *, spam: bool = False) -> None:
    """It is not going to be public; its sender is told, except of spam."""
    adoption.state = "refused"
    _decided(adoption, user, tell=not spam)
    items.touch()


def withdraw(adoption: Adoption) -> None:
    """Taken back by who sent it."""
    adoption.state, adoption.email, adoption.decided = "withdrawn", "", now()
    items.touch()


def _decided(adoption: Adoption, user: User | None, *, tell: bool = True) -> None:
    adoption.decided, adoption.decided_by = now(), user.id if user else None
    if tell:
        letters.decided(adoption)
    adoption.email = ""  # it has served


def partner_named(name: str, language: str) -> int | None:
    """The id of the partner of exactly this name, in any language."""
    wanted = fold(name)
    if not wanted or items.type_at("partners") is None:
        return None
    found = items.find(ListQuery(("partner",), language, q=name[:200], literal=True, limit=20))
    shown = items.load(found.ids, language)
    return next((i.id for i in shown if wanted in {fold(t["title"]) for t in i.all_texts.values()}), None)


def _place(adoption: Adoption) -> None:
    """Where it is: as told, else where the partner is, else where the site knows a public place of that name."""
    if adoption.point:
        return
    place = items.ContentPlace
    public = sa.select(Content.id).where(Content.status == "published", Content.audience == "public")
    known = sa.select(place).where(place.lat.is_not(None), place.content_id.in_(public))
    spot = None
    if adoption.adopter_id:
        spot = session().scalar(known.where(place.content_id == adoption.adopter_id).order_by(place.n).limit(1))
    if spot is None and adoption.city:
        named = known.where(place.slug.in_({slugify(name) for name in adoption.city.values()}))
        named = named.where(place.country == adoption.country) if adoption.country else named
        spot = session().scalar(named.order_by(place.content_id).limit(1))
    if spot is not None:
        adoption.point = [spot.lat, spot.lon]
        adoption.city, adoption.country = adoption.city or dict(spot.names), adoption.country or spot.country


def _point(told: Mapping[str, Any]) -> list[float]:
    """Where another plugin says that it is. Raises ValueError."""
    if told.get("lat") is None or told.get("lon") is None:
        return []
    point = [float(told["lat"]), float(told["lon"])]
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise ValueError("lat and lon lie outside the world")
    return point


def offer(case: str, adoption: Mapping[str, Any]) -> str | None:
    """The hook `offer_adoption`. Raises ValueError."""
    content = items.get("case", case)
    if content is None or content.status != "published":
        return None
    if adoption.get("stage") not in {stage.value for stage in STAGES}:
        raise ValueError(f"stage is one of {', '.join(stage.value for stage in STAGES)}")
    languages = items.site()["languages"]
    spoken = {n: {k: str(v)[:5000] for k, v in (adoption.get(n) or {}).items() if k in languages and v} for n in ("names", "texts", "city")}
    if not spoken["names"]:
        raise ValueError("names says who, in a language of the site")
    evidence = str(adoption.get("evidence") or "")
    if evidence and urlsplit(evidence).scheme not in ("http", "https"):
        raise ValueError("evidence is a web address")
    partner = items.get("partner", str(adoption.get("adopter") or "")) if adoption.get("adopter") else None
    by, key = str(adoption.get("offered_by") or "another plugin")[:40], str(adoption.get("key") or "")
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{by}/{key}/{case}")) if key else str(uuid.uuid4())
    found = session().scalar(sa.select(Adoption).where(Adoption.uid == uid)) or Adoption(uid=uid, content_id=content.id, offered_by=by)
    year = adoption.get("year")
    values = {
        **spoken, "stage": adoption["stage"], "country": str(adoption.get("country") or "").upper()[:2], "evidence": evidence[:2000],
        "year": int(year) if year else None, "adopter_id": partner.id if partner else None,
        "point": _point(adoption), "lang": next(iter(spoken["names"])), "user_id": adoption.get("user_id"),
    }  # fmt: skip
    told = ("stage", "names", "texts", "evidence", "year", "adopter_id")  # places are completed here, and no news
    news = found.id is None or any(getattr(found, name) != values[name] for name in told)
    if news:
        for name, value in values.items():
            setattr(found, name, value)
        take_in(found)
    return uid


# -- lists ----------------------------------------------------------------------------------------------------------------


def of_case(content_id: int) -> list[Adoption]:
    """The public adoptions of a practice: done first, then by year."""
    order = [stage.value for stage in STAGES]
    rows = session().scalars(sa.select(Adoption).where(Adoption.content_id == content_id, LIVE))
    return sorted(rows, key=lambda row: (order.index(row.stage), row.year or 9999, row.id))


def by_partner(content_id: int) -> list[Adoption]:
    """The public adoptions by a partner, newest first."""
    query = sa.select(Adoption).where(Adoption.adopter_id == content_id, LIVE).order_by(Adoption.year.desc(), Adoption.id)
    return list(session().scalars(query.limit(100)))


def counts(ids: Sequence[int]) -> dict[int, int]:
    """How often each of these practices was taken over or is being adapted, with one query."""
    if not ids:
        return {}
    query = sa.select(Adoption.content_id, sa.func.count()).where(Adoption.content_id.in_(ids), LIVE, Adoption.stage != "unfit")
    return {row[0]: row[1] for row in session().execute(query.group_by(Adoption.content_id))}


def waiting() -> tuple[int, Any]:
    """(how many wait for an editor, since when)."""
    row = session().execute(sa.select(sa.func.count(), sa.func.min(Adoption.created)).where(Adoption.state.in_(OPEN))).one()
    return row[0], row[1]


def lines(adoptions: Iterable[Adoption], level: int, language: str) -> dict[str, Any]:
    """Lines from practices to where they were taken over, as GeoJSON; of practices that this reader may see."""
    rows = list(adoptions)
    query = sa.select(Content.id).where(Content.id.in_({row.content_id for row in rows}), Content.status == "published")
    open_to = list(session().scalars(query.where(Content.audience.in_(items.AUDIENCES[: level + 1]))))
    cases = {item.id: item for item in items.load(open_to, language, level)}
    features, labels = [], {stage.value: str(stage.label) for stage in STAGES}
    for row in rows:
        item = cases.get(row.content_id)
        start = next((place for place in item.places if place.lat is not None), None) if item else None
        if item is None or start is None or not row.point:
            continue
        ends = [[start.lon, start.lat], row.point[::-1]]
        told = {"uid": row.uid, "case": item.uid, "title": item.title, "url": items.absolute(item.url), "stage": row.stage,
                "who": spoken(row.names, language), "place": spoken(row.city, language), "country": row.country, "year": row.year,
                "confirmed": row.holder == "yes", "example": row.example}  # fmt: skip
        told["text"] = " · ".join(str(word) for word in (labels[row.stage], told["who"], told["place"], row.year) if word)
        features.append({"type": "Feature", "id": row.uid, "geometry": {"type": "LineString", "coordinates": ends}, "properties": told})
    return {"type": "FeatureCollection", "name": gettext("Practices taken over elsewhere"), "features": features, "total": len(rows),
            "returned": len(features), "truncated": False, "without_location": len(rows) - len(features)}  # fmt: skip


def live(limit: int = 5000) -> list[Adoption]:
    """All public adoptions."""
    return list(session().scalars(sa.select(Adoption).where(LIVE).order_by(Adoption.id).limit(limit)))


def spoken(words: Mapping[str, str], language: str) -> str:
    """A text in a language, else in any."""
    return words.get(language) or next(iter(words.values()), "")


# -- people ---------------------------------------------------------------------------------------------------------------


def forget() -> None:
    """The daily job: what nobody confirmed, and what was refused or taken back, is deleted in time."""
    over = sa.or_(
        sa.and_(Adoption.state == "confirm", Adoption.created < now() - UNCONFIRMED),
        sa.and_(Adoption.state.in_(("refused", "withdrawn")), Adoption.decided < now() - REFUSED),
    )
    with writing():
        session().rollback()
        session().execute(sa.delete(Adoption).where(over).execution_options(synchronize_session=False))
        session().commit()


def _of(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(Adoption.user_id == user.id, sa.func.lower(Adoption.email) == user.email.lower())


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    sent = [
        {"who": row.names, "text": row.texts, "stage": row.stage, "state": row.state, "email": row.email, "sent": row.created.isoformat()}
        for row in session().scalars(sa.select(Adoption).where(_of(user)).order_by(Adoption.id))
    ]  # fmt: skip
    return {"adoptions of practices": sent} if sent else None


def forgotten(db: Any, user: User) -> None:
    """A person is erased: what is public is about an organisation and stays without them, the rest goes."""
    quick = {"synchronize_session": False}
    db.execute(sa.delete(Adoption).where(_of(user), Adoption.state != "live").execution_options(**quick))
    db.execute(sa.update(Adoption).where(_of(user)).values(user_id=None, email="").execution_options(**quick))
    db.execute(sa.update(Adoption).where(Adoption.decided_by == user.id).values(decided_by=None).execution_options(**quick))


def left_at(contents: Sequence[int]) -> dict[int, str]:
    """What an undone import would delete with these entries: how many adoptions."""
    mine = Adoption.content_id.in_(contents), Adoption.state.in_(OPEN) | LIVE
    counted = sa.select(Adoption.content_id, sa.func.count()).where(*mine).group_by(Adoption.content_id)
    return {number: ngettext("%(num)s adoption", "%(num)s adoptions", count) for number, count in session().execute(counted)}
