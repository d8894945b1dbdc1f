"""What the console promises as a whole, and which tests show it; ``test_proofs`` looks them up.

Promises
========

=================  ==========================================================================
k9s hands          ``tui.acceptance.test_hands``: screens; ``tui.acceptance.test_k9s_keys``: keys
two seconds        ``tui.acceptance.test_glance``
scale              ``tui.acceptance.test_glance``, ``tui.widgets.test_keyed_table``,
                   ``tui.widgets.test_groupmap``
blocked rollout    ``tui.test_rollout_screen``, ``view.test_rollout_view``,
                   ``e2e.test_rollout_screen``
recreate loop      ``tui.acceptance.test_loop``, ``view.test_health``
disconnect         ``tui.acceptance.test_minutes``, ``tui.test_connection``,
                   ``e2e.test_disconnect``
cursor             ``tui.acceptance.test_cursor``, ``tui.widgets.test_keyed_table``,
                   ``tui.widgets.test_groupmap``
no silent write    ``tui.acceptance.test_writes``
hostile text       ``tui.acceptance.test_bytes``, ``tui.test_hostile``, ``tui.test_output``
logs               ``tui.test_log_account``, ``runtime.test_logmux``,
                   ``tui.widgets.test_logpane_story``
keys documented    ``tui.acceptance.test_keys``, ``tui.test_actions``, ``tui.test_reference``
idle               ``tui.acceptance.test_minutes``, ``tui.acceptance.test_idle``
=================  ==========================================================================

Operations
==========

Each from a key or a command: the request that reaches the sandbox, and the screen after the watch
brought it back.

=================  ==========================================================================
scale              ``e2e.test_console_sets.test_scale``
rolling restart    ``e2e.test_console_sets.test_rolling_restart``
set image          ``e2e.test_console_sets.test_set_image``
edit fields        ``e2e.test_console_sets.test_edit_fields``
edit YAML          ``e2e.test_console_sets.test_edit_yaml``; with an editor in a terminal:
                   ``e2e.test_console_terminal``
undo               ``e2e.test_rollout_screen``
hold, resume       ``e2e.test_rollout_screen``
one more group     ``e2e.test_console_sets.test_one_more_group``
recreate a group   ``e2e.test_console_pods.test_recreate_a_group``,
                   ``e2e.test_jobs_terminal.test_10_recreate_exactly_one_group``
several at once    ``e2e.test_bulk.test_marked_groups_are_recreated_and_no_other``
delete, kill pod   ``e2e.test_console_pods.test_delete_and_kill_a_pod``
delete a group     ``e2e.test_console_pods.test_delete_a_group_by_its_leader``
delete a set       ``e2e.test_console_sets.test_delete_a_set``
freeze, thaw       ``e2e.test_console_sets.test_freeze_and_thaw``
pause for a set    ``e2e.test_console_sets``, ``e2e.test_cli_rollout``
apply              ``tui.test_apply_sandbox.test_a_manifest_is_planned_applied_and_seen``
undo an apply      ``tui.test_apply_sandbox.test_an_apply_is_taken_back_like_any_other_apply``
create by form     ``e2e.test_console_sets.test_create_from_an_example_by_form``
cordon and drain   ``e2e.test_console_pods.test_cordon_drain_and_uncordon_a_node``
exec               ``e2e.test_console_terminal.test_a_shell_in_a_leader_and_back``
copy files         ``e2e.test_copying``, ``tui.test_copying``
attach             ``e2e.test_console_terminal.test_an_attached_process_is_left_running``
port-forward       ``e2e.test_console_pods.test_forward_a_port_to_a_leader``
takeover           ``tui.test_takeover.test_a_set_is_moved_without_touching_a_pod``
=================  ==========================================================================

Jobs
====

The ten that are done most, from the first screen of the real program with their keys counted, are
the tests of ``e2e.test_jobs_terminal``. The others:

=====================  ======================================================================
scale, seeing victims  ``view.test_impact``, ``e2e.test_console_sets.test_scale``
undo                   ``tui.test_history_screens.test_undo_to_the_revision_under_the_cursor``
where groups run       ``tui.test_placement_screen``
the straggler          ``tui.test_group_screen``
do ranks find others   ``view.test_why_tabs``, ``tui.test_why``
quota and gangs        ``insight.test_pods``
what dies with a node  ``tui.test_nodes_screen``, ``view.test_drain``
pods on a lost node    ``view.test_impact_pods``, ``tui.test_delete_verbs``
do the GPUs work       ``tui.test_gpu_screens``
canary and hold        ``e2e.test_console_sets.test_one_more_group``, ``tui.test_rollout_verbs``
restart everything     ``e2e.test_console_sets.test_rolling_restart``
what changed           ``tui.test_history_screens``
why no autoscaling     ``view.test_why_tabs``, ``e2e.test_cli_why``
will it work           ``tui.test_apply.test_checking_says_what_is_wrong_and_goes_on_to_the_plan``
who controls it        ``tui.test_controller_screen``, ``tui.test_takeover``
=====================  ======================================================================
"""
