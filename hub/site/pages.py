"""Home, topics, errors, health, site files: the pages that belong to no content type."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, render_template, request
from flask.helpers import send_file, url_for
from flask_babel import gettext
from werkzeug import exceptions
from werkzeug.exceptions import HTTPException, SecurityError

from hub import __version__
from hub.content import finding, items, media, topics
from hub.content.model import Content, ContentSlug, ContentText
from hub.content.queries import BadQuery, ListQuery
from hub.hooks.here import hub
from hub.people import accounts, permissions
from hub.plugins.modules import one_line
from hub.site import lists, metrics, shapes, view
from hub.site.health import DAMAGE, checks
from hub.site.languages import preferred
from hub.store import outages
from hub.store.db import session, set_write_intent
from hub.work.bucket import Unreachable

SITEMAP_PART = 10_000


def make() -> Blueprint:
    """The blueprint of all public pages; made after the plugins are loaded, because lists know their paths."""
    site = Blueprint("site", __name__)
    site.add_url_rule("/", "root", root)
    site.add_url_rule("/<lang:lang>/", "home", home)
    site.add_url_rule("/<lang:lang>/topics/", "topics", topic_index)
    site.add_url_rule("/<lang:lang>/topics/<slug>/", "topic", topic_page)
    site.add_url_rule("/media/<name>", "media", media_file)
    site.add_url_rule("/robots.txt", "robots", robots)
    site.add_url_rule("/sitemap.xml", "sitemap", sitemap)
    site.add_url_rule("/sitemap-<int:n>.xml", "sitemap_part", sitemap_part)
    site.add_url_rule("/.well-known/security.txt", "security_txt", security_txt)
    site.add_url_rule("/favicon.svg", "favicon", favicon)
    site.add_url_rule("/-/health", "health", health)
    site.add_url_rule("/-/ready", "ready", ready)
    site.add_url_rule("/-/version", "version", version)
    site.add_url_rule("/-/metrics", "metrics", metrics.page)
    lists.register(site)
    site.add_url_rule("/<path:rest>", "unprefixed", unprefixed)
    return site


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(BadQuery, bad_query)
    app.register_error_handler(Exception, crash)


def bad_query(error: BadQuery) -> Response:
    """A known condition of the address with a value that means nothing."""
    g.hub_bad_query = str(error)
    return http_error(exceptions.BadRequest(str(error)))


def root() -> Response:
    response = redirect(url_for("site.home", lang=preferred()))
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response  # type: ignore[return-value]


def unprefixed(rest: str) -> Response:
    """A page address without its language leads to the one with it, where there is such a page."""
    target = f"/{preferred()}/{rest}"
    if not target.endswith("/") and "." not in target.rsplit("/", 1)[1]:
        target += "/"
    addresses = current_app.url_map.bind("")
    if not addresses.test(target) or addresses.match(target)[0] == request.endpoint:
        abort(404)
    query = request.query_string.decode("utf-8", "replace")
    response = redirect(request.script_root + target + (f"?{query}" if query else ""))
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response  # type: ignore[return-value]


def home(lang: str) -> Response:
    blocks = view.blocks("home")
    return view.page("home.html", blocks=blocks, newest=[] if blocks else _newest(lang))


def _newest(lang: str) -> list[items.Item]:
    """Without any plugin's block the front page still shows what is new."""
    kinds = tuple(t.kind for t in hub().types.mixed() if t.kind != "page")
    level = permissions.level(accounts.current())
    found = finding.run(session(), ListQuery(kinds, lang, level, limit=9), facets=False)
    return items.load(session(), found.ids, lang, level)


def topic_index(lang: str) -> Response:
    kinds = tuple(t.kind for t in hub().types.mixed() if t.topics)
    level = permissions.level(accounts.current())
    counts = finding.run(session(), ListQuery(kinds, lang, level, limit=1)).facets.get("topic", {}) if kinds else {}
    concepts = sorted(topics.concepts(session()).values(), key=lambda c: c.name(lang))
    return view.page("topics.html", concepts=concepts, counts=counts)


