"""The picture that other sites and messengers show beside a link: title, kind, place, time and the entry's drawing, 1200 × 630."""

import hashlib
import io
import re
from unicodedata import normalize

from flask import abort, render_template_string, request, send_file
from PIL import Image, ImageDraw, ImageFont

from hub.api import instance, items
from hub_covers.drawing import LIGHT, cover
from hub_covers.raster import render

SIZE, TEXT, MARGIN = (1200, 630), 700, 60
PAPER, INK, SOFT = LIGHT["p"], LIGHT["i"], "#46564b"
LINES = {
    "case": "#1d6a3b",
    "partner": "#8a4a14",
    "initiative": "#556606",
    "news": "#1a5e87",
    "event": "#b4232f",
    "lab": "#74377e",
}


ACCENTED = re.compile("[À-ÖØ-öø-ÿŒœ]")
HAD = re.compile("[ -~\u00a0§©«\u00ad°±·»À-ÿŒœЁЄІЇЎА-яёєіїўҐґ№Ғ-Ӵ–—‘’“”„•…€₽↑↓−]")
BARRED = str.maketrans("ŁłĐđĦħıŦŧ", "LlDdHhiTt")  # letters that do not come apart into a plain one and its mark


def facts(item):
    """Everything that the picture shows, and the address of its version."""
    place = item.place.name(item.lang) if item.place else ""
    when = render_template_string("{{ span(item) }}", item=item) if item.type.dated else ""
    words = [plain(text) for text in (str(item.type.label), place, when, item.title, instance.name())]
    shown = (item.kind, *words, item.uid, item.topic_slug or "")
    return shown, hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def picture(lang, kind, uid):
    """The PNG of one published entry, made at its first use and kept in the instance's cache."""
    content = items.get(kind, uid)
    if content is None or content.status != "published" or content.audience != "public":
        abort(404)
    found = items.load([content.id], lang)
    if not found:
        abort(404)
    shown, version = facts(found[0])
    path = instance.cache_dir("share") / f"{uid}-{version}.png"
    if not path.exists():
        out = io.BytesIO()
        paint(*shown).quantize(160, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        draft = path.with_suffix(f".{id(out):x}")
        draft.write_bytes(out.getvalue())
        draft.replace(path)
    response = send_file(path, mimetype="image/png")
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if request.args.get("v") == version else "no-cache"
    )
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def forget(uids):
    """Drop the pictures of these entries: what was withdrawn leaves at once, what was changed is drawn anew."""
    for path in instance.cache_dir("share").iterdir():
        if path.name[:36] in uids:
            path.unlink(missing_ok=True)


def paint(kind, label, place, when, title, site, uid, topic):
    page = Image.new("RGB", SIZE, PAPER)
    page.paste(render(cover(uid, topic, "light"), SIZE[0] - TEXT, SIZE[1]), (TEXT, 0))
    pen, tint = ImageDraw.Draw(page), LINES.get(kind, INK)
    pen.rectangle((0, 0, SIZE[0], 10), fill=INK)
    pen.ellipse((MARGIN, 66, MARGIN + 26, 92), outline=tint, width=7)
    line = " · ".join(part for part in (label, place) if part)
    write(pen, (MARGIN + 42, 62), line, face("golos-text", 28, 600), tint, TEXT - MARGIN - 80, 1)
    times = face("golos-text", 28, 600)
    above = 34 * len(lines(when, times, TEXT - 2 * MARGIN)) if when else 0
    room = 370 - above
    for size in (68, 60, 52, 46, 40):
        font = face("vollkorn", size, 600)
        shown = lines(title, font, TEXT - 2 * MARGIN)
        if len(shown) * size * 1.1 <= room and all(font.length(line) <= TEXT - 2 * MARGIN for line in shown):
            break
    write(pen, (MARGIN, 122), title, font, INK, TEXT - 2 * MARGIN, int(room / (size * 1.1)))
    if when:
        write(pen, (MARGIN, 530 - above), when, times, INK, TEXT - 2 * MARGIN, 2)
    write(pen, (MARGIN, 550), site, face("golos-text", 28, 600), SOFT, TEXT - 2 * MARGIN, 1)
    for x in range(0, TEXT, 80):
        pen.rectangle((x, SIZE[1] - 10, x + 39, SIZE[1]), fill=INK)
    return page


def plain(text):
    """The same with letters that the fonts have: "Łódź" is written "Lódz", and what has no such letter is left out."""
    return "".join(
        letter if HAD.match(letter) else "".join(filter(HAD.match, normalize("NFKD", letter.translate(BARRED))))
        for letter in text
    )


class Face:
    """A vendored font, cut into files by script: every letter is taken from the one that has it."""

    def __init__(self, name, size, weight):
        self.size = size
        self.parts = {}
        for script in ("latin", "latin-ext", "cyrillic", "cyrillic-ext"):
            path = instance.static_path("theme-commons", f"fonts/{name}-{script}.woff2")
            self.parts[script] = ImageFont.truetype(str(path), size)
            self.parts[script].set_variation_by_axes([weight])

    def runs(self, text):
        """(font, letters) for neighbours of one script; spaces and points go with the letters before them."""
        script, begun = "latin", 0
        for n, letter in enumerate(text):
            wanted = self.script(letter) or script
            if wanted != script:
                if n > begun:
                    yield self.parts[script], text[begun:n]
                script, begun = wanted, n
        yield self.parts[script], text[begun:]

    @staticmethod
    def script(letter):
        code = ord(letter)
        if 0x400 <= code <= 0x45F or code in (0x490, 0x491, 0x2116):
            return "cyrillic"
        if 0x492 <= code <= 0x4F9 or code == 0x20BD:
            return "cyrillic-ext"
        return "latin-ext" if ACCENTED.match(letter) else "latin"

    def length(self, text):
        return sum(font.getlength(run) for font, run in self.runs(text))


def face(name, size, weight):
    return Face(name, size, weight)


def lines(text, font, width):
    """Lines of at most that width; a short word stays with the next one."""
    found = [""]
    glued = re.sub(r"(?<![^\s\u00a0])([\w–—-]{1,2}) ", "\\1\u00a0", text.replace("\u00ad", "").replace(" —", "\u00a0—"))
    for word in re.split(r"[ \t\n]+", glued):
        wider = f"{found[-1]} {word}".strip()
        if font.length(wider) <= width or not found[-1]:
            found[-1] = wider
        else:
            found.append(word)
    return found


def write(pen, at, text, font, fill, width, most):
    shown = lines(text, font, width)
    for narrower in range(width - 20, width // 2, -20):  # as even as can be without another line
        tried = lines(text, font, narrower)
        if len(tried) > len(shown) or any(font.length(line) > width for line in tried):
            break
        shown = tried
    if len(shown) > most:
        shown = [*shown[: most - 1], shown[most - 1].rstrip(" .,:;") + "…"]
    x, y = at
    for line in shown:
        while font.length(line) > width and len(line) > 2:
            line = line.rstrip("…")[:-1] + "…"
        left = x
        for part, run in font.runs(line):
            pen.text((left, y + font.size), run, font=part, fill=fill, anchor="ls")
            left += part.getlength(run)
        y += font.size * 1.1
