"""Accent colours: read, checked against every ground of the theme, and moved as far as it takes to be readable."""

import colorsys
import re

GROUNDS = ("paper", "sheet", "wood", "wood-2", "water", "clay")
ENOUGH = 4.5  # WCAG 2.2, 1.4.3: contrast of text


def parse(text):
    """`#1d6a3b`, `1D6A3B` or `#abc` as `#1d6a3b`; "" for nothing. Raises ValueError for anything else."""
    text = text.strip().lower().removeprefix("#")
    if not text:
        return ""
    if re.fullmatch(r"[0-9a-f]{3}", text):
        text = "".join(2 * digit for digit in text)
    if not re.fullmatch(r"[0-9a-f]{6}", text):
        raise ValueError(text)
    return f"#{text}"


def parts(colour):
    return [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def worst(colour, grounds):
    """The lowest contrast of a colour with any of the grounds."""
    return min(contrast(colour, ground) for ground in grounds)


def grounds(css, dark):
    """The colours of all grounds of a theme's stylesheet: the last word of its rules for light or for dark pages."""
    blocks = re.findall(r":root(\[data-scheme=dark\])?\s*\{([^}]*)\}", css)
    known = {}
    for scheme, body in blocks:
        if (scheme and not dark) or "--link:" not in body:  # paper has its own rules, which are no theme
            continue
        for name, value in re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", body):
            known[name] = parse(value)
    return [known[name] for name in GROUNDS if name in known]


def readable(colour, on):
    """The colour nearest in lightness that every ground carries, same hue."""
    hue, light, full = colorsys.rgb_to_hls(*parts(colour))
    steps = sorted(range(101), key=lambda n: abs(n / 100 - light))
    for step in steps:
        found = "#" + "".join(f"{round(255 * c):02x}" for c in colorsys.hls_to_rgb(hue, step / 100, full))
        if worst(found, on) >= ENOUGH:
            return found
    return colour
