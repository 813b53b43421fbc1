"""Pictures: decoded, rewritten as WebP (which drops all metadata, place of taking included), stored under made-up names."""

from __future__ import annotations

import io
import re
import secrets
import warnings
from pathlib import Path

from flask_babel import gettext
from PIL import Image, ImageOps
from sqlalchemy.orm import Session

from hub.content.model import Media
from hub.hooks.here import hub

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MAX_BYTES, MAX_PIXELS, MAX_SIDE = 8_000_000, 40_000_000, 2000


def folder() -> Path:
    path: Path = hub().settings.data / "media"
    path.mkdir(parents=True, exist_ok=True)
    return path


def path(name: str) -> Path | None:
    """The file of a stored picture, or None; the name is one that `store` made."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{10,40}\.webp", name):
        return None
    found = folder() / name
    return found if found.is_file() else None


def forget(name: str) -> None:
    """Delete the file of a picture that came to nothing."""
    found = path(name)
    if found is not None:
        found.unlink(missing_ok=True)


def store(db: Session, content: bytes, *, alt: dict[str, str], credit: str = "", licence: str = "") -> Media:
    """Decode an uploaded picture, rewrite and store it. Raises ValueError with a sentence for the uploader."""
    if len(content) > MAX_BYTES:
        raise ValueError(gettext("The picture is larger than 8 MB."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(gettext("The picture has more than 40 million pixels."))
            picture = ImageOps.exif_transpose(picture).convert("RGB")
    except ValueError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValueError(gettext("The picture has more than 40 million pixels.")) from None
    except Exception:
        raise ValueError(gettext("This is no picture we can read. JPEG, PNG, WebP, GIF or AVIF, please.")) from None
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    name = f"{secrets.token_urlsafe(12)}.webp"
    clean.save(folder() / name, "WEBP", quality=82, method=4)
    row = Media(name=name, width=clean.width, height=clean.height, alt=alt, credit=credit, licence=licence)
    db.add(row)
    db.flush()
    return row
