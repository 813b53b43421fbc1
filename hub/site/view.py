"""What every page shares: rendering in the site's layout, menus, blocks of plugins, response headers."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
import re
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from babel.dates import format_date
from flask import Flask, Response, g, has_request_context, redirect, render_template, request, url_for
from flask_babel import format_decimal, get_locale, get_timezone
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from hub.content import queries, texts
from hub.content.fields import as_text, language_name, row_text, show_partial
from hub.content.items import Item
from hub.hooks.here import hub
from hub.hooks.parts import Block, NavItem
from hub.people import accounts, permissions
from hub.site.cache import VARY
from hub.site.languages import COOKIE as LANGUAGE_COOKIE
from hub.site.languages import speaking
from hub.site.themes import ACCESSIBLE
from hub.site.themes import COOKIE as THEME_COOKIE
from hub.store import migrate
from hub.store.db import engine, session

log = logging.getLogger("hub.site")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

FRAMES = ("frame-ancestors 'none'", "frame-ancestors *")
OPENED = {"img-src", "connect-src", "frame-src", "media-src", "form-action"}  # what a plugin may open
_TEXT = re.compile(r"^text/|json|xml|javascript")
_ORIGIN = re.compile(r"(https?|wss?)://[a-z0-9.*-]+(:\d+)?")


def init_app(app: Flask) -> None:
    app.before_request(switch_by_link)
    app.after_request(finish)
    app.context_processor(common)
    app.jinja_env.filters.update(
        markdown=lambda text: texts.render(text, hub().settings.site.local),
        typo=lambda text: texts.typo(str(text), speaking()), day=day, moment=moment, local_input=local_input,
        partial=show_partial, plain=texts.plain, excerpt=texts.excerpt, number=number,
        host=lambda url: urlsplit(str(url)).netloc.removeprefix("www."), capitalize_first=capitalize_first,
    )  # fmt: skip
    app.jinja_env.globals.update(
        slot=lambda name, subject=None: Markup("\n").join(block_html(*b) for b in blocks(name, subject)),
        cover=cover, as_text=as_text, language_name=language_name, may=permissions.may, block_html=block_html, blocks=blocks,
        span=span, query_link=query_link, head_blocks=lambda item=None: blocks("head", item),
        country_name=country_name, row_text=lambda field, row: row_text(field.columns, row),
    )  # fmt: skip
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def page(template: Any, *, cache: bool = True, code: int = 200, framed: bool = False, **context: Any) -> Response:
    """Render a page. cache: it holds no form to post, no flash and nothing personal; framed: other sites may show it."""
    response = Response(render_template(template, **context), status=code, mimetype="text/html")
    if framed:
        response.headers["Content-Security-Policy"] = content_security().replace(*FRAMES)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if cache and accounts.current() is None and request.method in ("GET", "HEAD"):
        response.headers["X-Hub-Cache"] = "yes"
    return response


def data(body: str | bytes, mimetype: str, *, filename: str = "") -> Response:
    """A data shape: cacheable like a page, readable from other sites."""
    response = Response(body, mimetype=mimetype)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if filename:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    if accounts.current() is None:
        response.headers["X-Hub-Cache"] = "yes"
    return response


def switch_by_link() -> Response | None:
    """`?theme=` and, on pages without a language in their address, `?lang=` set a cookie and lead back."""
    wanted, name = request.args.get("theme"), THEME_COOKIE
    if wanted not in (ACCESSIBLE, "default"):
        wanted, name = request.args.get("lang"), LANGUAGE_COOKIE
        if wanted not in hub().settings.site.languages or not request.path.startswith(("/desk", "/account")):
            return None
    if request.method != "GET":
        return None
    switched = ("theme",) if name == THEME_COOKIE else ("theme", "lang")
    rest = [(n, v) for n, v in request.args.items(multi=True) if n not in switched]
    query = urlencode(rest)
    target = "/" + quote(request.path.lstrip("/\\"), safe="/:@!$&'()*+,;=~")  # a tab in it could lead away
    response = redirect(request.script_root + target + (f"?{query}" if query else ""))
    if wanted == "default":
        response.delete_cookie(name, path=request.script_root or "/")
    else:
        response.set_cookie(name, str(wanted), max_age=31_536_000, path=request.script_root or "/", samesite="Lax",
                            secure=request.is_secure)  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]


def compress(response: Response) -> None:
    """Public text goes out compressed. Pages with secrets (a form's token) do not, so that their length tells nothing."""
    headers = response.headers
    public = headers.get("X-Hub-Cache") == "yes" or headers.get("Cache-Control", "").startswith("public")
    if not public or response.status_code != 200 or not _TEXT.search(response.mimetype or ""):
        return
    headers.add("Vary", "Accept-Encoding")
    if "gzip" in request.headers.get("Accept-Encoding", "") and "Content-Encoding" not in headers:
        response.direct_passthrough = False
        response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
        headers["Content-Encoding"] = "gzip"


def finish(response: Response) -> Response:
    """Headers of every answer; what is not marked as cacheable is private."""
    compress(response)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security())
    headers["X-Content-Type-Options"] = "nosniff"
    if FRAMES[1] not in headers["Content-Security-Policy"]:
        headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if response.status_code == 200 and headers.get("X-Hub-Cache") == "yes" and "Set-Cookie" not in headers:
        headers["Cache-Control"] = "no-cache"
        headers["Vary"] = VARY
        if tag := request.environ.get("hub.etag"):
            headers["ETag"] = tag
        else:  # nobody keeps this answer, so nobody takes the mark off
            headers.pop("X-Hub-Cache")
    else:
        headers.pop("X-Hub-Cache", None)
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
    return response