def topic_page(lang: str, slug: str) -> Response:
    concept = topics.concepts(session()).get(slug)
    if concept is None and (now_called := topics.aliases(session()).get(slug)):
        return redirect(url_for("site.topic", lang=lang, slug=now_called), 301)  # type: ignore[return-value]
    if concept is None:
        abort(404)
    level = permissions.level(accounts.current())
    sections = []
    for ctype in hub().types.mixed():
        if not ctype.topics:
            continue
        query = ListQuery((ctype.kind,), lang, level, filters={"topic": (slug,)}, limit=6)
        result = finding.run(session(), query, facets=False)
        if result.total:
            sections.append((ctype, result.total, items.load(session(), result.ids, lang, level)))
    known = topics.concepts(session())
    narrower = [c for c in known.values() if len(c.chain) > 1 and c.chain[1] == slug]
    broader = known.get(concept.chain[1]) if len(concept.chain) > 1 else None
    return view.page("topic.html", concept=concept, sections=sections, narrower=narrower, broader=broader)


def media_file(name: str) -> Response:
    try:
        path = media.path(name)
    except Unreachable:
        abort(503)
    if path is None:
        abort(404)
    response = send_file(path, conditional=True)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def favicon() -> Response:
    return send_file(hub().themes.path("hub", "favicon.svg"), mimetype="image/svg+xml")


def robots() -> Response:
    lines = ["User-agent: *", "Disallow: /desk/", "Disallow: /account/", "Disallow: /*/search/",
             f"Sitemap: {shapes.absolute(url_for('site.sitemap'))}"]  # fmt: skip
    return view.data("\n".join(lines) + "\n", "text/plain")


