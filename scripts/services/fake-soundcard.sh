#!/usr/bin/env bash
# Sound hardware without hardware: a private PulseAudio with two null sinks that run on a real-time 48 kHz clock.
#
#   fake-soundcard.sh start DIR    start it with its state in DIR
#   fake-soundcard.sh stop DIR     end it and remove DIR
#
# `start` prints the variables to export as NAME=value lines. Then there are
#   deck   a line input: what is played into the sink `deck` is what ALSA captures from the device `deck`
#          (arecord -D deck, or PulseAudio's source deck.monitor)
#   ears   a pair of headphones: what a program plays into the sink `ears` can be recorded
#          (PULSE_SINK=ears chromium …, then parec -d ears.monitor)
# Needs the Debian packages pulseaudio pulseaudio-utils alsa-utils libasound2-plugins: npm run setup:services.
set -euo pipefail
export LC_ALL=C

readonly MARKER=.bucket-radio-soundcard

die() {
  echo "fake-soundcard.sh: $*" >&2
  exit 1
}

usage() {
  sed -n '4,5s/^# *//p' "$0" >&2
  exit 2
}

# The daemon's pid, if it still runs: one that is gone or whose number was recycled is never signalled.
daemon() {
  local pid
  [ -s "$1/pulse/pid" ] || return 0
  pid=$(<"$1/pulse/pid")
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = pulseaudio ] &&
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "XDG_RUNTIME_DIR=$1"; then echo "$pid"; fi
}

end_daemon() {
  local pid
  pid=$(daemon "$1")
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  for attempt in $(seq 100); do
    [ -n "$(daemon "$1")" ] || return 0
    [ "$attempt" != 60 ] || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.05
  done
  die "process $pid did not end"
}

start() {
  local tool
  for tool in pulseaudio pactl arecord; do
    command -v "$tool" >/dev/null || die "$tool is not installed; install it with: npm run setup:services"
  done
  # A UNIX socket's path holds 107 bytes; PulseAudio adds /pulse/native.
  [ ${#DIR} -le 90 ] || die "$DIR is ${#DIR} characters long; name a directory of at most 90"
  if [ -e "$DIR" ] && [ ! -e "$DIR/$MARKER" ] && [ -n "$(ls -A "$DIR")" ]; then
    die "$DIR is not empty and is not a sound card's directory; name a new one"
  fi
  end_daemon "$DIR"
  rm -rf "$DIR"
  mkdir -p "$DIR/home"
  chmod 700 "$DIR"
  touch "$DIR/$MARKER"
  cat >"$DIR/asound.conf" <<'CONF'
</usr/share/alsa/alsa.conf>
pcm.deck {
  type pulse
  device deck.monitor
  hint { show on description "Fake deck (test sound card)" }
}
CONF
  # HOME as well: nobody's own PulseAudio configuration or cookie takes part.
  export XDG_RUNTIME_DIR=$DIR HOME=$DIR/home
  unset PULSE_SERVER PULSE_RUNTIME_PATH PULSE_SINK PULSE_SOURCE
  if ! pulseaudio --daemonize=yes --exit-idle-time=-1 --disallow-exit --log-target="file:$DIR/pulseaudio.log" -n \
    --load='module-native-protocol-unix auth-anonymous=1' \
    --load='module-null-sink sink_name=deck rate=48000 format=s32le channels=2' \
    --load='module-null-sink sink_name=ears rate=48000 format=float32le channels=2' \
    </dev/null >"$DIR/start.log" 2>&1; then
    cat "$DIR/start.log" "$DIR/pulseaudio.log" >&2 || true
    die 'PulseAudio did not start'
  fi
  for _ in $(seq 100); do
    if pactl list short sinks 2>/dev/null | grep -q '	ears	'; then
      printf 'XDG_RUNTIME_DIR=%s\nALSA_CONFIG_PATH=%s/asound.conf\n' "$DIR" "$DIR"
      return 0
    fi
    sleep 0.1
  done
  end_daemon "$DIR"
  die "PulseAudio did not answer; its log is $DIR/pulseaudio.log"
}

stop() {
  [ -e "$DIR" ] || return 0
  [ -e "$DIR/$MARKER" ] || die "$DIR is not a sound card's directory; nothing was removed"
  end_daemon "$DIR"
  rm -rf "$DIR"
}

[ $# -eq 2 ] || usage
DIR=$(realpath -m -- "$2")
case $1 in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
