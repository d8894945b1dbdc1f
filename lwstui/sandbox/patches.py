"""The patch types of the API but server-side apply, by content type."""

from typing import Any

from lwstui.sandbox import status
from lwstui.sandbox.gojson import go_value
from lwstui.sandbox.jsonpatch import apply_json_patch
from lwstui.sandbox.objects import Json
from lwstui.sandbox.strategic import apply_strategic_patch

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_YAML = "application/apply-patch+yaml"
CUSTOM_PATCHES = (JSON_PATCH, MERGE_PATCH, APPLY_YAML)
BUILTIN_PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_YAML)


def check_patch_type(content_type: str, *, custom: bool) -> None:
    """Refuse a patch type that a kind does not have.

    Raises:
        StatusError: 415.
    """
    accepted = CUSTOM_PATCHES if custom else BUILTIN_PATCHES
    if content_type not in accepted:
        raise status.unsupported_media_type(accepted)


def apply_patch(document: Json, patch: Any, content_type: str, *, custom: bool) -> Json:
    """Return ``document`` changed by a patch. The result may share parts with both.

    Args:
        document: A copy that may be changed.
        patch: The decoded body.
        content_type: Media type of the body.
        custom: The kind is a custom one, which has no strategic merge patch.

    Raises:
        StatusError: 400 or 422 a bad patch, 415 a patch type the kind does not have.
    """
    check_patch_type(content_type, custom=custom)
    if content_type == JSON_PATCH:
        return apply_json_patch(document, patch)
    if not isinstance(patch, dict):
        prefix = "" if content_type == STRATEGIC_PATCH else "error decoding patch: "
        wanted = "Go value of type map[string]interface {}"
        found = go_value(patch)
        raise status.bad_request(f"{prefix}json: cannot unmarshal {found} into {wanted}")
    if content_type == STRATEGIC_PATCH:
        return apply_strategic_patch(document, patch)
    merged: Json = merge(document, patch)
    return merged


def merge(document: Any, patch: Any) -> Any:
    """Return ``document`` changed by an RFC 7386 merge patch."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
