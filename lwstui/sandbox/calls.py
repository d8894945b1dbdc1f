"""One request for a resource: what it names, its options and its body."""

from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from lwstui.sandbox import requests
from lwstui.sandbox.duplicates import duplicate_fields
from lwstui.sandbox.patches import APPLY_YAML
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import Target, WriteOptions
from lwstui.sandbox.writes import Address


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a resource."""

    request: web.Request
    target: Target
    resource: Resource

    @property
    def address(self) -> Address:
        """Return the object the request is about."""
        target = self.target
        return Address(self.resource, target.namespace, target.name, target.subresource)

    @property
    def content_type(self) -> str:
        """Return what the body is announced as; one that is not announced is JSON."""
        return requests.announced_type(self.request.headers, self.request.content_type)

    async def options(self) -> WriteOptions:
        """Return the parameters of a write."""
        agent = self.request.headers.get("User-Agent", "")
        method, content_type = self.request.method, self.content_type
        applies = method == "PATCH" and content_type == APPLY_YAML
        query = self.request.query
        options = requests.write_options(query, agent, method=method, applies=applies)
        if options.validation == "Ignore" or content_type == requests.PROTOBUF:
            return options
        is_yaml = content_type in requests.YAML_TYPES
        found = duplicate_fields(await self.request.read(), is_yaml=is_yaml)
        return replace(options, duplicates=tuple(found)) if found else options

    async def body(self) -> Any:
        """Return the decoded body, None when there is none."""
        raw = await self.request.read()
        if not raw:
            return None
        if self.request.method == "PATCH":
            return requests.decode_patch(raw, self.content_type)
        kind = "DeleteOptions" if self.request.method == "DELETE" else self.resource.kind.kind
        return requests.decode_body(raw, self.content_type, kind=kind)
