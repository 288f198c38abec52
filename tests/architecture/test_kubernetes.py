"""Checks of the Kubernetes manifests without a cluster: references exist, and no pod is unbounded or runs as root."""

from pathlib import Path
from typing import Any

import yaml

from cadenza.settings import Settings

BASE = Path(__file__).parents[2] / "deploy" / "kubernetes" / "base"
KUSTOMIZATION = yaml.safe_load((BASE / "kustomization.yaml").read_text())
THINGS: list[dict[str, Any]] = [
    thing
    for file in [*KUSTOMIZATION["resources"], "secret.example.yaml"]
    for thing in yaml.safe_load_all((BASE / file).read_text())
]
PODS = {
    thing["metadata"]["name"]: thing["spec"]["template"]["spec"]
    for thing in THINGS
    if thing["kind"] in ("Deployment", "Job")
}


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def test_every_pod_has_limits_and_does_not_run_as_root() -> None:
    assert set(PODS) == {"migrate", "api", "worker"}
    for name, pod in PODS.items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        for container in containers(pod):
            assert set(container["resources"]) == {"requests", "limits"}, container["name"]
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_long_running_parts_have_probes_on_their_port() -> None:
    for name in ("api", "worker"):
        (container,) = PODS[name]["containers"]
        probes = [container[probe]["httpGet"] for probe in ("readinessProbe", "livenessProbe")]
        (port,) = container["ports"]
        assert probes == [{"path": path, "port": port["name"]} for path in ("/readyz", "/healthz")]
    (worker,) = PODS["worker"]["containers"]
    assert {"name": "CADENZA_METRICS_PORT", "value": str(worker["ports"][0]["containerPort"])} in worker["env"]


def test_every_setting_in_the_manifests_exists() -> None:
    known = {f"CADENZA_{name.upper()}" for name in Settings.model_fields}
    named = {
        name
        for thing in THINGS
        if thing["kind"] in ("ConfigMap", "Secret")
        for name in thing.get("data", thing.get("stringData"))
    }
    assert {name for name in named if name.startswith("CADENZA_")} <= known
    assert {name for name in named if not name.startswith("CADENZA_")} == {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}


def test_every_environment_source_of_a_pod_exists() -> None:
    there = {(thing["kind"], thing["metadata"]["name"]) for thing in THINGS}
    kinds = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
    for pod in PODS.values():
        for container in containers(pod):
            for source in container["envFrom"]:
                ((kind, reference),) = source.items()
                assert (kinds[kind], reference["name"]) in there


def test_only_migrations_use_the_owners_role() -> None:
    holders = {
        container["name"]
        for pod in PODS.values()
        for container in containers(pod)
        if {"secretRef": {"name": "cadenza-owner"}} in container["envFrom"]
    }
    assert holders == {"migrate", "bootstrap"}


def test_kubernetes_has_every_secret_of_compose() -> None:
    """Compose and Kubernetes run the same parts, so both must configure the same secrets."""
    (secret,) = [thing for thing in THINGS if thing["kind"] == "Secret" and thing["metadata"]["name"] == "cadenza"]
    compose = yaml.safe_load((BASE.parents[2] / "docker-compose.yml").read_text())
    given = {name for name, value in compose["x-cadenza"]["environment"].items() if str(value).startswith("${")}
    settings = next(thing for thing in THINGS if thing["kind"] == "ConfigMap")
    assert given <= secret["stringData"].keys() | settings["data"].keys()
