"""The Kubernetes manifests: they render, fit the schemas, and every pod is confined, probed and able to drain."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

OLDEST_KUBERNETES = "1.27.0"
DRAIN_SECONDS = 25


def of_kind(manifests: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [entry for entry in manifests if entry["kind"] in kinds]


@pytest.fixture
def pods(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pods' specifications by component."""
    made = of_kind(manifests, "Deployment", "StatefulSet")
    return {entry["metadata"]["name"].removeprefix("steward-"): entry["spec"]["template"]["spec"] for entry in made}


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, ""])
def test_what_kubectl_renders_fits_the_schemas(
    deploy: Path, tool: Callable[[str], str], tmp_path: Path, version: str
) -> None:
    validate = tool("kubernetes-validate")
    rendered = tmp_path / "rendered.yaml"
    words = [tool("kubectl"), "kustomize", deploy / "kubernetes"]
    rendered.write_bytes(subprocess.run(words, capture_output=True, check=True).stdout)
    options = ["--kubernetes-version", version] if version else []
    ended = subprocess.run([validate, "--strict", *options, rendered], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr

    objects = list(yaml.safe_load_all(rendered.read_text("utf-8")))
    settings = of_kind(objects, "ConfigMap")[0]["metadata"]["name"]
    assert settings.startswith("steward-settings-"), "changed settings must restart the pods"
    for entry in of_kind(objects, "Deployment", "StatefulSet"):
        sources = entry["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]
        assert sources[0]["configMap"]["name"] == settings


def test_there_are_web_workers_and_clocks_two_of_each(manifests: list[dict[str, Any]]) -> None:
    made = of_kind(manifests, "Deployment", "StatefulSet")
    assert {(entry["kind"], entry["metadata"]["name"], entry["spec"]["replicas"]) for entry in made} == {
        ("Deployment", "steward-web", 2),
        ("StatefulSet", "steward-worker", 2),
        ("Deployment", "steward-clock", 2),
    }
    budgets = of_kind(manifests, "PodDisruptionBudget")
    assert {entry["metadata"]["name"] for entry in budgets} == {entry["metadata"]["name"] for entry in made}
    assert all(entry["spec"]["maxUnavailable"] == 1 for entry in budgets)


def test_every_container_is_confined(pods: dict[str, dict[str, Any]]) -> None:
    for pod in pods.values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["initContainers"] + pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]) == {"requests", "limits"}


def test_every_pod_is_probed_on_the_operations_port(pods: dict[str, dict[str, Any]]) -> None:
    wanted = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    for pod in pods.values():
        (container,) = pod["containers"]
        for probe, path in wanted.items():
            assert container[probe]["httpGet"] == {"path": path, "port": "operations"}


def test_every_pod_has_time_to_drain(pods: dict[str, dict[str, Any]]) -> None:
    for pod in pods.values():
        stop = (
            pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])
        )
        assert int(stop[1]) + DRAIN_SECONDS <= pod["terminationGracePeriodSeconds"] == 30


def test_the_tables_are_brought_up_before_anything_runs(pods: dict[str, dict[str, Any]]) -> None:
    assert [[container["args"] for container in pod["initContainers"]] for pod in pods.values()] == [[["migrate"]]] * 3


def test_a_worker_that_is_made_anew_keeps_its_slot(pods: dict[str, dict[str, Any]]) -> None:
    (name,) = pods["worker"]["containers"][0]["env"]
    assert name["name"] == "STEWARD__ENGINE__NAME"
    assert name["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_every_secret_reaches_a_pod_as_a_file(manifests: list[dict[str, Any]], pods: dict[str, dict[str, Any]]) -> None:
    assert of_kind(manifests, "Secret") == []
    for pod in pods.values():
        for container in pod["initContainers"] + pod["containers"]:
            assert "envFrom" not in container
            assert [entry["name"] for entry in container.get("env", []) if "value" in entry] == []
        settings = pod["volumes"][0]["projected"]
        assert settings["defaultMode"] == 0o440
        assert [next(iter(source)) for source in settings["sources"]] == ["configMap", "secret"]


def test_the_operations_port_is_on_no_service_and_open_to_prometheus_alone(manifests: list[dict[str, Any]]) -> None:
    doors = [port["targetPort"] for entry in of_kind(manifests, "Service") for port in entry["spec"].get("ports", [])]
    assert doors == ["web"]
    every_pod, web = of_kind(manifests, "NetworkPolicy")
    (rule,) = every_pod["spec"]["ingress"]
    assert rule["ports"] == [{"port": "operations"}]
    (peer,) = rule["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert every_pod["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert [rule["ports"] for rule in web["spec"]["ingress"]] == [[{"port": "web"}]]


def test_no_pod_reaches_the_address_that_hands_out_credentials(manifests: list[dict[str, Any]]) -> None:
    outward = of_kind(manifests, "NetworkPolicy")[0]["spec"]["egress"][1]["to"]
    assert "169.254.0.0/16" in outward[0]["ipBlock"]["except"]
    assert "fd00:ec2::254/128" in outward[1]["ipBlock"]["except"]


def test_prometheus_is_pointed_at_a_port_that_pods_have(deploy: Path, pods: dict[str, dict[str, Any]]) -> None:
    monitor = yaml.safe_load((deploy / "kubernetes/pod-monitor.yaml").read_text("utf-8"))
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["path"] == "/metrics"
    for pod in pods.values():
        assert endpoint["port"] in {port["name"] for port in pod["containers"][0]["ports"]}
