#!/usr/bin/env bash
# roundup.sh install|start|seed|stop|freeze|thaw|clean|url|variables : Roundup of PyPI, its classic template on SQLite, on
# loopback.
NAME=roundup
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"
VERSION=2.6.0
VENV=$DIR/venv TRACKER=$DIR/tracker

install() {
  apt_install curl python3 python3-venv
  [ ! -e "$DIR/installed-$VERSION" ] || return 0
  rm -rf "$VENV"
  mkdir -p "$DIR"
  { python3 -m venv "$VENV" && "$VENV/bin/pip" install -q --disable-pip-version-check --timeout 30 "roundup==$VERSION"; } \
    >"$LOG.install" 2>&1 || { tail -30 "$LOG.install" >&2; die 'pip install failed'; }
  touch "$DIR/installed-$VERSION"
}

address() { echo "http://$HOST:$(port "$DIR/port")"; }
url() { echo "$(address)/ops"; }
variables() { export_line HOLDOVER_ROUNDUP "$(url)"; }

admin() { "$VENV/bin/roundup-admin" -i "$TRACKER" "$@" </dev/null >>"$LOG.create" 2>&1 || { tail -30 "$LOG.create" >&2; die "roundup-admin $1 failed"; }; }

create() {
  local login
  ! is_created || return 0
  stop
  rm -rf "$TRACKER"
  # web_api_calls_per_interval: no limit, for the tests ask often; that of failed logins stays, 4 in 10 minutes a login
  admin install classic sqlite "tracker_web=$(url)/,mail_domain=ops.example,mail_host=localhost,mail_debug=$DIR/mail,web_api_calls_per_interval=0"
  # admin install ends well whatever becomes of it
  [ -s "$TRACKER/config.ini" ] || { tail -30 "$LOG.create" >&2; die 'roundup-admin install failed'; }
  cat >>"$TRACKER/schema.py" <<'P'

# who may only look
db.security.addRole(name='Viewer', description='May only look')
for name in 'Web Access', 'Rest Access':
    db.security.addPermissionToRole('Viewer', name)
for cl in 'issue', 'file', 'msg', 'keyword', 'priority', 'status':
    db.security.addPermissionToRole('Viewer', 'View', cl)
p = db.security.addPermission(name='View', klass='user', properties=('id', 'username'))
db.security.addPermissionToRole('Viewer', p)
P
  admin initialise admin-secret
  # alice may edit, bob may only look, carol is for logins that fail: after four of them hers is refused for ten minutes
  for login in alice:User bob:Viewer carol:User; do
    admin create user "username=${login%:*}" "password=${login%:*}-secret" "address=${login%:*}@ops.example" "roles=${login#*:}"
  done
  created
}

start() {
  mkdir -p "$DIR"
  create
  local as=()
  [ "$(id -u)" != 0 ] || as=(-u root)
  spawn "$PIDFILE" "$LOG" "$VENV/bin/roundup-server" "${as[@]}" -n "$HOST" -p "$(port "$DIR/port")" "ops=$TRACKER"
  wait_http "$(url)/rest" "$PIDFILE" "$LOG" -u admin:admin-secret
}

# a change needs both headers, and an origin that is the tracker's
api() { curl -fsS -u admin:admin-secret -H 'X-Requested-With: rest' -H "Origin: $(address)" -H 'Content-Type: application/json' "$@"; }

seed() { # five issues, one of each priority, three of them begun
  local total issue
  total=$(api "$(url)/rest/data/issue?@page_size=1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"]["@total_size"])')
  if [ "$total" -lt 5 ]; then
    while IFS='|' read -r priority status title; do
      printf -v issue '{"title": "%s", "priority": "%s", "status": "%s"}' "$title" "$priority" "$status"
      api -o /dev/null -d "$issue" "$(url)/rest/data/issue"
    done <<'ROWS'
critical|unread|Core switch down in rack 4
urgent|chatting|Database replica is ten minutes behind
bug|in-progress|TLS certificate expires in three days
feature|deferred|Printer queue stuck
wish|unread|Typo on the phone list
ROWS
  fi
  say 'seeded'
}

verbs "$@"
