"""Every table fits every screen: what it shows at a width takes no more than that width."""

from types import SimpleNamespace

import pytest

from lwstui.tui.widgets.columns import lay_out
from lwstui.view import events, fleet, groups, nodes, pods

TABLES = {
    "fleet": fleet.COLUMNS,
    "pods": pods.COLUMNS,
    "events": events.COLUMNS,
    "nodes": nodes._columns("topology.kubernetes.io/rack", measured=False),
    "measured nodes": nodes._columns("topology.kubernetes.io/rack", measured=True),
    "exceptions": groups._EXCEPTIONS,
    "groups of four": groups._table_columns(SimpleNamespace(size=4)),
}
SCROLLBAR = 1


@pytest.mark.parametrize("name", TABLES)
def test_no_column_is_cut_on_any_screen_from_80_cells_on(name):
    too_wide = {}
    for screen in range(80, 201):
        slots = lay_out(TABLES[name], screen - SCROLLBAR, screen)
        end = slots[-1].start + slots[-1].width
        if end > screen - SCROLLBAR:
            too_wide[screen] = end
    assert too_wide == {}


def test_notes_of_events_get_the_room_of_wide_gaps():
    slots = lay_out(events.COLUMNS, 119, 120)
    shown = {slot.column.id: slot.width for slot in slots}
    assert {"age", "namespace", "group"} <= shown.keys()
    assert shown["note"] >= 36
