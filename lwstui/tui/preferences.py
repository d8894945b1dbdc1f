"""The settings at work: those of the present context, followed as their files change."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Protocol

from lwstui.config.schema import Settings, setting
from lwstui.config.settings import Config, ConfigError, Loaded
from lwstui.config.views import nearest
from lwstui.runtime.tuning import Tuning, tuning_of
from lwstui.tui.keymaps import Keymap, read_keymap
from lwstui.view.safety import Safety


class Adjustable(Protocol):
    """What settings change while the console runs."""

    safety: Safety
    read_only: bool
    accent: str

    @property
    def available_themes(self) -> Mapping[str, Any]:
        """Themes by name."""
        ...

    def set_theme(self, name: str) -> None:
        """Change the theme."""
        ...

    def use_mouse(self, *, wanted: bool) -> None:
        """Take mouse events, or leave them to the terminal."""
        ...

    def show_header(self, *, shown: bool) -> None:
        """Show or hide the first two lines."""
        ...

    def show_crumbs(self, *, shown: bool) -> None:
        """Show or hide the breadcrumbs."""
        ...

    def use_motion(self, *, wanted: bool) -> None:
        """Animate scrolling, or not."""
        ...

    def use_keys(self, keymap: Keymap) -> None:
        """Put actions on other keys."""
        ...

    def tune(self, tuning: Tuning) -> None:
        """Judge, tell, list and measure in another way."""
        ...

    def prefer(self, favourites: tuple[str, ...]) -> None:
        """Take the namespaces that digits choose."""
        ...


TUNED: Final = (
    "stuck_factor",
    "stuck_default",
    "recreate_loop",
    "topology_keys",
    "node_metric",
    "page",
    "metrics_interval",
)
"""Settings that the engine goes by, too."""


def safety_of(settings: Settings) -> Safety:
    """Return how much is asked before a change."""
    return Safety(
        settings.unprotected, settings.typed_from, settings.protected, settings.grace / 1000
    )


def unchanging(settings: Settings) -> Config:
    """Return a configuration without files that says what is in force."""
    flags = {f.name: getattr(settings, f.name) for f in fields(Settings)}
    given = {name: value for name, value in flags.items() if value != getattr(Settings(), name)}
    return Config({"LWSTUI_CONFIG_DIR": os.devnull}, given)


def _theme(app: Adjustable, settings: Settings) -> None:
    if settings.theme in app.available_themes:
        app.set_theme(settings.theme)


def _safety(app: Adjustable, settings: Settings) -> None:
    app.safety = safety_of(settings)


def _read_only(app: Adjustable, settings: Settings) -> None:
    app.read_only = settings.read_only


def _tuning(app: Adjustable, settings: Settings) -> None:
    app.tune(tuning_of(settings))


def _accent(app: Adjustable, settings: Settings) -> None:
    app.accent = settings.accent


APPLY: Final[Mapping[str, Callable[[Adjustable, Settings], None]]] = {
    "theme": _theme,
    "mouse": lambda app, settings: app.use_mouse(wanted=settings.mouse),
    "header": lambda app, settings: app.show_header(shown=settings.header),
    "crumbs": lambda app, settings: app.show_crumbs(shown=settings.crumbs),
    "motion": lambda app, settings: app.use_motion(wanted=settings.motion),
    "favourites": lambda app, settings: app.prefer(settings.favourites),
    "read_only": _read_only,
    "protected": _safety,
    "unprotected": _safety,
    "typed_from": _safety,
    "accent": _accent,
    "grace": _safety,
    **dict.fromkeys((*TUNED, "time"), _tuning),
}
"""What a change of each live setting does, by field; keys are read first."""


class Followed(Protocol):
    """Files beside the settings that are read again when they change."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with them at present, a sentence each."""
        ...

    def look(self) -> bool:
        """Read what changed; return whether anything did."""
        ...


class Preferences:
    """Keeps the console as the settings want it.

    What the operator changed by hand stays until the setting itself changes.

    Args:
        app: The console.
        config: The settings; None for defaults that never change.
        applied: What is in force already.
        followed: Other files, each with what is done when they changed.

    Attributes:
        keymap: What the operator put on keys.
    """

    def __init__(
        self,
        app: Adjustable,
        config: Config | None,
        applied: Settings,
        followed: Sequence[tuple[Followed, Callable[[], None]]] = (),
    ) -> None:
        self._app = app
        self._config = config or unchanging(applied)
        self._applied = applied
        self._context = ""
        self._followed = tuple(followed)
        self.keymap = self._read_keys(self.loaded)

    @property
    def loaded(self) -> Loaded:
        """What is in force in the present context, and where it comes from."""
        return self.of(self._context)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the files at present, a sentence each.

        Each has to fit on one line, so files are named within their folder.
        """
        loaded, folder = self.loaded, f"{self._config.folder}{os.sep}"
        said = [*loaded.problems, *self.keymap.problems, *self._themeless(loaded)]
        said += [one for files, _ in self._followed for one in files.problems]
        return tuple(one.replace(folder, "") for one in said)

    def _themeless(self, loaded: Loaded) -> tuple[str, ...]:
        name, themes = loaded.settings.theme, self._app.available_themes
        source = loaded.sources.get("ui.theme", "")
        return () if name in themes else (f"{source}: no theme {name}; {nearest(name, themes)}",)

    def of(self, context: str) -> Loaded:
        """Return what is in force in a context."""
        return self._config.of(context)

    def enter(self, context: str) -> None:
        """Take the settings of a context."""
        if context and context != self._context:
            self._context = context
            self._apply()

    def look(self) -> None:
        """Follow the files if they changed."""
        for files, changed in self._followed:
            if files.look():
                changed()
        if self._config.look():
            self._apply()

    def option(self, path: str, text: str) -> None:
        """Set a value until the program ends.

        Raises:
            ConfigError: If there is no such setting, the value does not fit, or it only counts
                at the start.
        """
        found = setting(path)
        if found is not None and not found.live:
            raise ConfigError(f"{found.path} counts at the start only: set it in config.yaml")
        self._config.option(path, text)
        self._apply()

    def _apply(self) -> None:
        loaded, before = self.loaded, self._applied
        settings = self._applied = loaded.settings
        keymap = self._read_keys(loaded)
        if keymap != self.keymap:
            self.keymap = keymap
            self._app.use_keys(keymap)
        changed = [f.name for f in fields(Settings)]
        for name in changed:
            if getattr(settings, name) != getattr(before, name) and name in APPLY:
                APPLY[name](self._app, settings)

    def _read_keys(self, loaded: Loaded) -> Keymap:
        asked, where = loaded.settings.keymap, loaded.sources.get("keymap", "")
        return read_keymap(asked, where) if asked else Keymap()
