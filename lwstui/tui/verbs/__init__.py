"""What the verbs do: each opens its dialog, and what it decided becomes one intent."""

from lwstui.tui.verbs.asking import LEAVING, confirm, impact_of, leave_guard, submit
from lwstui.tui.verbs.bulk import (
    CORDON,
    DELETE_PODS,
    DELETE_SETS,
    DRAIN,
    HOLD,
    KILL_PODS,
    NEXT,
    RECREATE,
    RESTART,
    RESUME,
    UNCORDON,
    UNDO,
    BulkVerb,
    act_on_all,
    of_group,
    of_set,
)
from lwstui.tui.verbs.bulkforms import scale_all, set_images
from lwstui.tui.verbs.copying import ask_copy, containers_of, copy_in, copy_out
from lwstui.tui.verbs.deleting import delete_node, delete_pod, delete_set
from lwstui.tui.verbs.editing import edit, edit_fields
from lwstui.tui.verbs.forwards import forward, show_forwards
from lwstui.tui.verbs.nodes import cordon, drain
from lwstui.tui.verbs.reading import open_logs, open_text
from lwstui.tui.verbs.rollouts import (
    hold,
    one_more_group,
    pause_rollout,
    release_all,
    resume_rollout,
    undo,
)
from lwstui.tui.verbs.sets import freeze, recreate, restart, scale, set_image
from lwstui.tui.verbs.terminals import attach, shell

__all__ = [
    "CORDON",
    "DELETE_PODS",
    "DELETE_SETS",
    "DRAIN",
    "HOLD",
    "KILL_PODS",
    "LEAVING",
    "NEXT",
    "RECREATE",
    "RESTART",
    "RESUME",
    "UNCORDON",
    "UNDO",
    "BulkVerb",
    "act_on_all",
    "ask_copy",
    "attach",
    "confirm",
    "containers_of",
    "copy_in",
    "copy_out",
    "cordon",
    "delete_node",
    "delete_pod",
    "delete_set",
    "drain",
    "edit",
    "edit_fields",
    "forward",
    "freeze",
    "hold",
    "impact_of",
    "leave_guard",
    "of_group",
    "of_set",
    "one_more_group",
    "open_logs",
    "open_text",
    "pause_rollout",
    "recreate",
    "release_all",
    "restart",
    "resume_rollout",
    "scale",
    "scale_all",
    "set_image",
    "set_images",
    "shell",
    "show_forwards",
    "submit",
    "undo",
]
