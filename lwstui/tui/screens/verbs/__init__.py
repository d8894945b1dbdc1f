"""The verb keys of screens: what is selected goes to the verb of the same name."""

from lwstui.tui.screens.verbs.deleting import DeletingKeys
from lwstui.tui.screens.verbs.editing import EditingKeys
from lwstui.tui.screens.verbs.jumping import JumpKeys
from lwstui.tui.screens.verbs.nodes import NodeKeys
from lwstui.tui.screens.verbs.overtime import TimeKeys
from lwstui.tui.screens.verbs.pods import PodKeys
from lwstui.tui.screens.verbs.reading import ReadingKeys
from lwstui.tui.screens.verbs.sets import SetKeys
from lwstui.tui.screens.verbs.taking import TakingKeys
from lwstui.tui.screens.verbs.taping import TapeKeys

__all__ = ["VerbKeys"]


class VerbKeys(
    SetKeys,
    NodeKeys,
    PodKeys,
    DeletingKeys,
    EditingKeys,
    JumpKeys,
    ReadingKeys,
    TimeKeys,
    TakingKeys,
    TapeKeys,
):
    """Actions of the scopes set, group, pod and node for a screen with a selection."""
