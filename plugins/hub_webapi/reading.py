"""What can be read: lists and items of every kind, the change log, what a token may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import sqlalchemy as sa
from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from hub.api import Content, ContentType, Item, ask, current_user, gettext, items, level, session

from . import documents, tokens
from .description import described
from .problems import answer, refuse

STATUSES = ("draft", "review", "published", "archived", "trash")
LIST_LIMIT = 100
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def data(body: Any) -> Response:
    """An answer for everybody: readable from other sites; the hub keeps it in memory where nobody in particular asked."""
    response = answer(body, Access_Control_Allow_Origin="*", Cross_Origin_Resource_Policy="cross-origin")
    if current_user() is None and tokens.caller() is None:
        response.headers["X-Hub-Cache"] = "yes"
    return response


def type_at(path: str) -> ContentType:
    """The switched-on type at an address word, or 404."""
    found = next((ctype for ctype in items.types() if ctype.path == path), None)
    return found or nowhere()


def level_for(kind: str) -> int:
    """What whoever asks may read of a kind: by the token, where there is one, else by the session."""
    who = tokens.caller()
    return who.level(kind) if who else level(current_user())


def language() -> str:
    """The language asked for by `?lang=`, else the site's first."""
    known = items.site()["languages"]
    g.hub_lang = request.args["lang"] if request.args.get("lang") in known else known[0]
    return str(g.hub_lang)


def item_list(path: str) -> Response:
    ctype, who = type_at(path), tokens.caller()
    asked, lang = level_for(ctype.kind), language()
    status = request.args.get("status", "published")
    if who and status in STATUSES and status != "published":
        return _other_list(ctype, who, status, lang)
    query = items.read_query(ctype, asked)
    result = items.find(query, facets=True)
    return data(items.list_json(items.load(result.ids, lang, query.level), query, result))


def _other_list(ctype: ContentType, who: tokens.Caller, status: str, lang: str) -> Response:
    """What is not published: everything of ours for editors, for others what they wrote themselves."""
    extra = sorted(set(request.args) - {"status", "limit", "page", "after", "lang"})
    if extra:
        refuse(
            400,
            gettext(
                "Lists of what is not published know only status, lang, limit, page and after, not %(name)s.", name=extra[0]
            ),
        )
    limit, page = _number("limit", LIST_LIMIT, LIST_LIMIT), _number("after" if "after" in request.args else "page", 1_000_000, 1)
    asked = who.level(ctype.kind)
    chosen = sa.select(Content.id).where(Content.kind == ctype.kind, Content.status == status, ~Content.elsewhere)
    if asked < 2:
        chosen = chosen.where(Content.author_id == who.user.id)
    total = session().scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    chosen = chosen.order_by(Content.updated.desc(), Content.id.desc()).limit(limit).offset((page - 1) * limit)
    shown = items.load(list(session().scalars(chosen)), lang, asked, drafts=True)
    more = str(page + 1) if page * limit < total else None
    return answer({
        "items": [{**items.as_json(item), "status": item.status} for item in shown], "total": total,
        "returned": len(shown), "truncated": total > len(shown), "next": more, "facets": {},
    })  # fmt: skip


def _number(name: str, most: int, usual: int) -> int:
    text = request.args.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        refuse(400, f"{name}: {gettext('a whole number from 1 to %(most)s', most=most)}")
    return int(text)


def find(ctype: ContentType, uid: str) -> Content:
    """The item, where whoever asks may know of it: 404 unknown or not theirs to see, 410 erased."""
    content, who = items.get(ctype.kind, uid) if uid.isprintable() else None, tokens.caller()
    if content is None:
        if uid.isprintable() and items.erased(uid):
            refuse(410, gettext("This item was public once and has been erased for good."))
        nowhere()
    public = content.status in ("published", "archived")
    if public and documents.AUDIENCES.index(content.audience) <= level_for(ctype.kind):
        return content
    if public and ask("entrusted", content=content):
        return content
    if who and items.editable(content, who.user):
        mine = content.author_id == who.user.id and (who.suggests(ctype.kind) or "read" in who.token.scopes)
        if mine or who.level(ctype.kind) >= 2:
            return content
    nowhere()


