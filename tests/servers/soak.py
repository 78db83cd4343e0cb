#!/usr/bin/env python3
"""The dashboard beside three real servers for a long time, while tickets are created, re-prioritised, acknowledged elsewhere and
closed, and the servers are restarted.

    soak.py PROGRAM [SECONDS] [CHANGES]        (20 minutes and 2,000 changes unless said)

Every few seconds the servers are asked themselves, and what the dashboard last knew is read from its records. A difference is a
failure once the source was read twice since it was first seen and it is still there. So is a source that is not read although
its server is up, a dashboard that ends, and memory that grows. One thing is waited for longer: an Alertmanager that was restarted
has forgotten its alerts, so for three minutes the dashboard keeps what it no longer tells of, and calls the source stale. Needs redmine.sh, alertmanager.sh and icinga2.sh started and
seeded, and their variables in the environment."""
import json, os, pty, random, select, signal, ssl, subprocess, sys, tempfile, threading, time, urllib.error, urllib.parse, urllib.request

PROGRAM = os.path.abspath(sys.argv[1])
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1200
CHANGES = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
HERE = os.path.dirname(os.path.abspath(__file__))
POLL = 5
REDMINE, ALERTS, ICINGA = (os.environ[name] for name in ("HOLDOVER_REDMINE", "HOLDOVER_ALERTMANAGER", "HOLDOVER_ICINGA"))
TLS = ssl.create_default_context(cafile=os.environ["HOLDOVER_ICINGA_CA"])
ADMIN, ALICE, BOB = ("0123456789abcdef0123456789abcdef01234567", "00112233445566778899aabbccddeeff00112233", "fedcba9876543210fedcba9876543210fedcba98")
NEW, TAKEN, CLOSED = 1, 2, 5  # Redmine's statuses as its default data has them
RANDOM = random.Random(20261126)


def ask(method, url, body=None, headers=None, user=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}, method=method)
    if user:
        import base64
        request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
    with urllib.request.urlopen(request, timeout=20, context=TLS if url.startswith("https") else None) as answer:
        text = answer.read()
        return json.loads(text) if text.strip() else None


