# SPDX-License-Identifier: LGPL-2.1-or-later
# What run, test and the LAN scripts share. Sourced by bash; sets SOURCE.

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
[ -t 2 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '==> %s\n' "$*" >&2; }

die() {
        printf '%s: %s\n' "$(basename "$0")" "$*" >&2
        exit 1
}

# Runs the calling script again as root, where it is not yet.
need_root() {
        [ "$(id -u)" -eq 0 ] && return
        command -v sudo >/dev/null || die "needs root: run it as root, or install sudo"
        say "needs root to install packages and to capture: asking sudo"
        exec sudo -E "$0" "$@"
}

package_manager() {
        local m
        for m in apt:apt-get dnf:dnf pacman:pacman; do
                command -v "${m#*:}" >/dev/null && { echo "${m%%:*}"; return; }
        done
        die "no apt-get, dnf or pacman here: install what scripts/packages-*.txt lists, then use meson"
}

# packages GROUP...: the names of the groups, for this machine's package manager
packages() {
        local manager=$1 group
        shift
        for group; do
                sed -n "s/^$group: //p" "$SOURCE/scripts/packages-$manager.txt"
        done | tr ' ' '\n' | sort -u
}

missing_packages() {
        local manager=$1 p
        shift
        packages "$manager" "$@" | while read -r p; do
                case $manager in
                apt) dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || echo "$p" ;;
                dnf) rpm -q --quiet "$p" || echo "$p" ;;
                pacman) pacman -Qq "$p" >/dev/null 2>&1 || echo "$p" ;;
                esac
        done
}

# Some packages of the demo and the tests bring services. The daemons are run in namespaces only: nothing
# that was not there before may start on the machine itself, now or at the next boot.
forbid_service_start() {
        [ -e /usr/sbin/policy-rc.d ] && return 1
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
}

disable_new_services() {
        local unit
        command -v systemctl >/dev/null || return 0
        for unit in $(dpkg -L "$@" 2>/dev/null | sed -n 's|^\(/usr\)\?/lib/systemd/system/\([^/]*\.\(service\|socket\)\)$|\2|p'); do
                case $unit in
                avahi-daemon.*|miniupnpd.*|minidlna.*|prometheus.*) systemctl --quiet disable "$unit" || true ;;
                esac
        done
}

# install_packages GROUP...: installs what is missing, and only then touches the package manager
install_packages() {
        local manager missing
        manager=$(package_manager)
        mapfile -t missing < <(missing_packages "$manager" "$@")
        [ "${#missing[@]}" -gt 0 ] || return 0
        say "installing ${#missing[@]} packages and what they need: ${missing[*]}"
        "install_with_$manager" "${missing[@]}"
}

# Only what goes wrong is worth a newcomer's attention.
apt_quietly() {
        local log r=0
        log=$(mktemp)
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || r=$?
        [ "$r" -eq 0 ] || cat "$log" >&2
        rm -f "$log"
        return "$r"
}

# In a process of its own, so that what it forbids is allowed again even when it is interrupted.
install_with_apt() (
        ! forbid_service_start || trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        apt_quietly update && apt_quietly install --no-install-recommends "$@" ||
                die "apt-get failed: see above, and scripts/packages-apt.txt for what is needed"
        disable_new_services "$@"
)

install_with_dnf() { dnf -q -y --setopt=strict=0 install "$@" >&2 || die "dnf failed"; }
install_with_pacman() { pacman -S --needed --noconfirm "$@" >&2 || die "pacman failed"; }

# build_tree DIR [MESON OPTION...]: configures once, builds always; says nothing unless something fails
build_tree() {
        local dir=$1 log
        shift
        mkdir -p "$dir"
        log=$dir/build.log
        if [ ! -f "$dir/build.ninja" ]; then
                meson setup "$dir" "$SOURCE" "$@" >"$log" 2>&1 || { cat "$log" >&2; die "configuring $dir failed"; }
        fi
        ninja -C "$dir" >"$log" 2>&1 || { cat "$log" >&2; die "building $dir failed (if it was made by something older: remove it, and try again)"; }
}

# wait_for SECONDS COMMAND...: until it succeeds; 1 if it never does
wait_for() {
        local left=$(($1 * 20))
        shift
        until "$@" >/dev/null 2>&1; do
                [ $((left -= 1)) -gt 0 ] || return 1
                sleep 0.05
        done
}

# private_bus DIR: a bus of our own in DIR; sets BUS_PID and DBUS_SYSTEM_BUS_ADDRESS
private_bus() {
        local dir=$1
        cat >"$dir/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=$dir/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="org.lanscope1"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
CONF
        dbus-daemon --config-file="$dir/bus.conf" --nofork --nopidfile --nosyslog >"$dir/bus.log" 2>&1 &
        BUS_PID=$!
        wait_for 5 test -S "$dir/bus" || die "the private bus did not start: $(cat "$dir/bus.log")"
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$dir/bus
}
