"""Server-side tables: the columns of every kind and the rows of its objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from lwstui.sandbox import cells, networkcells, othercells, workloadcells
from lwstui.sandbox.cells import Cells
from lwstui.sandbox.durations import age
from lwstui.sandbox.jsonpath import compile_path
from lwstui.sandbox.objects import Json

_NAME_HELP = "Name must be unique within a namespace."
_AGE_HELP = "Time since the object was created."


@dataclass(frozen=True, slots=True)
class Column:
    """A ``TableColumnDefinition``; priority 0 is always shown, 1 only in wide output."""

    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0

    def body(self) -> Json:
        """Return the definition as JSON."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


@dataclass(frozen=True, slots=True)
class Table:
    """How one kind is drawn as a table."""

    columns: tuple[Column, ...]
    cells: Cells


def _table(cells_of: Cells, *names: str, first: str = "Name") -> Table:
    columns = [_column(name, first) for name in (first, *names)]
    return Table(tuple(columns), cells_of)


def _column(spelled: str, first: str) -> Column:
    """Return a column from ``Name``, ``Name:type`` and a trailing ``+`` for wide output only."""
    text, wide, _ = spelled.partition("+")
    name, _, kind = text.partition(":")
    is_name = name == "Name"
    known = {"Age": _AGE_HELP, "Name": _NAME_HELP}
    return Column(
        name,
        kind or "string",
        "name" if is_name and first == "Name" else "",
        known.get(name, ""),
        1 if wide else 0,
    )


_NAME_AND_AGE = _table(cells.name_and_age, "Age")
_NAME_AND_CREATED = _table(cells.name_and_created, "Created At:date")
_MADE_FROM = ("Containers+", "Images+", "Selector+")
_REPLICAS = _table(
    workloadcells.replicas,
    "Desired:integer",
    "Current:integer",
    "Ready:integer",
    "Age",
    *_MADE_FROM,
)
_ROLE_BINDING = _table(
    workloadcells.role_binding, "Role", "Age", "Users+", "Groups+", "ServiceAccounts+"
)
_WEBHOOKS = _table(workloadcells.webhooks, "Webhooks:integer", "Age")

_SELDOM: Mapping[str, Table] = {
    "podtemplates": _table(othercells.pod_template, "Containers", "Images", "Pod Labels"),
    "certificatesigningrequests.certificates.k8s.io": _table(
        othercells.signing_request, "Age", "SignerName", "Requestor", "RequestedDuration",
        "Condition",
    ),
    "runtimeclasses.node.k8s.io": _table(othercells.runtime_class, "Handler", "Age"),
    "apiservices.apiregistration.k8s.io": _table(
        othercells.api_service, "Service", "Available", "Age"
    ),
    "csidrivers.storage.k8s.io": _table(
        othercells.csi_driver, "AttachRequired:boolean", "PodInfoOnMount:boolean",
        "StorageCapacity:boolean", "TokenRequests", "RequiresRepublish:boolean", "Modes", "Age",
    ),
    "csinodes.storage.k8s.io": _table(othercells.csi_node, "Drivers:integer", "Age"),
    "volumeattachments.storage.k8s.io": _table(
        othercells.volume_attachment, "Attacher", "PV", "Node", "Attached:boolean", "Age"
    ),
    "volumeattributesclasses.storage.k8s.io": _table(
        othercells.attributes_class, "DriverName", "Age"
    ),
    "flowschemas.flowcontrol.apiserver.k8s.io": _table(
        othercells.flow_schema, "PriorityLevel", "MatchingPrecedence:integer",
        "DistinguisherMethod", "Age", "MissingPL",
    ),
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": _table(
        othercells.priority_level, "Type", "NominalConcurrencyShares", "Queues", "HandSize",
        "QueueLengthLimit", "Age",
    ),
    "validatingadmissionpolicies.admissionregistration.k8s.io": _table(
        othercells.validating_policy, "Validations:integer", "ParamKind", "Age"
    ),
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": _table(
        othercells.policy_binding, "PolicyName", "ParamRef", "Age"
    ),
    "resourceclaims.resource.k8s.io": _table(othercells.resource_claim, "State", "Age"),
    "resourceslices.resource.k8s.io": _table(
        othercells.resource_slice, "Node", "Driver", "Pool", "Age"
    ),
    "servicecidrs.networking.k8s.io": _table(othercells.service_range, "CIDRs", "Age"),
    "ipaddresses.networking.k8s.io": _table(othercells.address, "ParentRef", "Age"),
}  # fmt: skip

