"""What commands print, from their pod, its network and its devices."""

import json

import pytest

from lwstui.sandbox.gpus import model_of, reading
from lwstui.sandbox.shell import commands
from tests.sandbox.shell.support import Town, drive

FULL = "llm-0.llm.default.svc.cluster.local"
WORKER = "llm-0-1.llm.default.svc.cluster.local"


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("hostname", "llm-0\n"),
        ("hostname -f", f"{FULL}\n"),
        ("hostname -i", "10.128.0.2\n"),
        ("cat /etc/hostname", "llm-0\n"),
        ("grep llm /etc/hosts", f"10.128.0.2\t{FULL}\tllm-0\n"),
        ("grep search /etc/resolv.conf", "search default.svc.cluster.local svc.cluster.local "
                                         "cluster.local\n"),
        ("whoami; id -u; pwd", "root\n0\n/\n"),
        ("date +%Y", "2026\n"),
        ("uname -r", "6.12.0-sandbox\n"),
        ("ls /etc", "hostname  hosts  os-release  resolv.conf\n"),
        ("ls /etc/hosts", "/etc/hosts\n"),
        ("ls /tmp", ""),
        ("wc -l /etc/resolv.conf", "3 /etc/resolv.conf\n"),
        ("printenv LWS_LEADER_ADDRESS", "llm-0.llm.default\n"),
        ("getent hosts llm-0-1.llm", f"10.128.0.3      {WORKER}\n"),
        ("getent hosts 10.128.0.3", f"10.128.0.3      {WORKER}\n"),
        ("getent hosts llm-0-1.llm.default.svc.cluster.local", f"10.128.0.3      {WORKER}\n"),
        ("curl -s -o /dev/null -w '%{http_code}' localhost:8080/health", "200"),
        ("curl -s http://llm-0.llm:8080/nope", '{"detail":"Not Found"}'),
        ("curl -sI localhost:8080/health | head -1", "HTTP/1.1 200 OK\r\n"),
    ],
)  # fmt: skip
def test_what_commands_print(town: Town, script: str, out: str) -> None:
    found = town.sh(script)
    assert (found.out, found.err, found.code) == (out, "", 0)


@pytest.mark.parametrize(
    ("script", "err", "code"),
    [
        ("ping -c 1 llm-9", "ping: llm-9: Name or service not known", 2),
        ("ping -x", "ping: usage:", 2),
        ("curl http://nosuch/", "curl: (6) Could not resolve host: nosuch", 6),
        ("curl llm-0-1.llm:8080", "curl: (7) Failed to connect to llm-0-1.llm port 8080", 7),
        ("curl https://llm-0.llm", 'curl: (1) Protocol "https" is not simulated', 1),
        ("curl -sS llm-0.llm:6379", "curl: (52) Empty reply from server", 52),
        ("curl -fsS localhost:8080/x", "curl: (22) The requested URL returned error: 404", 22),
        ("curl -m 2 10.9.9.9", "curl: (28) Connection timed out after 2000 milliseconds", 28),
        ("curl --wrong", "option --wrong: is unknown to the simulated command", 2),
        ("curl http://llm-0.llm:99999/", "Bad port number", 3),
        ("nc -zv llm-0-1.llm 8080", "port 8080 (tcp) failed: Connection refused", 1),
        ("nc -zv nosuch 1", 'getaddrinfo for host "nosuch" port 1: Name or service', 1),
        ("nc -zv -w 1 10.9.9.9 80", "Connection timed out", 1),
        ("cat /etc/shadow", "cat: /etc/shadow: No such file or directory", 1),
        ("ls /nowhere", "cannot access '/nowhere'", 2),
        ("sleep soon", "invalid time interval 'soon'", 1),
        ("grep '(' /etc/hosts", "grep: (:", 2),
        ("sort -k2 /etc/hosts", "does not know -k2", 2),
    ],
)
def test_what_commands_complain_about(town: Town, script: str, err: str, code: int) -> None:
    found = town.sh(script)
    assert err in found.err
    assert found.code == code


def test_ping_counts_what_comes_back(town: Town) -> None:
    found = town.sh("ping -c 3 llm-0-1.llm")
    assert f"64 bytes from {WORKER} (10.128.0.3): icmp_seq=3" in found.out
    assert "3 packets transmitted, 3 received, 0% packet loss, time 2003ms" in found.out
    assert found.waited_s == 2
    by_address = town.sh("ping -c 1 10.128.0.3")
    assert f"64 bytes from {WORKER} (10.128.0.3): icmp_seq=1" in by_address.out
    lost = town.sh("ping -c 2 10.9.9.9")
    assert "2 packets transmitted, 0 received, 100% packet loss" in lost.out
    assert lost.code == 1


def test_nothing_gets_over_a_cut(town: Town) -> None:
    town.cuts.append({"llm-0", "llm-0-1"})
    lost = town.sh("ping -c 2 llm-0-1.llm")
    assert lost.code == 1
    assert "2 packets transmitted, 0 received, 100% packet loss" in lost.out
    assert town.sh("getent hosts llm-0-1.llm").code == 0
    silent = town.sh("curl -sS -m 3 http://llm-0-1.llm:8080/")
    assert (silent.code, silent.waited_s) == (28, 3)
    assert "timed out" in silent.err
    town.cuts.clear()
    assert town.sh("ping -c 1 llm-0-1.llm").code == 0


