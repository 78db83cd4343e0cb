# What the scripts for real ticket servers share. Sourced, never run.
# All state is in $HOLDOVER_SERVERS (default target/servers, so that two checkouts do not share a server); everything
# listens on loopback only.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
HOST=127.0.0.1
STATE=${HOLDOVER_SERVERS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/target/servers}
WAIT=${HOLDOVER_SERVER_WAIT:-90}
DIR=$STATE/$NAME PIDFILE=$STATE/$NAME/pid LOG=$STATE/$NAME/log
PIDFILES=("$PIDFILE")
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
  local packages policy=/usr/sbin/policy-rc.d installed=''
  packages=$(missing "$@")
  [ -n "$packages" ] || return 0
  if [ ! -e "$policy" ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  mkdir -p "$STATE"
  # old lists name files that are gone: the second time with new ones
  for lists in '' again; do
    apt_lists "$lists"
    # shellcheck disable=SC2086
    if apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 --no-install-recommends install $packages \
      >"$STATE/apt-$NAME.log" 2>&1; then installed=1; break; fi
  done
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

# port FILE : the same for as long as the state is kept
port() {
  mkdir -p "$DIR"
  [ -s "$1" ] || free_port >"$1"
  cat "$1"
}

# started PID : when, for a pid comes again; nothing for one that has ended and was not waited for
started() { sed 's/.*) //; /^[ZX]/d' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# alive PIDFILE : the very process that spawn started
alive() {
  local pid since
  [ -s "$1" ] || return 1
  read -r pid since <"$1"
  [ -n "$since" ] && [ "$(started "$pid")" = "$since" ]
}

# created, and is_created : what another version of the script created is created anew
created() { sha256sum <"$0" >"$DIR/created"; }
is_created() { [ -e "$DIR/created" ] && [ "$(cat "$DIR/created")" = "$(sha256sum <"$0")" ]; }

# signal SIGNAL PIDFILE : to the whole group that spawn started
signal() {
  local pid
  alive "$2" || return 0
  read -r pid _ <"$2"
  kill "-$1" -- "-$pid" 2>/dev/null || true
}

# spawn PIDFILE LOG COMMAND... : in a session of its own, without stdin; one that is frozen is thawed
spawn() {
  local pidfile=$1 log=$2
  shift 2
  alive "$pidfile" && { signal CONT "$pidfile"; say "already running, pid and start $(cat "$pidfile")"; return 0; }
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

# stop_pid PIDFILE : TERM, 10 s, KILL for what is left of its group; only ever what spawn started, frozen or not
stop_pid() {
  local pidfile=$1 pid i
  alive "$pidfile" || { rm -f "$pidfile"; return 0; }
  read -r pid _ <"$pidfile"
  kill -TERM "$pid" 2>/dev/null || true
  signal CONT "$pidfile"
  for ((i = 0; i < 50; i++)); do alive "$pidfile" || break; sleep 0.2; done
  kill -KILL -- "-$pid" 2>/dev/null || true
  rm -f "$pidfile"
  say "stopped pid $pid"
}

# The verbs that are the same for every server. A script adds install, start, seed, url and variables.
stop() { local file; for file in "${PIDFILES[@]}"; do stop_pid "$file"; done; }
clean() { stop; rm -rf "$DIR"; }
# a frozen server takes connections and does not answer
freeze() { local file; for file in "${PIDFILES[@]}"; do alive "$file" || die 'not running'; signal STOP "$file"; done; }
thaw() { local file; for file in "${PIDFILES[@]}"; do signal CONT "$file"; done; }

# export_line NAME VALUE : for `eval "$(bash tests/servers/NAME.sh variables)"`
export_line() { printf 'export %s=%q\n' "$1" "$2"; }

# verbs "$@" : runs the verb; $MORE are those that only this script has
verbs() {
  local all="install start seed stop freeze thaw clean url variables${MORE:+ $MORE}"
  case " $all " in
  *" ${1:-?} "*) "$@" ;;
  *) echo "usage: $0 ${all// /|}" >&2; exit 2 ;;
  esac
}
