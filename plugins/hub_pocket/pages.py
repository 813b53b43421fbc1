"""The service worker as this site wants it, and the page that shows what a device has kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from flask import Response, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from markupsafe import escape

from hub.api import gather, gettext, items, render_page, setting

WORKER = Path(__file__).parent / "worker.js"
LEAVING = Path(__file__).parent / "leaving.js"


def page(lang: str) -> ResponseReturnValue:
    """What this device has kept; without a network also the answer to every page that it has not."""
    if not setting("pocket.offline"):
        abort(404)
    words = {
        "later": gettext("You can write all the same: what you send is kept on this device and goes out once there is a network."),
        "needed": gettext("Fill in this field."),
        "kept": gettext("Kept on this device. It goes out once there is a network and a page of this site is open."),
        "list": gettext("What waits"),
        "sent": gettext("There is a network again, and this was sent: {}."),
        "see": gettext("See what becomes of it"),
        "stuck": gettext("This could not be sent as it is: {}."),
        "look": gettext("Look at it once more"),
    }
    return render_page("pocket/page.html", words=words)


def worker() -> Response:
    """The worker; where the setting is off, one that takes itself and all it kept away."""
    if setting("pocket.offline"):
        told = configuration()
        told["version"] = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]
        text = f"const POCKET = {json.dumps(told, ensure_ascii=False)};\n{WORKER.read_text(encoding='utf-8')}"
    else:
        text = LEAVING.read_text(encoding="utf-8")
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


def configuration() -> dict[str, object]:
    """What the worker must know: its page in each language, what plugins let it keep, where signing out is, its words."""
    languages, words = items.site()["languages"], {}
    sets: dict[str, list[str]] = {}
    for language in languages:
        with force_locale(language):
            words[language] = {
                "kept": str(escape(gettext("There is no network. This page is from {}."))),
                "none": str(escape(gettext("There is no network."))),
                "missing": str(
                    escape(gettext("There is no network, and this device has not kept the page you wanted."))
                ),
            }
            for _, told in gather("pocket", language=language):
                for opened, addresses in told.items():
                    sets.setdefault(opened, []).extend(addresses)
    return {
        "root": url_for("site.root"),
        "static": url_for("static_file", owner="hub", file="x").removesuffix("hub/x"),
        "media": url_for("site.media", name="x").removesuffix("x"),
        "signout": url_for("security.logout"),
        "pages": {language: url_for("pocket.page", lang=language) for language in languages},
        "sets": sets,
        "words": words,
    }
