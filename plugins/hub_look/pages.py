"""The desk's page of the look, and what browsers ask for: stylesheet, logo, manifest."""

import json
import re

from flask import Blueprint, Response, abort, flash, redirect, request, send_file, url_for

from hub.api import current_user, gather, gettext, instance, items, needs, render_page
from hub_look import brand, colour, logo, menus
from hub_look import words as own_words

ICONS = ((192, "any"), (512, "any"), (512, "maskable"))
FOREVER = "public, max-age=31536000, immutable"


@needs("desk.settings")
def look():
    """The form; `do` is save, preview, or a step of a block (`up …`, `down …`), which keeps what was typed."""
    chosen, faults = brand.current(), {}
    if request.method == "POST":
        try:
            chosen = brand.read(request.form, request.files, chosen)
        except brand.Refused as trouble:
            chosen, faults = trouble.brand, trouble.faults
        if not faults and request.form.get("do") == "save":
            brand.store(chosen)
            items.commit()
            flash(gettext("The look is saved; every page wears it now."), "ok")
            return redirect(url_for("look_desk.look"))
    answers = gather("blocks", slot="home", user=current_user(), subject=None)
    parts = [block for _, answer in answers for block in answer]
    titles = {
        block.template: str(block.title) or block.template for block in sorted(parts, key=lambda block: block.order)
    }
    order = [key for key in chosen.home if key in titles] + [key for key in titles if key not in chosen.home]
    return render_page(
        "look/desk.html", cache=False, code=422 if faults else 200, brand=chosen, faults=faults, blocks=[(k, titles[k]) for k in order],
        defaults={code: instance.words(code) for code in items.site()["languages"]}, stylesheet=stylesheet(chosen),
        grounds={"light": colour.grounds(instance.grounds(), dark=False), "dark": colour.grounds(instance.grounds(), dark=True)},
    )  # fmt: skip


def stylesheet(chosen):
    """The address of the accent's stylesheet, or "". The colours are the address, so browsers may keep it for ever."""
    if not colour_or_none(chosen.accent) or not colour_or_none(chosen.accent_dark):
        return ""
    return url_for(
        "look.accent", lang=items.site()["languages"][0], light=chosen.accent[1:], dark=chosen.accent_dark[1:]
    )


def colour_or_none(text):
    return re.fullmatch(r"#[0-9a-f]{6}", text)


def accent(lang, light, dark):
    if not re.fullmatch(r"[0-9a-f]{6}", light) or not re.fullmatch(r"[0-9a-f]{6}", dark):
        abort(404)
    rules = (
        f":root{{--accent:#{light};--link:#{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-scheme=light]){{--accent:#{dark};--link:#{dark}}}}}\n"
        f":root[data-scheme=dark]{{--accent:#{dark};--link:#{dark}}}\n"
    )
    return Response(rules, mimetype="text/css", headers={"Cache-Control": FOREVER})


def logo_file(lang, name):
    path = logo.path(name)
    if path is None:
        abort(404)
    response = send_file(path)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = FOREVER
    return response


def manifest(lang):
    """What a phone needs to put the site on its home screen."""
    name, tagline = words(lang)
    icons = [{"src": f"/static/look/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
             for size, purpose in ICONS]  # fmt: skip
    body = {
        "name": name, "short_name": name[:20], "description": tagline, "lang": lang, "icons": icons, "display": "minimal-ui",
        "start_url": url_for("site.home", lang=lang), "scope": url_for("site.root"),
        "background_color": "#f7f8f1", "theme_color": "#f7f8f1",
    }  # fmt: skip
    response = Response(json.dumps(body, ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


def words(language):
    """Name and tagline as pages show them."""
    chosen, (name, tagline) = brand.current(), instance.words(language)
    return chosen.name.get(language) or name, chosen.tagline.get(language) or tagline


def public():
    pages = Blueprint("look", __name__)
    pages.add_url_rule("/accent-<light>-<dark>.css", "accent", accent)
    pages.add_url_rule("/logo/<name>", "logo", logo_file)
    pages.add_url_rule("/manifest.webmanifest", "manifest", manifest)
    return pages


def desk():
    pages = Blueprint("look_desk", __name__)
    pages.add_url_rule("/", "look", look, methods=["GET", "POST"])
    pages.add_url_rule("/menus", "menus", menus.page, methods=["GET", "POST"])
    pages.add_url_rule("/words", "words", own_words.page, methods=["GET", "POST"])
    return pages
