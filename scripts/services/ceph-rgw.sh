#!/usr/bin/env bash
# A real S3 server for tests: one-node Ceph (monitor, in-memory OSD, RADOS gateway).
#
#   ceph-rgw.sh start DIR [PORT]   start it with its state in DIR; default port 9100
#   ceph-rgw.sh stop DIR           end every process of it and remove DIR
#
# `start` prints S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY as NAME=value lines once the server answers.
# It listens on 127.0.0.1 only, and its credentials are worth nothing elsewhere. Everything it stores is in memory;
# MEMSTORE_BYTES (default 8 GiB) is the most it will hold. With DISKSTORE_BYTES it is all in a file of that size in DIR
# instead: slower, for more than there is memory. Its key management has one key, "local-test-kms", for objects that ask
# for server-side encryption with `aws:kms`.
# Needs the Debian packages radosgw ceph-mon ceph-osd ceph-base ceph-common: npm run setup:services.
set -euo pipefail
export LC_ALL=C

readonly ACCESS_KEY=local-test-key SECRET_KEY=local-test-secret KMS_KEY_ID=local-test-kms
readonly MARKER=.bucket-radio-ceph

die() {
  echo "ceph-rgw.sh: $*" >&2
  exit 1
}

usage() {
  sed -n '4,5s/^# *//p' "$0" >&2
  exit 2
}

# Every process that has this directory's configuration as an argument: the daemons, which fork away from this script, and
# whatever an interrupted start was about to do. The whole argument must match, so nobody else's process is found.
processes() {
  # The pattern comes as a file: as an argument it would be one of grep's own.
  grep -lsxzF -f <(printf '%s\n' "$1/ceph.conf") /proc/[0-9]*/cmdline | cut -d / -f 3 || true
}

# SIGKILL at once: there is nothing to save, and an orderly shutdown takes seconds.
kill_processes() {
  local found
  for _ in $(seq 100); do
    found=$(processes "$1")
    [ -n "$found" ] || return 0
    # shellcheck disable=SC2086
    kill -KILL $found 2>/dev/null || true
    sleep 0.05
  done
  die "these processes did not end: ${found//$'\n'/ }"
}

port_is_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Two consecutive free ports for the monitor, away from the port the caller chose.
free_pair() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if port_is_free "$port" && port_is_free $((port + 1)); then
      echo "$port"
      return 0
    fi
  done
  die 'found no two free ports for the monitor between 20000 and 32000'
}

object_store() {
  if [ -n "${DISKSTORE_BYTES:-}" ]; then
    printf 'osd objectstore = bluestore\nbluestore block create = true\nbluestore block size = %s\n' "$DISKSTORE_BYTES"
    printf 'osd memory target = 1073741824\n'
  else
    printf 'osd objectstore = memstore\nmemstore device bytes = %s\n' "${MEMSTORE_BYTES:-8589934592}"
  fi
}

write_configuration() {
  local fsid=$1 monitor=$2
  cat >"$DIR/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$monitor,v1:127.0.0.1:$((monitor + 1))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $DIR/keyring
mon data = $DIR/mon
osd data = $DIR/osd
run dir = $DIR/run
pid file = $DIR/run/\$name.pid
admin socket =
log file = $DIR/log/\$name.log
mon cluster log file = $DIR/log/cluster.log
crash dir = $DIR/log
$(object_store)
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 0
paxos propose interval = 0.05
paxos min wait = 0.01
rgw frontends = beast endpoint=127.0.0.1:$PORT
rgw thread pool size = 64
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 60
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = $KMS_KEY_ID=$(head -c 32 /dev/urandom | base64)
CONF
}

