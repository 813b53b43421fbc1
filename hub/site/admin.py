"""The administrator's pages of the desk: plugins, settings, topics, health."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from hub.content import changes, topics, workflow
from hub.content.texts import clean_line, fold, slug_of
from hub.hooks.here import hub
from hub.hooks.parts import Job
from hub.plugins import erasing
from hub.plugins.declared import PluginError
from hub.plugins.modules import one_line
from hub.site import view
from hub.site.guard import needs
from hub.site.health import checks
from hub.site.languages import speaking
from hub.store import migrate, state
from hub.store.db import session
from hub.work.jobs import JobRow, enqueue

ERASE = Job("erase_plugin", lambda plugin: erasing.erase(plugin))


def register(desk: Blueprint) -> None:
    desk.add_url_rule("/plugins", "plugins", needs("desk.plugins")(plugins), methods=["GET", "POST"])
    erase = needs("desk.plugins")(erase_plugin)
    desk.add_url_rule("/plugins/<name>/erase", "erase_plugin", erase, methods=["GET", "POST"])
    desk.add_url_rule("/settings", "settings", needs("desk.settings")(settings), methods=["GET", "POST"])
    desk.add_url_rule("/topics", "topics", needs("content.publish")(topic_list), methods=["GET", "POST"])
    desk.add_url_rule("/health", "health", needs("desk.settings")(health))
    desk.add_url_rule("/patterns", "patterns", needs("content.publish")(patterns))


def patterns() -> ResponseReturnValue:
    """Every pattern of the design system, living, for those who write plugins and themes."""
    return view.page("desk/patterns.html", cache=False)


def plugins() -> ResponseReturnValue:
    host = hub().plugins
    if request.method == "POST":
        name = request.form.get("name", "")
        try:
            if request.form.get("do") == "on":
                host.switch_on(name, view.migrate_plugin)
                flash(gettext("%(name)s is switched on; its pages answer in a few seconds.", name=name), "ok")
            else:
                host.switch_off(name)
                flash(gettext("%(name)s is switched off. Its data stay.", name=name), "ok")
        except (PluginError, migrate.MigrationError) as error:
            flash(str(error), "bad")
        return redirect(url_for("desk.plugins"))
    rows, erased = [], _being_erased()
    for found in host.status():
        try:
            host.card(found.name)
        except Exception as error:
            found.error = found.error or one_line(error)
        trouble = hub().hooks.troubles.of(found.name) if found.state == "on" else None
        rows.append((host.found[found.name].card, found, trouble, found.name in erased))
    adjustable = {name.partition(".")[0] for name, setting in hub().declared_settings.items() if setting.type != "json"}
    return view.page("desk/plugins.html", cache=False, rows=rows, adjustable=adjustable)


def _being_erased() -> set[str]:
    waiting = sa.select(JobRow).where(JobRow.name == f"hub.{ERASE.name}", JobRow.state.in_(("ready", "running")))
    return {str(row.args.get("plugin")) for row in session().scalars(waiting)}


def erase_plugin(name: str) -> ResponseReturnValue:
    """Everything a plugin holds, and the way to delete it: whoever does types its name."""
    try:
        held = erasing.holdings(name)
    except PluginError as error:
        flash(str(error), "bad")
        return redirect(url_for("desk.plugins"))
    except KeyError:
        abort(404)
    fault = ""
    if request.method == "POST":
        if request.form.get("typed", "").strip() == name:
            enqueue(session(), f"hub.{ERASE.name}", dedupe=f"erase {name}", plugin=name)
            session().commit()
            flash(gettext("%(name)s is being erased; a copy of its data will lie in data/erased/.", name=name), "ok")
            return redirect(url_for("desk.plugins"))
        fault = gettext("That is not its name; nothing was erased.")
    code = 422 if fault else 200
    return view.page("desk/erase.html", cache=False, code=code, name=name, held=held, fault=fault)


def settings() -> ResponseReturnValue:
    """The form of all settings, in a section per plugin. Nothing is stored while anything in it is wrong."""
    db, faults, typed = session(), {}, {}
    declared = {name: s for name, s in hub().declared_settings.items() if s.type != "json"}
    if request.method == "POST":
        for name, setting in declared.items():
            kept = setting.type == "secret" and not request.form.get(name) and f"{name}.remove" not in request.form
            if name in hub().pinned or kept or (name not in request.form and setting.type != "bool"):
                continue
            typed[name] = "\n".join(request.form.getlist(name))
            try:
                value = state.check_setting(name, typed[name])
            except ValueError as error:
                faults[name] = str(error)
                continue
            if value != state.setting(db, name):
                state.set_setting(db, name, value)
        if not faults:
            db.commit()
            flash(gettext("Settings saved."), "ok")
            return redirect(url_for("desk.settings"))
        db.rollback()
    values = {n: bool(state.setting(db, n)) if s.type == "secret" else typed.get(n, state.setting(db, n)) for n, s in declared.items()}
    groups: dict[str, list[str]] = {}
    for name in declared:
        if hub().plugins.is_on(name.partition(".")[0]):
            groups.setdefault(name.partition(".")[0], []).append(name)
    labels = {name: hub().plugins.card(name).label if name != "hub" else gettext("Site") for name in groups}
    return view.page(
        "desk/settings.html", cache=False, code=422 if faults else 200, declared=declared, values=values, faults=faults,
        groups=groups, labels=labels, pinned=set(hub().pinned) & set(declared), kinds=hub().types.live(),
    )  # fmt: skip


def topic_list() -> ResponseReturnValue:
    db, fault, typed = session(), "", None
    if request.method == "POST" and "into" in request.form:
        return _merge(request.form.get("slug", ""), request.form["into"])
    known = topics.concepts(db)
    if request.method == "POST":
        typed = _typed_topic(request.form.get("slug", ""))
        slug = typed.slug or slug_of(next(iter(typed.names.values()), ""))
        said = {(code, fold(name)) for code, name in typed.names.items()}
        others = [concept for concept in known.values() if concept.slug != typed.slug]
        there = next((c for c in others if c.slug == slug or said & {(k, fold(n)) for k, n in c.names.items()}), None)
        if not slug or not said:
            fault = gettext("Write a name in at least one language.")
        elif there:
            fault = gettext("There is a topic of this name already: %(name)s. Open it in the list.", name=there.name(speaking()))
        else:
            entry = {code: {"name": typed.names.get(code, ""), "synonyms": words} for code, words in typed.synonyms.items()}
            topic = topics.put(db, {"slug": slug, "broader": request.form.get("broader", ""), **entry})
            workflow.again(db, topics.bearers(db, topic.slug))
            changes.commit(db)
            flash(gettext("Topic saved."), "ok")
            return redirect(url_for("desk.topics"))
    concepts = sorted(known.values(), key=lambda c: c.name(speaking()))
    return view.page("desk/topics.html", cache=False, code=422 if fault else 200, concepts=concepts, typed=typed, fault=fault)


def _typed_topic(slug: str) -> topics.Concept:
    languages = hub().settings.site.languages
    names = {code: name for code in languages if (name := clean_line(request.form.get(f"name.{code}", ""))[:120])}
    synonyms = {code: tuple(filter(None, map(clean_line, request.form.get(f"synonyms.{code}", "").split(",")))) for code in languages}
    return topics.Concept(0, slug, names, synonyms, (slug, request.form.get("broader", "")))


def _merge(gone: str, into: str) -> ResponseReturnValue:
    """Make one topic of two."""
    try:
        if gone == into:
            raise KeyError(into)
        bearers = topics.merge(session(), gone, into)
    except KeyError:
        flash(gettext("Choose another topic that is there."), "bad")
    else:
        workflow.again(session(), bearers)
        changes.commit(session())
        told = ngettext("One topic now; %(num)s entry was changed.", "One topic now; %(num)s entries were changed.", len(bearers))
        flash(told, "ok")
    return redirect(url_for("desk.topics"))


def health() -> ResponseReturnValue:
    found = checks()
    bad = sum(1 for c in found if c.state != "ok")
    title = ngettext("%(num)s thing to look at", "%(num)s things to look at", bad) if bad else gettext("All is well")
    return view.page("desk/health.html", cache=False, checks=found, title=title)