def test_ping_stops_at_the_interrupt_key_and_sums_up(town: Town) -> None:
    program = commands.start(town.session("llm-0", tty=True), ["ping", "llm-0-1.llm"])
    found = drive(program, interrupt_after=4)
    assert "4 packets transmitted, 4 received" in found.out
    assert found.code == 0


def test_nslookup_asks_the_cluster(town: Town) -> None:
    found, missing = town.sh("nslookup llm"), town.sh("nslookup nosuch")
    assert "Name:\tllm.default.svc.cluster.local\nAddress: 10.128.0.2\n" in found.out
    assert "Address: 10.128.0.3" in found.out
    assert "** server can't find nosuch: NXDOMAIN" in missing.out
    assert (found.code, missing.code) == (0, 1)


def test_ports_answer_as_the_logs_say(town: Town) -> None:
    assert "succeeded!" in town.sh("nc -zv llm-0.llm 6379").err
    assert "succeeded!" in town.sh("nc -zv llm-0.llm 8080", "llm-0-1").err


def test_a_prompt_is_answered_by_a_simulated_completion(town: Town) -> None:
    body = '{"model": "x/Big-70B", "messages": [{"role": "user", "content": "a b c"}]}'
    found = town.sh(f"curl -s llm-0.llm:8080/v1/chat/completions -d '{body}'", "llm-0-1")
    told = json.loads(found.out)
    assert "simulated" in told["choices"][0]["message"]["content"]
    assert told["usage"]["prompt_tokens"] == 3
    piped = town.run(
        "llm-0", ["sh", "-c", "cat | curl -s localhost:8080/v1/chat/completions -d @-"], [body]
    )
    assert json.loads(piped.out)["object"] == "chat.completion"


def test_a_service_with_an_address_leads_to_a_ready_pod(town: Town) -> None:
    town.service("web", {"app": "web"}, clusterIP="10.96.7.7")
    assert town.sh("curl web:8080").code == 7
    town.pod("web-0", "10.128.0.9", labels={"app": "web"})
    assert "Welcome to nginx!" in town.sh("curl -s web:8080").out
    assert town.sh("getent hosts web").out.startswith("10.96.7.7")
    assert town.sh("printenv WEB_SERVICE_HOST").out == "10.96.7.7\n"


def test_names_of_pods_that_are_not_ready_need_a_service_that_publishes_them(town: Town) -> None:
    town.service("strict", {"app": "strict"})
    spec = {"hostname": "s", "subdomain": "strict"}
    town.pod("s", "10.128.0.8", labels={"app": "strict"}, spec=spec, ready=False)
    assert town.sh("getent hosts s.strict").code == 2

    def ready(pod: dict) -> None:
        pod["status"]["conditions"] = [{"type": "Ready", "status": "True"}]

    town.store.update("pods", "default", "s", ready)
    assert town.sh("getent hosts s.strict").code == 0


def test_the_environment_is_the_containers(town: Town) -> None:
    town.store.create(
        "configmaps", {"metadata": {"name": "c", "namespace": "default"}, "data": {"K": "from map"}}
    )
    env = [
        {"name": "A", "value": "a"},
        {"name": "B", "value": "$(A)-$(NOPE)-$$(A)"},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "ROLE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['role']"}}},
        {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "K"}}},
        {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
    ]
    limits = {"cpu": "1500m"}
    town.pod("e", "10.128.0.7", env=env, labels={"role": "x"}, resources={"limits": limits},
             envFrom=[{"prefix": "P_", "configMapRef": {"name": "c"}}])  # fmt: skip
    found = dict(line.split("=", 1) for line in town.run("e", ["env"]).out.splitlines())
    wanted = {"A": "a", "B": "a-$(NOPE)-$(A)", "NAME": "e", "ROLE": "x", "K": "from map",
              "CPU": "2", "P_K": "from map", "HOSTNAME": "e"}  # fmt: skip
    assert wanted.items() <= found.items()


def test_devices_are_there_where_the_container_holds_some(town: Town) -> None:
    uuids = town.processes["llm-0"].gpus
    listed = town.sh("nvidia-smi -L").out.splitlines()
    assert listed == [f"GPU {i}: NVIDIA H100 80GB HBM3 (UUID: {u})" for i, u in enumerate(uuids)]
    assert town.sh("nvidia-smi").out.count("81559MiB") == 2
    town.pod("plain", "10.128.0.6")
    assert town.run("plain", ["nvidia-smi"]).code == 127


def test_chosen_fields_are_the_readings(town: Town) -> None:
    query = "nvidia-smi --query-gpu=index,memory.used,utilization.gpu --format=csv"
    process = town.processes["llm-0"]
    readings = [reading(process, model_of({}), index) for index in range(2)]
    rows = town.sh(query).out.splitlines()
    assert rows[0] == "index, memory.used [MiB], utilization.gpu [%]"
    assert rows[1:] == [
        f"{i}, {each.memory_used_mib} MiB, {each.utilization} %" for i, each in enumerate(readings)
    ]
    bare = town.sh(f"{query},noheader,nounits").out.splitlines()
    assert bare[0] == f"0, {readings[0].memory_used_mib}, {readings[0].utilization}"
    assert "not a valid field" in town.sh("nvidia-smi --query-gpu=nope --format=csv").out + (
        town.sh("nvidia-smi --query-gpu=nope --format=csv").err
    )
    assert town.sh("nvidia-smi -q").code == 1
