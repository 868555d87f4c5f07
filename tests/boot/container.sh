# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine with a real systemd, dbus-daemon and polkitd to install the package in: a container, booted from a copy of the root
# that make-root makes, or, where there is none, of this machine's own with all that it starts at boot left out. Either
# stands below an overlay in memory: nothing of it is changed. Sourced by the tests; BUILD_ROOT is the build folder.

set -u
root=${LANSCOPE_BOOT_ROOT:-/var/tmp/lanscope-boot-root}
build=${BUILD_ROOT:?the build folder}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source=$(readlink -f "$here/../..")
captures=$source/tests/golden
configuration=/etc/lanscope/lanscoped.conf.d
nspawn= leader= failures=0 work= peer=lanscope-boot-$$

skip() { echo "skipped: $*"; exit 77; }

cleanup() {
        trap - EXIT
        if [ -n "$nspawn" ]; then
                [ -z "$leader" ] || kill -RTMIN+4 "$leader" 2>/dev/null # powers it off
                for _ in $(seq 100); do kill -0 "$nspawn" 2>/dev/null || break; sleep 0.1; done
                kill -9 "$nspawn" 2>/dev/null
                wait "$nspawn" 2>/dev/null
        fi
        ip netns del "$peer" 2>/dev/null
        umount "$work/tree" 2>/dev/null
        umount "$work" && rmdir "$work"
}

# Skips where nothing can be booted; makes $work, in memory.
prepare() {
        [ "$(id -u)" = 0 ] || skip "needs root"
        local tool
        for tool in systemd-nspawn dpkg-buildpackage dh_auto_configure; do
                command -v "$tool" >/dev/null || skip "$tool is not installed"
        done
        if [ ! -d "$root" ]; then
                [ -x /lib/systemd/systemd ] && command -v dbus-daemon >/dev/null ||
                        skip "neither $root (tests/boot/make-root makes it) nor systemd and dbus here"
                root=/
        fi
        work=$(mktemp -d /tmp/lanscope-boot.XXXXXX)
        mount -t tmpfs -o mode=755 tmpfs "$work" || { rmdir "$work"; skip "file systems cannot be mounted here"; }
        trap cleanup EXIT
        trap 'exit 1' INT TERM
}

# The package of what is checked out here, built when there is none yet that is newer than all of it.
package() {
        local deb
        deb=$(find "$build/package" -name "lanscope_*_$(dpkg --print-architecture).deb" 2>/dev/null)
        if [ -z "$deb" ] || [ -n "$(find "$source" -path "$source/build*" -prune -o -path "$source/.git" -prune -o \
                -path "$source/tests" -prune -o -type f -newer "$deb" -print -quit)" ]; then
                "$source/scripts/package" --quick --output "$build/package" >&2 || return
                deb=$(find "$build/package" -name "lanscope_*_$(dpkg --print-architecture).deb")
        fi
        echo "$deb"
}

# The same package as if it were another version: repackage DEB VERSION
repackage() {
        local deb=$work/lanscope_$2.deb
        dpkg-deb -R "$1" "$work/unpacked" && sed -i "s/^Version:.*/Version: $2/" "$work/unpacked/DEBIAN/control" &&
                dpkg-deb --root-owner-group -b "$work/unpacked" "$deb" >&2 || return
        rm -rf "$work/unpacked"
        echo "$deb"
}

inside() { nsenter -t "$leader" -m -u -i -n -p -C env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"; }

# Boots; `leader` is its first process, `tree` its root as seen from here. A LAN of one other host, `peer`, is at lan0.
boot() {
        mkdir "$work/changes" "$work/scratch" "$work/tree"
        mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/changes,workdir=$work/scratch" "$work/tree" ||
                skip "there is no overlay file system here"
        if [ "$root" = / ]; then
                rm -rf "$work/tree"/etc/systemd/system/*.wants "$work/tree"/etc/systemd/system/*.requires "$work/tree"/etc/rc?.d
                rm -f "$work/tree/etc/fstab" "$work/tree/usr/sbin/policy-rc.d"
        fi
        setsid systemd-nspawn -D "$work/tree" --register=no --keep-unit --machine="$peer" --private-network --console=pipe -b \
                --capability=CAP_BPF,CAP_PERFMON --system-call-filter=bpf </dev/null >"$work/console" 2>&1 &
        nspawn=$!
        for _ in $(seq 1200); do
                leader=$(pgrep -P "$nspawn" | head -n 1)
                [ -n "$leader" ] && [ "$(cat "/proc/$leader/comm" 2>/dev/null)" = systemd ] &&
                        inside test -S /run/systemd/private 2>/dev/null && break
                kill -0 "$nspawn" 2>/dev/null || { cat "$work/console"; skip "nothing can be booted here"; }
                sleep 0.05
        done
        inside systemctl is-system-running --wait >/dev/null
        tree=/proc/$leader/root
        # Nobody starts a service as often as these tests do.
        mkdir -p "$tree/run/systemd/system/lanscoped.service.d"
        printf '[Unit]\nStartLimitIntervalSec=0\n' >"$tree/run/systemd/system/lanscoped.service.d/often.conf"
        ip netns add "$peer"
        plug_in
}

plug_in() {
        ip link add lan0 netns "$leader" type veth peer name lan0 netns "$peer"
        inside sh -c 'ip addr add 192.0.2.1/24 dev lan0; ip link set lan0 up; ip route add default via 192.0.2.254'
        ip netns exec "$peer" sh -c 'ip addr add 192.0.2.7/24 dev lan0; ip link set lan0 up'
}

# As apt does it, from a file; apt itself would look for its lists. Nobody starts a service as often as these tests do.
dpkg_inside() {
        local arguments=("${@:1:$#-1}") last=${!#}
        if [ -f "$last" ]; then
                cp "$last" "$tree/tmp/" && last=/tmp/${last##*/}
        fi
        inside systemctl reset-failed lanscoped.service 2>/dev/null
        inside env DEBIAN_FRONTEND=noninteractive dpkg "${arguments[@]}" "$last"
}

property() { inside busctl --timeout=60 get-property org.lanscope1 /org/lanscope1 org.lanscope1.Manager "$1" 2>&1; }
unit() { inside systemctl show -P "$1" lanscoped.service; }
nobody() { inside setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
refused() { ! "$@"; }
replay() { ip netns exec "$peer" tcpreplay -q --pps=200 -i lan0 "$captures/$1.pcap"; }

# check WHAT COMMAND...: one line a check
check() {
        local what=$1
        shift
        if "$@" >"$work/output" 2>&1; then
                echo "ok: $what"
        else
                echo "FAILED: $what"
                sed 's/^/    /' "$work/output"
                failures=$((failures + 1))
        fi
}
eventually() { for _ in $(seq 600); do "$@" && return 0; sleep 0.1; done; return 1; }
says() { local text=$1; shift; "$@" | tee /dev/stderr | grep -aq -- "$text"; }

# Ends the test.
done_here() {
        [ "$failures" = 0 ] || inside journalctl -u lanscoped --no-pager | tail -n 40
        exit "$((failures > 0))"
}
