"""Volume claims get volumes made for them, by the storage class they name.

Source: behaviour of kubernetes pkg/controller/volume/persistentvolume, not its code.
"""

from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.worklist import WorkList

CLAIMS, VOLUMES = "persistentvolumeclaims", "persistentvolumes"
CLASSES = "storageclasses.storage.k8s.io"
_DEFAULT_MARK = "storageclass.kubernetes.io/is-default-class"
_COMPONENT = "persistentvolume-controller"
_PROVISIONER = "pd.csi.storage.sandbox.lwstui.dev"
_Ref = tuple[str, str]


def default_class() -> Json:
    """Return the storage class that a new cluster has."""
    return {
        "metadata": {"name": "standard-rwo", "annotations": {_DEFAULT_MARK: "true"}},
        "provisioner": _PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }


class ClaimBinder:
    """Binds every claim whose storage class exists, at once; the others wait for theirs.

    Args:
        store: The cluster's objects.
        recorder: Takes the controller's events.
    """

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder
        self._work: WorkList[_Ref] = WorkList(self._look)

    def start(self) -> None:
        """Take over the claims that are there and follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        self._look_at_all()

    def stop(self) -> None:
        """Stop following the store."""
        self._unsubscribe()
        self._work.clear()

    def _look_at_all(self) -> None:
        for claim in self._store.items(CLAIMS):
            self._work.add((claim["metadata"]["namespace"], claim["metadata"]["name"]))

    def _on_change(self, change: Change) -> None:
        meta = change.object["metadata"]
        if change.key == CLAIMS and change.type == "ADDED":
            self._work.add((meta["namespace"], meta["name"]))
        elif change.key == CLAIMS and change.type == "DELETED":
            self._release(change.object)
        elif change.key == CLASSES and change.type != "DELETED":
            self._look_at_all()

    def _look(self, ref: _Ref) -> None:
        claim = self._store.get(CLAIMS, *ref)
        if claim is None or (claim.get("status") or {}).get("phase") == "Bound":
            return
        named = claim["spec"].get("storageClassName")
        name = self._default() if named is None else named
        if not name:
            why = "no persistent volumes available for this claim and no storage class is set"
            self._recorder.component(_COMPONENT, claim, "FailedBinding", why)
            return
        found = self._store.get(CLASSES, "", name)
        if found is None:
            why = f'storageclass.storage.k8s.io "{name}" not found'
            self._recorder.component(_COMPONENT, claim, "ProvisioningFailed", why, warning=True)
            return
        self._bind(claim, found)

    def _default(self) -> str:
        for each in self._store.items(CLASSES):
            if (each["metadata"].get("annotations") or {}).get(_DEFAULT_MARK) == "true":
                return str(each["metadata"]["name"])
        return ""

    def _bind(self, claim: Json, storage_class: Json) -> None:
        meta, volume = claim["metadata"], _volume(claim, storage_class)
        name = volume["metadata"]["name"]
        if self._store.get(VOLUMES, "", name) is None:
            self._store.create(VOLUMES, volume)

        def bind(target: Json) -> None:
            spec = target["spec"]
            spec["volumeName"] = name
            spec["storageClassName"] = storage_class["metadata"]["name"]
            target["status"] = {
                "phase": "Bound",
                "accessModes": volume["spec"]["accessModes"],
                "capacity": volume["spec"]["capacity"],
            }

        self._store.update(CLAIMS, meta["namespace"], meta["name"], bind)
        why = f"Successfully provisioned volume {name}"
        self._recorder.component(_PROVISIONER, claim, "ProvisioningSucceeded", why)

    def _release(self, claim: Json) -> None:
        """Do with a claim's volume what its reclaim policy says."""
        name = claim["spec"].get("volumeName") or ""
        volume = self._store.get(VOLUMES, "", name)
        if volume is None or _claimed_by(volume) != claim["metadata"]["uid"]:
            return
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self._store.delete(VOLUMES, "", name)
        else:
            self._store.write_status(VOLUMES, "", name, {"phase": "Released"})


def _claimed_by(volume: Json) -> str:
    return str((volume["spec"].get("claimRef") or {}).get("uid", ""))


def _volume(claim: Json, storage_class: Json) -> Json:
    meta, spec = claim["metadata"], claim["spec"]
    name = spec.get("volumeName") or f"pvc-{meta['uid']}"
    asked = (spec.get("resources") or {}).get("requests") or {}
    driver = storage_class.get("provisioner", _PROVISIONER)
    return {
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": driver},
        },
        "spec": {
            "capacity": {"storage": asked.get("storage", "1Gi")},
            "accessModes": spec.get("accessModes") or ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "apiVersion": "v1",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
                "resourceVersion": meta["resourceVersion"],
            },
            "csi": {"driver": driver, "volumeHandle": name},
        },
        "status": {"phase": "Bound"},
    }