def content_security() -> str:
    """The policy of a page: our own addresses, and those that plugins need and name."""
    policy = dict(part.split(" ", 1) for part in CSP.split("; "))
    for name, wanted in hub().hooks.answers("content_security"):
        if not isinstance(wanted, dict) or not set(wanted) <= OPENED or not all(map(_ORIGIN.fullmatch, chain(*wanted.values()))):
            hub().hooks.failed(name, "content_security", ValueError(f"not directives with plain addresses: {wanted!r}"))
            continue
        for directive, origins in wanted.items():
            policy[directive] = " ".join([policy.get(directive, "'self'"), *origins])
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def common() -> dict[str, Any]:
    """What every template may use; made once for a page, which is many templates."""
    key, kept = (speaking(), accounts.current()), g.setdefault("hub_common", {}) if has_request_context() else {}
    if key not in kept:
        kept[key] = _common(*key)
    return kept[key]


def _common(language: str, user: Any) -> dict[str, Any]:
    settings = hub().settings
    return {
        "site_name": site_name(), "tagline": tagline(), "site_logo": branding().get("logo", ""),
        "lang": language, "languages": settings.site.languages, "user": user, "level": permissions.level(user),
        "types": hub().types, "menu": menu("main", user), "footer_menu": menu("footer", user),
        "network_menu": menu("network", user),
        "desk_menu": menu("desk", user) if user else [],
        "theme": hub().themes.active(), "base_url": settings.site.url, "absolute": settings.site.absolute,
        "local": settings.site.local, "alternate": alternate, "known_query": _known_query,
        "propose_url": propose_url,
    }  # fmt: skip


PAGES = (("about", _("About us")), ("contact", _("Contact")), ("rules", _("Publication rules")), ("privacy", _("Privacy")),
         ("imprint", _("Imprint")))  # fmt: skip


def menu(slot: str, user: Any) -> list[NavItem]:
    """The lines of a menu in order, as the branding wants them: with further pages, without those left out."""
    wish = branding().get("menus", {}).get(slot, {})
    lines = menu_lines(slot, user) + [NavItem(label, url, 99, name=name) for label, url, name in wish.get("pages", ())]
    order, off = list(wish.get("order", ())), wish.get("off", ())
    lines = [line for line in lines if line.key not in off]
    lines.sort(key=lambda line: (order.index(line.key) if line.key in order else len(order), line.order))
    return [replace(line, url=hub().settings.site.local(line.url)) for line in lines]


def menu_lines(slot: str, user: Any) -> list[NavItem]:
    """Every line of a menu: the content types (main), the site's own pages (network) and what plugins add."""
    lines, address = [], partial(url_for, lang=speaking())
    if slot == "network":
        lines = [NavItem(label, address("site.item", path="pages", slug=slug), n) for n, (slug, label) in enumerate(PAGES)]
    if slot == "main":
        listed = [t for t in hub().types.live() if t.navigation]
        lines = [NavItem(t.plural, address("site.list", path=t.path), t.order, t.kind) for t in listed]
    lines += [line for _, line in hub().hooks.gather("navigation", slot=slot, user=user)]
    return sorted(lines, key=lambda line: line.order)


def propose_url(ctype: Any) -> str:
    """Where whoever looks may add an item of a type: a plugin's form for them, else the desk's."""
    if "hub_propose" not in g:
        g.hub_propose = {line.kind: line.url for line in menu("propose", accounts.current())}
    offered: str | None = g.hub_propose.get(ctype.kind)
    return offered or url_for("desk.new", path=ctype.path)


def alternate(language: str) -> str:
    """This page in another language: the same item, the same query."""
    known: dict[str, str] = g.get("hub_alternates", {})
    path = known.get(language)
    if path is None:
        parts = request.path.split("/")
        if len(parts) > 1 and parts[1] in hub().settings.site.languages:
            parts[1] = language
            path = request.script_root + "/".join(parts)
        elif request.path.startswith(("/desk", "/account")):
            return f"{request.script_root}{request.path}?{_known_query(lang=language)}"
        else:
            return url_for("site.home", lang=language)
    query = _known_query()
    return f"{path}?{query}" if query else path


