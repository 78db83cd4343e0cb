# What the scripts for real ticket servers share. Sourced, never run.
# All state is in $HOLDOVER_SERVERS (default target/servers, so that two checkouts do not share a server); everything
# listens on loopback only.
set -euo pipefail
HOST=127.0.0.1
STATE=${HOLDOVER_SERVERS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/target/servers}
WAIT=${HOLDOVER_SERVER_WAIT:-90}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost

say() { printf '[%s] %s\n' "$NAME" "$*" >&2; }
die() { say "ERROR: $*"; exit 1; }

missing() { local p; for p in "$@"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"; done; }

# apt_lists [again] : package lists, where there are none, or anew
apt_lists() {
  [ -z "${1:-}" ] && find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' | grep -q . && return 0
  apt-get -q -o Acquire::Retries=3 update >/dev/null
}

# apt_install PACKAGE... : only what is missing; no service is started by it
apt_install() {
  local packages policy=/usr/sbin/policy-rc.d made='' installed=''
  packages=$(missing "$@")
  [ -n "$packages" ] || return 0
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; made=1; fi
  mkdir -p "$STATE"
  # old lists name files that are gone: the second time with new ones
  for lists in '' again; do
    apt_lists "$lists"
    # shellcheck disable=SC2086
    if apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 --no-install-recommends install $packages \
      >"$STATE/apt-$NAME.log" 2>&1; then installed=1; break; fi
  done
  [ -z "$made" ] || rm -f "$policy"
  [ -n "$installed" ] || { tail -40 "$STATE/apt-$NAME.log" >&2; die 'apt-get install failed'; }
}

# free_port : one that nobody listens on, and that no outgoing connection takes while the server is stopped
free_port() {
  python3 -c '
import random, socket
while True:
    port = random.randrange(18000, 32000)
    with socket.socket() as s:
        if s.connect_ex(("127.0.0.1", port)) != 0:
            print(port)
            break'
}

# started PID : when, for a pid comes again
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# alive PIDFILE : the very process that spawn started
alive() {
  local pid since
  [ -s "$1" ] || return 1
  read -r pid since <"$1"
  [ -n "$since" ] && [ "$(started "$pid")" = "$since" ]
}

# spawn PIDFILE LOG COMMAND... : in a session of its own, without stdin
spawn() {
  local pidfile=$1 log=$2
  shift 2
  alive "$pidfile" && { say "already running, pid and start $(cat "$pidfile")"; return 0; }
  setsid "$@" </dev/null >>"$log" 2>&1 &
  echo "$! $(started $!)" >"$pidfile"
  disown || true
}

# wait_http URL PIDFILE LOG [curl arguments] : bounded, and fails at once when the process has died
wait_http() {
  local url=$1 pidfile=$2 log=$3 i
  shift 3
  for ((i = 0; i < WAIT * 5; i++)); do
    alive "$pidfile" || { tail -30 "$log" >&2; die 'the server died before it was ready'; }
    curl -fsS -o /dev/null --max-time 5 "$@" "$url" 2>/dev/null && { say "ready: $url"; return 0; }
    sleep 0.2
  done
  tail -30 "$log" >&2
  die "not ready after $WAIT s: $url"
}

# stop_pid PIDFILE : TERM, 10 s, KILL; only ever the pid that spawn wrote
stop_pid() {
  local pidfile=$1 pid i
  alive "$pidfile" || { rm -f "$pidfile"; return 0; }
  read -r pid _ <"$pidfile"
  kill -TERM "$pid" 2>/dev/null || true
  for ((i = 0; i < 50; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
  kill -0 "$pid" 2>/dev/null && kill -KILL "$pid"
  rm -f "$pidfile"
  say "stopped pid $pid"
}
