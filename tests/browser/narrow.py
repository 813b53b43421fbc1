"""What does not fit: a page that scrolls sideways, or words that are cut off at its edge or at that of a box."""

from __future__ import annotations

from typing import Any

# Words count, not their boxes: a line of text is measured by itself. What scrolls by itself (tables, maps, code) may be wider;
# what is hidden on purpose for all but screen readers is one pixel wide. Long names of choices in a <select> are cut by browsers.
CUT = """() => {
  const found = [], wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`the page is ${wide}px too wide`);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  for (let text; text = texts.nextNode();) {
    if (!text.data.trim() || text.parentElement.closest('select, option, script, style, noscript, textarea, .leaflet-container')) continue;
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) {
      if (line.width < 2 || line.height < 2) continue;
      let edge = [0, innerWidth], free = false;
      for (let box = text.parentElement; box && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box), at = box.getBoundingClientRect();
        if (at.width <= 1 || at.height <= 1 || style.visibility === 'hidden' || style.clipPath !== 'none') { free = true; break; }
        if (/auto|scroll/.test(style.overflowX)) { free = true; break; }
        if (/hidden|clip/.test(style.overflowX)) edge = [Math.max(edge[0], at.left), Math.min(edge[1], at.right)];
      }
      if (!free && (line.left < edge[0] - 1 || line.right > edge[1] + 1)) { found.push(`cut off: “${text.data.trim().slice(0, 60)}”`); break; }
    }
  }
  return found;
}"""


def narrow(page: Any, path: str = "", width: int = 320) -> list[str]:
    """One line for every fault of a page (path: gone to first) that is `width` CSS pixels wide: 320 is 1280 at 400 % zoom."""
    page.set_viewport_size({"width": width, "height": 256})
    if path:
        page.goto(path)
    return [f"{path or page.url} at {width}px: {fault}" for fault in page.evaluate(CUT)]


# A word of a heading, label, button or name that goes on in the next line; browsers that know its
# syllables hyphenate it, headless ones do not: here it has to fit.
BROKEN = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  for (let text; text = texts.nextNode();) {
    if (!text.parentElement.closest('h1, h2, h3, h4, th, dt, .st, .btn, .bul, .tabs, nav') || text.parentElement.closest('.vh')) continue;
    for (const word of text.data.matchAll(/[\\p{L}\\d]{3,}/gu)) {
      range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].filter(r => r.width > 1 && r.height > 2).map(r => Math.round(r.top / 4))).size > 1) found.push(`broken: “${word[0]}”`);
    }
  }
  return found;
}"""


def broken_words(page: Any, path: str, width: int) -> list[str]:
    """One line for every word that is broken somewhere inside."""
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(path)
    page.evaluate("() => Promise.all([...document.fonts].map(font => font.load()))")
    page.reload()  # the letters are used only where they are there at once
    return [f"{path} at {width}px: {fault}" for fault in page.evaluate(BROKEN)]
