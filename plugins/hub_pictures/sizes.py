"""Pictures in the frame of the site (3:2), in several widths, cut around what matters; made when first asked for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, current_app, g, send_file, url_for
from markupsafe import Markup
from PIL import Image

from hub.api import instance, items, session
from hub_pictures.models import Focus

WIDTHS = (480, 960, 1600)
CENTRE = (50, 50)


def cut(name: str, width: int, x: int, y: int) -> Response:
    """One size of a picture. Only the cut that the library knows is made, so that nobody fills the disk with others."""
    name = f"{name}.webp"
    original = items.picture_file(name)
    if original is None or width not in WIDTHS or (x, y) != focus(name):
        abort(404)
    made = instance.cache_dir("pictures") / f"{original.stem}-{width}-{x}x{y}.webp"
    if not made.is_file():
        _make(original, made, width, (x, y))
    response = send_file(made, mimetype="image/webp", conditional=True)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def focus(name: str) -> tuple[int, int]:
    """What matters in a picture; all of them are read once per request, because a list shows many."""
    if "pictures_focus" not in g:
        rows = session().execute(sa.select(Focus.name, Focus.x, Focus.y))
        g.pictures_focus = {known: (x, y) for known, x, y in rows}
    found: tuple[int, int] = g.pictures_focus.get(name, CENTRE)
    return found


def address(name: str, width: int) -> str:
    """Where a size of a picture is."""
    x, y = focus(name)
    return url_for("pictures_root.cut", name=name.removesuffix(".webp"), width=width, x=x, y=y)


def widths(picture: Any) -> list[int]:
    """The widths that a picture is large enough for; the smallest in any case."""
    whole = box(picture.width, picture.height, CENTRE)
    return [width for width in WIDTHS if width <= whole[2] - whole[0]] or [WIDTHS[0]]


def image(picture: Any, *, wide: bool) -> Markup:
    """The element that shows a picture in the site's frame."""
    offered = widths(picture)
    language = items.speaking()
    alt = picture.alt.get(language) or next((text for text in picture.alt.values() if text), "")
    space = "(min-width: 75rem) 75rem, 100vw" if wide else "(min-width: 48rem) 24rem, 60vw"
    several = ", ".join(f"{address(picture.name, width)} {width}w" for width in offered)
    first = offered[-1] if wide else offered[0]
    template: Any = current_app.jinja_env.get_template("pictures/image.html").module
    made: Markup = template.image(address(picture.name, first), several, space, first, round(first / 1.5), alt)
    return made


def box(width: int, height: int, spot: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest 3:2 cut of a picture that has its spot as near to the middle as the edges allow."""
    wide, high = (width, round(width / 1.5)) if width / height < 1.5 else (round(height * 1.5), height)
    left = min(max(0, round(width * spot[0] / 100 - wide / 2)), width - wide)
    top = min(max(0, round(height * spot[1] / 100 - high / 2)), height - high)
    return left, top, left + wide, top + high


def forget(name: str) -> None:
    """Throw the sizes of a picture away."""
    for path in instance.cache_dir("pictures").glob(f"{name.removesuffix('.webp')}-*.webp"):
        path.unlink(missing_ok=True)


def _make(original: Path, made: Path, width: int, spot: tuple[int, int]) -> None:
    with Image.open(original) as picture:
        part = picture.convert("RGB").crop(box(picture.width, picture.height, spot))
        part = part.resize((width, round(width / 1.5)), Image.Resampling.LANCZOS)
    handle, whole = tempfile.mkstemp(dir=made.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        part.save(file, "WEBP", quality=80, method=4)
    os.replace(whole, made)
