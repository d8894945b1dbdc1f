"""Every node's kubelet in one loop: plays the pods bound to nodes and writes what comes of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lwstui.sandbox import endings, lifecycle
from lwstui.sandbox.amounts import milli
from lwstui.sandbox.clientstatus import adopted
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.containers import FOREVER, Note, Phase, PodRun, Step
from lwstui.sandbox.devices import Held, Ledger
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.podconfig import config_errors, mount_error, refers
from lwstui.sandbox.podrecords import Addresses, PodRecord, PodRecords, group_of
from lwstui.sandbox.podstatus import Placement, concerns_kubelet, pod_status
from lwstui.sandbox.pullfaults import PullFault, hampered
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.rendezvous import has_met, is_lonely, meeting
from lwstui.sandbox.scripts import RESTART, pod_run, with_added
from lwstui.sandbox.worklist import WorkList

_FINISHED = ("Succeeded", "Failed")
_MOUNTED_S = 0.4
_MOUNT_RETRY_S, _MOUNT_MOST_S = 0.5, 122.0


@dataclass(frozen=True, slots=True)
class Failure:
    """How a container ends by a fault: exit code, reason and the last lines of its log."""

    code: int
    reason: str
    words: tuple[str, ...] = ()


def _restart_wish(pod: Json) -> str:
    return str((pod["metadata"].get("annotations") or {}).get(RESTART, ""))


def _host_ip(node: Json) -> str:
    for address in (node.get("status") or {}).get("addresses") or ():
        if address["type"] == "InternalIP":
            return str(address["address"])
    return "127.0.0.1"


def _grace_s(pod: Json) -> float | None:
    if "deletionTimestamp" not in pod["metadata"]:
        return None
    return float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)


class Kubelet:
    """Runs the pods of all nodes of a store.

    Args:
        store: The cluster's objects.
        recorder: Takes the kubelets' events.

    Attributes:
        ledger: Who holds which device.
        cut_off: Uids of the pods that have no network to the rest of their group.
    """

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder
        self._records = PodRecords()
        self._cached: dict[str, frozenset[str]] = {}
        self.ledger = Ledger()
        self.cut_off: set[str] = set()
        self._paused: set[str] = set()
        self._pull_faults: tuple[PullFault, ...] = ()
        self._addresses = Addresses()
        self._lonely: set[tuple[str, str]] = set()
        self._writing: Json | None = None
        self._work = WorkList(self._look)

    def start(self) -> None:
        """Take over the pods that are bound and follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for pod in self._store.items("pods"):
            self._work.add((pod["metadata"]["namespace"], pod["metadata"]["name"]))

    def stop(self) -> None:
        """Stop playing; pods stay as they are."""
        self._unsubscribe()
        self._work.clear()
        for record in self._records:
            if record.timer is not None:
                record.timer.cancel()

    def record(self, uid: str) -> PodRecord | None:
        """Return what the kubelets know of a pod, None if it never got to a node."""
        return self._records.get(uid)

    def peers(self, record: PodRecord) -> list[PodRecord]:
        """Return the other pods of a pod's group."""
        return self._records.peers(record)

    def on_node(self, node: str) -> list[PodRecord]:
        """Return the pods in the hands of one node's kubelet."""
        return self._records.on_node(node)

    def records(self) -> Iterable[PodRecord]:
        """Return all pods in the hands of a kubelet."""
        return self._records

    def pause(self, node: str) -> None:
        """Write nothing more about the pods of a node, not their end either."""
        self._paused.add(node)

    def resume(self, node: str) -> None:
        """Write again what becomes of a node's pods; what others wrote meanwhile is replaced."""
        self._paused.discard(node)
        for pod in self._store.items("pods"):
            if pod["spec"].get("nodeName") == node:
                record = self._records.get(pod["metadata"]["uid"])
                if record is not None:
                    record.pod = pod
                self._work.add((pod["metadata"]["namespace"], pod["metadata"]["name"]))

    def fail(self, uid: str, container: str, failure: Failure) -> bool:
        """End a running container by a fault; False if it does not run."""
        record = self._records.get(uid)
        state = None if record is None else record.run.container(container)
        if record is None or state is None or not state.is_running:
            return False
        now_s = record.pod_time(self._store.clock.now())
        code, reason, words = failure.code, failure.reason, failure.words
        step = endings.fail(record.run, container, now_s, code=code, reason=reason, words=words)
        self._apply(record, step)
        record.tell()
        if record.node not in self._paused:
            self._sync(record, record.pod.get("status") or {})
        return True

    def hamper(self, faults: tuple[PullFault, ...]) -> None:
        """Have pulls go as ``faults`` say, those under way too; none for a registry that works."""
        self._pull_faults = faults
        for record in self._records:
            record.run = self._hampered(record.run, record.pod, record.where.pod_ip)
            self._work.add(record.ref)

    def _hampered(self, run: PodRun, pod: Json, pod_ip: str) -> PodRun:
        """Return a pod with the pulls that the faults leave it."""
        cached = self._cached.get(pod["spec"]["nodeName"], frozenset())
        return hampered(run, pod_run(pod, pod_ip), self._pull_faults, cached)

    def _on_change(self, change: Change) -> None:
        meta = change.object["metadata"]
        if change.key == "pods" and change.type == "DELETED":
            self._forget(meta["uid"])
        elif change.key == "pods" and change.object["spec"].get("nodeName"):
            if not self._takes_note(change):
                self._work.add((meta["namespace"], meta["name"]))
        elif change.key == "nodes" and change.type == "DELETED":
            self._cached.pop(meta["name"], None)
        elif change.key == "services":
            for ref in self._lonely:
                if ref[0] == meta["namespace"]:
                    self._work.add(ref)

    def _takes_note(self, change: Change) -> bool:
        """Tell whether a changed pod needs no look: the change is ours, or of no concern here."""
        if change.old is not None and change.old is self._writing:
            return True
        record = self._records.get(change.object["metadata"]["uid"])
        if record is None or record.pod is not change.old:
            return False
        if concerns_kubelet(change.old, change.object):
            return False
        record.pod = change.object
        return True

    def _look(self, ref: tuple[str, str]) -> None:
        pod = self._store.get("pods", *ref)
        node = "" if pod is None else pod["spec"].get("nodeName") or ""
        if pod is not None and node and node not in self._paused:
            self._take(pod)

    def _take(self, pod: Json) -> None:
        record = self._records.get(pod["metadata"]["uid"])
        if record is not None:
            written, record.pod = record.pod.get("status") or {}, pod
            record.run = with_added(record.run, pod, record.where.pod_ip)
            self._sync(record, written)
        elif "deletionTimestamp" in pod["metadata"]:
            self._remove(pod)
        elif (pod.get("status") or {}).get("phase") not in _FINISHED:
            record = self._accept(pod)
            if record is not None:
                self._sync(record, pod.get("status") or {})

    def _accept(self, pod: Json) -> PodRecord | None:
        """Admit a pod to its node; None if there is no such node or it has to refuse."""
        meta, spec = pod["metadata"], pod["spec"]
        node = self._store.get("nodes", "", spec["nodeName"])
        if node is None:
            return None
        allocatable = (node.get("status") or {}).get("allocatable") or {}
        amounts = {name: milli(value) for name, value in allocatable.items()}
        held, refused = self.ledger.take(spec["nodeName"], amounts, meta["uid"], spec)
        if refused:
            self._reject(pod, refused)
            return None
        where = self._place(node, pod, held)
        clock = self._store.clock
        record = PodRecord(
            pod,
            # A pod that already runs, in a cluster that was filled, does not start over.
            adopted(pod_run(pod, where.pod_ip), {}, pod.get("status") or {}, 0.0),
            where,
            clock.now(),
            clock.speed,
            _restart_wish(pod),
            group_of(pod),
        )
        record.refers = refers(pod)
        if self._pull_faults:
            record.run = self._hampered(record.run, pod, where.pod_ip)
        self._records.add(record)
        return record

    def _place(self, node: Json, pod: Json, held: Held) -> Placement:
        host_ip = _host_ip(node)
        shares_host = pod["spec"].get("hostNetwork")
        pod_ip = host_ip if shares_host else self._addresses.take(node)
        return Placement(pod["metadata"]["uid"], pod_ip, host_ip, held)

    def _reject(self, pod: Json, why: str) -> None:
        meta = pod["metadata"]
        reason, message = "UnexpectedAdmissionError", f"Pod was rejected: {why}"
        now = rfc3339(self._store.clock.now())

        def fail(target: Json) -> None:
            status = {"phase": "Failed", "reason": reason, "message": message, "startTime": now}
            target["status"] = {**(target.get("status") or {}), **status}

        self._store.update("pods", meta["namespace"], meta["name"], fail, subresource="status")
        self._recorder.kubelet(pod, pod["spec"]["nodeName"], reason, why, warning=True)

    def _sync(self, record: PodRecord, written: Json) -> None:
        """Bring one pod up to now and write down what has become of it.

        A status that differs from the one ``written`` last is a client's, and is taken up.
        """
        before = record.run
        now_s = record.pod_time(self._store.clock.now())
        self._mount(record, now_s)
        self._apply(record, self._advance(record, now_s))
        status = record.pod.get("status") or {}
        if status != written:
            record.run = adopted(record.run, written, status, now_s)
            self._apply(record, self._advance(record, now_s))
        wish = _restart_wish(record.pod)
        if wish != record.restart_seen:
            record.restart_seen = wish
            self._apply(record, endings.kill(record.run, wish.partition("#")[0], now_s))
            self._apply(record, self._advance(record, now_s))
        grace_s = _grace_s(record.pod)
        if grace_s is not None and grace_s < record.run.grace_s:
            self._apply(record, endings.stop(record.run, now_s, grace_s))
            self._apply(record, self._advance(record, now_s))
        self._write(record, now_s)
        if record.run is not before:
            record.tell()
        self._introduce(record, now_s)
        if record.run.stopped:
            self._remove(record.pod)
        else:
            self._plan(record, now_s)

    def _mount(self, record: PodRecord, now_s: float) -> None:
        """Hold up a pod without network or containers while its volumes cannot be mounted."""
        begun = any(each.phase is not Phase.WAITING for each in record.run.containers)
        if not record.refers or begun or record.run.stopping or now_s < record.mounts_at_s:
            return
        error = mount_error(self._store, record.pod)
        if not error:
            if record.run.network_s == FOREVER:
                record.run = replace(record.run, network_s=now_s + _MOUNTED_S)
            return
        self._recorder.kubelet(record.pod, record.node, "FailedMount", error, warning=True)
        record.run = replace(record.run, network_s=FOREVER)
        record.mounts_at_s = now_s + min(_MOUNT_RETRY_S * 2**record.mount_failures, _MOUNT_MOST_S)
        record.mount_failures += 1

    def _introduce(self, record: PodRecord, now_s: float) -> None:
        """Have the pods look again that wait for what this pod has become to its group."""
        if is_lonely(record.run):
            self._lonely.add(record.ref)
        else:
            self._lonely.discard(record.ref)
        now = meeting(record.run, now_s)
        if now != record.meeting:
            record.meeting = now
            for each in self._records.peers(record):
                if each.ref in self._lonely:
                    self._work.add(each.ref)

    def _advance(self, record: PodRecord, now_s: float) -> Step:
        return lifecycle.advance(
            record.run,
            now_s,
            cached=self._cached.get(record.node, frozenset()),
            met=has_met(
                self._store,
                record,
                lambda: self._records.peers(record),
                self._store.clock.now(),
            ),
            errors=config_errors(self._store, record.pod) if record.refers else {},
        )

    def _apply(self, record: PodRecord, step: Step) -> None:
        record.run = step.pod
        if step.pulled:
            self._cached[record.node] = self._cached.get(record.node, frozenset()) | step.pulled
        for note in step.notes:
            self._record(record, note)

    def _record(self, record: PodRecord, note: Note) -> None:
        self._recorder.kubelet(
            record.pod,
            record.node,
            note.reason,
            note.message,
            container_path=note.path,
            warning=note.warning,
        )

    def _write(self, record: PodRecord, now_s: float) -> None:
        fresh = pod_status(record.pod, record.run, now_s, where=record.where, stamp=record.stamp)
        stored = self._store.entry("pods", *record.ref).object
        status = {**(stored.get("status") or {}), **fresh}
        self._writing = stored
        record.pod = self._store.write_status("pods", *record.ref, status)
        self._writing = None

    def _plan(self, record: PodRecord, now_s: float) -> None:
        if record.timer is not None:
            record.timer.cancel()
            record.timer = None
        wake_s = lifecycle.next_wake(record.run, now_s)
        if record.run.network_s == FOREVER:
            wake_s = min(wake_s, max(record.mounts_at_s, now_s))
        if wake_s < FOREVER:
            ref = record.ref
            record.timer = self._store.clock.call_later(wake_s - now_s, lambda: self._work.add(ref))

    def _remove(self, pod: Json) -> None:
        """Let go of a pod that has ended: the API server removes it now."""
        meta = pod["metadata"]
        self._store.delete(
            "pods", meta["namespace"], meta["name"], uid=meta["uid"], propagation="", grace_s=0
        )

    def _forget(self, uid: str) -> None:
        record = self._records.pop(uid)
        if record is None:
            return
        self._lonely.discard(record.ref)
        self.cut_off.discard(uid)
        if record.timer is not None:
            record.timer.cancel()
        now_s = record.pod_time(self._store.clock.now())
        ended = endings.stop(record.run, now_s, 0).pod
        record.run = lifecycle.advance(ended, now_s).pod
        record.tell()
        self.ledger.release(record.node, uid)
        if record.where.pod_ip != record.where.host_ip:
            self._addresses.release(record.where.pod_ip)
