"""Container images: full names, sizes, how long a pull takes and which ones cannot be pulled."""

import hashlib
from dataclasses import dataclass

_GIB = 1024**3
_MIB = 1024**2
# What to look for in the name, size in bytes, seconds of a first pull.
_KNOWN: tuple[tuple[str, int, float], ...] = (
    ("vllm", int(8.7 * _GIB), 4.0),
    ("sglang", int(10.9 * _GIB), 4.5),
    ("tensorrt", int(14.2 * _GIB), 5.0),
    ("triton", int(11.6 * _GIB), 5.0),
    ("jetstream", int(3.4 * _GIB), 3.0),
    ("maxtext", int(3.4 * _GIB), 3.0),
    ("pathways", int(1.9 * _GIB), 2.5),
    ("llama", int(2.2 * _GIB), 2.5),
    ("nginx", 68 * _MIB, 1.5),
    ("busybox", 2 * _MIB, 0.6),
    ("pause", _MIB // 2, 0.3),
)
_OTHER = (180 * _MIB, 1.2)
_MISSING_REPOSITORY = "does-not-exist"
_MISSING_TAGS = ("typo", "missing")


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a node's runtime sees it; ``error`` says why it cannot be pulled."""

    full_name: str
    digest: str
    size_bytes: int
    pull_s: float
    error: str = ""

    @property
    def image_id(self) -> str:
        """Return the ``imageID`` of a container status."""
        repository = self.full_name.rsplit(":", 1)[0].split("@", 1)[0]
        return f"{repository}@sha256:{self.digest}"


def tag_of(name: str) -> str:
    """Return an image's tag, ``latest`` when it names none."""
    last = name.rsplit("/", 1)[-1].split("@", 1)[0]
    return last.partition(":")[2] or "latest"


def _full_name(name: str) -> str:
    first, _, rest = name.partition("/")
    if not rest:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    tagged = "@" in name or ":" in name.rsplit("/", 1)[-1]
    return name if tagged else f"{name}:latest"


def _error(full_name: str) -> str:
    intro = f'failed to pull and unpack image "{full_name}": failed to resolve reference '
    if _MISSING_REPOSITORY in full_name:
        return (
            f'{intro}"{full_name}": pull access denied, repository does not exist or may require '
            "authorization: server message: insufficient_scope: authorization failed"
        )
    if tag_of(full_name) in _MISSING_TAGS:
        code = "rpc error: code = NotFound desc = "
        return f'{code}{intro}"{full_name}": {full_name}: not found'
    return ""


def image(name: str) -> Image:
    """Return what the sandbox knows of an image.

    A repository with ``does-not-exist`` in its name and the tags ``typo`` and ``missing`` cannot be
    pulled.
    """
    full_name = _full_name(name)
    size_bytes, pull_s = next(
        ((size, seconds) for word, size, seconds in _KNOWN if word in full_name), _OTHER
    )
    digest = hashlib.sha256(full_name.encode()).hexdigest()
    return Image(full_name, digest, size_bytes, pull_s, _error(full_name))