def item(path: str, uid: str) -> Response:
    """An item as pages show it; with a token and `?as=document` the document that an edit goes on with."""
    ctype, who = type_at(path), tokens.caller()
    content = find(ctype, uid)
    editable = who is not None and items.editable(content, who.user)
    form = request.args.get("as", "item")
    if form == "document":
        if not editable:
            (refuse(403, gettext("Only who may edit an item gets its document.")) if who else tokens.needed())
        response = answer(documents.shown(content, ctype, level(who.user) if who else 0))
    elif form == "item":
        lang = language()
        found = items.load([content.id], lang, level_for(ctype.kind), links=True, drafts=editable)
        if not found:
            nowhere()
        more = {"status": content.status} if who else {}
        response = data({**whole(found[0], sources(found)), **more})
    else:
        refuse(400, "as: item, document")
    if editable:
        response.set_etag(items.token(content))
        response.make_conditional(request)
    return response


def whole(item: Item, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """An item in full, its topics with their addresses, names and the broader ones. theirs: see `sources`."""
    home = items.site()["url"]
    concepts = [
        {
            "slug": one.slug, "url": f"{home}/{item.asked}/topics/{one.slug}/", "names": dict(one.names),
            "broader": list(one.chain[1:]),
        }
        for one in item.topics
    ]  # fmt: skip
    body = {**items.as_json(item, full=True), "concepts": concepts}
    if documents.AUDIENCES.index(item.row.audience) > item.level and not tokens.caller():  # entrusted to whoever asks
        body = {**_without_people(item, body), "audience": item.row.audience}
    for end in (end for ends in body["links"].values() for end in ends if end["uid"] in theirs):
        end["source"] = theirs[end["uid"]]
    return body


def _without_people(item: Item, body: dict[str, Any]) -> dict[str, Any]:
    """An item without what is declared as data about people: it stays where those can ask for it."""
    personal = {field.name for field in item.type.fields if field.personal}
    rows = {field.name: {c.name for c in field.columns if c.personal} for field in item.type.fields if field.type == "rows"}
    told = {name: value for name, value in body["fields"].items() if name not in personal}
    for name in rows.keys() & told.keys():
        told[name] = [{n: v for n, v in row.items() if n not in rows[name]} for row in told[name] or ()]
    texts = {
        code: {**text, "fields": {n: v for n, v in text["fields"].items() if n not in personal}}
        for code, text in body["texts"].items()
    }  # fmt: skip
    return {**body, "fields": told, "texts": texts}


def sources(shown: Sequence[Item]) -> dict[str, Any]:
    """Of what these items point to: uid → uid and address there, where it lives at another hub."""
    ends = {end.uid for item in shown for ends in item.links.values() for end in ends}
    away = sa.select(Content.uid, Content.external_id, Content.source_url).where(Content.uid.in_(ends), Content.elsewhere)
    return {row.uid: {"uid": row.external_id, "url": row.source_url} for row in session().execute(away)} if ends else {}


def token() -> Response:
    """What the token at hand is and may do."""
    who = tokens.needed()
    return answer({
        "name": who.token.name, "scopes": who.token.scopes, "owner": who.user.shown_name, "level": level(who.user),
        "expires": who.token.expires.isoformat() if who.token.expires else None,
    })  # fmt: skip


def openapi() -> Response:
    """The API's own description, as far as whoever asks may see the fields."""
    language()
    who = tokens.caller()
    return data(described(level(who.user) if who else level(current_user())))


def nowhere() -> NoReturn:
    """404: no such list, item or address, or none that whoever asks may know of."""
    refuse(404, gettext("There is nothing at this address, or nothing that you may see: /api/v1/openapi.json names what there is."))


def unknown(rest: str = "") -> Response:
    """Anything else below /api/: 405 where another method would do something, else 404."""
    adapter, allowed = current_app.create_url_adapter(request), []
    for method in METHODS:
        with suppress(HTTPException):
            rule, _ = adapter.match(method=method, return_rule=True)  # type: ignore[union-attr]
            allowed += [] if rule.endpoint == request.endpoint else [method]
    if allowed:
        refuse(405, gettext("This address takes %(methods)s.", methods=", ".join(allowed)), Allow=", ".join(allowed))
    nowhere()
