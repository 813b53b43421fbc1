"""`make screenshots`: pictures of the demo for README and docs, taken in a headless Chromium, into docs/images/."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from hub.testing.server import Server, find_chromium, run_hub

OUT = Path(__file__).parents[1] / "docs" / "images"
CASE = "cultural-environment-a-city-programme-its-audience-can-steer"
PICTURES = [  # name, address, width, colour scheme, role
    ("home-ru", "/ru/", 1280, "light", ""), ("home-en-dark", "/en/", 1280, "dark", ""),
    ("cases-ru", "/ru/cases/?topic=culture", 1280, "light", ""), ("case-en", f"/en/cases/{CASE}/", 1280, "light", ""),
    ("search-ru", "/ru/search/?q=озеленения", 1280, "light", ""), ("phone-ru", "/ru/partners/", 360, "light", ""),
    ("contrast-ru", "/ru/cases/?theme=contrast", 1280, "light", ""), ("desk-en", "/desk/", 1280, "light", "editor"),
    ("form-ru", "/desk/cases/new?language=ru&lang=ru", 1280, "light", "editor"),
    ("look-ru", "/desk/look/?lang=ru", 1280, "light", "admin"), ("patterns-en", "/desk/patterns#p-timeline", 1280, "light", "admin"),
    ("item-phone-en", f"/en/cases/{CASE}/", 360, "dark", ""), ("map-ru", "/ru/map/", 1280, "light", ""),
    ("events-en", "/en/events/", 1280, "light", ""),
]  # fmt: skip
MEADOW = [("meadow-ru", "/ru/", 1280, "light", ""), ("meadow-map-en", "/en/map/", 1280, "dark", "")]  # the other theme


def main() -> int:
    program = find_chromium()
    if program is None:
        print("No chromium here: apt-get install chromium-headless-shell")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as engine:
        server = Server(Path(folder))
        run_hub(Path(folder), "init", "--preset", "all", "--languages", "en,ru", "--name", "Hub", "--url", server.url)
        run_hub(Path(folder), "demo", "--logins")
        logins = dict(line.split()[::2] for line in (Path(folder) / "data" / "demo-logins.txt").read_text().splitlines())
        browser = engine.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        with server:
            for name, address, width, scheme, role in [*PICTURES, *MEADOW]:
                if (name, address, width, scheme, role) == MEADOW[0]:
                    run_hub(Path(folder), "theme", "use", "meadow")
                context = browser.new_context(
                    base_url=server.url, viewport={"width": width, "height": 800}, color_scheme=scheme
                )
                page = context.new_page()
                if role:
                    page.goto("/account/login")
                    page.fill("#email", f"{role}@example.org")
                    page.fill("#password", logins[role])
                    page.click("main button[type=submit]")
                page.goto(address)
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(1500)  # the map draws its land in portions
                _save(page.screenshot(), OUT / f"{name}.png")
                context.close()
                print(name)
        browser.close()
    return 0


def _save(picture: bytes, path: Path) -> None:
    """Fewer colours are enough for flat drawings and keep the repository small."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
