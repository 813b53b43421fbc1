"""Deterministic SVG covers: the same uid and topic always give the same picture.

inline  colours are var(--cv-…) with light fallbacks: for SVG set into the page, follows every scheme and theme
auto    a file of its own that follows prefers-color-scheme (for <img>), in the colours of palettes
light, dark   a file with fixed colours (social cards, print, feeds)
No dependencies. 600 x 400; everything important stays inside the middle 400 x 300, so any crop works.
"""

import hashlib
import html
import math

LIGHT = dict(
    w0="#dde9c6",
    w1="#b9d199",
    w2="#7fa866",
    w3="#2f6b3f",
    a0="#d6e7ec",
    a1="#a9cdd8",
    a2="#5e9db5",
    a3="#1f5c7e",
    c0="#f3e3ce",
    c1="#e5c39b",
    c2="#c98a55",
    c3="#8a4a14",
    p="#f7f8f1",
    i="#18261e",
    r="#c8372f",
)
DARK = dict(
    w0="#1f3325",
    w1="#2f4d33",
    w2="#54804f",
    w3="#a3c98a",
    a0="#17303a",
    a1="#234857",
    a2="#3f7e98",
    a3="#9ccbe0",
    c0="#33271b",
    c1="#553d26",
    c2="#93653a",
    c3="#e3b27f",
    p="#101815",
    i="#e8ede0",
    r="#f0776a",
)
W, H = 600, 400
# topic -> (pattern, colour family, second family); anything else is drawn by its hash
TOPICS = {
    "gardening": ("leaf", "w", "c"),
    "food": ("beds", "w", "c"),
    "environment": ("contour", "w", "a"),
    "land": ("contour", "c", "w"),
    "urban": ("grid", "c", "w"),
    "space": ("grid", "a", "c"),
    "water": ("river", "a", "w"),
    "news": ("river", "a", "c"),
    "culture": ("rings", "c", "a"),
    "participation": ("rings", "w", "c"),
    "learning": ("leaf", "a", "w"),
    "park": ("contour", "w", "c"),
}


class Dice:
    """splitmix64: the same numbers on every machine and every Python."""

    def __init__(self, text):
        self.s = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def u(self, a=0.0, b=1.0):
        self.s = (self.s + 0x9E3779B97F4A7C15) & (2**64 - 1)
        z = self.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        return a + (b - a) * ((z ^ (z >> 31)) / 2**64)

    def i(self, a, b):
        return int(self.u(a, b + 1))

    def pick(self, seq):
        return seq[int(self.u(0, len(seq)))]


def path(d, fill="none", stroke=None, width=0, extra=""):
    s = f' stroke="{stroke}" stroke-width="{width}"' if stroke else ""
    return f'<path d="{d}" fill="{fill}"{s}{extra}/>'


def smooth(pts):
    """A closed soft line through the middles of its corner points."""
    n = len(pts)
    mid = [((pts[k][0] + pts[(k + 1) % n][0]) / 2, (pts[k][1] + pts[(k + 1) % n][1]) / 2) for k in range(n)]
    x, y = round(mid[-1][0]), round(mid[-1][1])
    d = f"M{x} {y}q"
    for (cx, cy), (mx, my) in zip(pts, mid, strict=True):  # steps are shorter to write than places
        steps = (round(cx) - x, round(cy) - y, round(mx) - x, round(my) - y)
        d += "".join(f"{step}" if step < 0 else f" {step}" for step in steps)
        x, y = round(mx), round(my)
    return d + "Z"


def leaf_at(x, y, ang, ln, wd, c, vein):
    ca, sa = math.cos(ang), math.sin(ang)

    def at(u, v):
        return f"{x + u * ca - v * sa:.0f} {y + u * sa + v * ca:.0f}"

    half = f"M{at(0, 0)}C{at(ln * 0.25, -wd)} {at(ln * 0.7, -wd * 0.9)} {at(ln, 0)}"
    body = half + f"C{at(ln * 0.7, wd * 0.9)} {at(ln * 0.25, wd)} {at(0, 0)}Z"
    veins = f"M{at(0, 0)}L{at(ln * 0.94, 0)}"
    for k in (0.2, 0.36, 0.52, 0.68):
        reach = wd * (0.62 - abs(k - 0.42) * 0.5)
        veins += f"M{at(ln * k, 0)}L{at(ln * (k + 0.14), -reach)}M{at(ln * k, 0)}L{at(ln * (k + 0.14), reach)}"
    return (
        path(body, c)
        + path(half + "Z", vein, extra=' opacity=".16"')
        + path(veins, stroke=vein, width=2, extra=' stroke-linecap="round"')
    )


