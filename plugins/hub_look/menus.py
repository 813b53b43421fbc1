"""The menus of the site: which kinds and pages stand in them, in which order. Every button stores at once."""

from flask import abort, flash, redirect, request, url_for

from hub.api import ListQuery, gettext, instance, items, needs, render_page
from hub_look import shapes

SLOTS = ("main", "network", "footer")
MOST = 20  # pages that one menu may get


def current():
    """slot → {"order": [key], "off": [key], "pages": [uid]}."""
    stored = shapes.stored("menus")
    return {slot: {"order": [], "off": [], "pages": [], **stored.get(slot, {})} for slot in SLOTS}


def told(language):
    """What the hook `branding` says of menus: pages with their titles and addresses in this language."""
    chosen = current() if shapes.stored("menus") else {}
    lines = {
        item.uid: (item.title, item.url, item.uid)
        for item in _pages({u for wish in chosen.values() for u in wish["pages"]}, language)
    }
    return {
        slot: {**wish, "pages": [lines[uid] for uid in wish["pages"] if uid in lines]} for slot, wish in chosen.items()
    }  # fmt: skip


def _pages(uids, language):
    """The published pages of these uids that every visitor may read."""
    found = [content for uid in uids if (content := items.get("page", uid)) is not None]
    open_to_all = [c.id for c in found if c.status == "published" and c.audience == "public"]
    return items.load(open_to_all, language)


@needs("desk.settings")
def page():
    """The menus with their buttons; POST takes one step."""
    chosen = current()
    if request.method == "POST":
        slot, do = request.form.get("slot", ""), request.form.get("do", "")
        step, _, key = do.partition(" ")
        if slot not in SLOTS or step not in STEPS:
            abort(400)
        STEPS[step](
            chosen[slot], [line["key"] for line in lines(slot, chosen[slot])], key or request.form.get("page", "")
        )
        instance.store_setting("look.menus", chosen)
        items.commit()
        flash(gettext("The menu is changed."), "ok")
        return redirect(url_for("look_desk.menus") + f"#menu-{slot}")
    speaking = items.speaking()
    every = items.load(items.find(ListQuery(("page",), speaking, limit=200, sort="title")).ids, speaking)
    return render_page(
        "look/menus.html", cache=False, slots={slot: lines(slot, chosen[slot]) for slot in SLOTS},
        pages={slot: [item for item in every if item.uid not in chosen[slot]["pages"]] for slot in SLOTS},
    )  # fmt: skip


def lines(slot, wish):
    """Every line that a menu could show, in its order: key, label, shown, and the uid of a page that was added."""
    known = [{"key": key, "label": label, "page": ""} for key, label in instance.menu_lines(slot)]
    for item in _pages(wish["pages"], items.speaking()):
        known.append({"key": item.uid, "label": item.title, "page": item.uid})
    order = {key: n for n, key in enumerate(wish["order"])}
    known.sort(key=lambda line: order.get(line["key"], len(order)))
    return [{**line, "shown": line["key"] not in wish["off"]} for line in known]


def _move(by):
    def step(wish, keys, key):
        if key in keys:
            place = keys.index(key)
            keys.insert(max(0, place + by), keys.pop(place))
            wish["order"] = keys

    return step


def _hide(wish, keys, key):
    if key in keys and key not in wish["off"]:
        wish["off"].append(key)


def _show(wish, keys, key):
    wish["off"] = [other for other in wish["off"] if other != key]


def _add(wish, keys, uid):
    if _pages([uid], items.speaking()) and uid not in wish["pages"] and len(wish["pages"]) < MOST:
        wish["pages"].append(uid)


def _remove(wish, keys, uid):
    wish["pages"] = [other for other in wish["pages"] if other != uid]


STEPS = {"up": _move(-1), "down": _move(1), "hide": _hide, "show": _show, "add": _add, "remove": _remove}
