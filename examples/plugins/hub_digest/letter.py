"""A list as a letter: plain text of at most 72 characters a line. Knows nothing of the hub."""

import textwrap
from collections.abc import Iterable

WIDTH = 72


def letter(title: str, entries: Iterable[tuple[str, str, str, str]], source: str) -> str:
    """entries: (kind, title, summary, address) each."""
    parts = [title, "=" * min(len(title), WIDTH), ""]
    for kind, name, summary, address in entries:
        parts += textwrap.wrap(f"* {name} ({kind})", WIDTH, subsequent_indent="  ")
        parts += textwrap.wrap(summary, WIDTH, initial_indent="  ", subsequent_indent="  ")
        parts += [f"  {address}", ""]
    return "\n".join([*parts, f"-- \n{source}", ""])
