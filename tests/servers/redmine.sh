#!/usr/bin/env bash
# redmine.sh install|start|seed|stop|freeze|thaw|clean|url|variables : a real Redmine (Debian's, on SQLite and puma) on loopback.
#
# Debian's own package cannot be configured where its Ruby is newer than its bundler expects, so the dependencies come by
# apt-get install and Redmine itself by apt-get download, unpacked into a folder of its own: no debconf, no /etc.
NAME=redmine
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"
APP=$DIR/app
# test keys, fixed so that the tests can name them; each is worth nothing outside this loopback server
ADMIN_KEY=0123456789abcdef0123456789abcdef01234567
ALICE_KEY=00112233445566778899aabbccddeeff00112233
BOB_KEY=fedcba9876543210fedcba9876543210fedcba98
CAROL_KEY=cccccccccccccccccccccccccccccccccccccccc
export RAILS_ENV=production REDMINE_LANG=en SCHEMA=/dev/null BUNDLE_GEMFILE=$APP/Gemfile BUNDLE_SILENCE_ROOT_WARNING=1 RUBYOPT=-W0

dependencies() {
  apt-get -s --no-install-recommends install redmine redmine-sqlite puma 2>/dev/null |
    awk '/^Inst/{print $2}' | grep -vxE 'redmine|redmine-(sqlite|mysql|pgsql)' || true
}

install() {
  apt_lists
  # shellcheck disable=SC2046
  apt_install curl python3 ca-certificates puma ruby-sqlite3 $(dependencies)
  [ -e "$DIR/deb/usr/share/redmine/config.ru" ] && return 0
  rm -rf "$DIR/download" "$DIR/unpacked" "$DIR/deb"
  mkdir -p "$DIR/download"
  # apt-get downloads as a user of its own, who must reach the folder: one that everybody can
  local folder
  folder=$(mktemp -d)
  chmod 777 "$folder"
  (cd "$folder" && { apt-get -q download redmine || { apt_lists again && apt-get -q download redmine; }; } >/dev/null)
  mv "$folder"/redmine_*.deb "$DIR/download/"
  rmdir "$folder"
  dpkg-deb -x "$DIR"/download/redmine_*.deb "$DIR/unpacked"
  mv "$DIR/unpacked" "$DIR/deb"
}

url() { echo "http://$HOST:$(port "$DIR/port")"; }
variables() { export_line HOLDOVER_REDMINE "$(url)"; }

unpack() { # a Rails root of our own; Debian's layout wants instances/default
  rm -rf "$APP"
  cp -a "$DIR/deb/usr/share/redmine" "$APP"
  rm -f "$APP/instances" "$APP/Gemfile.lock" "$APP/config/database.yml"
  mkdir -p "$APP"/instances/default/{config,files,log,plugins,public/plugin_assets,tmp/{cache,pids,sockets}} "$APP"/{tmp,log,files,plugins}
  sed -i "s#/usr/share/redmine/#$APP/#" "$APP/Gemfile"
  printf 'production:\n  adapter: sqlite3\n  database: %s/redmine.sqlite3\n  timeout: 10000\n' "$DIR" |
    tee "$APP/config/database.yml" >"$APP/instances/default/config/database.yml"
  head -c32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$APP/instances/default/config/secret_key.txt"
  (cd "$APP" && bundle lock --local >/dev/null)
}

