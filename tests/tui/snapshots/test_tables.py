"""Pictures of tables: marks, several objects in one dialog."""

from __future__ import annotations

from tests.tui.worlds import busy, rolling

MEDIUM = (120, 40)


def sandbox(world):
    world.sandbox, world.context = True, "sandbox"
    return world


def test_marks(picture):
    pressed = ["space", "j", "j", "space", "slash", *"!qwen", "enter"]
    assert picture(busy().snapshot(), MEDIUM, *pressed, wait="1 hidden by the filter")


def test_marks_in_the_map(picture):
    pressed = ["enter", "space", "right", "right", "ctrl+@"]
    assert picture(rolling()[0].snapshot(), MEDIUM, *pressed, wait="3 marked")


def test_marks_without_colour(picture):
    pressed = ["space", "j", "space"]
    assert picture(
        busy().snapshot(), (100, 30), *pressed, wait="2 marked", no_color=True, ascii=True
    )


def test_bulk_restart(picture):
    pressed = ["space", "j", "space", "j", "space", "r"]
    assert picture(sandbox(busy()).snapshot(), MEDIUM, *pressed, wait="accepted")


def test_bulk_recreate_of_many(picture):
    pressed = ["enter", "2", "g", "space", *["j"] * 14, "ctrl+@", "r"]
    assert picture(rolling()[0].snapshot(), MEDIUM, *pressed, wait="accepted")


def test_bulk_recreate_on_a_small_screen(picture):
    pressed = ["enter", "2", "g", "space", *["j"] * 14, "ctrl+@", "r"]
    assert picture(rolling()[0].snapshot(), (80, 24), *pressed, wait="accepted")


def test_wide(picture):
    pressed = ["ctrl+w", *["right"] * 9]
    assert picture(busy().snapshot(), (100, 30), *pressed, wait="vllm-openai")


def test_picked_column(picture):
    pressed = ["shift+right", "shift+right", "shift+right", "shift+right", "O"]
    assert picture(busy().snapshot(), (100, 30), *pressed, wait="sort READY")


def test_column_chooser(picture):
    pressed = ["ctrl+o", "j", "j", "space", "j", "J"]
    assert picture(busy().snapshot(), MEDIUM, *pressed, wait="COLUMNS")


def test_faults_only(picture):
    assert picture(busy().snapshot(), (100, 30), "ctrl+z", wait="faults only")