def _known_query(**more: str) -> str:
    """The query: whole at the desk; as far as lists or a plugin's card know it on cached pages, which carry nobody's tracking names."""
    known = queries.known_names(hub().types.live()) if g.get("hub_listing") else set()
    owner = (request.blueprint or "").removesuffix("_root")
    if owner in hub().plugins.loaded:
        known |= set(hub().plugins.card(owner).query)
    own = request.path.startswith(("/desk", "/account"))
    kept = [(n, v) for n, v in request.args.items(multi=True) if n not in more and (own or n in known)]
    return urlencode([*kept, *more.items()])


def query_link(query: Any, **changes: Any) -> str:
    """`?…` of a list query with some names changed; empty where nothing is left."""
    text = query.link(**changes)
    return f"?{text}" if text else request.script_root + request.path


def branding() -> dict[str, Any]:
    """The site's own face, as a plugin answers it (hook `branding`); empty where none does. Kept for the request."""
    if "hub_branding" not in g:
        told = hub().hooks.ask("branding", language=speaking())
        g.hub_branding = told if isinstance(told, dict) else {}
    return g.hub_branding


def site_name() -> str:
    """The site's name in the language of the page: of its branding, else of hub.toml."""
    return str(branding().get("name") or hub().settings.text(hub().settings.site.name, speaking()))


def tagline() -> str:
    return str(branding().get("tagline") or hub().settings.text(hub().settings.site.tagline, speaking()))


def blocks(slot: str, subject: Any = None) -> list[tuple[str, Block]]:
    """What plugins put into a page, in order, with the plugin's name; on the front page as the branding wants it."""
    user = accounts.current()
    found = hub().hooks.gather("blocks", slot=slot, user=user, subject=subject)
    kept = sorted(found, key=lambda pair: pair[1].order)
    if slot != "home":
        away = slot != "head" and getattr(subject, "elsewhere", False)
        return [pair for pair in kept if pair[1].elsewhere] if away else kept
    order, off = list(branding().get("home", ())), branding().get("off", ())
    kept = [pair for pair in kept if pair[1].template not in off]
    return sorted(kept, key=lambda pair: order.index(pair[1].template) if pair[1].template in order else len(order))


def block_html(name: str, block: Block) -> Markup:
    """One block as HTML; a plugin whose template fails leaves a gap, not an error page."""
    try:
        return Markup(render_template(block.template, **block.context))
    except Exception as error:
        hub().hooks.failed(name, f"block {block.template}", error)
        return Markup("")


def cover(item: Item, mode: str = "img") -> Markup:
    """The item's picture: as a plugin cuts or draws it, else the photograph as it is, else a plain tint."""
    drawn = hub().hooks.ask("illustrate", item=item, inline=mode == "inline")
    if isinstance(drawn, Markup):
        return drawn
    if item.picture is None:
        return Markup('<span class="cover plain"></span>')
    address = url_for("site.media", name=item.picture.name)
    alt = item.picture.alt.get(speaking()) or next(iter(item.picture.alt.values()), "")
    return Markup('<img class="cover" src="{}" width="{}" height="{}" alt="{}" loading="lazy">').format(
        address, item.picture.width, item.picture.height, alt
    )


def day(value: dt.datetime | dt.date | None) -> str:
    """A day as people write it: 20 November 2026."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        value = value.astimezone(get_timezone())
    return format_date(value, "d MMMM y", locale=get_locale() or "en")


def moment(value: dt.datetime | None) -> str:
    """A day and a time in the site's zone."""
    return "" if value is None else f"{day(value)}, {value.astimezone(get_timezone()):%H:%M}"


def local_input(value: dt.datetime) -> str:
    """A moment as a datetime-local control takes it, in the site's zone."""
    return f"{value.astimezone(get_timezone()):%Y-%m-%dT%H:%M}"


def capitalize_first(text: Any) -> str:
    return str(text)[:1].upper() + str(text)[1:]


def number(value: float) -> str:
    return str(value) if isinstance(value, int) and 0 <= value < 1000 else str(format_decimal(value))


def country_name(code: str) -> str:
    """A country's name in the language of the page."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def span(item: Item) -> str:
    """The time an item covers: "2017 – ongoing", "19 – 20 May 2026", "20 May 2026, 18:30 – 20:00", as far as its date fields say."""
    said = {f.fills: as_text(f, item.value(f.name)) for f in item.type.fields if f.fills and item.value(f.name)}
    start, end = said.get("starts_at", ""), said.get("ends_at", "")
    if not start or not end or start == end:
        return start or end
    day, comma, hour = end.partition(", ")
    if comma:
        return f"{start}\u00a0–\u00a0{hour}" if start.startswith(day + comma) else f"{start} – {end}"  # hours stay on one line
    return re.sub(r"^(.+?)((?: \S+)+) – (.+?)\2$", r"\1 – \3\2", f"{start} – {end}")  # a month or year of both is said once


def migrate_plugin(found: Any) -> None:
    """Make a plugin's tables within a request: its own transaction is over first, for both would wait for one lock."""
    session().rollback()
    if found.history:
        migrate.upgrade(engine(), found.history)
