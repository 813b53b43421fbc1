"""`make run`: an instance with every bundled plugin and the demo content if there is none, then serve it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instance", default="instance")
    parser.add_argument("--port", default="8000")
    given = parser.parse_args()
    folder = Path(given.instance).resolve()
    hub = [sys.executable, "-m", "hub", "--instance", str(folder)]
    if not (folder / "hub.toml").exists():
        print(f"Making an instance with demo content in {folder} …", flush=True)
        name = '{ en = "Hub", ru = "Хаб" }'
        init = [*hub, "init", "--preset", "all", "--languages", "en,ru", "--url", f"http://localhost:{given.port}"]
        for command in (init, [*hub, "demo", "--logins"]):
            done = subprocess.run(command, stdin=subprocess.DEVNULL)
            if done.returncode:
                return done.returncode
        settings = folder / "hub.toml"
        tagline = '{ en = "a network of cultural associations and green cities", ru = "сеть культурных ассоциаций и зелёных городов" }'
        text = settings.read_text(encoding="utf-8").replace('name = "Hub"', f"name = {name}\ntagline = {tagline}")
        settings.write_text(text, encoding="utf-8")
    else:
        done = subprocess.run([*hub, "upgrade"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if done.returncode:
            return done.returncode
    sys.stdout.flush()
    os.execv(sys.executable, [*hub, "serve", "--port", given.port])


if __name__ == "__main__":
    sys.exit(main())
