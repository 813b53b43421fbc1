"""Named sets of plugins that a new instance may begin with."""

from __future__ import annotations

from hub.plugins.host import STANDARD, PluginHost

ALWAYS = "suggest claims duplicates contact freshness saved share backups drafts pictures movein pocket"  # what every network needs
PRESETS = {
    "association": f"look covers editor partners cases calls news search events labs feedback notices {ALWAYS}".split(),
    "city": f"look covers editor partners greenmap news search events feedback notices {ALWAYS}".split(),
    "garden": f"look covers editor partners greenmap events exchange search notices {ALWAYS}".split(),
}
ORDER = f"look covers editor partners cases calls greenmap news events labs feedback exchange search notices {ALWAYS}".split()


def members(host: PluginHost, preset: str) -> list[str]:
    """The preset's plugins as far as they are installed, in their order; "all": every bundled one."""
    everything = sorted(host.found, key=lambda n: ORDER.index(n) if n in ORDER else 99)
    wanted = everything if preset == "all" else PRESETS[preset]
    return [name for name in dict.fromkeys([*STANDARD, *wanted]) if name in host.found]