create() {
  local made
  cat >"$DIR/create.rb" <<R
# in another process than the migration, whose column lists are stale
Redmine::DefaultData::Loader.load('en') if Redmine::DefaultData::Loader.no_data?
Setting.rest_api_enabled = '1'
Setting.login_required = '0'
def key(user, value)
  Token.where(user_id: user.id, action: 'api').delete_all
  Token.create!(user: user, action: 'api')
  Token.where(user_id: user.id, action: 'api').update_all(value: value)
end
admin = User.find_by_login('admin')
admin.password = admin.password_confirmation = 'admin-secret'
admin.must_change_passwd = false
admin.save!
key(admin, '$ADMIN_KEY')
{ 'alice' => '$ALICE_KEY', 'bob' => '$BOB_KEY', 'carol' => '$CAROL_KEY' }.each do |login, value|
  user = User.new(firstname: login.capitalize, lastname: 'Ops', mail: login + '@ops.example')
  user.login = login
  user.password = user.password_confirmation = login + '-secret'
  user.save!
  key(user, value)
end
# alice may do all that an engineer does; carol the same but for private notes; bob, a Reporter, may only report and comment
engineer = Role.find_by_name('Developer')
engineer.add_permission!(:edit_issues, :set_notes_private, :view_private_notes)
colleague = Role.new(name: 'Colleague')
colleague.permissions = engineer.permissions - [:set_notes_private]
colleague.save!
colleague.copy_workflow_rules(engineer)
{ 'Support level' => %w(L1 L2 L3), 'Channel' => %w(phone email portal) }.each do |name, values|
  IssueCustomField.create!(name: name, field_format: 'list', possible_values: values, is_for_all: true, tracker_ids: Tracker.pluck(:id))
end
# ops is for the tests to write in; nobody writes in archive, whose list is longer than a page
{ 'ops' => 'Operations', 'archive' => 'Archive' }.each do |identifier, name|
  project = Project.new(name: name, is_public: false)
  project.identifier = identifier
  project.enabled_module_names = %w(issue_tracking)
  project.trackers = Tracker.all
  project.save!
  { 'alice' => 'Developer', 'bob' => 'Reporter', 'carol' => 'Colleague', 'admin' => 'Manager' }.each do |login, role|
    Member.create!(project: project, principal: User.find_by_login(login), roles: [Role.find_by_name(role)])
  end
end
Setting.notified_events = []
archive = Project.find('archive')
closed = IssueStatus.find_by(is_closed: true)
Issue.transaction do
  1.upto(135) do |n|
    issue = Issue.create!(project: archive, tracker: archive.trackers.first, author: admin, subject: "Ticket #{n}", priority: IssuePriority.default)
    issue.update_columns(status_id: closed.id) if n % 27 == 0
  end
end
R
  # what another version of this script created is created anew
  made=$(sha256sum <"$DIR/create.rb")
  [ ! -e "$DIR/created" ] || [ "$(cat "$DIR/created")" != "$made" ] || return 0
  stop
  unpack
  rm -f "$DIR"/redmine.sqlite3* "$DIR/created"
  (cd "$APP" && bundle exec rake db:migrate && bundle exec rails runner "$DIR/create.rb") >>"$LOG.create" 2>&1 ||
    { tail -30 "$LOG.create" >&2; die 'creating the database failed'; }
  echo "$made" >"$DIR/created"
}

start() {
  local url
  mkdir -p "$DIR"
  create
  url=$(url)
  (cd "$APP" && spawn "$PIDFILE" "$LOG" puma -C /dev/null -e production -b "tcp://${url#http://}" -t 1:1 --dir "$APP" "$APP/config.ru")
  wait_http "$url/issue_statuses.json" "$PIDFILE" "$LOG" -H "X-Redmine-API-Key: $ADMIN_KEY"
}

api() { curl -fsS -H "X-Redmine-API-Key: $ADMIN_KEY" -H 'Content-Type: application/json' "$@"; }

seed() { # five issues, one of each of Redmine's own priorities
  local open url
  url=$(url)
  open=$(api "$url/issues.json?project_id=ops&status_id=open" | python3 -c 'import json, sys; print(json.load(sys.stdin)["total_count"])')
  if [ "$open" -lt 5 ]; then
    api "$url/enumerations/issue_priorities.json" | python3 -c '
import json, sys
rows = {"Immediate": "Core switch down in rack 4", "Urgent": "Database replica is ten minutes behind",
        "High": "TLS certificate expires in three days", "Normal": "Printer queue stuck", "Low": "Typo on the phone list"}
for priority in json.load(sys.stdin)["issue_priorities"]:
    print(json.dumps({"issue": {"project_id": "ops", "tracker_id": 1, "priority_id": priority["id"], "subject": rows[priority["name"]]}}))' |
      while read -r issue; do api -o /dev/null -X POST -d "$issue" "$url/issues.json"; done
  fi
  say "seeded"
}

verbs "$@"
