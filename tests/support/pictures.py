"""Make the pictures of the guides from the recorded screens: ``python -m tests.support.pictures``.

The recorded screens are what the snapshot tests hold the program against, so the guides show what
the program shows. What makes them large and is of no use in a page is left out: fonts to fetch,
identifiers that are unique beyond the picture, and a clip for each line.
"""

import re
import sys
from pathlib import Path
from typing import Final

RECORDED: Final = Path(__file__).parents[1] / "tui" / "snapshots" / "__snapshots__"
GUIDE: Final = Path(__file__).parents[2] / "docs" / "guide" / "pictures"

PICTURES: Final = {
    "fleet": "test_snapshots/test_fleet[120x40]",
    "why": "test_why_pictures/test_why",
    "crashes": "test_why_pictures/test_crashes",
    "rollout": "test_rollout_snapshots/test_blocked[120x40]",
    "logs": "test_snapshots/test_logs",
    "group": "test_group_pictures/test_failing",
    "placement": "test_placement_pictures/test_split_and_shared[120x30]",
    "recreate": "test_snapshots/test_dialog_recreate",
    "nodes": "test_snapshots/test_nodes",
    "freeze": "test_snapshots/test_dialog_freeze",
    "idle": "test_gpu_pictures/test_idle_devices",
    "map": "test_snapshots/test_map_failing_group",
    "scale": "test_snapshots/test_dialog_scale",
    "revisions": "test_rollout_snapshots/test_revisions",
    "pulling": "test_group_pictures/test_pulling[120x40]",
    "fit": "test_why_pictures/test_fit",
    "heat": "test_gpu_pictures/test_heat_map[120x40]",
    "drain": "test_snapshots/test_dialog_drain",
    "release": "test_snapshots/test_dialog_force_release",
    "held": "test_rollout_snapshots/test_held_by_the_floor",
    "restart": "test_snapshots/test_dialog_restart",
    "diff": "test_rollout_snapshots/test_diff[120x30]",
    "apply": "test_apply_snapshots/test_plan[120x40]",
    "controller": "test_time_pictures/test_controller[120x40]",
}
"""Name of the picture, and the recorded screen it is made of."""

_FONT: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_LINE_CLIP: Final = re.compile(r'<clipPath id="[^"]*-line-\d+">.*?</clipPath>\s*', re.DOTALL)
_CLIPPED: Final = re.compile(r' clip-path="url\(#[^"]*-line-\d+\)"')
_CRISP: Final = ' shape-rendering="crispEdges"'
_ID: Final = re.compile(r"terminal-(?:\d+-)?")
_STYLE: Final = "rect { shape-rendering: crispEdges }\n</style>"


def picture(recorded: str) -> str:
    """Return the picture for a page of a recorded screen."""
    text = _CLIPPED.sub("", _LINE_CLIP.sub("", _FONT.sub("", recorded)))
    text = _ID.sub("t-", text.replace(_CRISP, "")).replace("</style>", _STYLE, 1)
    return "\n".join(line.strip(" ") for line in text.split("\n") if line.strip(" ")) + "\n"


def write(to: Path) -> None:
    """Write all pictures into a folder."""
    to.mkdir(parents=True, exist_ok=True)
    for name, source in PICTURES.items():
        recorded = (RECORDED / f"{source}.svg").read_text(encoding="utf-8")
        (to / f"{name}.svg").write_text(picture(recorded), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else GUIDE)
