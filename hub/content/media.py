"""Pictures: decoded, rewritten as WebP (which drops all metadata, place of taking included), stored under made-up names."""

from __future__ import annotations

import io
import re
import secrets
import warnings
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext
from PIL import Image, ImageOps
from sqlalchemy.orm import Session

from hub.content.model import Media
from hub.hooks.here import hub
from hub.store.db import session
from hub.work.bucket import Unreachable

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
NAME = re.compile(r"[A-Za-z0-9_-]{10,40}\.webp")
MAX_BYTES, MAX_PIXELS, MAX_SIDE = 8_000_000, 40_000_000, 2000


def folder() -> Path:
    path: Path = hub().settings.data / "media"
    with suppress(OSError):  # whoever only reads asks too
        path.mkdir(parents=True, exist_ok=True)
    return path


def path(name: str) -> Path | None:
    """The file of a picture that the hub has, or None; from the store of all hosts where this one has not shown it yet."""
    if not NAME.fullmatch(name) or not session().scalar(sa.select(sa.exists().where(Media.name == name))):
        return None
    found, bucket = folder() / name, hub().bucket
    if not found.is_file() and bucket and (content := bucket.get(name)) is not None:
        _write(found, content)
    return found if found.is_file() else None


def keep(name: str, content: bytes) -> None:
    """Keep the file of a picture under its name, for all hosts. Raises ValueError with a sentence where that cannot be."""
    try:
        if hub().bucket:
            hub().bucket.put(name, content)
        _write(folder() / name, content)
    except (OSError, Unreachable):
        current_app.logger.exception("the picture %s cannot be kept", name)
        raise ValueError(gettext("The picture cannot be kept at the moment. Please try again later.")) from None


def forget(name: str) -> None:
    """Delete the file of a picture that is gone, or came to nothing."""
    if NAME.fullmatch(name):
        (folder() / name).unlink(missing_ok=True)
        if hub().bucket:
            with suppress(Unreachable):  # told in the log; without its row nobody is shown it
                hub().bucket.delete(name)


def _write(target: Path, content: bytes) -> None:
    part = target.with_suffix(f".{secrets.token_hex(4)}")
    part.write_bytes(content)
    part.replace(target)


def store(db: Session, content: bytes, *, alt: dict[str, str], credit: str = "", licence: str = "") -> Media:
    """Decode an uploaded picture, rewrite and store it. Raises ValueError with a sentence for the uploader."""
    if len(content) > MAX_BYTES:
        raise ValueError(gettext("The picture is larger than 8 MB."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(gettext("The picture has more than 40 million pixels. Make it smaller, such as 4000 × 3000."))
            picture = ImageOps.exif_transpose(picture).convert("RGBA" if picture.has_transparency_data else "RGB")
    except ValueError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValueError(gettext("The picture has more than 40 million pixels. Make it smaller, such as 4000 × 3000.")) from None
    except Exception:
        raise ValueError(gettext("We cannot read this picture. Use JPEG, PNG, WebP, GIF or AVIF.")) from None
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    clean = Image.new("RGB", picture.size, "white")  # what can be seen through is paper, not black
    clean.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    name = f"{secrets.token_urlsafe(12)}.webp"
    made = io.BytesIO()
    clean.save(made, "WEBP", quality=82, method=4)
    keep(name, made.getvalue())
    row = Media(name=name, width=clean.width, height=clean.height, alt=alt, credit=credit, licence=licence)
    db.add(row)
    db.flush()
    return row