_TABLES: Mapping[str, Table] = {
    "pods": _table(
        cells.pod,
        "Ready",
        "Status",
        "Restarts",
        "Age",
        "IP+",
        "Node+",
        "Nominated Node+",
        "Readiness Gates+",
    ),
    "nodes": _table(
        cells.node,
        "Status",
        "Roles",
        "Age",
        "Version",
        "Internal-IP+",
        "External-IP+",
        "OS-Image+",
        "Kernel-Version+",
        "Container-Runtime+",
    ),
    "namespaces": _table(cells.namespace, "Status", "Age"),
    "services": _table(
        cells.service, "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector+"
    ),
    "events": _table(
        cells.event,
        "Type",
        "Reason",
        "Object",
        "Subobject+",
        "Source+",
        "Message",
        "First Seen+",
        "Count:integer+",
        "Name+",
        first="Last Seen",
    ),
    "configmaps": _table(cells.config_map, "Data", "Age"),
    "secrets": _table(cells.secret, "Type", "Data", "Age"),
    "persistentvolumeclaims": _table(
        cells.claim,
        "Status",
        "Volume",
        "Capacity",
        "Access Modes",
        "StorageClass",
        "VolumeAttributesClass",
        "Age",
        "VolumeMode+",
    ),
    "persistentvolumes": _table(
        cells.volume,
        "Capacity",
        "Access Modes",
        "Reclaim Policy",
        "Status",
        "Claim",
        "StorageClass",
        "VolumeAttributesClass",
        "Reason",
        "Age",
        "VolumeMode+",
    ),
    "controllerrevisions.apps": _table(cells.revision, "Controller", "Revision", "Age"),
    "leases.coordination.k8s.io": _table(cells.lease, "Holder", "Age"),
    "customresourcedefinitions.apiextensions.k8s.io": _NAME_AND_CREATED,
    "deployments.apps": _table(
        cells.deployment,
        "Ready",
        "Up-to-date",
        "Available",
        "Age",
        *_MADE_FROM,
    ),
    "statefulsets.apps": _table(cells.stateful_set, "Ready", "Age", "Containers+", "Images+"),
    "horizontalpodautoscalers.autoscaling": _table(
        cells.autoscaler, "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"
    ),
    "replicasets.apps": _REPLICAS,
    "replicationcontrollers": _REPLICAS,
    "daemonsets.apps": _table(
        workloadcells.daemon_set,
        "Desired:integer",
        "Current:integer",
        "Ready:integer",
        "Up-to-date:integer",
        "Available:integer",
        "Node Selector",
        "Age",
        *_MADE_FROM,
    ),
    "jobs.batch": _table(
        workloadcells.job, "Status", "Completions", "Duration", "Age", *_MADE_FROM
    ),
    "cronjobs.batch": _table(
        workloadcells.cron_job,
        "Schedule",
        "Timezone",
        "Suspend",
        "Active:integer",
        "Last Schedule",
        "Age",
        *_MADE_FROM,
    ),
    "poddisruptionbudgets.policy": _table(
        workloadcells.disruption_budget,
        "Min Available",
        "Max Unavailable",
        "Allowed Disruptions:integer",
        "Age",
    ),
    "resourcequotas": _table(workloadcells.quota, "Request", "Limit", "Age"),
    "rolebindings.rbac.authorization.k8s.io": _ROLE_BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _ROLE_BINDING,
    "priorityclasses.scheduling.k8s.io": _table(
        workloadcells.priority_class,
        "Value:integer",
        "Global-Default:boolean",
        "Age",
        "PreemptionPolicy",
    ),
    "storageclasses.storage.k8s.io": _table(
        workloadcells.storage_class,
        "Provisioner",
        "ReclaimPolicy",
        "VolumeBindingMode",
        "AllowVolumeExpansion",
        "Age",
    ),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "endpoints": _table(networkcells.endpoints, "Endpoints", "Age"),
    "endpointslices.discovery.k8s.io": _table(
        networkcells.endpoint_slice, "AddressType", "Ports", "Endpoints", "Age"
    ),
    "ingresses.networking.k8s.io": _table(
        networkcells.ingress, "Class", "Hosts", "Address", "Ports", "Age"
    ),
    "ingressclasses.networking.k8s.io": _table(
        networkcells.ingress_class, "Controller", "Parameters", "Age"
    ),
    "networkpolicies.networking.k8s.io": _table(networkcells.network_policy, "Pod-Selector", "Age"),
    **_SELDOM,
    "limitranges": _NAME_AND_CREATED,
    "roles.rbac.authorization.k8s.io": _NAME_AND_CREATED,
    "clusterroles.rbac.authorization.k8s.io": _NAME_AND_CREATED,
}


