#!/usr/bin/env bash
# icinga2.sh install|start|seed|stop|freeze|thaw|clean|url|variables|ca : Debian's Icinga 2 on loopback, the core and its API
# over TLS with a certificate of its own authority (ca). It checks nothing: what state an object is in is told to its API.
NAME=icinga2
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"
MORE=ca
CERTS=$DIR/data/certs

install() { apt_install curl python3 openssl icinga2-bin icinga2-common; }

url() { echo "https://$HOST:$(port "$DIR/port")"; }
ca() { echo "$CERTS/ca.crt"; }
variables() {
  export_line HOLDOVER_ICINGA "$(url)"
  export_line HOLDOVER_ICINGA_CA "$(ca)"
}

certify() {
  [ ! -s "$CERTS/loopback.crt" ] || return 0
  mkdir -p "$CERTS"
  (
    cd "$CERTS"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=authority of the tests' \
      -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -keyout ca.key -out ca.crt
    openssl req -newkey rsa:2048 -nodes -subj '/CN=loopback' -keyout loopback.key -out loopback.csr
    printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth' >extensions
    openssl x509 -req -in loopback.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile extensions -out loopback.crt
  ) >"$LOG.certify" 2>&1 || { tail -30 "$LOG.certify" >&2; die 'making the certificates failed'; }
}

configure() {
  mkdir -p "$DIR"/{run,log.d,cache,spool,conf,data/api}
  cat >"$DIR/icinga2.conf" <<C
include <itl>
const NodeName = "loopback"
const ZoneName = NodeName
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
object ApiListener "api" { bind_host = "$HOST"; bind_port = $(port "$DIR/port") }
// ops does all that an engineer does, viewer only looks, admin also makes objects
object ApiUser "admin" { password = "admin-secret"; permissions = [ "*" ] }
object ApiUser "ops" { password = "ops-secret"; permissions = [ "objects/query/*", "actions/*" ] }
object ApiUser "viewer" { password = "viewer-secret"; permissions = [ "objects/query/*" ] }
C
  cat >>"$DIR/icinga2.conf" <<'C'
object HostGroup "prod" { display_name = "Production" }
template Host "told" { check_command = "passive"; enable_active_checks = false; max_check_attempts = 1; vars.client = "acme" }
template Service "told" { check_command = "passive"; enable_active_checks = false; max_check_attempts = 1 }
object Host "db-1" { import "told"; display_name = "Database 1"; groups = [ "prod" ]; address = "192.0.2.11"; vars.team = "dba" }
object Host "web-1" { import "told"; groups = [ "prod" ]; address = "192.0.2.12" }
object Host "web-2" { import "told"; groups = [ "prod" ]; address = "192.0.2.13" }
object Host "edge-1" { import "told"; address = "192.0.2.14" }
object Host "spare-1" { import "told"; address = "192.0.2.15" }
for (name in [ "disk", "disk /var", "replication", "backup", "connections" ]) { object Service name { import "told"; host_name = "db-1" } }
for (name in [ "http", "cert" ]) { object Service name { import "told"; host_name = "web-1"; notes_url = "https://runbooks.example/" + name } }
for (name in [ "http", "cert" ]) { object Service name { import "told"; host_name = "web-2"; display_name = "Web 2 " + name } }
for (name in [ "ping", "bgp" ]) { object Service name { import "told"; host_name = "edge-1" } }
for (name in [ "ssh", "ntp" ]) { object Service name { import "told"; host_name = "spare-1" } }
// never in a hard state
object Service "load" { import "told"; host_name = "web-1"; max_check_attempts = 1000 }
C
}

api() { curl -fsS --cacert "$(ca)" -u admin:admin-secret -H 'Accept: application/json' "$@"; }

start() {
  local name settings=()
  mkdir -p "$DIR"
  certify
  configure
  for name in RunAsUser="$(id -un)" RunAsGroup="$(id -gn)" ConfigDir="$DIR/conf" DataDir="$DIR/data" LogDir="$DIR/log.d" \
    CacheDir="$DIR/cache" SpoolDir="$DIR/spool" InitRunDir="$DIR/run" PidPath="$DIR/run/pid" StatePath="$DIR/data/state" \
    ModAttrPath="$DIR/data/modified.conf" ObjectsPath="$DIR/cache/objects" VarsPath="$DIR/cache/vars"; do
    settings+=("-DConfiguration.$name")
  done
  spawn "$PIDFILE" "$LOG" icinga2 daemon -c "$DIR/icinga2.conf" -x warning "${settings[@]}"
  wait_http "$(url)/v1/status/IcingaApplication" "$PIDFILE" "$LOG" --cacert "$(ca)" -u admin:admin-secret
}

# seed, once : results for all but edge-1!bgp and spare-1 with its services, which were never checked. What is DOWN or UNKNOWN
# from the first has a last_state_change of 0 (db-1!connections), so edge-1 and web-2!cert are well first.
seed() {
  api "$(url)/v1/objects/hosts/edge-1?attrs=last_check_result" | grep -q '"last_check_result":null' || { say 'already seeded'; return 0; }
  python3 - <<'P' |
import json
rows = [("db-1", None, 0, "PING OK - 0.4 ms"),
        ("web-1", None, 0, "PING OK - 0.5 ms"),
        ("web-2", None, 0, "PING OK - 0.5 ms"),
        ("edge-1", None, 0, "PING OK - 9 ms"),
        ("edge-1", None, 1, "PING CRITICAL - 100% loss"),
        ("db-1", "disk", 2, "DISK CRITICAL - / 97% used"),
        ("db-1", "disk /var", 1, "DISK WARNING - /var 88% used"),
        ("db-1", "replication", 1, "REPLICATION WARNING - 640 s behind"),
        ("db-1", "backup", 0, "BACKUP OK - 3 h old"),
        ("db-1", "connections", 3, "CONNECTIONS UNKNOWN - no answer"),
        ("web-1", "http", 0, "HTTP OK - 200 in 0.1 s"),
        ("web-1", "cert", 1, "CERT WARNING - expires in 14 days"),
        ("web-1", "load", 2, "LOAD CRITICAL - 42"),
        ("web-2", "http", 2, "HTTP CRITICAL - 503 in 2.1 s"),
        ("web-2", "cert", 0, "CERT OK - expires in 80 days"),
        ("web-2", "cert", 3, "CERT UNKNOWN - handshake failed"),
        ("edge-1", "ping", 2, "PING CRITICAL - 100% loss")]
for host, service, state, output in rows:
    matches = "host.name == h" + (" && service.name == s" if service else "")
    print(json.dumps({"type": "Service" if service else "Host", "filter": matches, "filter_vars": {"h": host, "s": service},
                      "exit_status": state, "plugin_output": output, "check_source": "tests"}))
P
    while read -r result; do api -o /dev/null -d "$result" "$(url)/v1/actions/process-check-result"; done
  say 'seeded'
}

verbs "$@"
