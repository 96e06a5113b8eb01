"""docker-compose.yml and deploy/kubernetes fit their schemas and our rules; broken, they do not."""

import re
from copy import deepcopy

import pytest
import yaml

from config.secret_files import SECRETS
from tools import deployment
from tools.compose_check import Hand, image_command, image_environment
from tools.deployment import ROOT
from tools.run import web_command


@pytest.fixture(scope="module")
def compose():
    return deployment.compose()


@pytest.fixture(scope="module")
def objects():
    return deployment.kubernetes_objects()


def test_both_are_right(compose, objects):
    assert deployment.compose_faults(compose) == []
    assert deployment.kubernetes_faults(objects) == []


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("read_only", False, "read_only"),
        ("cap_drop", [], "cap_drop"),
        ("security_opt", [], "security_opt"),
        ("restart", "no", "restart"),
        ("user", "0:0", "root"),
        ("user", "root", "root"),
        ("privileged", True, "more than it needs"),
        ("cap_add", ["NET_ADMIN"], "more than it needs"),
        ("healthcheck", None, "whether it is well"),
        ("deploy", {}, "no limit"),
        ("logging", {}, "log has no limit"),
        ("image", "finder", "not pinned"),
        ("image", "registry.example:5000/finder:latest", "not pinned"),
        ("environment", {"SECRET_KEY": "x"}, "stands in the file"),
        ("secrets", ["nothing"], "is not there"),
        ("networks", ["nothing"], "is not there"),
        ("depends_on", {"nothing": {"condition": "service_started"}}, "is not there"),
        ("volumes", ["nothing:/x"], "is not there"),
        ("memry", 1, "Unevaluated"),
        ("stop_grace_period", 5, "is not of type"),
    ],
)
def test_a_service_that_breaks_a_rule_is_named(compose, path, value, says):
    broken = deepcopy(compose)
    broken["services"]["web"][path] = value

    assert any(says in fault for fault in deployment.compose_faults(broken))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda pod: pod.pop("securityContext"), "root"),
        (lambda pod: pod.pop("automountServiceAccountToken"), "token"),
        (lambda pod: pod["containers"][0].pop("securityContext"), "root can be written"),
        (lambda pod: pod["containers"][0].pop("resources"), "no limit"),
        (lambda pod: pod["containers"][0].update(imagee="x"), "imagee"),
        (lambda pod: pod["containers"][0].update(command="sh"), "is not of type"),
    ],
)
def test_a_pod_that_breaks_a_rule_is_named(objects, change, says):
    for at in [n for n, one in enumerate(objects) if one["kind"] in ("Deployment", "Job")]:
        broken = deepcopy(objects)
        change(broken[at]["spec"]["template"]["spec"])
        found = deployment.kubernetes_faults(broken)
        assert any(says in fault for fault in found), (at, found)


def test_there_is_one_beat_and_the_old_goes_before_the_new_comes(objects):
    (beat,) = [one for one in objects if one["metadata"]["name"] == "finder-beat"]
    assert (beat["spec"]["replicas"], beat["spec"]["strategy"]["type"]) == (1, "Recreate")


def test_probes_ask_what_keeps_pages_when_the_broker_is_away(compose, objects):
    deployments = [one for one in objects if one["kind"] == "Deployment"]
    (web,) = [one for one in deployments if one["metadata"]["name"] == "finder-web"]
    (container,) = web["spec"]["template"]["spec"]["containers"]

    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz?of=web"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz", "a database away kills none"
    assert "/readyz?of=web" in " ".join(compose["services"]["web"]["healthcheck"]["test"])


def test_every_secret_comes_from_a_file_that_the_settings_read(compose, objects):
    environment = compose["services"]["web"]["environment"]
    (settings,) = [one["data"] for one in objects if one["kind"] == "ConfigMap"]

    for said in (environment, settings):
        files = {name.removesuffix("_FILE") for name in said if name.endswith("_FILE")}
        assert files <= set(SECRETS)
        assert {"SECRET_KEY", "NUMBER_HASH_KEY", "DATABASE_PASSWORD", "BROKER_PASSWORD"} <= files
    for name, path in environment.items():
        if name.endswith("_FILE"):
            assert path.removeprefix("/run/secrets/") in compose["services"]["web"]["secrets"]


def test_the_image_serves_as_make_run_does():
    """What is tested with idle sockets is what runs in the container."""
    image, here = image_command(), web_command(8000)
    for word in ("--interface", "--http", "--backpressure"):
        assert image[image.index(word) + 1] == here[here.index(word) + 1]
    assert image[-1] == here[-1] == "config.asgi:application"
    assert {"--no-ws", "--respawn-failed-workers"} <= set(image) & set(here)
    assert image_environment()["STATIC_ROOT"] == "/app/collected"