def leaf(d, c, f, g):
    flip = d.pick((1, -1))
    out = path(
        smooth(
            [
                (300 + 330 * math.cos(t) + d.u(-30, 30), 420 + 240 * math.sin(t))
                for t in [k * math.tau / 10 for k in range(10)]
            ]
        ),
        c[f + "1"],
        extra=' opacity=".55"',
    )
    x0, bend = (120 if flip > 0 else 480) + d.u(-30, 30), d.u(120, 200) * flip
    stem, leaves = [], []
    for k in range(13):
        t = k / 12
        stem.append((x0 + bend * t * t * 2.1, 430 - 450 * t + 60 * t * t))
    for k in range(1, 12):
        (x, y), (px, py) = stem[k], stem[k - 1]
        a = math.atan2(y - py, x - px)
        ln = (200 - abs(k - 4) * 13) * d.u(0.86, 1.1)
        side = 1 if k % 2 else -1
        tone = c[(g if k % 4 == 1 else f) + ("2" if k % 3 else "3")]
        leaves.append(leaf_at(x, y, a + side * d.u(0.75, 1.05), ln, ln * d.u(0.19, 0.25), tone, c["p"]))
    line = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in stem)
    return out + path(line, stroke=c[f + "3"], width=6, extra=' stroke-linejoin="round"') + "".join(leaves)


def loops(field, level, step, x0, y0):
    """Marching squares: the closed lines on which field == level."""
    nxt = {}
    for j in range(len(field) - 1):
        for k in range(len(field[0]) - 1):
            v = [(k, j), (k + 1, j), (k + 1, j + 1), (k, j + 1)]
            hit = []
            for n in range(4):
                p, q = v[n], v[(n + 1) % 4]
                fp, fq = field[p[1]][p[0]], field[q[1]][q[0]]
                if (fp > level) != (fq > level):
                    t = (level - fp) / (fq - fp)
                    at = (x0 + step * (p[0] + t * (q[0] - p[0])), y0 + step * (p[1] + t * (q[1] - p[1])))
                    hit.append((fp > level, (min(p, q), max(p, q)), at))
            outs, ins = [h for h in hit if h[0]], [h for h in hit if not h[0]]
            for o, i in zip(outs, ins, strict=False):
                nxt[o[1]] = (o[2], i[1])
    found = []
    while nxt:
        key, ring = next(iter(nxt)), []
        while key in nxt:
            at, key = nxt.pop(key)
            ring.append(at)
        if len(ring) > 4:
            found.append(ring)
    return found


def contour(d, c, f, g):
    hills = [
        (d.u(120, 260), d.u(110, 230), d.u(110, 150), 1.0, d.u(-0.5, 0.5)),
        (d.u(370, 500), d.u(200, 310), d.u(80, 120), 0.82, d.u(-0.6, 0.6)),
    ]
    hills += [(d.u(0, 600), d.u(0, 400), d.u(60, 130), d.u(0.2, 0.42), 0) for _ in range(4)]
    hills += [(d.u(240, 340), d.u(20, 380), d.u(50, 80), -0.34, 0)]
    step, x0, y0, nx, ny = 26, -104, -104, 32, 24

    def high(x, y):
        s = 0.0
        for hx, hy, r, a, turn in hills:
            u, v = x - hx, y - hy
            u, v = u * math.cos(turn) + v * math.sin(turn), (v * math.cos(turn) - u * math.sin(turn)) * 1.35
            s += a * math.exp(-(u * u + v * v) / (2 * r * r))
        return s

    field = [
        [-1 if j in (0, ny - 1) or k in (0, nx - 1) else high(x0 + k * step, y0 + j * step) for k in range(nx)]
        for j in range(ny)
    ]
    top, out = max(map(max, field)), ""
    for s in range(10):
        rings_ = loops(field, 0.06 + (top - 0.06) * s / 10.4, step, x0, y0)
        tint = c[f + "1"] if s < 5 else c[f + "2"]
        out += path(
            "".join(map(smooth, rings_)),
            tint,
            c[f + "3"],
            3 if s % 4 == 0 else 1.25,
            f' fill-opacity="{0.2 + 0.08 * s:.2f}" fill-rule="evenodd"',
        )
    for hx, hy, *_ in hills[:2]:
        out += f'<path d="M{hx:.0f} {hy - 10:.0f}l11 19h-22z" fill="{c["i"]}"/>'
    k = d.u(290, 350)
    return out + path(
        f"M-10 {k:.0f}C120 {k - 50:.0f} 210 {k + 70:.0f} 330 {k + 10:.0f}S520 {k + 50:.0f} 610 {k - 10:.0f}",
        stroke=c[g + "2"],
        width=8,
        extra=' stroke-linecap="round"',
    )


