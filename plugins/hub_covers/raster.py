"""Drawings as pixels: just the part of SVG that `drawing.py` writes, with Pillow, for pictures that others' sites show."""

import math
import re
from typing import Any
from xml.etree import ElementTree as ET

from PIL import Image, ImageChops, ImageDraw

STEPS = 10  # straight pieces per curve


def render(svg, width, height):
    """An SVG of ours, filling the size as `slice` does (middle kept), as an RGB image."""
    root = ET.fromstring(svg)
    _, _, w, h = (float(n) for n in root.get("viewBox", "").split())
    scale = 2 * max(width / w, height / h)  # drawn twice as large, so that edges are smooth
    canvas = Image.new("RGB", (round(w * scale), round(h * scale)))
    for child in root:
        draw(canvas, child, lambda x, y: (x * scale, y * scale), scale)
    left, top = (canvas.width - 2 * width) // 2, (canvas.height - 2 * height) // 2
    return canvas.crop((left, top, left + 2 * width, top + 2 * height)).resize(
        (width, height), Image.Resampling.LANCZOS
    )


def draw(canvas, element, place, scale):
    tag = element.tag.rpartition("}")[2]
    if tag == "g":
        turned = rotated(place, element.get("transform", ""))
        for child in element:
            draw(canvas, child, turned, scale)
        return
    outlines = {"path": path, "circle": circle, "rect": rect}[tag](element)
    shown = [([place(x, y) for x, y in points], closed) for points, closed in outlines]
    fill, stroke = element.get("fill", "none" if element.get("stroke") else "#000000"), element.get("stroke", "none")
    opacity = float(element.get("opacity", 1)) * float(element.get("fill-opacity", 1))
    if fill != "none":
        mask = Image.new("1", canvas.size)
        for points, _ in shown:
            if len(points) > 2:
                one = mask if element.get("fill-rule") != "evenodd" else Image.new("1", canvas.size)
                ImageDraw.Draw(one).polygon(points, fill=1)
                mask = mask if one is mask else ImageChops.logical_xor(mask, one)
        canvas.paste(fill, mask=mask.convert("L").point(lambda value: round(value * opacity)) if opacity < 1 else mask)
    if stroke != "none":
        pen, thick = ImageDraw.Draw(canvas), max(1, round(float(element.get("stroke-width", 1)) * scale))
        for points, closed in shown:
            pen.line([*points, points[0]] if closed else points, fill=stroke, width=thick, joint="curve")
            if element.get("stroke-linecap") == "round" or closed:
                for x, y in (points[0], points[-1]):
                    pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=stroke)


def rotated(place, transform):
    found = re.fullmatch(r"rotate\(([-\d.]+) ([-\d.]+) ([-\d.]+)\)", transform)
    if not found:
        return place
    angle, cx, cy = (float(n) for n in found.groups())
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return lambda x, y: place(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos)


def circle(element):
    cx, cy, r = (float(element.get(name)) for name in ("cx", "cy", "r"))
    return [([(cx + r * math.cos(n * math.tau / 48), cy + r * math.sin(n * math.tau / 48)) for n in range(48)], True)]


def rect(element):
    x, y, w, h = (float(element.get(name)) for name in ("x", "y", "width", "height"))
    return [([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], True)]


def path(element):
    """The outlines of a path: (points, closed) each. Commands M L H V C S Q Z in both cases."""
    outlines: list[Any] = []
    points: list[Any] = []
    here, handle = (0.0, 0.0), None
    for command, numbers in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", element.get("d")):
        values = [float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)]
        kind, relative = command.upper(), command.islower()
        if kind == "Z":
            outlines.append((points, True))
            here, points = points[0], []
            continue
        size = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4}[kind]
        for n in range(0, len(values), size):
            part = values[n : n + size]
            if kind in "HV":
                part = [
                    part[0] if kind == "H" else 0 if relative else here[0],
                    part[0] if kind == "V" else 0 if relative else here[1],
                ]
            if relative:
                part = [value + here[i % 2] for i, value in enumerate(part)]
            pairs = list(zip(part[::2], part[1::2], strict=True))
            if kind == "M" and n == 0:
                if points:
                    outlines.append((points, False))
                points = [pairs[0]]
            elif kind in "MLHV":
                points = [*(points or [here]), pairs[0]]
            else:
                if kind == "S":
                    pairs = [(2 * here[0] - handle[0], 2 * here[1] - handle[1]) if handle else here, *pairs]
                points = [*(points or [here]), *curve([here, *pairs])]
                handle = pairs[-2]
            handle = handle if kind in "CS" else None
            here = pairs[-1]
    if points:
        outlines.append((points, False))
    return outlines


def curve(control):
    """Points of a Bézier curve of any degree, the first left out."""
    degree = len(control) - 1
    found = []
    for step in range(1, STEPS + 1):
        t = step / STEPS
        weights = [math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in range(degree + 1)]
        found.append(tuple(sum(w * point[axis] for w, point in zip(weights, control, strict=True)) for axis in (0, 1)))
    return found
