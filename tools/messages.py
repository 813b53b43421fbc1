"""Gather the interface's strings and bring the catalogues up to date with them.

    python tools/messages.py          write the .po files: new strings empty, unused ones gone, translations kept
    python tools/messages.py --check  write nothing; exit 1 and list what is missing or unused

`hub/` fills the domain `hub`, each `plugins/hub_X/` the domain `X`. A plugin's catalogue leaves out what core
translates already, because core's catalogue lies over it. The files hold no line numbers and no dates, so that they
change only when a string does. A new language begins with an empty folder `translations/<code>/LC_MESSAGES/`.
How strings are found and catalogues judged stands in `hub/testing/catalogues.py`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from hub.testing import catalogues
from hub.testing.catalogues import CORE, Domain, faults, key, read

ROOT = Path(__file__).resolve().parents[1]
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def domains() -> list[Domain]:
    """Core first, then the bundled plugins."""
    plugins = sorted(path.parent for path in (ROOT / "plugins").glob("hub_*/__init__.py"))
    return [CORE, *(Domain(path.name.removeprefix("hub_"), path) for path in plugins)]


def wanted() -> Iterator[tuple[Domain, Catalog]]:
    """Each domain with the strings that its catalogues must hold."""
    for domain in domains():
        yield domain, catalogues.core() if domain == CORE else catalogues.wanted(domain.name, domain.folder)


def updated(found: Catalog, before: Catalog, language: str) -> Catalog:
    """The strings found, with the translations there are."""
    after = Catalog(locale=language)
    for message in found:
        old = before.get(key(message), message.context)
        if message.id and old is not None and old.pluralizable == message.pluralizable:
            after.add(message.id, old.string, context=message.context, user_comments=old.user_comments)
        elif message.id:
            after.add(message.id, context=message.context)
    return after


def written(catalogue: Catalog, language: str) -> bytes:
    """A catalogue as the text of a .po file."""
    body = io.BytesIO()
    write_po(body, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)
    return (HEADER.format(language=language, plural=catalogue.plural_forms).encode() + body.getvalue()).rstrip() + b"\n"


def main(arguments: list[str]) -> int:
    check, count = "--check" in arguments, 0
    for domain, found in wanted():
        for language, path in domain.files().items():
            before = read(path)
            if not check and (len(found) or path.is_file()):
                before = updated(found, before, language)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(written(before, language))
            lines = list(faults(found, before))
            count += len(lines)
            for line in lines:
                print(f"{path.relative_to(ROOT)}: {line}")
    return 1 if count and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