start_cluster() {
  local monitor=$1 fsid=$2 osd
  local ceph=(ceph -c "$DIR/ceph.conf" --connect-timeout 20)
  ceph-authtool --create-keyring "$DIR/keyring" --gen-key -n mon. --cap mon 'allow *'
  local name
  for name in client.admin osd.0 client.rgw; do
    ceph-authtool "$DIR/keyring" --gen-key -n "$name" --cap mon 'allow *' --cap osd 'allow *'
  done
  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor,v1:127.0.0.1:$((monitor + 1))]" "$DIR/monmap"
  ceph-mon -c "$DIR/ceph.conf" --mkfs -i a --monmap "$DIR/monmap" --keyring "$DIR/keyring"
  ceph-mon -c "$DIR/ceph.conf" -i a --public-addr 127.0.0.1
  "${ceph[@]}" auth import -i "$DIR/keyring"
  osd=$(</proc/sys/kernel/random/uuid)
  "${ceph[@]}" osd new "$osd"
  ceph-osd -c "$DIR/ceph.conf" -i 0 --mkfs --osd-uuid "$osd"
  ceph-osd -c "$DIR/ceph.conf" -i 0
  radosgw -c "$DIR/ceph.conf" -n client.rgw
  radosgw-admin -c "$DIR/ceph.conf" -n client.rgw user create --uid=radio --display-name=radio \
    --access-key="$ACCESS_KEY" --secret="$SECRET_KEY"
  for _ in $(seq 600); do
    if [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/" || true)" = 200 ]; then return 0; fi
    if [ -s "$DIR/run/client.rgw.pid" ] && ! kill -0 "$(<"$DIR/run/client.rgw.pid")"; then
      echo "radosgw ended; the end of its log:"
      tail -n 5 "$DIR/log/client.rgw.log"
      return 1
    fi
    sleep 0.1
  done
  echo "no answer on http://127.0.0.1:$PORT/ within 60 s"
  return 1
}

start() {
  local tool
  for tool in ceph ceph-authtool ceph-mon ceph-osd monmaptool radosgw radosgw-admin curl; do
    command -v "$tool" >/dev/null || die "$tool is not installed; install it with: npm run setup:services"
  done
  [[ $PORT =~ ^[0-9]+$ ]] && [ "$PORT" -ge 1024 ] && [ "$PORT" -le 65535 ] || die "port $PORT: use 1024 to 65535"
  if [ -e "$DIR" ] && [ ! -e "$DIR/$MARKER" ] && [ -n "$(ls -A "$DIR")" ]; then
    die "$DIR is not empty and is not a server's directory; name a new one"
  fi
  [ ! -e "$DIR/$MARKER" ] || kill_processes "$DIR"
  port_is_free "$PORT" || die "port $PORT on 127.0.0.1 is taken; name another: start DIR PORT"
  rm -rf "$DIR"
  mkdir -p "$DIR"/{mon,osd,run,log}
  touch "$DIR/$MARKER"
  local monitor fsid
  monitor=$(free_pair)
  fsid=$(</proc/sys/kernel/random/uuid)
  write_configuration "$fsid" "$monitor"
  # In the background, because `set -e` has no force in a command whose status is tested.
  start_cluster "$monitor" "$fsid" </dev/null >"$DIR/log/start.log" 2>&1 &
  local starter=$!
  trap '{ kill -KILL "$starter"; wait "$starter"; } 2>/dev/null || true; kill_processes "$DIR"; exit 1' INT TERM
  if ! wait "$starter"; then
    tail -n 20 "$DIR/log/start.log" >&2
    kill_processes "$DIR"
    die "the server did not start; its logs are in $DIR/log"
  fi
  printf 'S3_ENDPOINT=http://127.0.0.1:%s\nS3_ACCESS_KEY=%s\nS3_SECRET_KEY=%s\n' "$PORT" "$ACCESS_KEY" "$SECRET_KEY"
}

stop() {
  [ -e "$DIR" ] || return 0
  [ -e "$DIR/$MARKER" ] || die "$DIR is not a server's directory; nothing was removed"
  kill_processes "$DIR"
  rm -rf "$DIR"
}

[ $# -ge 2 ] || usage
DIR=$(realpath -m -- "$2")
PORT=${3:-9100}
case $1 in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
