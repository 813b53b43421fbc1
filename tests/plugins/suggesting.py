"""What the tests of suggestions share: forms sent as a browser would, items to correct, links out of mails."""

import re
from html import unescape
from html.parser import HTMLParser

PLUGINS = ["covers", "partners", "cases", "search", "suggest"]
QUICK = "[plugin.suggest]\nseconds = 0\n"
LIBRARY = {
    "texts": {
        "en": {"title": "The Green Library", "summary": "Books and beds.", "body": "We lend books.", "fields": {}},
        "ru": {"title": "Зелёная библиотека", "summary": "Книги и грядки.", "body": "Выдаём книги.", "fields": {}},
    },
    "data": {"kind": "library", "website": "https://library.example.org"},
    "places": [{"names": {"en": "Kazan", "ru": "Казань"}, "country": "RU"}],
}


class Fields(HTMLParser):
    """The controls of the forms of a page as a browser would send them; of buttons none."""

    def __init__(self, html):
        super().__init__()
        self.values, self._area, self._select = {}, None, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        name = a.get("name")
        if tag == "input" and name and (a.get("type") not in ("checkbox", "radio", "file") or "checked" in a):
            self.values.setdefault(name, []).append(a.get("value", "on" if a.get("type") == "checkbox" else ""))
        elif tag == "textarea" and name:
            self._area = name
            self.values.setdefault(name, []).append("")
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and ("selected" in a or self._select not in self.values):
            self.values[self._select] = [a.get("value", "")]

    def handle_endtag(self, tag):
        self._area = None if tag == "textarea" else self._area
        self._select = None if tag == "select" else self._select

    def handle_data(self, data):
        if self._area:
            self.values[self._area][-1] += data


def main(html):
    return html[html.index('<main id="main">') : html.index("</main>")]


def send(client, path, do="send", page=None, **typed):
    """Open a page, fill in its form (dots as __), send it; answers the page it leads to. page: a page opened before."""
    page = page or client.get(path, follow_redirects=True)
    assert page.status_code == 200, page.status
    data = Fields(main(page.text)).values
    for name, value in typed.items():
        data[name.replace("__", ".")] = value
    return client.post(path, data={**data, "do": do}, follow_redirects=True)


def words(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main(html))).split())


def link_in(mail, part="/suggest/s/"):
    return next(word for word in mail.text.split() if part in word).partition("localhost:8000")[2]