def test_a_service_is_given_longer_to_end_than_what_it_does(compose):
    web = compose["services"]["web"]
    kill_after = int(image_command()[image_command().index("--workers-kill-timeout") + 1])
    assert int(web["stop_grace_period"].removesuffix("s")) > kill_after


def test_no_secret_and_no_settings_file_goes_into_the_image_or_into_git():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env*", "secrets", ".git"} <= set(ignored)
    assert {".env", "secrets/"} <= set((ROOT / ".gitignore").read_text().split())


def test_the_services_are_run_with_their_own_words_and_this_machines_places(tmp_path, compose):
    hand = Hand(tmp_path, "postgres://me@here:5/postgres", "check")
    env = hand.environment(compose["services"]["worker"])
    prepare = hand.environment(compose["services"]["prepare"])

    assert env["DATABASE_URL"] == "postgres://check_app@here:5/check"
    assert prepare["MIGRATE_DATABASE_URL"] == "postgres://check_owner@here:5/check"
    assert env["CELERY_BROKER_URL"] == f"redis://127.0.0.1:{hand.broker_port}/0"
    assert (tmp_path / "secrets" / "secret_key").read_text()
    assert env["SECRET_KEY_FILE"] == f"{tmp_path}/secrets/secret_key"
    assert env["MODE"] == "production"
    assert not re.search(r"/run/|/var/lib/", " ".join(env.values()).replace(str(tmp_path), ""))


def test_only_the_part_that_prepares_is_the_tables_owner(compose, objects):
    made = (ROOT / "deploy" / "postgres" / "roles.sql").read_text()
    assert "CREATE DATABASE finder OWNER finder_owner" in made
    for name, one in compose["services"].items():
        environment = one.get("environment") or {}
        is_it = name == "prepare"
        assert ("MIGRATE_DATABASE_URL" in environment) == is_it, name
        if "DATABASE_URL" in environment:
            assert environment["DATABASE_URL"].startswith("postgres://finder_app@"), name
        if name != "database":
            assert ("database_owner_password" in one.get("secrets", ())) == is_it, name
            assert "database_admin_password" not in one.get("secrets", ()), name
    assert "POSTGRES_USER" not in compose["services"]["database"]["environment"]
    (settings,) = [one["data"] for one in objects if one["kind"] == "ConfigMap"]
    assert settings["DATABASE_URL"].startswith("postgres://finder_app@")
    for one in objects:
        if one["kind"] in ("Deployment", "Job"):
            is_it = one["kind"] == "Job"
            assert ("finder-owner" in str(one["spec"])) == is_it, one["metadata"]["name"]


def test_the_broker_asks_for_a_password_that_stands_in_no_file_of_ours(compose):
    broker, web = compose["services"]["broker"], compose["services"]["web"]
    assert "requirepass $$(cat /run/secrets/broker_password)" in broker["command"][-1]
    assert web["environment"]["BROKER_PASSWORD_FILE"] == "/run/secrets/broker_password"
    assert "broker_password" in broker["secrets"]


def test_the_pooler_asks_the_file_that_compose_gives_it(compose):
    said = (ROOT / "deploy" / "pgbouncer.ini").read_text()
    assert "auth_file = /run/secrets/pgbouncer_users" in said
    assert compose["services"]["pooler"]["secrets"] == ["pgbouncer_users"]


def test_prometheus_reads_our_rules():
    said = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert said["rule_files"] == ["alerts.yml"]
    assert said["scrape_configs"][0]["job_name"] == "scan-finder"


def test_only_our_own_proxy_is_believed(compose):
    """It has an address of its own, in a network that nothing else is in but the web process."""
    proxy = compose["services"]["proxy"]
    believed = compose["services"]["web"]["environment"]["TRUSTED_PROXIES"]

    assert proxy["networks"]["front"]["ipv4_address"] == believed
    assert compose["networks"]["front"]["internal"]
    in_front = [n for n, one in compose["services"].items() if "front" in one["networks"]]
    assert sorted(in_front) == ["proxy", "web"]


def test_database_and_broker_have_no_way_out_and_no_port(compose):
    assert compose["networks"]["back"]["internal"]
    for name in ("database", "broker", "router", "pooler"):
        assert compose["services"][name]["networks"] == ["back"]
        assert "ports" not in compose["services"][name]
    published = [name for name, one in compose["services"].items() if "ports" in one]
    assert published == ["proxy"]