def now(offset=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


class Redmine:
    name, script, forgets_for = "redmine", "redmine.sh", 0
    severities = {"Immediate": "S1", "Urgent": "S2", "High": "S3", "Normal": "S4", "Low": "S5"}

    def __init__(self):
        self.priorities = [p["id"] for p in self.api("GET", "/enumerations/issue_priorities.json")["issue_priorities"]]
        self.bob = self.api("GET", "/users/current.json", key=BOB)["user"]["id"]

    def api(self, method, path, body=None, key=ADMIN):
        return ask(method, REDMINE + path, body, {"X-Redmine-API-Key": key})

    def config(self):
        return f'kind = "redmine"\nurl = "{REDMINE}"\ntoken_env = "SOAK_REDMINE"\nproject = "ops"\n'

    def truth(self):
        found, offset = {}, 0
        while True:
            page = self.api("GET", f"/issues.json?project_id=ops&status_id=open&sort=id&limit=100&offset={offset}")
            for issue in page["issues"]:
                taken = issue["status"]["name"] == "In Progress" or ("assigned_to" in issue and issue["status"]["id"] != NEW)
                found[str(issue["id"])] = (self.severities[issue["priority"]["name"]], taken)
            offset += 100
            if offset >= page["total_count"]:
                return found

    def change(self):
        known = sorted(self.truth_now)
        kind = RANDOM.choice(["create", "priority", "take", "close"] if len(known) > 20 else ["create"])
        if kind == "create":
            self.api("POST", "/issues.json", {"issue": {"project_id": "ops", "tracker_id": 1, "priority_id": RANDOM.choice(self.priorities), "subject": f"Soak {time.time()}"}})
            return kind
        issue = {"priority": {"priority_id": RANDOM.choice(self.priorities)}, "take": {"assigned_to_id": self.bob, "status_id": TAKEN}, "close": {"status_id": CLOSED}}[kind]
        self.api("PUT", f"/issues/{RANDOM.choice(known)}.json", {"issue": issue})
        return kind


class Alertmanager:
    name, script, forgets_for = "alerts", "alertmanager.sh", 180
    severities = {"critical": "S1", "error": "S2", "warning": "S3", "minor": "S4", "info": "S5"}

    def __init__(self):
        self.count, self.labels = 0, {}

    def config(self):
        return f'kind = "alertmanager"\nurl = "{ALERTS}"\n'

    def truth(self):
        found = {}
        for alert in ask("GET", ALERTS + "/api/v2/alerts?active=true&silenced=true&inhibited=false"):
            found[alert["fingerprint"]] = (self.severities.get(alert["labels"].get("severity")), bool(alert["status"]["silencedBy"]))
            self.labels[alert["fingerprint"]] = alert["labels"]
        return found

    def restarted(self):  # it forgets its alerts, and Prometheus would send them again
        lost = [self.labels[key] for key in self.truth_now if key in self.labels]
        if lost:
            self.post(lost, now(7200))

    def post(self, labels, ends):
        ask("POST", ALERTS + "/api/v2/alerts", [{"labels": of, "annotations": {"summary": "Soak"}, "endsAt": ends} for of in labels])

    def change(self):
        known = sorted(self.truth_now)
        kind = RANDOM.choice(["create", "take", "close"] if len(known) > 20 else ["create"])
        if kind == "create":
            self.count += 1
            self.post([{"alertname": "Soak", "client": "acme", "instance": f"soak-{self.count}", "severity": RANDOM.choice(list(self.severities))}], now(7200))
            return kind
        labels = self.labels[RANDOM.choice(known)]
        if kind == "take":
            matchers = [{"name": k, "value": v, "isRegex": False, "isEqual": True} for k, v in labels.items()]
            ask("POST", ALERTS + "/api/v2/silences", {"matchers": matchers, "startsAt": now(), "endsAt": now(7200), "createdBy": "mo", "comment": "mine"})
        else:
            self.post([labels], now(-1))
        return kind


class Icinga:
    name, script, forgets_for = "icinga", "icinga2.sh", 0
    severities = {2: "S1", 3: "S2", 1: "S3"}

    def __init__(self):
        for number in range(40):
            try:
                self.api("PUT", f"/v1/objects/services/db-1!soak-{number}", {"templates": ["told"], "attrs": {"vars.soak": "1"}}, "admin:admin-secret")
            except urllib.error.HTTPError as error:
                if error.code != 500:  # it is there already
                    raise

    def api(self, method, path, body=None, user="ops:ops-secret", headers=None):
        return ask(method, ICINGA + urllib.parse.quote(path, safe="/!?=&"), body, headers, user)

    def config(self):
        return f'kind = "icinga2"\nurl = "{ICINGA}"\nuser = "ops"\ntoken_env = "SOAK_ICINGA"\nca_file = "{os.environ["HOLDOVER_ICINGA_CA"]}"\n'

    def objects(self, kind):
        return self.api("POST", f"/v1/objects/{kind}", {"attrs": ["__name", "state", "state_type", "last_check_result", "acknowledgement", "downtime_depth"]}, headers={"X-HTTP-Method-Override": "GET"})["results"]

    def truth(self):
        found = {}
        for kind in ("hosts", "services"):
            for of in (result["attrs"] for result in self.objects(kind)):
                if of["last_check_result"] and of["state"] and of["state_type"] == 1:
                    taken = bool(of["acknowledgement"]) or of["downtime_depth"] > 0
                    found[of["__name"]] = ("S1" if kind == "hosts" else self.severities[int(of["state"])], taken)
        return found

    def change(self):
        problems = [key for key in self.truth_now if "!soak-" in key]
        if problems and RANDOM.random() < 0.25:
            host, service = RANDOM.choice(problems).split("!")
            try:
                self.api("POST", "/v1/actions/acknowledge-problem", {"type": "Service", "filter": "host.name==h && service.name==s", "filter_vars": {"h": host, "s": service}, "author": "mo", "comment": "mine", "notify": False})
            except urllib.error.HTTPError as error:
                if error.code != 409:  # somebody has it
                    raise
            return "take"
        state = RANDOM.choice([0, 1, 2, 3])
        self.api("POST", "/v1/actions/process-check-result", {"type": "Service", "filter": "host.name==h && service.name==s", "filter_vars": {"h": "db-1", "s": f"soak-{RANDOM.randrange(40)}"}, "exit_status": state, "plugin_output": "soak"})
        return "close" if state == 0 else "state"


class Dashboard:
    """The program in a terminal of its own, whose output is read and thrown away."""

    def __init__(self, folder):
        self.environment = {"HOME": folder, "TERM": "xterm-256color", "USER": "soak", "SOAK_REDMINE": ALICE, "SOAK_ICINGA": "ops-secret", "HOLDOVER_CONFIG": folder + "/config.toml"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, ["holdover"], self.environment)
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        try:
            while os.read(self.terminal, 1 << 16):
                pass
        except OSError:
            pass

    def known(self):
        said = subprocess.run([PROGRAM, "list", "--cached", "--json"], env=self.environment, capture_output=True, timeout=30)
        board = json.loads(said.stdout)
        tickets = {}
        for ticket in board["tickets"]:
            tickets.setdefault(ticket["source"], {})[ticket["key"]] = (ticket["severity"], ticket["acknowledged_at"] is not None or ticket["status"] == "acknowledged")
        return tickets, {source["name"]: source["as_of"] for source in board["sources"]}

    def status(self, name):
        with open(f"/proc/{self.pid}/status") as lines:
            return int(next(line for line in lines if line.startswith(name)).split()[1])

    def cpu(self):
        with open(f"/proc/{self.pid}/stat") as line:
            fields = line.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def main():
    servers = [Redmine(), Alertmanager(), Icinga()]
    folder = tempfile.mkdtemp(prefix="holdover-soak-")
    with open(folder + "/config.toml", "w") as config:
        config.write(f'timezone = "Europe/London"\npoll_every = "{POLL}s"\nblind_after = "60s"\n[[agreement]]\nname = "default"\ntimezone = "Europe/London"\n')
        config.write('office_hours = { mon-fri = ["09:00-17:30"] }\nbank_holidays = "england-and-wales"\nhold_over_to = "next-working-day"\n[agreement.response]\nS1 = { any = "30m" }\nS2 = { office-hours = "1h" }\nS3 = { office-hours = "4h" }\nS4 = { office-hours = "1wd" }\nS5 = { office-hours = "5wd" }\n')
        for server in servers:
            config.write(f'[[source]]\nname = "{server.name}"\nclient = "acme"\n{server.config()}')
    for server in servers:
        # nobody knows when it was started
        server.truth_now, server.back_at = server.truth(), time.time()
    dashboard = Dashboard(folder)
    began, changed, counts, memory, longest = time.time(), 0, {}, [], {}
    differences = {}  # (source, key) -> [truth, known, first seen, as_of of the passes since]
    failures, comparisons, ever = [], 0, 0
    restarts = [(began + SECONDS * (n + 1) / 8, servers[n % 3]) for n in range(6)]
    last_comparison = last_memory = last_told = 0.0
    while time.time() < began + SECONDS and not failures:
        at = time.time()
        if restarts and at >= restarts[0][0]:
            _, server = restarts.pop(0)
            subprocess.run(["bash", f"{HERE}/{server.script}", "stop"], check=True, capture_output=True)
            time.sleep(8)
            subprocess.run(["bash", f"{HERE}/{server.script}", "start"], check=True, capture_output=True)
            getattr(server, "restarted", lambda: None)()
            server.back_at = time.time()
            counts["restart"] = counts.get("restart", 0) + 1
        if changed < CHANGES * (at - began) / (SECONDS * 0.95):
            server = RANDOM.choice(servers)
            kind = server.change()
            changed += 1
            counts[f"{server.name} {kind}"] = counts.get(f"{server.name} {kind}", 0) + 1
        if at - last_comparison >= 2:
            last_comparison, comparisons = at, comparisons + 1
            asked_at = time.time()
            for server in servers:
                server.truth_now = server.truth()
            known, as_of = dashboard.known()
            for server in servers:
                read = as_of[server.name]
                age = time.time() - (time.mktime(time.strptime(read, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone) if read else 0
                # after a failure it is asked less often, at most after so long
                if age > 60 + server.forgets_for and time.time() - server.back_at > 60 + server.forgets_for:
                    failures.append(f"{server.name} was read {age:.0f} s ago")
                truth, ours = server.truth_now, known.get(server.name, {})
                gone_from_both = {key for name, key in differences if name == server.name} - truth.keys() - ours.keys()
                for key in truth.keys() | ours.keys() | gone_from_both:
                    place = (server.name, key)
                    if key in ours and key not in truth and time.time() - server.back_at < server.forgets_for + 3 * POLL:
                        differences.pop(place, None)
                        continue
                    if truth.get(key) == ours.get(key):
                        gone = differences.pop(place, None)
                        if gone:
                            longest[server.name] = max(longest.get(server.name, 0), round(asked_at - gone[2]))
                        continue
                    before = differences.get(place)
                    if before is None or before[0] != truth.get(key):
                        differences[place] = [truth.get(key), ours.get(key), asked_at, set()]
                        ever += 1
                        continue
                    # a pass that ended at least a second after the difference was there has had to see it; two have
                    if read and time.mktime(time.strptime(read, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone > before[2] + 1:
                        before[3].add(read)
                    if len(before[3]) > 2:
                        failures.append(f"{server.name}/{key}: the server says {truth.get(key)}, the dashboard {ours.get(key)}, for {asked_at - before[2]:.0f} s")
        if at - last_memory >= 15:
            last_memory = at
            memory.append(dashboard.status("VmRSS:"))
        if at - last_told >= 60:
            last_told = at
            print(f"{at - began:5.0f} s  {changed} changes, {comparisons} comparisons, {len(differences)} differences now, RSS {memory[-1]} KiB", flush=True)
        if os.waitpid(dashboard.pid, os.WNOHANG)[0]:
            failures.append("the dashboard ended")
            break
        time.sleep(0.02)
    if not failures:
        cpu, peak = dashboard.cpu(), dashboard.status("VmHWM:")
        code = dashboard.end()
        if code not in (143, -15):
            failures.append(f"it ended with {code}")
        third = max(1, len(memory) // 3)
        first, last = sorted(memory[1 : third + 1] or memory)[third // 2], sorted(memory[-third:])[third // 2]
        if last > first * 1.1 + 2048:
            failures.append(f"memory grew from {first} to {last} KiB")
        print(f"{time.time() - began:.0f} s, {changed} changes {json.dumps(counts, sort_keys=True)}, {comparisons} comparisons, {ever} differences seen, the longest {json.dumps(longest)} s")
        print(f"RSS median of the first third {first} KiB, of the last {last} KiB, peak {peak} KiB; CPU {cpu:.1f} s")
        if changed < CHANGES:
            failures.append(f"only {changed} changes in time")
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(bool(failures))


main()
