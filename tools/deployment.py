"""What docker-compose.yml and deploy/kubernetes say, held against their schemas and our rules."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema.validators import validator_for

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "docker-compose.yml"
KUBERNETES = ROOT / "deploy" / "kubernetes"
SCHEMAS = ROOT / "tools" / "schemas"
ENDS_BY_ITSELF = ("prepare",)

Service = dict[str, Any]


def compose(path: Path = COMPOSE) -> dict[str, Any]:
    """Return the compose file, with what services share written into each."""
    said: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return said


def compose_faults(said: dict[str, Any]) -> list[str]:
    """Return what is wrong with a compose file: by the specification, then by our rules."""
    schema = json.loads((SCHEMAS / "compose-spec.json").read_text(encoding="utf-8"))
    found = list(_schema_faults(schema, said, "docker-compose.yml"))
    for name, service in said["services"].items():
        found += [f"{name}: {fault}" for fault in _unsafe(name, service)]
        found += [f"{name}: {fault}" for fault in _unknown(said, service)]
    return found


def kubernetes_objects(folder: Path = KUBERNETES) -> list[dict[str, Any]]:
    """Return every object of the example."""
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found += document["items"] if document["kind"] == "List" else [document]
    return found


def kubernetes_faults(objects: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the example: by Kubernetes' own schema, then by our rules."""
    schemas = json.loads((SCHEMAS / "kubernetes.json").read_text(encoding="utf-8"))
    found: list[str] = []
    for one in objects:
        where = f"{one['kind']} {one['metadata']['name']}"
        schema = schemas["kinds"].get(one["kind"])
        if schema is None:
            found.append(f"{where}: its kind has no schema here")
            continue
        whole = {**schema, "definitions": schemas["definitions"]}
        found += _schema_faults(whole, one, where)
        found += [f"{where}: {fault}" for fault in _unsafe_pod(one)]
    return found


def _schema_faults(schema: dict[str, Any], said: Any, where: str) -> Iterator[str]:
    for fault in validator_for(schema)(schema).iter_errors(said):
        path = ".".join(str(part) for part in fault.absolute_path)
        yield f"{where}: {path}: {fault.message[:160]}"


def _unsafe(name: str, service: Service) -> Iterator[str]:
    """Yield which of our rules a service breaks."""
    wanted: dict[str, Any] = {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "no" if name in ENDS_BY_ITSELF else "unless-stopped",
    }
    for key, value in wanted.items():
        if service.get(key) != value:
            yield f"{key} is not {value}"
    if str(service.get("user", "0")).split(":")[0] in ("", "0", "root"):
        yield "it runs as root"
    if service.get("privileged") or service.get("cap_add"):
        yield "it is given more than it needs"
    if not service.get("healthcheck"):
        yield "nothing says whether it is well"
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if not {"cpus", "memory", "pids"} <= set(limits):
        yield "processor, memory or processes have no limit"
    if "max-size" not in service.get("logging", {}).get("options", {}):
        yield "its log has no limit"
    yield from _loose(service)


def _loose(service: Service) -> Iterator[str]:
    _, _, tag = str(service.get("image", "")).rpartition("/")[2].partition(":")
    if tag in ("", "latest"):
        yield "its image is not pinned"
    for setting, value in (service.get("environment") or {}).items():
        if setting.endswith(("_KEY", "_KEYS", "PASSWORD", "_TOKEN")) and value:
            yield f"{setting} stands in the file itself"


def _unknown(said: dict[str, Any], service: Service) -> Iterator[str]:
    """Yield what a service names and the file does not have."""
    for kind in ("secrets", "networks"):
        for one in service.get(kind, ()):
            if one not in said[kind]:
                yield f"{kind} {one} is not there"
    for one in service.get("depends_on", ()):
        if one not in said["services"]:
            yield f"{one}, on which it depends, is not there"
    for volume in service.get("volumes", ()):
        source = volume.split(":")[0]
        if source.startswith("./") or source in said["volumes"]:
            continue
        yield f"volume {source} is not there"


def _unsafe_pod(one: dict[str, Any]) -> Iterator[str]:
    if one["kind"] not in ("Deployment", "Job", "CronJob"):
        return
    pod = one["spec"]["template"]["spec"]
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield "it may run as root"
    if pod.get("automountServiceAccountToken") is not False:
        yield "it gets a token of the cluster"
    for container in pod["containers"]:
        safe = container.get("securityContext", {})
        if (
            not safe.get("readOnlyRootFilesystem")
            or safe.get("allowPrivilegeEscalation") is not False
        ):
            yield "its root can be written, or it can gain rights"
        if safe.get("capabilities", {}).get("drop") != ["ALL"]:
            yield "it keeps capabilities"
        if "memory" not in container.get("resources", {}).get("limits", {}):
            yield "its memory has no limit"
        if one["kind"] == "Deployment" and not {"readinessProbe", "livenessProbe"} & set(container):
            yield "nothing probes it"