def builtin_table(key: str) -> Table:
    """Return the table of a built-in kind; Name and Age for those without one of their own."""
    return _TABLES.get(key, _NAME_AND_AGE)


def custom_table(printer_columns: Sequence[Json]) -> Table:
    """Return the table that ``additionalPrinterColumns`` define; Name and Age without any.

    Raises:
        ValueError: A column's JSONPath is not supported.
    """
    if not printer_columns:
        return _table(cells.name_and_age, "Age:date")
    columns = [Column("Name", "string", "name", _NAME_HELP)]
    columns += [
        Column(
            each["name"],
            each["type"],
            each.get("format", ""),
            each.get(
                "description",
                f"Custom resource definition column (in JSONPath format): {each['jsonPath']}",
            ),
            each.get("priority", 0),
        )
        for each in printer_columns
    ]
    finders = [(compile_path(each["jsonPath"]), each["type"]) for each in printer_columns]

    def cells_of(obj: Json, now: float) -> list[Any]:
        found = [_cell(find(obj), kind, now) for find, kind in finders]
        return [obj["metadata"]["name"], *found]

    return Table(tuple(columns), cells_of)


def _cell(found: list[Any], kind: str, now: float) -> Any:
    if not found or found[0] is None:
        return None
    value = found[0]
    match kind:
        case "date":
            return _date(value, now)
        case "integer":
            return int(value) if isinstance(value, int | float) else None
        case "number":
            return value if isinstance(value, int | float) else None
        case "boolean":
            return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _date(value: Any, now: float) -> str:
    try:
        return age(value, now)
    except (TypeError, ValueError):
        return "<invalid>"


def row(table: Table, obj: Json, now: float, include_object: str) -> Json:
    """Return the row of an object.

    Args:
        table: The kind's table.
        obj: The object.
        now: Epoch seconds that ages count to.
        include_object: ``Metadata`` (also when empty), ``Object`` or ``None``.
    """
    included: Json | None = partial(obj)
    if include_object == "Object":
        included = obj
    elif include_object == "None":
        included = None
    return {"cells": table.cells(obj, now), "object": included}


def partial(obj: Json) -> Json:
    """Return an object's ``PartialObjectMetadata``."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def table_body(columns: tuple[Column, ...] | None, rows: list[Json], metadata: Json) -> Json:
    """Return a ``Table``; None for columns writes null, as in later events of a watch."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": None if columns is None else [each.body() for each in columns],
        "rows": rows,
    }
