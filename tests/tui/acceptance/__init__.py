"""What the console promises as a whole; other promises are kept by the tests of their parts.

================  ==================================================================
k9s hands         ``test_hands``: every screen is reached, nothing is written
two seconds       ``test_glance``
scale             ``test_glance``, ``widgets.test_keyed_table``, ``widgets.test_groupmap``
blocked rollout   ``tests.tui.test_rollout_screen``, ``tests.view.test_rollout_view``
recreate loop     ``tests.view.test_health``
disconnect        ``tests.tui.test_connection``, ``tests.e2e.test_disconnect``
cursor            ``test_cursor``, ``widgets.test_keyed_table``, ``widgets.test_groupmap``
no silent write   ``test_writes``
hostile text      ``test_bytes``, ``tests.tui.test_hostile``, ``tests.tui.test_output``
logs              ``tests.runtime.test_logmux``, ``widgets.test_logpane_story``
keys documented   ``test_keys``, ``tests.tui.test_actions``, ``tests.tui.test_reference``
idle              ``test_idle``
================  ==================================================================
"""
