# SPDX-License-Identifier: LGPL-2.1-or-later
"""A system bus of its own, with the real dbus-daemon and the real polkitd, and a lanscoped on it.

Everything stands in private mount, network and IPC namespaces: /run, the user database, and what the package would
install for bus and polkit. Nothing of the machine is touched. Exit status 77 (skipped) where that cannot be had.
"""

import ctypes
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import buses  # noqa: E402
from patience import PATIENCE, wait_for  # noqa: E402

SKIP = 77
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LANSCOPED = os.environ.get("LANSCOPED", os.path.join(SOURCE, "build", "daemon", "lanscoped"))
PKCHECK_DIRS = ("/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd", "/usr/lib/polkitd")

NAME = "org.lanscope1"
ROOT = "/org/lanscope1"
MANAGER = "org.lanscope1.Manager"
DEVICE = "org.lanscope1.Device"
NETWORK = "org.lanscope1.Network"

# Whom the rule below lets do everything, nothing, and about whom it says nothing (auth_admin, with no agent).
USERS = {"root": 0, "allowed": 2001, "refused": 2002, "undecided": 2003, "lanscope": 2004}
RULE = """
polkit.addRule(function(action, subject) {
        if (action.id.indexOf("org.lanscope1.") !== 0)
                return polkit.Result.NOT_HANDLED;
        if (subject.user == "allowed")
                return polkit.Result.YES;
        if (subject.user == "refused")
                return polkit.Result.NO;
        return polkit.Result.NOT_HANDLED;
});
"""


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)


def polkitd():
    return next((path for path in PKCHECK_DIRS if os.access(path, os.X_OK)), None)


def enter_namespaces():
    """Runs this program again inside its own namespaces, unless it already is."""
    if os.environ.get("LANSCOPE_BUS_TEST") == "inside":
        return
    if os.geteuid() != 0:
        skip("needs root")
    for program in ("dbus-daemon", "unshare", "ip"):
        if not shutil.which(program):
            skip(program + " is not installed")
    if not polkitd():
        skip("polkitd is not installed")
    if not os.access(LANSCOPED, os.X_OK):
        skip(LANSCOPED + " is not built")
    unshare = ["unshare", "--mount", "--net", "--ipc", "--propagation", "private"]
    if subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        skip("namespaces are not allowed here")
    os.environ["LANSCOPE_BUS_TEST"] = "inside"
    os.execvp("unshare", unshare + [sys.executable] + sys.argv)


def run(*command):
    subprocess.run(command, check=True)


def bind_file(work, path, lines):
    copy = os.path.join(work, os.path.basename(path))
    shutil.copy(path, copy)
    with open(copy, "a") as f:
        f.write("".join(lines))
    run("mount", "--bind", copy, path)


def cover(path):
    os.makedirs(path, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)