def grid(d, c, f, g):
    cells, turn = [], d.u(-19, 19)

    def cut(x, y, w, h, n):
        if n == 0 or (w < 90 and h < 90):
            cells.append((x, y, w, h))
        elif w > h:
            k = w * d.u(0.34, 0.66)
            cut(x, y, k, h, n - 1), cut(x + k, y, w - k, h, n - 1)
        else:
            k = h * d.u(0.34, 0.66)
            cut(x, y, w, k, n - 1), cut(x, y + k, w, h - k, n - 1)

    cut(-120, -160, 840, 720, 6)
    parks = {int(d.u(0, len(cells))) for _ in range(9)}
    out = f'<g transform="rotate({turn:.0f} 300 200)">'
    for n, (x, y, w, h) in enumerate(cells):
        x, y, w, h = x + 5, y + 5, w - 10, h - 10
        tone = c["w1"] if n in parks else c[f + d.pick("1112")]
        out += f'<rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}" rx="3" fill="{tone}"/>'
        if n in parks:
            for _ in range(int(w * h / 900) + 2):
                out += (
                    f'<circle cx="{d.u(x + 12, x + w - 12):.0f}" cy="{d.u(y + 12, y + h - 12):.0f}" '
                    f'r="{d.u(5, 10):.0f}" fill="{c["w" + d.pick("23")]}"/>'
                )
        elif w > 46 and h > 46 and d.u() < 0.6:
            out += (
                f'<rect x="{x + w * 0.26:.0f}" y="{y + h * 0.26:.0f}" width="{w * 0.48:.0f}" height="{h * 0.48:.0f}" '
                f'fill="{c[f + "0"]}"/>'
            )
        elif d.u() < 0.35:
            out += f'<rect x="{x:.0f}" y="{y:.0f}" width="{w * 0.4:.0f}" height="{h:.0f}" rx="3" fill="{c[f + "3"]}"/>'
    y = d.u(90, 300)
    return (
        out
        + "</g>"
        + path(
            f"M-20 {y:.0f}C140 {y + 70:.0f} 300 {y - 110:.0f} 620 {y + 40:.0f}",
            stroke=c["a1" if f != "a" else "a0"],
            width=34,
        )
    )


def beds(d, c, f, g):
    out, y, turn = f'<g transform="rotate({d.u(-16, 16):.0f} 300 200)">', -90, 0
    while y < 500:
        h, tone = d.u(44, 78), d.pick((f + "1", f + "1", g + "1", f + "2"))
        split = d.u(150, 450)
        for x, w in ((-120, split + 110), (split + 6, 720 - split)):
            out += f'<rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}" rx="8" fill="{c[tone]}"/>'
        kind, step, x = d.i(0, 2), d.u(34, 52), -100
        dark = c[f + "3"] if tone != f + "2" else c[f + "0"]
        while x < 720:
            m = y + h / 2
            if abs(x - split) < 24 or not -30 < x < 630 or not -80 < m < 480:
                pass
            elif kind == 0:
                out += f'<circle cx="{x:.0f}" cy="{m:.0f}" r="{h * 0.2:.0f}" fill="{dark}"/>'
            elif kind == 1:
                out += path(
                    f"M{x:.0f} {m + h * 0.3:.0f}q-3 {-h * 0.34:.0f} -15 {-h * 0.5:.0f}M{x:.0f} {m + h * 0.3:.0f}q3 "
                    f"{-h * 0.34:.0f} 15 {-h * 0.5:.0f}M{x:.0f} {m + h * 0.3:.0f}v{-h * 0.6:.0f}",
                    stroke=dark,
                    width=4,
                    extra=' stroke-linecap="round"',
                )
            else:
                out += path(
                    f"M{x:.0f} {m + h * 0.3:.0f}c{-h * 0.3:.0f} {-h * 0.2:.0f} {-h * 0.2:.0f} {-h * 0.5:.0f} 0 {-h * 0.6:.0f}"
                    f"c{h * 0.2:.0f} {h * 0.1:.0f} {h * 0.3:.0f} {h * 0.4:.0f} 0 {h * 0.6:.0f}z",
                    c[g + "2"],
                )
            x, turn = x + step, turn + 1
        y += h + 10
    return out + "</g>"


