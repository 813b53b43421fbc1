"""BibTeX as rows: entries with braced, quoted, named and joined values, accents of TeX. Knows nothing of the hub."""

import re
import unicodedata
from collections.abc import Iterator

FORMS = {"book": "book", "inbook": "book", "incollection": "book", "article": "article", "inproceedings": "article"}
MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    '"': "\u0308",
    "=": "\u0304",
    "c": "\u0327",
    "v": "\u030c",
}
LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "aa": "å", "i": "i"}
COLUMNS = ("title", "author", "year", "publisher", "url", "isbn", "abstract", "keywords")
Row = dict[str, str]


def read_bibtex(raw: bytes) -> Iterator[tuple[int, Row | Exception]]:
    """(number of the line where an entry begins, its columns or what is wrong with it) of a BibTeX file."""
    text = raw.decode("utf-8-sig")
    names: dict[str, str] = {}
    position = 0
    while match := re.compile(r"@\s*(\w+)\s*[{(]").search(text, position):
        line = text.count("\n", 0, match.start()) + 1
        kind = match[1].lower()
        try:
            body, position = _braced(text, match.end())
            if kind == "string":
                names |= _fields(body, names)
            elif kind not in ("comment", "preamble"):
                yield line, _row(kind, body, names)
        except ValueError as error:
            yield line, error
            following = re.compile(r"^@", re.M).search(text, match.end())
            position = following.start() if following else len(text)


def _braced(text: str, start: int) -> tuple[str, int]:
    """What stands before the brace that closes the one before `start`, and the position behind it."""
    depth = 1
    for match in re.compile(r"\\.|[{}()]", re.S).finditer(text, start):
        opens, closes = ("(", ")") if text[start - 1] == "(" and depth == 1 else ("{", "}")
        depth += (match[0] == "{" or match[0] == opens) - (match[0] == "}" or match[0] == closes)
        if depth == 0:
            return text[start : match.start()], match.end()
    raise ValueError("the entry has no closing brace")


def _row(kind: str, body: str, names: dict[str, str]) -> Row:
    key, _, rest = body.partition(",")
    fields = _fields(rest, names)
    if not fields.get("title"):
        raise ValueError(f"the entry {key.strip()} has no title")
    row = {
        name: plain(fields.get(name, "")) for name in COLUMNS
    }  # every row has every column, so that each can be mapped
    row |= {"key": key.strip(), "form": FORMS.get(kind, "other")}
    row["author"] = ", ".join(_person(name) for name in re.split(r"\s+and\s+", row["author"]))
    row["keywords"] = "|".join(word.strip() for word in re.split("[,;]", row["keywords"]))
    month = MONTHS.get(fields.get("month", "").strip().lower()[:3])
    row["year"] += f"-{month:02}" if month and row["year"] else ""
    return row


def _fields(body: str, names: dict[str, str]) -> dict[str, str]:
    """name → value of `name = {value} # "value" # NAME, …`; names are what @string has defined."""
    found, position = {}, 0
    while match := re.compile(r"\s*,?\s*([\w:-]+)\s*=").match(body, position):
        parts, position = [], match.end()
        while part := re.compile(r'\s*#?\s*(?:([{"])|([\w:.+-]+))').match(body, position):
            position = part.end()
            if part[1] == "{":
                value, position = _braced(body, position)
            elif part[1]:
                value, position = _quoted(body, position)
            else:
                value = names.get(part[2].lower(), part[2])
            parts.append(value)
            if not re.compile(r"\s*#").match(body, position):
                break
        found[match[1].lower()] = "".join(parts)
    if body[position:].strip(" ,\n\r\t"):
        raise ValueError(f"this cannot be read: {body[position:].strip()[:40]}")
    return found


def _quoted(text: str, start: int) -> tuple[str, int]:
    depth = 0
    for match in re.compile(r'\\.|[{}"]', re.S).finditer(text, start):
        if match[0] == '"' and depth == 0:
            return text[start : match.start()], match.end()
        depth += (match[0] == "{") - (match[0] == "}")
    raise ValueError("a quotation does not end")


def _person(name: str) -> str:
    """ "Petrova, Vera" as people say it."""
    family, _, given = name.partition(",")
    return f"{given.strip()} {family.strip()}".strip()


def plain(value: str) -> str:
    """A value without TeX: accents become letters, braces and line breaks go."""
    value = re.sub(
        r"\\([`'^~\"=]|[cv](?=[\s{]))\s*\{?\\?(\w)\}?",
        lambda m: unicodedata.normalize("NFC", m[2] + ACCENTS[m[1]]),
        value,
    )
    value = re.sub(r"\\([A-Za-z]+)\b\s*", lambda m: LETTERS.get(m[1], ""), value)
    value = re.sub(r"\\(.)", r"\1", value).replace("---", "—").replace("--", "–").replace("~", " ")
    return " ".join(re.sub("[{}]", "", value).split())
