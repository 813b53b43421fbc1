"""The first steps of a new site in the browser, behind the one-time link that `hub serve` prints while nobody administers it."""

from flask import Blueprint, abort, redirect, request, url_for

from hub.api import gettext, instance, items, render_page, session, setting

OFFERED = ("ru", "en")


def page(word):
    """The form, and what it does: account, theme, name, languages and plugins; afterwards the link leads nowhere."""
    if not instance.setup_token(word):
        abort(404)
    known = tuple(dict.fromkeys([*items.site()["languages"], *OFFERED]))
    typed = {
        "name": instance.words(items.site()["languages"][0])[0], "main": items.site()["languages"][0],
        "preset": next(iter(instance.presets())), "theme": setting("hub.theme"), "email": "",
    }  # fmt: skip
    spoken, faults = list(items.site()["languages"]), {}
    if request.method == "POST":
        typed = {name: request.form.get(name, "").strip() for name in typed}
        spoken = [code for code in known if code in request.form.getlist("language")]
        faults = check(typed, spoken, known, request.form.get("password", ""))
        if not faults:
            try:
                order = [typed["main"], *(code for code in spoken if code != typed["main"])]
                wanted = {name: typed[name] for name in ("name", "preset", "theme", "email")}
                instance.set_up(spoken=order, password=request.form["password"], **wanted)
            except ValueError as error:
                session().rollback()
                faults["email"] = str(error)
        if not faults:
            return redirect(url_for("security.login", next=url_for("desk.home"), lang=typed["main"]))
    answer = render_page(
        "look/setup.html", cache=False, code=422 if faults else 200, typed=typed, spoken=spoken, faults=faults, known=known,
        presets=instance.presets(), themes=instance.themes(),
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def check(typed, spoken, known, password):
    """Field → what to do, for everything that cannot be used as it was typed."""
    faults = {}
    if not 1 <= len(typed["name"]) <= 60:
        faults["name"] = gettext("Write a name of up to 60 characters.")
    if not spoken:
        faults["language"] = gettext("Choose at least one language.")
    elif typed["main"] not in spoken:
        faults["main"] = gettext("The main language must be one of the chosen ones.")
    if typed["preset"] not in instance.presets():
        faults["preset"] = gettext("Choose a set of plugins.")
    if typed["theme"] not in dict(instance.themes()):
        faults["theme"] = gettext("Choose a theme.")
    if "@" not in typed["email"]:
        faults["email"] = gettext("Write an e-mail address such as name@example.org.")
    if len(password) < 10:
        faults["password"] = gettext("At least 10 characters.")
    return faults


def pages():
    setup = Blueprint("look_root", __name__)
    setup.add_url_rule("/setup/<word>", "setup", page, methods=["GET", "POST"])
    return setup