def security_txt() -> Response:
    until = (view.dt.datetime.now(view.dt.UTC) + view.dt.timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    contact = shapes.absolute(url_for("site.item", lang=hub().settings.default_language, path="pages", slug="contact"))
    return view.data(f"Contact: {contact}\nExpires: {until}\nPreferred-Languages: "
                     f"{', '.join(hub().settings.site.languages)}\n", "text/plain")  # fmt: skip


def sitemap() -> Response:
    """An index of parts, each of at most 10,000 items in every language they have."""
    total = session().scalar(sa.select(sa.func.count()).select_from(_in_sitemap().subquery())) or 0
    parts = range(total // SITEMAP_PART + 1)
    rows = "".join(f"<sitemap><loc>{shapes.absolute(url_for('site.sitemap_part', n=n))}</loc></sitemap>" for n in parts)
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>')


def sitemap_part(n: int) -> Response:
    db = session()
    rows = db.execute(_in_sitemap().order_by(Content.id).limit(SITEMAP_PART).offset(n * SITEMAP_PART)).all()
    slugs: dict[int, dict[str, str]] = {}
    live = sa.and_(ContentText.content_id == ContentSlug.content_id, ContentText.lang == ContentSlug.lang, ContentText.status == "live")
    chosen = sa.select(ContentSlug.content_id, ContentSlug.lang, ContentSlug.slug).join(ContentText, live).where(ContentSlug.current)
    if rows:
        chosen = chosen.where(ContentSlug.content_id.between(rows[0].id, rows[-1].id))
    for number, lang, slug in db.execute(chosen):
        slugs.setdefault(number, {})[lang] = slug
    urls = []
    if n == 0:
        urls = [f"<url><loc>{shapes.absolute(url_for('site.home', lang=code))}</loc></url>" for code in hub().settings.site.languages]
    for row in rows:
        path = hub().types.get(row.kind).path
        own = {c: shapes.absolute(f"/{c}/{path}/{s}/") for c, s in slugs.get(row.id, {}).items() if c in hub().settings.site.languages}
        links = "".join(f'<xhtml:link rel="alternate" hreflang="{c}" href="{u}"/>' for c, u in own.items())
        urls += [f"<url><loc>{u}</loc><lastmod>{row.updated:%Y-%m-%d}</lastmod>{links}</url>" for u in own.values()]
    return _xml(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">{"".join(urls)}</urlset>'
    )


def _in_sitemap() -> sa.Select:
    theirs = [sa.and_(Content.kind == t.kind, Content.origin.startswith(t.borrowed)) for t in hub().types.live() if t.borrowed]  # fmt: skip
    shown = (Content.status == "published", Content.audience == "public", Content.kind.in_(hub().types.kinds()))
    return sa.select(Content.id, Content.kind, Content.updated).where(*shown, ~sa.or_(Content.elsewhere, *theirs))


def _xml(text: str) -> Response:
    return view.data('<?xml version="1.0" encoding="UTF-8"?>\n' + text, "application/xml")


def health() -> Response:
    """200 while everything that must work works, 503 otherwise; each check by name."""
    found = checks()
    failed = [check for check in found if check.state == "failed"]
    state = "failed" if failed else "warning" if any(c.state == "warning" for c in found) else "ok"
    body = {"state": state, "checks": [{"name": c.name, "state": c.state, "message": str(c.message)} for c in found]}
    fatal = any(c.name.startswith("core.") for c in failed)
    return Response(shapes.dump(body), status=503 if fatal else 200, mimetype="application/json")


def ready() -> Response:
    """Whether pages can be answered. A disk that takes nothing more is told at /-/health; readers are not sent away for it."""
    fatal = [c for c in checks() if c.state == "failed" and c.name in ("core.database", "core.migrations")]
    return Response("no\n" if fatal else "yes\n", status=503 if fatal else 200, mimetype="text/plain")


def version() -> Response:
    return Response(shapes.dump({"version": __version__, "plugins": hub().plugins.loaded}), mimetype="application/json")


def http_error(error: HTTPException) -> Response:
    """An error in the site's layout, or as problem details (RFC 9457) where data were asked for."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    if wants_data():
        own = error.description if error.description != type(error).description else ""  # not the framework's English
        body = {"type": "about:blank", "title": error.name, "status": status, "detail": own or ""}
        response = Response(shapes.dump(body), status=status, mimetype="application/problem+json")
    elif isinstance(error, SecurityError):  # under a name that is not ours no page with links can be made
        response = Response(gettext("This hub answers to another name (hub.toml, [site] url or hosts)."), 400, mimetype="text/plain")
    else:
        response = error_page(status, str(g.get("hub_bad_query", "")))
    for name, value in error.get_headers() if status in (405, 429, 503) else ():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def wants_data() -> bool:
    return request.path.startswith(("/api/", "/-/")) or bool(re.search(r"\.(json|geojson|csv|atom|rss|xml)$", request.path))


def error_page(status: int, detail: str = "") -> Response:
    """sent: what a form held, to be sent again; None where nothing was sent. Without a database the page stands alone."""
    sent: list[tuple[str, str]] | None = None if status != 503 or request.method in ("GET", "HEAD") else []
    if sent is not None and not request.path.startswith("/account/"):
        sent = list(request.form.items(True))
    words = {"status": status, "detail": detail, "sent": sent, "kinds": hub().types.live()}
    try:
        html = render_template("error.html", **words)
    except Exception as error:
        if not outages.of(error):
            current_app.logger.exception("the error page itself failed")
        html = _alone(words)
    return Response(html, status=status, mimetype="text/html")


def _alone(words: dict[str, Any]) -> str:
    """The error page without what a database tells; bare where not even addresses can be made."""
    g.hub_theme, first = hub().settings.site.theme, request.path.split("/")[1]
    g.hub_lang = first if first in hub().settings.site.languages else hub().settings.default_language
    try:
        alone = {"request": request, "lang": g.hub_lang, "theme": hub().themes.active(), "plain": True}
        return current_app.jinja_env.get_template("error.html").render(words | alone)
    except Exception:
        return "<!doctype html><title>{0}</title><h1>{0}</h1>".format(words["status"])


def crash(error: Exception) -> Response:
    """Anything unforeseen: logged, no details to the visitor. An outage of the database or the disk is one line and a 503."""
    if "SQLite INTEGER" in str(error) or type(getattr(error, "orig", 0)).__name__ == "NumericValueOutOfRange":
        session().rollback()  # somebody asked for a number beyond what the database counts to: nothing has it
        return http_error(exceptions.NotFound())
    if word := outages.of(error):
        current_app.logger.error("%s %s: %s", request.method, request.path, outages.TODO[word])
        if word == "damaged":
            hub().hooks.troubles.note(DAMAGE, one_line(error))
    else:
        current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
        if hub().hooks.strict and current_app.testing:
            raise error
    try:
        session().rollback()
    except Exception:
        current_app.logger.warning("rollback failed", exc_info=not word)
    if word:
        set_write_intent(False)  # the page only reads
        return http_error(exceptions.ServiceUnavailable("Nothing was saved.", retry_after=60))
    return http_error(exceptions.InternalServerError())
