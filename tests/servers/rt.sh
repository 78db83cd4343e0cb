#!/usr/bin/env bash
# rt.sh install|start|seed|stop|freeze|thaw|clean|url|variables|token admin|alice|bob : Debian's Request Tracker 5 on SQLite,
# on loopback, with no settings in /etc. alice may do all that an engineer does, bob may only look.
NAME=rt
# shellcheck source=tests/servers/lib.sh
. "$(dirname "$0")/lib.sh"
MORE=token
export DIR RT_SITE_CONFIG=$DIR/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$DIR/conf.d

install() {
  [ -n "$(missing curl python3 request-tracker5 rt5-db-sqlite rt5-standalone)" ] || return 0
  debconf-set-selections <<'D'
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/dbconfig-install boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
request-tracker5 request-tracker5/rtname string ops.example
request-tracker5 request-tracker5/organization string ops.example
D
  apt_install curl python3 request-tracker5 rt5-db-sqlite rt5-standalone
}

url() { echo "http://$HOST:$(port "$DIR/port")"; }
token() { cat "$DIR/token.${1:?whose}"; echo; }
variables() {
  export_line HOLDOVER_RT "$(url)"
  export_line HOLDOVER_RT_ADMIN "$(token admin)"
  export_line HOLDOVER_RT_ALICE "$(token alice)"
  export_line HOLDOVER_RT_BOB "$(token bob)"
}

create() {
  ! is_created || return 0
  stop
  rm -rf "$DIR/db" "$DIR/work"
  mkdir -p "$DIR"/{conf.d,db,work/mason_data,work/session_data,work/data}
  cat >"$RT_SITE_CONFIG" <<P
Set(\$rtname, 'ops.example'); Set(\$Organization, 'ops.example'); Set(\$Timezone, 'UTC');
Set(\$WebDomain, '$HOST'); Set(\$WebPort, $(port "$DIR/port")); Set(\$WebPath, ''); Set(\$WebBaseURL, '$(url)');
Set(\$DatabaseType, 'SQLite'); Set(\$DatabaseName, '$DIR/db/rt.sqlite');
Set(\$DatabaseHost, ''); Set(\$DatabaseUser, ''); Set(\$DatabasePassword, '');
Set(\$WebSessionClass, 'Apache::Session::File'); Set(\$MailCommand, 'testfile'); Set(\$SendmailPath, '/bin/true');
Set(\$LogToSyslog, undef); Set(\$LogToSTDERR, 'warning'); Set(\$LogToFile, undef); Set(\$DevelMode, 0);
\$RT::MasonDataDir = '$DIR/work/mason_data'; \$RT::MasonSessionDir = '$DIR/work/session_data'; \$RT::VarPath = '$DIR/work';
1;
P
  cat >"$DIR/create.pl" <<'P'
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib', '/usr/local/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();
sub done { my ($ok, $said) = @_; die $said unless $ok }
my $queue = RT::Queue->new(RT->SystemUser);
done($queue->Create(Name => 'ops', Description => 'Operations'));
my %rights = (
    alice => [qw(SeeQueue ShowTicket ShowTicketComments CreateTicket OwnTicket TakeTicket ModifyTicket CommentOnTicket ReplyToTicket)],
    bob   => [qw(SeeQueue ShowTicket ShowTicketComments)],
);
for my $name (sort keys %rights) {
    my $user = RT::User->new(RT->SystemUser);
    done($user->Create(Name => $name, EmailAddress => "$name\@ops.example", Password => "$name-secret", Privileged => 1));
    done($user->PrincipalObj->GrantRight(Right => $_, Object => $queue)) for @{ $rights{$name} };
}
my %login = (admin => 'root', alice => 'alice', bob => 'bob');
for my $name (sort keys %login) {
    my $user = RT::User->new(RT->SystemUser);
    $user->Load($login{$name});
    my ($ok, $said, $token) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $user->Id, Description => 'tests');
    done($ok, $said);
    open my $file, '>', "$ENV{DIR}/token.$name" or die $!;
    print $file $token;
    close $file or die $!;
}
P
  { rt-setup-database-5 --action init --dba '' --dba-password '' && perl "$DIR/create.pl"; } >>"$LOG.create" 2>&1 </dev/null ||
    { tail -30 "$LOG.create" >&2; die 'creating the database failed'; }
  created
}

start() {
  mkdir -p "$DIR"
  create
  spawn "$PIDFILE" "$LOG" /usr/share/request-tracker5/libexec/rt-server --server Starlet --host "$HOST" --port "$(port "$DIR/port")" --max-workers 3 --env deployment
  wait_http "$(url)/REST/2.0/rt" "$PIDFILE" "$LOG" -H "Authorization: token $(token admin)"
}

api() { curl -fsS -H "Authorization: token $(token admin)" -H 'Content-Type: application/json' "$@"; }

seed() { # five tickets
  local total ticket
  total=$(api "$(url)/REST/2.0/tickets?query=Queue%3D'ops'" | python3 -c 'import json, sys; print(json.load(sys.stdin)["total"])')
  if [ "$total" -lt 5 ]; then
    while IFS='|' read -r priority subject; do
      printf -v ticket '{"Queue": "ops", "Subject": "%s", "Priority": "%s", "Requestor": "bob@ops.example", "ContentType": "text/plain", "Content": "%s"}' \
        "$subject" "$priority" "$subject"
      api -o /dev/null -d "$ticket" "$(url)/REST/2.0/ticket"
    done <<'ROWS'
100|Core switch down in rack 4
80|Database replica is ten minutes behind
50|TLS certificate expires in three days
20|Printer queue stuck
0|Typo on the phone list
ROWS
  fi
  say 'seeded'
}

verbs "$@"
