"""axe-core in a page: what it finds against WCAG 2.2 AA and good practice."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

AXE = gzip.decompress((Path(__file__).parent / "axe.min.js.gz").read_bytes()).decode()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What sticks to an edge of the window covers a neighbour until one scrolls; it is measured where it stands.
ASKED = """async ([where, tags]) => {
    const stuck = [...document.querySelectorAll('*')].filter(e => getComputedStyle(e).position === 'sticky');
    stuck.forEach(e => { e.style.position = 'static' });
    try { return await axe.run(where === 'html' ? document : where, {runOnly: tags, resultTypes: ['violations']}) }
    finally { stuck.forEach(e => { e.style.position = '' }) } }"""


def findings(page: Any, path: str, within: str = "html") -> list[str]:
    """What axe has to say about a page (path: gone to first) or a part of it, as lines: address, rule, element."""
    if path:
        page.goto(path)
    page.evaluate(AXE)
    found = page.evaluate(ASKED, [within, RULES])["violations"]
    return [f"{path} {rule['id']}: {node['html'][:150]} ({node.get('failureSummary', '')[:200]})"
            for rule in found for node in rule["nodes"]]  # fmt: skip
