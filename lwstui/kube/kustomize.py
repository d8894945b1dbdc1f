"""Kustomizations, built by ``kubectl kustomize``: we know nothing of how."""

from __future__ import annotations

import shutil
import subprocess  # noqa: TID251 - kubectl is run here and nowhere else
from pathlib import Path
from typing import Final

from lwstui.kube.clean import clean_line

FILES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_WITHIN_S: Final = 60.0
_MOST_SAID: Final = 300


class KustomizeError(Exception):
    """A kustomization cannot be built; the text says why and what to do."""


def is_kustomization(folder: Path) -> bool:
    """Tell whether a folder is to be built before it is applied."""
    return any((folder / name).is_file() for name in FILES)


def build(folder: Path) -> str:
    """Return the manifests that a kustomization stands for, as YAML.

    Raises:
        KustomizeError: If there is no kubectl, or it refuses.
    """
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise KustomizeError(
            f"{folder} is a kustomization, which kubectl builds, and kubectl is not on the PATH: "
            f"install it, or pipe the result in (kustomize build {folder} | … -f -)"
        )
    try:
        ran = subprocess.run(
            [kubectl, "kustomize", str(folder)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KustomizeError(f"kubectl kustomize {folder} did not end in a minute") from None
    except OSError as error:
        raise KustomizeError(f"{kubectl} cannot be started: {error.strerror}") from error
    if ran.returncode:
        said = clean_line(ran.stderr.decode("utf-8", "replace")).strip().removeprefix("error: ")
        raise KustomizeError(f"kubectl kustomize {folder}: {said[:_MOST_SAID]}")
    return ran.stdout.decode("utf-8", "replace")