class Bus:
    """dbus-daemon and polkitd."""

    def __init__(self):
        # What follows covers /run and the user database: never those of the machine.
        if os.environ.get("LANSCOPE_BUS_TEST") != "inside":
            raise RuntimeError("enter_namespaces() was not called")
        self.work = tempfile.mkdtemp(prefix="lanscope-bus.")
        os.chmod(self.work, 0o755)
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.work)
        self.mount()
        # A checkout may be where the user lanscope cannot look, below /root for one.
        self.lanscoped = shutil.copy(LANSCOPED, self.work)
        self.rules = shutil.copytree(os.path.join(SOURCE, "data", "rules"), os.path.join(self.work, "rules"))
        self.dbus = self.polkit = None
        self.address = "unix:path=/run/dbus/system_bus_socket"
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = self.address
        self.dbus = self.spawn("dbus", "dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog")
        wait_for(lambda: buses.listens("/run/dbus/system_bus_socket"), "the bus")
        self.start_polkit()

    def mount(self):
        users = ["%s:x:%i:%i::/:/bin/sh\n" % (n, u, u) for n, u in USERS.items() if u]
        groups = ["%s:x:%i:\n" % (n, u) for n, u in USERS.items() if u]
        bind_file(self.work, "/etc/passwd", users)
        bind_file(self.work, "/etc/group", groups)
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        for folder in ("/run/dbus", "/run/polkit-1", "/run/lock"):
            os.makedirs(folder)
        cover("/usr/share/dbus-1/system.d")
        shutil.copy(os.path.join(SOURCE, "dbus", "org.lanscope1.conf"), "/usr/share/dbus-1/system.d")
        with open("/usr/share/dbus-1/system.d/polkit.conf", "w") as f:
            f.write('<busconfig><policy user="root"><allow own="org.freedesktop.PolicyKit1"/></policy>'
                    '<policy user="polkitd"><allow own="org.freedesktop.PolicyKit1"/></policy>'
                    '<policy context="default"><allow send_destination="org.freedesktop.PolicyKit1"/></policy></busconfig>')
        cover("/usr/share/dbus-1/system-services")  # nothing is activated but what the tests start
        cover("/usr/share/polkit-1/actions")
        shutil.copy(os.path.join(SOURCE, "polkit", "org.lanscope1.policy"), "/usr/share/polkit-1/actions")
        cover("/etc/polkit-1/rules.d")
        with open("/etc/polkit-1/rules.d/10-test.rules", "w") as f:
            f.write(RULE)
        run("ip", "link", "set", "lo", "up")

    def spawn(self, name, *command, **options):
        with open(os.path.join(self.work, name + ".log"), "ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)

    def log(self, name):
        with open(os.path.join(self.work, name + ".log"), errors="replace") as f:
            return f.read()

    def start_polkit(self):
        self.polkit = self.spawn("polkit", polkitd(), "--no-debug")
        wait_for(lambda: has_owner("org.freedesktop.PolicyKit1"), "polkitd")

    def stop_polkit(self):
        stop(self.polkit, signal.SIGKILL)
        wait_for(lambda: not has_owner("org.freedesktop.PolicyKit1"), "polkitd to leave")

    def freeze_polkit(self, frozen):
        self.polkit.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def close(self):
        for process in (self.polkit, self.dbus):
            stop(process, signal.SIGKILL)


def stop(process, signal_number=signal.SIGTERM):
    if process and process.poll() is None:
        process.send_signal(signal_number)
        process.wait(PATIENCE)
    return process.returncode if process else None


# --- the client

from gi.repository import Gio, GLib  # noqa: E402  (after the checks that skip)


def connect(user="root"):
    """A connection of its own that belongs to `user`: the bus looks at the effective user of whoever connects."""
    os.seteuid(USERS[user])
    try:
        return Gio.DBusConnection.new_for_address_sync(
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    finally:
        os.seteuid(0)


class Refused(Exception):
    """A D-Bus error; `name` is its name."""

    def __init__(self, name, message):
        super().__init__("%s: %s" % (name, message))
        self.name, self.message = name, message


def refused(error):
    name = Gio.DBusError.get_remote_error(error) or "local"
    Gio.DBusError.strip_remote_error(error)
    return Refused(name, error.message)


def call(connection, path, interface, member, arguments=None, timeout=PATIENCE):
    try:
        reply = connection.call_sync(NAME, path, interface, member, arguments, None, Gio.DBusCallFlags.NONE,
                                     timeout * 1000, None)
        return reply.unpack()
    except GLib.Error as error:
        raise refused(error) from None


def get(connection, path, interface, name):
    return call(connection, path, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (interface, name)))[0]


def has_owner(name):
    try:
        connection = connect()
        return connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                    GLib.Variant("(s)", (name,)), None, 0, 5000, None).unpack()[0]
    except GLib.Error:
        return False


def iterate(seconds):
    """Lets signals and replies arrive."""
    context, end = GLib.MainContext.default(), time.monotonic() + seconds
    while time.monotonic() < end:
        if not context.iteration(False):
            time.sleep(0.005)


def iterate_until(condition, what, seconds=PATIENCE):
    context, end = GLib.MainContext.default(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("timeout: waited for " + what)
        if not context.iteration(False):
            time.sleep(0.005)


# --- the traffic

def mac(text):
    return bytes(int(b, 16) for b in text.split(":"))


def arp(source, ip):
    """An announcement: sender and target address are the same (RFC 5227)."""
    address = socket.inet_aton(ip)
    return (b"\xff" * 6 + mac(source) + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac(source) + address
            + b"\0" * 6 + address)


def dhcp_request(source, hostname, vendor_class):
    """A DHCPREQUEST by broadcast, with host name (12) and vendor class (60)."""
    options = b"\x63\x82\x53\x63" + b"\x35\x01\x03" + bytes([12, len(hostname)]) + hostname.encode() + \
        bytes([60, len(vendor_class)]) + vendor_class.encode() + b"\x37\x04\x01\x03\x06\x0f\xff"
    bootp = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x1234, 0, 0) + b"\0" * 16 + mac(source) + b"\0" * (10 + 64 + 128) + options
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + b"\0" * 4 + b"\xff" * 4
    total = sum(struct.unpack("!10H", ip))
    total = ~((total & 0xffff) + (total >> 16)) & 0xffff
    ip = ip[:10] + struct.pack("!H", total) + ip[12:]
    return b"\xff" * 6 + mac(source) + b"\x08\x00" + ip + udp


