#!/usr/bin/env bash
# alertmanager.sh install|start|seed|stop|freeze|thaw|clean|url|variables|url_basic : Debian's Prometheus Alertmanager on
# loopback, twice: without a login (url) and with basic auth, ops and ops-secret (url_basic).
#
# Alertmanager keeps silences and forgets alerts when it stops, for Prometheus tells them again and again. Here start does,
# once there was a seed.
NAME=alertmanager
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"
MORE=url_basic
PIDFILES=("$PIDFILE" "$PIDFILE.basic")
LOGIN=ops:ops-secret

install() { apt_install curl python3 prometheus-alertmanager; }

url() { echo "http://$HOST:$(port "$DIR/port")"; }
url_basic() { echo "http://$HOST:$(port "$DIR/port.basic")"; }
variables() {
  export_line HOLDOVER_ALERTMANAGER "$(url)"
  export_line HOLDOVER_ALERTMANAGER_BASIC "$(url_basic)"
}

# run URL PIDFILE LOG [option...]
run() {
  local url=$1 pidfile=$2 log=$3
  shift 3
  # an empty cluster address, or it listens for others of its kind on every interface
  spawn "$pidfile" "$log" prometheus-alertmanager --config.file="$DIR/alertmanager.yml" --storage.path="$pidfile.store" \
    --web.listen-address="${url#http://}" --cluster.listen-address= --log.level=warn "$@"
}

start() {
  local hash
  mkdir -p "$DIR"
  printf 'route: { receiver: nobody, group_wait: 1s, group_interval: 1s }\nreceivers: [ { name: nobody } ]\n' >"$DIR/alertmanager.yml"
  # shellcheck disable=SC2016
  hash=$(perl -e 'print crypt($ARGV[0], q($2b$04$abcdefghijklmnopqrstuu))' "${LOGIN#*:}")
  printf 'basic_auth_users: { "%s": "%s" }\n' "${LOGIN%:*}" "$hash" >"$DIR/web.yml"
  run "$(url)" "$PIDFILE" "$LOG"
  run "$(url_basic)" "$PIDFILE.basic" "$LOG.basic" --web.config.file="$DIR/web.yml"
  wait_http "$(url)/-/ready" "$PIDFILE" "$LOG"
  wait_http "$(url_basic)/-/ready" "$PIDFILE.basic" "$LOG.basic" -u "$LOGIN"
  [ ! -e "$DIR/alerts.json" ] || seed
}

# five alerts, one of them without a severity, that began before the first seed and end two hours after the last
seed() {
  local url i
  python3 - "$DIR/alerts.json" <<'P'
import datetime, json, os, sys
now = datetime.datetime.now(datetime.timezone.utc)
told = json.load(open(sys.argv[1])) if os.path.exists(sys.argv[1]) else []
began = {alert["labels"]["alertname"]: alert["startsAt"] for alert in told}
rows = [("DiskFull", "critical", "db-1", 5, "Disk 97% full on db-1"),
        ("NodeDown", "critical", "edge-3", 1, "Node edge-3 is unreachable"),
        ("HighLatency", "warning", "web-2", 20, "The slowest answers of web-2 take 2 s"),
        ("CertExpiry", "info", "lb-1", 600, "The certificate of lb-1 expires in 14 days"),
        ("Watchdog", None, "monitor-1", 6000, "This alert always fires")]
alerts = [{
    "labels": {"alertname": name, "client": "acme", "instance": instance, **({"severity": severity} if severity else {})},
    "annotations": {"summary": summary, "description": summary + ": see the runbook."},
    "startsAt": began.get(name) or (now - datetime.timedelta(minutes=minutes)).isoformat(),
    "endsAt": (now + datetime.timedelta(hours=2)).isoformat(),
    "generatorURL": "http://prometheus.example/graph?g0.expr=" + name,
} for name, severity, instance, minutes, summary in rows]
with open(sys.argv[1] + ".new", "w") as new:
    json.dump(alerts, new)
os.replace(sys.argv[1] + ".new", sys.argv[1])
P
  for url in "$(url)" "$(url_basic)"; do
    curl -fsS -u "$LOGIN" -H 'Content-Type: application/json' -d "@$DIR/alerts.json" "$url/api/v2/alerts"
    for ((i = 0; i < 25; i++)); do
      [ "$(curl -fsS -u "$LOGIN" "$url/api/v2/alerts" | grep -o '"fingerprint"' | wc -l)" -lt 5 ] || continue 2
      sleep 0.2
    done
    die "the alerts are not listed by $url"
  done
  say 'seeded'
}

verbs "$@"
