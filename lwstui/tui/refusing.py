"""What was refused before anything was asked of the engine is told in the activity log too."""

from __future__ import annotations

from lwstui.state.model import Activity
from lwstui.tui.host import Host
from lwstui.view.types import Ref


def note_refusal(host: Host, what: str, ref: Ref | None, why: str) -> None:
    """Note that something was not done.

    Args:
        host: The application.
        what: What was asked for, such as ``restart``.
        ref: What it was asked of, None if that is not known.
        why: Why it was refused.
    """
    target = "" if ref is None else f"{ref.namespace}/{ref.name}".removeprefix("/")
    words = what.replace("_", " ")
    host.backend.record(Activity(host.now(), "you", words, target, why, ok=False, kind="refused"))