def write_capture(path, frames, start=1700000000, step=1.0):
    """A pcap file with a frame each `step` seconds."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames):
            usec = int(i * step * 10**6)
            f.write(struct.pack("<IIII", start + usec // 10**6, usec % 10**6, len(frame), len(frame)) + frame)


PHONE, PRINTER, LAPTOP = "00:1b:63:00:00:01", "00:80:77:00:00:02", "02:00:5e:00:00:03"


def home_frames():
    """Three devices that say who they are, then silence for the settling time to pass."""
    frames = [dhcp_request(PHONE, "phone", "android-dhcp-13"), arp(PHONE, "192.0.2.11"),
              dhcp_request(PRINTER, "printer", "udhcp 1.35"), arp(PRINTER, "192.0.2.12"),
              dhcp_request(LAPTOP, "laptop", "MSFT 5.0"), arp(LAPTOP, "192.0.2.13")]
    return frames + [arp(PHONE, "192.0.2.11")] * 30


# --- the service

class Service:
    """A lanscoped, by default as root and replaying the capture of home_frames()."""

    def __init__(self, bus, *options, user="root", capabilities=False, replay=True, wait=True,
                 environment=None):
        self.bus = bus
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify_path = os.path.join(bus.work, "notify.%i" % time.monotonic_ns())
        self.notify.bind(self.notify_path)
        os.chmod(self.notify_path, 0o777)
        self.messages = ""
        command = [bus.lanscoped, "--rules=" + bus.rules]
        if replay:
            capture = os.path.join(bus.work, "home.pcap")
            write_capture(capture, home_frames())
            command.append("--replay=" + capture)
        prefix = []
        if user != "root":
            uid = str(USERS[user])
            prefix = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups"]
            if capabilities:
                wanted = "+net_raw,+net_admin,+bpf,+perfmon"
                prefix += ["--inh-caps", wanted, "--ambient-caps", wanted]
        self.begin = len(bus.log("lanscoped")) if os.path.exists(os.path.join(bus.work, "lanscoped.log")) else 0
        environment = dict(os.environ, NOTIFY_SOCKET=self.notify_path, **(environment or {}))
        self.process = bus.spawn("lanscoped", *prefix, *command, *options, env=environment)
        if wait:
            self.wait_notify("READY=1")
            if replay:
                wait_for(lambda: "replayed" in self.log(), "the end of the capture file")

    def log(self):
        return self.bus.log("lanscoped")[self.begin:]

    def wait_notify(self, text):
        self.notify.settimeout(PATIENCE)
        while text not in self.messages:
            try:
                self.messages += self.notify.recv(4096).decode() + "\n"
            except socket.timeout:
                raise AssertionError("no %s from the service:\n%s" % (text, self.log())) from None

    def stop(self, signal_number=signal.SIGTERM):
        status = stop(self.process, signal_number)
        self.notify.close()
        if os.path.exists(self.notify_path):
            os.unlink(self.notify_path)
        return status


class TestCase(unittest.TestCase):
    """Each class has one bus; each test a service, unless `service_options` is None."""

    service_options = ()

    @classmethod
    def setUpClass(cls):
        cls.service = None

    def setUp(self):
        self.root = connect()
        if self.service_options is not None:
            self.service = Service(BUS, *self.service_options)
            self.addCleanup(self.stop_service)

    def stop_service(self):
        if self.service:
            status = self.service.stop()
            self.assertEqual(status, 0, self.service.log())
            self.service = None

    def manager(self, member, arguments=None, connection=None):
        return call(connection or self.root, ROOT, MANAGER, member, arguments)

    def find(self, name):
        paths = self.manager("FindDevice", GLib.Variant("(s)", (name,)))[0]
        self.assertEqual(len(paths), 1)
        return paths[0]

    def label(self, path):
        return get(self.root, path, DEVICE, "Label")

    def assertRefused(self, name, function, *arguments, **options):
        with self.assertRaises(Refused) as caught:
            function(*arguments, **options)
        self.assertEqual(caught.exception.name, name, caught.exception)
        return caught.exception


BUS = None


def main():
    """What each test file ends with; the module must call enter_namespaces() first."""
    global BUS
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nothing stays when the runner is killed
    BUS = Bus()
    try:
        program = unittest.main(module="__main__", exit=False, verbosity=2)
        status = 0 if program.result.wasSuccessful() else 1
        if status:
            print("--- lanscoped\n" + BUS.log("lanscoped") + "--- dbus\n" + BUS.log("dbus") + "--- polkit\n" + BUS.log("polkit"))
    finally:
        BUS.close()
    sys.exit(status)
