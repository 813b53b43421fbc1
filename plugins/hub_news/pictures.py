"""Pictures of others: decoded and written anew, so that nothing but pixels comes through; icons small, others on request only.

The proxy is off unless an administrator switches it on. It fetches only addresses that this site has signed, i.e. those of
entries it shows, keeps what it got in the instance's cache, and tells the publisher nothing about who looks.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
import warnings
from pathlib import Path

from flask import Response, abort, url_for
from markupsafe import Markup
from PIL import Image, ImageOps

from hub.api import accounts, instance, items, setting
from hub_news.reader import asking, cleaning

FORMATS = ("PNG", "ICO", "GIF", "JPEG", "WEBP", "AVIF")
MAX_BYTES, MAX_PIXELS, WIDEST, SECONDS = 5_000_000, 24_000_000, 1200, 8.0
FRESH, AGAIN = 30 * 86_400, 6 * 3600  # seconds for which a picture, and that there was none, is kept
ACCEPT = "image/avif, image/webp, image/png, image/jpeg, image/gif;q=0.9"
_at_once = threading.BoundedSemaphore(4)  # slow publishers must not take all threads that serve pages


def opened(data: bytes, most: int = MAX_PIXELS) -> Image.Image | None:
    """A picture's pixels, or None where it is none, too large, or of a kind that can hold a program (SVG)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            if picture.width * picture.height > most or min(picture.size) < 2:
                return None
            return ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception:  # whatever a decoder stumbles over
        return None


def small(data: bytes, side: int = 48) -> bytes | None:
    """A picture as a small PNG, or None."""
    picture = opened(data, 4_000_000)
    if picture is None:
        return None
    picture.thumbnail((side, side))
    return _written(picture, "PNG", optimize=True)


def rewritten(data: bytes) -> bytes | None:
    """A picture as WebP of a usual size, without anything that is not pixels, or None."""
    picture = opened(data)
    if picture is None:
        return None
    picture.thumbnail((WIDEST, WIDEST))
    return _written(picture, "WEBP", quality=80, method=4)


def _written(picture: Image.Image, form: str, **options: object) -> bytes:
    clean = Image.new("RGBA", picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, form, **options)
    return out.getvalue()


def address(url: str) -> str:
    """Where this site shows a picture of another one; empty where it does not."""
    return (
        url_for("news_root.picture", word=accounts.signed("news picture", url))
        if url and setting("news.pictures")
        else ""
    )


def full_text(html: str) -> Markup:
    """A kept text for a page: its pictures through the proxy, or none."""
    return cleaning.shown(html, address)


def show(word: str) -> Response:
    """A picture of another site, by the signed word for its address."""
    named = accounts.unsigned("news picture", word) if setting("news.pictures") else []
    if not named:
        abort(404)
    body = kept(str(named[0]))
    if body is None:
        abort(404)
    response = Response(body, mimetype="image/webp")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def kept(url: str) -> bytes | None:
    """A picture from the cache, else from its site; None where there is none (remembered for some hours)."""
    path = _folder() / hashlib.sha256(url.encode()).hexdigest()
    if path.is_file():
        body = path.read_bytes()
        if path.stat().st_mtime > time.time() - (FRESH if body else AGAIN):
            return body or None
    if not _at_once.acquire(timeout=1):
        abort(503)
    try:
        answer = asking.ask(
            url, user_agent=_agent(), allow=items.site()["trusted"], seconds=SECONDS, accept=ACCEPT, max_bytes=MAX_BYTES
        )
        body = (rewritten(answer.body) if answer.outcome == "new" else None) or b""
    finally:
        _at_once.release()
    draft = path.with_suffix(f".{threading.get_ident()}")
    draft.write_bytes(body)
    draft.replace(path)
    return body or None


def tidy() -> int:
    """The job: take out what was unused longest until the cache is within its limit; answers how many went."""
    files = sorted(((p.stat().st_mtime, p.stat().st_size, p) for p in _folder().iterdir()), reverse=True)
    room, gone = setting("news.picture_cache") * 1_000_000, 0
    for made, size, path in files:
        room -= size
        if room < 0 or made < time.time() - FRESH:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _folder() -> Path:
    return instance.cache_dir("news-pictures")


def _agent() -> str:
    from hub_news.reader.running import user_agent

    return user_agent()
