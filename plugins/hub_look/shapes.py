"""What the stored choices look like. `hub settings set` and hub.toml take any JSON, and every page of the site is made of these:
what has another form counts as if nothing had been chosen, and `hub doctor` says so."""

import re

from hub.api import setting

COLOUR, FILE = re.compile(r"(#[0-9a-fA-F]{6})?"), re.compile(r"[\w.-]*")
SHAPES = {
    "brand": {
        "name": {str: str}, "tagline": {str: str}, "accent": COLOUR, "accent_dark": COLOUR, "logo": FILE, "home": [str], "off": [str],
    },
    "menus": {str: {"order": [str], "off": [str], "pages": [str]}},
    "words": {str: {str: [str]}},
}


def stored(name):
    """The setting `look.<name>` where it has its form, else an empty one."""
    value = setting(f"look.{name}")
    return value if fits(value, SHAPES[name]) else {}


def misshapen():
    """The names of the settings that have another form."""
    return [name for name, shape in SHAPES.items() if not fits(setting(f"look.{name}"), shape)]


def fits(value, shape):
    """Whether a value is of a type, a text of a pattern, a list of what fits, or an object of it: under any key (`str`), or
    under known ones."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(one, shape[0]) for one in value)
    if isinstance(shape, dict):
        known = shape.get(str)
        return isinstance(value, dict) and all(fits(one, known or shape.get(key, object)) for key, one in value.items())
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and bool(shape.fullmatch(value))
    return isinstance(value, shape)
