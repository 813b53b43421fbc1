"""What an administrator chose, kept as the setting `look.brand`: read, checked and stored."""

import re
from dataclasses import dataclass, field

from flask_babel import format_decimal

from hub.api import Faults, gettext, instance, items
from hub_look import colour, logo, shapes

LENGTHS = {"name": 60, "tagline": 140}


@dataclass
class Brand:
    """name, tagline: language → text, empty = as in hub.toml. accent, accent_dark: `#rrggbb` or empty. logo: a file.
    home: keys of the front page's blocks in order; off: those left out."""

    name: dict = field(default_factory=dict)
    tagline: dict = field(default_factory=dict)
    accent: str = ""
    accent_dark: str = ""
    logo: str = ""
    home: list = field(default_factory=list)
    off: list = field(default_factory=list)


class Refused(Faults):
    """A form that cannot be taken, with the brand as it was typed."""

    def __init__(self, faults: dict[str, str], brand: Brand) -> None:
        super().__init__(faults)
        self.brand = brand


def current():
    known = Brand.__dataclass_fields__
    return Brand(**{name: value for name, value in shapes.stored("brand").items() if name in known})


def store(brand):
    instance.store_setting("look.brand", brand.__dict__)


def read(form, files, before):
    """The form as a Brand. Raises Refused: field → what to do, with the brand as typed."""
    faults = {}
    brand = Brand(home=blocks(form), logo=before.logo)
    brand.off = [key for key in brand.home if f"on.{key}" not in form]
    for part, limit in LENGTHS.items():
        for code in items.site()["languages"]:
            text = re.sub(r"\s+", " ", form.get(f"{part}.{code}", "")).strip()
            if len(text) > limit:
                faults[f"{part}.{code}"] = gettext("At most %(limit)s characters, please.", limit=limit)
            if text:
                getattr(brand, part)[code] = text
    css = instance.grounds()
    brand.accent = checked(form.get("accent", ""), "accent", colour.grounds(css, dark=False), faults)
    on_dark = colour.grounds(css, dark=True)
    if not form.get("accent_dark", "").strip() and brand.accent and "accent" not in faults:
        brand.accent_dark = colour.readable(brand.accent, on_dark)
    else:
        brand.accent_dark = checked(form.get("accent_dark", ""), "accent_dark", on_dark, faults)
    upload = files.get("logo")
    if "no_logo" in form:
        brand.logo = ""
    elif upload and upload.filename and faults:  # else it would be gone without a word once the colour is right
        faults["logo"] = gettext("Choose the picture once more: a form that comes back has lost its file.")
    elif upload and upload.filename:
        try:
            brand.logo = logo.store(upload.read(logo.MAX_BYTES + 1))
        except ValueError as error:
            faults["logo"] = str(error)
    if faults:
        raise Refused(faults, brand)
    return brand


def blocks(form):
    """The front page's blocks in the order of the form, after the button that was pressed (`up` or `down`)."""
    order = [key for key in dict.fromkeys(form.getlist("block")) if re.fullmatch(r"[\w/.-]{1,80}", key)]
    step, _, key = form.get("do", "").partition(" ")
    if key in order and step in ("up", "down"):
        place = order.index(key)
        order.remove(key)
        order.insert(max(0, place + (1 if step == "down" else -1)), key)
    return order


def unreadable():
    """The accent colours that the grounds of the present theme do not carry: another theme may have been chosen since."""
    chosen, css = current(), instance.grounds()
    pairs = ((chosen.accent, colour.grounds(css, dark=False)), (chosen.accent_dark, colour.grounds(css, dark=True)))
    return [accent for accent, grounds in pairs if accent and grounds and colour.worst(accent, grounds) < colour.ENOUGH]


def checked(text, name, grounds, faults):
    """A colour as typed where the theme's grounds carry it; otherwise a fault that names one which would do."""
    try:
        found = colour.parse(text)
    except ValueError:
        faults[name] = gettext("Write a colour as six digits, such as #1d6a3b.")
        return text
    if found and grounds and (reached := colour.worst(found, grounds)) < colour.ENOUGH:
        faults[name] = gettext(
            "On this theme's grounds the colour reaches a contrast of %(reached)s to 1; text needs 4.5 to 1. %(better)s would do.",
            reached=format_decimal(round(reached, 1)), better=colour.readable(found, grounds),
        )  # fmt: skip
    return found
