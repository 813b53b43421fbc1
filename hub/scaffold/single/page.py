"""PLUGIN_LABEL: a whole plugin in one file. It speaks English; a package of its own brings templates and translations
(`hub plugin new` without `--single`)."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, url_for
from flask_babel import get_locale
from hub.api import NavItem, Plugin, Setting, hookimpl, items, render_page, setting

plugin = Plugin(name="PLUGIN_NAME", label="PLUGIN_LABEL", summary="PLUGIN_SUMMARY")
pages = Blueprint("PLUGIN_NAME", __name__)
PAGE = """
{% extends "base.html" %}
{% from "_parts.html" import crumbs with context %}
{% block title %}PLUGIN_LABEL{% endblock %}
{% block main %}
<div class="wrap">
{{ crumbs([("PLUGIN_LABEL", "")]) }}
<div class="stack"><h1>PLUGIN_LABEL</h1><p class="deck">{{ greeting }}</p>
<p>{{ ngettext("%(count)s found", "%(count)s found", count, count=count|number) }}</p></div>
</div>
{% endblock %}
"""


@pages.get("/")
def show(lang: str) -> Response:
    """`/en/PLUGIN_NAME/`."""
    count = sum(len(ids) for ids in items.published_ids())
    template = current_app.jinja_env.from_string(PAGE)
    return render_page(template, greeting=setting("PLUGIN_NAME.greeting"), count=count)


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    return [pages]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    if slot != "footer":
        return []
    address = url_for("PLUGIN_NAME.show", lang=str(get_locale()))
    return [NavItem("PLUGIN_LABEL", address)]


@hookimpl
def settings() -> Sequence[Setting]:
    return [Setting("greeting", "str", "This page is made by a plugin of one file.", label="What the page says first")]
