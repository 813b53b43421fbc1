"""The example settings name every setting there is, with its default."""

import tomllib
from pathlib import Path

from hub.settings import Settings, _known

EXAMPLE = Path(__file__).parents[2] / "instance" / "hub.example.toml"


def test_example_is_complete_and_true():
    written = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    named = {f"{section}.{name}" for section, values in written.items() for name in values}
    leaves = {name for name in _known(Settings) if "." in name and not name.startswith(("plugin.", "vocabulary."))}
    assert named == leaves
    assert Settings(**written) == Settings()
