"""Logos: pictures are decoded and written anew; of drawings only shapes and colours are kept, nothing that runs or loads."""

import hashlib
import io
import re
import warnings
from xml.etree import ElementTree as ET

from PIL import Image

from hub.api import data_dir, gettext

MAX_BYTES, MAX_PIXELS, MAX_SIDE = 2_000_000, 20_000_000, 480
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "title", "defs", "linearGradient",
          "radialGradient", "stop", "clipPath"}  # fmt: skip
ATTRIBUTES = set(
    "id viewBox width height d x y x1 y1 x2 y2 cx cy r rx ry fx fy points transform fill stroke stroke-width stroke-linecap "
    "stroke-linejoin stroke-miterlimit stroke-dasharray fill-rule clip-rule clip-path opacity fill-opacity stroke-opacity "
    "offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod clipPathUnits preserveAspectRatio".split()
)


def store(content):
    """Keep an uploaded logo; its file name. Raises ValueError with a sentence for the uploader."""
    if len(content) > MAX_BYTES:
        raise ValueError(gettext("The logo is larger than 2 MB."))
    clean, suffix = (drawing(content), "svg") if b"<svg" in content[:4000].lower() else (picture(content), "png")
    name = f"{hashlib.sha256(clean).hexdigest()[:16]}.{suffix}"
    (data_dir("look") / name).write_bytes(clean)
    return name


def path(name):
    """The file of a stored logo, or None."""
    found = data_dir("look") / name
    return found if re.fullmatch(r"[0-9a-f]{16}\.(svg|png)", name) and found.is_file() else None


def picture(content):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            opened = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
            if opened.width * opened.height > MAX_PIXELS:
                raise ValueError
            shown = opened.convert("RGBA")
    except Exception:
        raise ValueError(gettext("We cannot read this logo. Use PNG, SVG, JPEG or WebP.")) from None
    shown.thumbnail((MAX_SIDE, MAX_SIDE))
    clean = Image.new("RGBA", shown.size)
    clean.paste(shown)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()


def drawing(content):
    """An SVG of known shapes only. Raises ValueError where it is no such thing or hides a document type."""
    try:
        if re.search(rb"<!(doctype|entity)", content, re.IGNORECASE):
            content = re.sub(rb"<!doctype svg[^\[>]*>", b"", content, count=1, flags=re.IGNORECASE)
            if re.search(rb"<!(doctype|entity)", content, re.IGNORECASE):
                raise ValueError
        root = ET.fromstring(content)
        if root.tag != f"{SVG}svg" or not (root.get("viewBox") or (root.get("width") and root.get("height"))):
            raise ValueError
    except (ET.ParseError, ValueError):
        raise ValueError(gettext("This drawing cannot be read as SVG. Save it as plain SVG, or as PNG.")) from None
    strip(root)
    ET.register_namespace("", SVG[1:-1])
    return ET.tostring(root)


def strip(element):
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag.removeprefix(SVG) not in SHAPES or not child.tag.startswith(SVG):
            element.remove(child)
        else:
            strip(child)
    for name, value in list(element.attrib.items()):
        wanted = name in ATTRIBUTES and not re.search(
            r"url\s*\(\s*['\"]?(?!#)|javascript:|data:|&", value, re.IGNORECASE
        )
        if not wanted:
            del element.attrib[name]