def river(d, c, f, g):
    out = ""
    d.u(30, 80)  # keeps the numbers that follow as they were in earlier covers
    amp, ph = d.u(50, 90), d.u(0, 6.28)
    pts = [(x, math.sin(x / 150 + ph) * amp + math.sin(x / 67 + ph * 2) * 14) for x in range(-60, 720, 60)]

    def run(off, sq):
        q = [(x, 200 + off + v * sq) for x, v in pts]
        s = f"M{q[0][0]} {q[0][1]:.0f}"
        for k in range(1, len(q) - 1):
            s += f"Q{q[k][0]} {q[k][1]:.0f} {(q[k][0] + q[k + 1][0]) / 2:.0f} {(q[k][1] + q[k + 1][1]) / 2:.0f}"
        return s

    out += path(run(0, 1), stroke=c[f + "1"], width=190) + path(run(0, 1), stroke=c[f + "2"], width=96)
    out += path(run(0, 1), stroke=c[f + "3"], width=46)
    for k in range(1, 7):
        for s in (1, -1):
            out += path(
                run(s * (66 + k * k * 4.2 + k * 8), 1 - k * 0.05), stroke=c[f + "2"], width=max(1, 3.2 - k * 0.4)
            )
    for _ in range(d.i(5, 9)):
        x = d.u(20, 580)
        v = 200 + math.sin(x / 150 + ph) * amp + d.pick((-1, 1)) * d.u(128, 170)
        out += f'<circle cx="{x:.0f}" cy="{v:.0f}" r="{d.u(7, 17):.0f}" fill="{c[g + d.pick("22")]}"/>'
    return out


def rings(d, c, f, g):
    """Growth rings of a felled trunk: one outline that changes slowly from ring to ring."""
    cx, cy = d.pick((110, 170, 430, 490)), d.pick((300, 350, 90))
    wob, out, r, k = [(m, d.u(0.02, 0.09), d.u(0, 6.28)) for m in (1, 2, 3, 5)], "", 560.0, 0
    while r > 20:
        pts = []
        for j in range(16):
            t = j * math.tau / 16
            q = r * (1 + sum(a * math.cos(m * t + p + r / 260) for m, a, p in wob))
            pts.append((cx + q * math.cos(t), cy + q * 0.9 * math.sin(t)))
        out += path(smooth(pts), c[(g if k % 7 == 4 else f) + "1021"[k % 4]], c[f + "3"], 1 if k % 4 else 2.2)
        r, k = r - d.u(7, 11 + r / 18), k + 1
    t = d.u(0, 6.28)
    return out + path(f"M{cx:.0f} {cy:.0f}l{300 * math.cos(t):.0f} {270 * math.sin(t):.0f}", stroke=c[f + "3"], width=3)


def line(d, c):
    """The transit line that every cover shares: straight, one bend of 45 degrees, two stops."""
    s = d.pick((1, -1))
    y = 200 + s * d.u(10, 60)
    x, k = d.u(150, 300), d.u(60, 110)
    p = f"M-20 {y:.0f}H{x:.0f}l{k:.0f} {s * -k:.0f}H620"
    dots = ((x - d.u(40, 100), y), (x + k + d.u(60, 170), y - s * k))
    out = path(p, stroke=c["p"], width=14, extra=' stroke-linejoin="round"') + path(
        p, stroke=c["r"], width=7, extra=' stroke-linejoin="round"'
    )
    return out + "".join(
        f'<circle cx="{a:.0f}" cy="{b:.0f}" r="11" fill="{c["p"]}" stroke="{c["i"]}" stroke-width="4"/>'
        for a, b in dots
    )


def cover(uid, topic, mode="inline", label="", cls="cover", palettes=(LIGHT, DARK)):
    d = Dice(f"{topic}:{uid}")
    kind, f, g = TOPICS.get(topic) or (
        d.pick(("leaf", "contour", "grid", "beds", "river", "rings")),
        *d.pick(("wc", "aw", "cw")),
    )
    draw = {"leaf": leaf, "contour": contour, "grid": grid, "beds": beds, "river": river, "rings": rings}[kind]
    if mode in ("light", "dark"):
        c = dict(LIGHT if mode == "light" else DARK)
    else:
        c = {k: f"var(--cv-{k},{v})" if mode == "inline" else f"var(--{k})" for k, v in LIGHT.items()}
    body = f'<path d="M0 0h{W}v{H}H0z" fill="{c[f + "0"]}"/>' + draw(d, c, f, g) + line(d, c)
    name = f' role="img" aria-label="{html.escape(label)}"' if label else ' aria-hidden="true"'
    style = ""
    if mode == "auto":
        sets = [";".join(f"--{k}:{v}" for k, v in p.items()) for p in palettes]
        style = f"<style>svg{{{sets[0]}}}@media(prefers-color-scheme:dark){{svg{{{sets[1]}}}}}</style>"
    at = f' class="{cls}"' if mode == "inline" else ' xmlns="http://www.w3.org/2000/svg"'
    return f'<svg{at} viewBox="0 0 {W} {H}" preserveAspectRatio="xMidYMid slice"{name}>{style}{body}</svg>'
