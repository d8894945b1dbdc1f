"""The types of a CustomResourceDefinition's fields, those that are read here."""

from typing import Any

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.objects import Json


def check_types(crd: Json) -> None:
    """Refuse a definition whose fields hold values of other types.

    Raises:
        StatusError: 400.
    """
    try:
        msgspec.convert(crd.get("spec") or {}, _Definition)
    except msgspec.ValidationError as error:
        kind = "CustomResourceDefinition"
        message = f'{kind} in version "v1" cannot be handled as a {kind}: spec: {error}'
        raise status.bad_request(message) from None


class _Names(msgspec.Struct, rename="camel"):
    plural: str = ""
    singular: str = ""
    kind: str = ""
    list_kind: str = ""
    short_names: list[str] | None = None
    categories: list[str] | None = None


class _Rule(msgspec.Struct, rename="camel"):
    rule: str
    message: str = ""
    message_expression: str = ""
    field_path: str = ""
    reason: str = ""


class _Schema(msgspec.Struct, rename="camel"):
    type: str = ""
    properties: "dict[str, _Schema] | None" = None
    items: "_Schema | None" = None
    additional_properties: "bool | _Schema | None" = None
    required: list[str] | None = None
    enum: list[Any] | None = None
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    rules: list[_Rule] | None = msgspec.field(name="x-kubernetes-validations", default=None)
    keys: list[str] | None = msgspec.field(name="x-kubernetes-list-map-keys", default=None)


class _Validation(msgspec.Struct, rename="camel"):
    schema: _Schema | None = msgspec.field(name="openAPIV3Schema", default=None)


class _Column(msgspec.Struct, rename="camel"):
    name: str
    type: str
    json_path: str
    description: str = ""
    format: str = ""
    priority: int = 0


class _SelectableField(msgspec.Struct, rename="camel"):
    json_path: str


class _ScaleSpec(msgspec.Struct, rename="camel"):
    spec_replicas_path: str
    status_replicas_path: str
    label_selector_path: str = ""


class _Subresources(msgspec.Struct, rename="camel"):
    status: dict[str, Any] | None = None
    scale: _ScaleSpec | None = None


class _Version(msgspec.Struct, rename="camel"):
    name: str
    served: bool = False
    storage: bool = False
    schema: _Validation | None = None
    subresources: _Subresources | None = None
    additional_printer_columns: list[_Column] | None = None
    selectable_fields: list[_SelectableField] | None = None


class _Conversion(msgspec.Struct, rename="camel"):
    strategy: str = ""


class _Definition(msgspec.Struct, rename="camel"):
    group: str = ""
    scope: str = ""
    names: _Names | None = None
    versions: list[_Version] | None = None
    conversion: _Conversion | None = None
