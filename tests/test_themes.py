"""What docs/themes.md calls stable is there: tokens, macros, blocks, classes; and every theme is tokens of the same names."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "themes.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "hub" / "templates"
THEMES = sorted(folder.name for folder in (ROOT / "themes").iterdir())


def tokens(theme):
    css = (ROOT / "themes" / theme / "tokens.css").read_text(encoding="utf-8")
    return set(re.findall(r"(--[\w-]+):", css))


def section(title):
    return re.search(rf"^## {title}$(.*?)(?=^## |\Z)", DOC, re.S | re.M).group(1)


def test_the_document_names_every_token_and_no_other():
    assert set(re.findall(r"`(--[\w-]+)`", section("Tokens"))) - {"--k"} == tokens("commons")


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_sets_only_tokens_that_exist(theme):
    assert tokens(theme) <= tokens("commons")


def test_rules_use_only_tokens_and_hold_no_raw_colours():
    for path in (ROOT / "hub" / "static" / "css").glob("*.css"):
        css = path.read_text(encoding="utf-8")
        own = set(re.findall(r"(--[\w-]+):", css))
        assert set(re.findall(r"var\((--[\w-]+)", css)) <= tokens("commons") | own | {"--k"}, path.name
        if path.name != "print.css":
            assert not re.findall(r":#[0-9a-f]{3,8}\b", css), path.name


def test_the_macros_of_the_document_are_there_as_it_says():
    code = (TEMPLATES / "_patterns.html").read_text(encoding="utf-8")
    known = {
        name: re.findall(r"(\w+)(?:=[^,]+)?(?:, |$)", args)
        for name, args in re.findall(r"{% macro (\w+)\((.*?)\) -%}", code)
    }
    named = dict(re.findall(r"`(\w+)\(([\w, ]*)\)`", section("Patterns").split("Of `_parts.html`")[0]))
    assert set(named) == set(known)
    for name, args in named.items():
        assert args.split(", ") == known[name][: len(args.split(", "))], name
    for file, names in re.findall(r"Of `(_\w+\.html)`: ((?:`\w+`\s*)+)", DOC):
        for name in re.findall(r"`(\w+)`", names):
            assert f"macro {name}(" in (TEMPLATES / file).read_text(encoding="utf-8"), (file, name)


def test_every_macro_is_shown_among_the_patterns():
    page = (TEMPLATES / "desk" / "patterns.html").read_text(encoding="utf-8")
    for name in re.findall(r"{% macro (\w+)\(", (TEMPLATES / "_patterns.html").read_text(encoding="utf-8")):
        assert re.search(rf"(\{{\{{|call|\}}\}}) *{name}\(", page), name


def test_the_blocks_of_the_document_are_there():
    for file, blocks in re.findall(r"^\| `([\w/]+\.html)` \| (.*) \|$", section("Blocks"), re.M):
        code = (TEMPLATES / file).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", blocks):
            assert f"{{% block {name} %}}" in code, (file, name)


def test_the_classes_of_the_document_have_rules():
    css = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hub" / "static" / "css").glob("*.css"))
    for name in re.findall(r"`(\.[\w-]+)`", section("Patterns")):
        assert re.search(re.escape(name) + r"(?![\w-])", css), name


def test_every_icon_that_a_template_asks_for_is_in_the_sprite():
    known = set(
        re.findall(r'<symbol id="([\w-]+)"', (ROOT / "hub" / "static" / "icons.svg").read_text(encoding="utf-8"))
    )
    for path in [*TEMPLATES.rglob("*.html"), *(ROOT / "plugins").glob("*/templates/**/*.html")]:
        asked = set(re.findall(r'icon\("([\w-]+)"\)', path.read_text(encoding="utf-8")))
        assert asked <= known, (path.name, asked - known)


def test_the_stylesheet_is_one_file_with_a_lasting_address(hub_app, client):
    page = client.get("/en/").text
    address = re.search(r'<link rel="stylesheet" href="([^"]+)"', page).group(1).replace("&amp;", "&")
    answer = client.get(address)
    assert "immutable" in answer.headers["Cache-Control"]
    for file in ("base", "print"):
        source = (ROOT / "hub" / "static" / "css" / f"{file}.css").read_text(encoding="utf-8")
        rules = [line for line in re.sub(r"/\*.*?\*/", "", source, flags=re.S).splitlines() if line.strip()]
        assert rules and all(line.strip() in answer.text for line in rules), "every rule, no comment"
    fonts = re.findall(r"url\((fonts/[^)]+)\)", answer.text)
    assert len(fonts) == 8 and all("?v=" in font for font in fonts)
    assert client.get(f"/static/theme-commons/{fonts[0]}").headers["Cache-Control"].endswith("immutable")


def test_the_front_page_is_light(new_hub):
    app = new_hub(["look", "covers", "partners", "cases", "search"])
    client = app.test_client()
    page = client.get("/ru/")
    sizes = {"page": len(page.data)}
    for address in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text) + re.findall(
        r'<script[^>]* src="([^"]+)"', page.text
    ):
        sizes[address] = len(client.get(address.replace("&amp;", "&")).data)
    scripts = sum(size for name, size in sizes.items() if ".js" in name)
    assert scripts < 60_000 and sum(sizes.values()) < 120_000, sizes


def test_public_text_is_compressed_and_pages_with_tokens_are_not(hub_app, client):
    accepts = {"Accept-Encoding": "gzip, br"}
    plain, small = client.get("/en/"), client.get("/en/", headers=accepts)
    assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data and len(small.data) < len(plain.data) / 2
    assert "Accept-Encoding" in small.headers["Vary"]
    assert client.get("/en/").data == plain.data, "nobody gets what another asked for"
    assert "Content-Encoding" not in client.get("/account/login", headers=accepts).headers
    icons = client.get("/static/hub/icons.svg?v=1", headers=accepts)
    assert icons.headers["Content-Encoding"] == "gzip" and gzip.decompress(icons.data).endswith(b"</svg>\n")
    font = client.get("/static/theme-commons/fonts/golos-text-latin.woff2?v=1", headers=accepts)
    assert "Content-Encoding" not in font.headers
