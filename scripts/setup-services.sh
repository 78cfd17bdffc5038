#!/usr/bin/env bash
# Installs what the full test suite needs and npm cannot bring: an S3 server, a sound daemon, codecs, players, a browser.
# Debian and Ubuntu; safe to run again, and done at once when everything is there.
#   npm run setup:services
set -euo pipefail

packages=(
  ffmpeg flac mpv vlc-bin vlc-plugin-base                     # decoders and players that judge what we publish
  alsa-utils pulseaudio pulseaudio-utils libasound2-plugins   # scripts/services/fake-soundcard.sh
  radosgw ceph-mon ceph-osd ceph-base ceph-common             # scripts/services/ceph-rgw.sh
  curl                                                        # both
  libflac-dev pkg-config cmake make g++ python3               # native encoder add-ons
  systemd                                                     # systemd-notify and systemd-analyze; nothing is started
  chromium firefox-esr                                        # *.browser.test.ts
  wesnoth-1.16-music                                          # recorded music for the meters and the signal guard
)

die() {
  echo "setup-services: $*" >&2
  exit 1
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  die "this is not Debian or Ubuntu (no apt-get). Install the equivalents of these by hand: ${packages[*]}"
fi

# Deno comes from npm, beside the project: the listener site is tested on it.
deno_version=2.9.6
install_deno() {
  local machine
  case "$(uname -m)" in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) die "there is no Deno for $(uname -m) on npm; install it by hand and set DENO_PATH" ;;
  esac
  local services; services="$(cd "$(dirname "$0")/.." && pwd)/.services"
  if [ "$(cat "$services/deno-version" 2>/dev/null)" = "$deno_version" ] && [ -x "$services/deno" ]; then return; fi
  echo "setup-services: getting Deno $deno_version from npm"
  mkdir -p "$services"
  npm install --prefix "$services" --no-save --no-package-lock --no-audit --no-fund --loglevel=error \
    "@deno/linux-$machine-glibc@$deno_version" || die 'npm could not install Deno; the reason is above'
  ln -sf "node_modules/@deno/linux-$machine-glibc/deno" "$services/deno"
  chmod +x "$services/node_modules/@deno/linux-$machine-glibc/deno"
  echo "$deno_version" > "$services/deno-version"
}
install_deno

# Of Debian's package prometheus only the checker: installed, the package would start a server.
install_promtool() {
  local services; services="$(cd "$(dirname "$0")/.." && pwd)/.services"
  if [ -x "$services/promtool" ] || command -v promtool >/dev/null; then return; fi
  echo 'setup-services: getting promtool (19 MB)'
  local work; work="$(mktemp -d)"
  if ! (cd "$work" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .); then
    die 'apt-get could not download prometheus; the reason is above'
  fi
  mkdir -p "$services"
  install -m 755 "$work/usr/bin/promtool" "$services/promtool"
  rm -rf "$work"
}

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  install_promtool
  echo "setup-services: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || die "run this as root, or install sudo; missing packages: ${missing[*]}"
  as_root=(sudo)
fi

echo "setup-services: installing ${missing[*]}"
# A package's service is not started here: the test scripts start their own, on loopback, in a directory of their own.
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends)
"${as_root[@]}" apt-get update || die 'apt-get update failed; the reason is above'
# Ubuntu has no firefox-esr; the tests that drive it say there that they were skipped.
if ! apt-cache show firefox-esr >/dev/null 2>&1; then
  echo 'setup-services: there is no firefox-esr here; set FIREFOX_PATH to another Firefox, or do without'
  for i in "${!missing[@]}"; do if [ "${missing[i]}" = firefox-esr ]; then unset "missing[i]"; fi; done
fi
if ! "${install[@]}" "${missing[@]}"; then
  die "apt-get could not install: ${missing[*]}. The reason is above"
fi
install_promtool
echo 'setup-services: done'
