"""What the look gives to the hub: branding, the blocks that frame every front page, icons in the head, the first steps."""

from flask import url_for

from hub.api import Block, Check, NavItem, Setting, gettext, hookimpl, instance, may
from hub.api import lazy_gettext as _
from hub_look import brand, front, menus, pages, setup, shapes, words


@hookimpl
def settings():
    return [
        Setting("brand", "json", {}, label=_("Look")),
        Setting("menus", "json", {}, label=_("Menus")),
        Setting("words", "json", {}, label=_("Words")),
    ]


@hookimpl
def started(app):
    instance.own_words(words.told)


@hookimpl
def blueprints():
    return [pages.public(), pages.desk(), setup.pages()]


@hookimpl
def navigation(slot, user):
    return [NavItem(gettext("Look"), "/desk/look/", 80)] if slot == "desk" and may(user, "desk.settings") else []


@hookimpl
def health():
    told = gettext("It has another form than the desk gives it, so it is left out. Choose anew at /desk/look/.")
    odd = [Check(name, "warning", told) for name in shapes.misshapen()]
    weak = brand.unreadable()
    if not weak:
        return [*odd, Check("accent", "ok", label=gettext("Accent colour"))]
    message = gettext(
        "%(colours)s is hard to read on this theme. Choose another accent at /desk/look/.", colours=", ".join(weak)
    )
    return [*odd, Check("accent", "warning", message, gettext("Accent colour"))]


@hookimpl
def branding(language):
    chosen = brand.current()
    told = {
        "name": chosen.name.get(language),
        "tagline": chosen.tagline.get(language),
        "home": chosen.home,
        "off": chosen.off,
        "menus": menus.told(language),
    }
    if chosen.logo:
        told["logo"] = url_for("look.logo", lang=language, name=chosen.logo)
    return told


@hookimpl
def blocks(slot, user, subject):
    if slot == "head":
        return [Block("look/head.html", {"accent": pages.stylesheet(brand.current())}, order=90)]
    if slot == "desk" and may(user, "desk.settings") and not front.published_kinds():
        return [Block("look/begin.html", order=1)]
    if slot != "home":
        return []
    found = [Block("look/take-part.html", order=90, title=_("Take part"))]
    kinds = front.published_kinds()
    if kinds:
        found.append(Block("look/start.html", front.start(kinds, user), order=20, title=_("Search and topics")))
        found.append(Block("look/newest.html", {"items": front.newest(kinds)}, order=30, title=_("What is new")))
    return found
