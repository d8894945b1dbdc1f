"""Containers as ``kubectl describe pod`` tells them: state, resources, probes, environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lwstui.view.kubectl.text import NONE, Json, moment, part, parts


def containers(title: str, specs: Sequence[Json], statuses: Sequence[Json]) -> Iterator[str]:
    """Yield a section about containers.

    Args:
        title: Its heading.
        specs: The containers of the pod's spec.
        statuses: What the kubelet says of them.
    """
    by_name = {status.get("name"): status for status in statuses}
    yield f"{title}:" if specs else f"{title}: {NONE}"
    for spec in specs:
        yield f"  {spec.get('name', '')}:"
        yield from container(spec, by_name.get(spec.get("name")))


def container(spec: Json, status: Json | None) -> Iterator[str]:
    """Yield what is known of one container, its name left out."""
    yield from _basics(spec, status)
    yield from _words("Command", spec.get("command"))
    yield from _words("Args", spec.get("args"))
    if status is not None:
        yield from _state("State", part(status, "state"))
        if last := part(status, "lastState", "terminated"):
            yield from _state("Last State", {"terminated": last})
        yield f"    Ready:\t{bool(status.get('ready'))}"
        yield f"    Restart Count:\t{status.get('restartCount', 0)}"
    for kind in ("limits", "requests"):
        if amounts := part(spec, "resources", kind):
            yield f"    {kind.capitalize()}:"
            yield from (f"      {name}:\t{amount}" for name, amount in sorted(amounts.items()))
    for kind in ("liveness", "readiness", "startup"):
        if probe := part(spec, f"{kind}Probe"):
            yield f"    {kind.capitalize()}:\t{probe_text(probe)}"
    yield from environment(spec)
    mounts = parts(spec, "volumeMounts")
    yield "    Mounts:" if mounts else f"    Mounts:\t{NONE}"
    for mount in sorted(mounts, key=lambda m: str(m.get("mountPath", ""))):
        yield f"      {mount.get('mountPath', '')} from {mount.get('name', '')} ({_flags(mount)})"


def _basics(spec: Json, status: Json | None) -> Iterator[str]:
    if status is not None:
        yield f"    Container ID:\t{status.get('containerID', '')}"
    yield f"    Image:\t{spec.get('image', '')}"
    if status is not None:
        yield f"    Image ID:\t{status.get('imageID', '')}"
    ports = parts(spec, "ports")
    many = "s" if len(ports) > 1 else ""
    inside = ", ".join(f"{p.get('containerPort')}/{p.get('protocol', 'TCP')}" for p in ports)
    outside = ", ".join(f"{p.get('hostPort', 0)}/{p.get('protocol', 'TCP')}" for p in ports)
    yield f"    Port{many}:\t{inside or NONE}"
    yield f"    Host Port{many}:\t{outside or NONE}"


def _words(title: str, words: object) -> Iterator[str]:
    if isinstance(words, list) and words:
        yield f"    {title}:"
        yield from (f"      {line}" for word in words for line in str(word).splitlines() or [""])


def _state(title: str, state: Json) -> Iterator[str]:
    if "running" in state:
        yield f"    {title}:\tRunning"
        yield f"      Started:\t{moment(part(state, 'running').get('startedAt'))}"
    elif ended := part(state, "terminated"):
        yield f"    {title}:\tTerminated"
        said = [name for name in ("reason", "message") if ended.get(name)]
        yield from (f"      {name.capitalize()}:\t{ended[name]}" for name in said)
        yield f"      Exit Code:\t{ended.get('exitCode', 0)}"
        if ended.get("signal"):
            yield f"      Signal:\t{ended['signal']}"
        yield f"      Started:\t{moment(ended.get('startedAt'))}"
        yield f"      Finished:\t{moment(ended.get('finishedAt'))}"
    else:
        yield f"    {title}:\tWaiting"
        if reason := part(state, "waiting").get("reason"):
            yield f"      Reason:\t{reason}"


def probe_text(probe: Json) -> str:
    """Return a probe in one line: what is asked, and how often."""
    attributes = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s "
        f"period={probe.get('periodSeconds', 10)}s #success={probe.get('successThreshold', 1)} "
        f"#failure={probe.get('failureThreshold', 3)}"
    )
    return f"{_asked(probe)} {attributes}"


def _asked(probe: Json) -> str:
    if "exec" in probe:
        words = part(probe, "exec").get("command")
        return f"exec [{' '.join(map(str, words)) if isinstance(words, list) else ''}]"
    if http := part(probe, "httpGet"):
        scheme = str(http.get("scheme", "HTTP")).lower()
        path = str(http.get("path", "/"))
        return f"http-get {scheme}://{http.get('host', '')}:{http.get('port', '')}{path}"
    if tcp := part(probe, "tcpSocket"):
        return f"tcp-socket {tcp.get('host', '')}:{tcp.get('port', '')}"
    if grpc := part(probe, "grpc"):
        return f"grpc <pod>:{grpc.get('port', '')} {grpc.get('service', '')}".rstrip()
    return "unknown"


def environment(spec: Json) -> Iterator[str]:
    """Yield the environment; of what comes from elsewhere the place, never the value."""
    sources = parts(spec, "envFrom")
    if sources:
        yield "    Environment Variables from:"
    for source in sources:
        kind = "Secret" if "secretRef" in source else "ConfigMap"
        ref = part(source, "secretRef") or part(source, "configMapRef")
        yield f"      {ref.get('name', '')}\t{kind}\tOptional: {_boolean(ref.get('optional'))}"
    found = parts(spec, "env")
    yield "    Environment:" if found else f"    Environment:\t{NONE}"
    for variable in found:
        yield from _variable(variable)


def _variable(variable: Json) -> Iterator[str]:
    name = variable.get("name", "")
    if "valueFrom" in variable:
        yield f"      {name}:\t{_reference(part(variable, 'valueFrom'))}"
        return
    first, *rest = str(variable.get("value", "")).splitlines() or [""]
    yield f"      {name}:\t{first}"
    yield from (f"      \t{line}" for line in rest)


def _reference(origin: Json) -> str:
    if secret := part(origin, "secretKeyRef"):
        text = f"<set to the key '{secret.get('key', '')}' in secret '{secret.get('name', '')}'>"
        return f"{text}\tOptional: {_boolean(secret.get('optional'))}"
    if chosen := part(origin, "configMapKeyRef"):
        text = (
            f"<set to the key '{chosen.get('key', '')}' of config map '{chosen.get('name', '')}'>"
        )
        return f"{text}\tOptional: {_boolean(chosen.get('optional'))}"
    if field := part(origin, "fieldRef"):
        return f"({field.get('apiVersion', 'v1')}:{field.get('fieldPath', '')})"
    if resource := part(origin, "resourceFieldRef"):
        return f"({resource.get('resource', '')})"
    return "<unknown>"


def _boolean(value: object) -> str:
    return "true" if value else "false"


def _flags(mount: Json) -> str:
    flags = ["ro" if mount.get("readOnly") else "rw"]
    if mount.get("subPath"):
        flags.append(f'path="{mount["subPath"]}"')
    return ",".join(flags)
