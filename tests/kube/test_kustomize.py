"""Kustomizations: built by kubectl where there is one, else a sentence."""

import os
import shutil
from pathlib import Path

import pytest

from lwstui.kube.manifests import ManifestError, kustomization, load_manifests, read_texts
from lwstui.runtime.sources import offers, own_file, read

SET = """\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: llama}
spec: {replicas: 1}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A kustomization of one set."""
    folder = tmp_path / "prod"
    folder.mkdir()
    (folder / "set.yaml").write_text(SET)
    (folder / "kustomization.yaml").write_text("namePrefix: prod-\nresources: [set.yaml]\n")
    return folder


def stand_in(folder: Path, script: str) -> dict[str, str]:
    """Make a kubectl that does something else, and return where to look for it."""
    path = folder / "bin" / "kubectl"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{path.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def test_what_kubectl_builds_is_read(overlay, tmp_path, monkeypatch):
    script = 'printf "apiVersion: v1\\nkind: $1\\nmetadata: {name: built}\\n"; echo "# $2"'
    monkeypatch.setenv("PATH", stand_in(tmp_path, script)["PATH"])
    ((name, text),) = read_texts([str(overlay)])
    assert name == f"kustomize {overlay}"
    assert text.endswith(f"# {overlay}\n")
    assert [one["kind"] for one in load_manifests([kustomization(str(overlay))])] == ["kustomize"]
    assert read(str(overlay)).files[0][0] == name
    (offered,) = (one for one in offers(str(tmp_path)) if one.folder)
    assert offered.note == "kustomization, built by kubectl"


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.kubectl
def test_the_real_kubectl_builds_it(overlay):
    (body,) = load_manifests([str(overlay)])
    assert body["metadata"]["name"] == "prod-llama"


def test_without_kubectl_the_sentence_says_what_to_do(overlay, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ManifestError, match="kubectl is not on the PATH: install it, or pipe"):
        load_manifests([str(overlay)])


def test_what_kubectl_refuses_is_told_in_its_words(overlay, tmp_path, monkeypatch):
    script = 'echo "error: no such resource: set.yml" >&2; exit 1'
    monkeypatch.setenv("PATH", stand_in(tmp_path, script)["PATH"])
    with pytest.raises(ManifestError) as caught:
        load_manifests([str(overlay)])
    assert str(caught.value) == f"kubectl kustomize {overlay}: no such resource: set.yml"


def test_a_folder_that_is_none_and_files_of_one_that_is(overlay, tmp_path):
    with pytest.raises(ManifestError, match="is no kustomization: it holds no kustomization"):
        kustomization(str(tmp_path))
    with pytest.raises(ManifestError, match="is built by kustomize: edit its files yourself"):
        own_file(str(overlay), "set.yaml")
