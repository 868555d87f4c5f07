# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desktop of its own for lanscope-applet: X server, window manager, session bus with the accessibility tree, and a private
system bus with a real lanscoped that listens to a wire on which the test puts frames.

Nothing of the machine is touched: folders, buses and settings are in a temporary folder, the wire and the display in a
network namespace, and nothing is activated on the buses but what stands in that folder. Exit status 77 (skipped) where
something is missing, which is said.
"""

import atexit
import ctypes
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SKIP = 77
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, '..', '..'))
BUILD = os.environ.get('BUILD_ROOT', os.path.join(SOURCE, 'build'))
APPLET = os.environ.get('LANSCOPE_APPLET', os.path.join(BUILD, 'applet', 'lanscope-applet'))
LANSCOPED = os.environ.get('LANSCOPED', os.path.join(BUILD, 'daemon', 'lanscoped'))
APPLICATION, APPLICATION_PATH = 'org.lanscope.Applet', '/org/lanscope/Applet'
NAME, ROOT, MANAGER, DEVICE = 'org.lanscope1', '/org/lanscope1', 'org.lanscope1.Manager', 'org.lanscope1.Device'
NOTIFYD = ('/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd', '/usr/lib/xfce4/notifyd/xfce4-notifyd',
           '/usr/lib64/xfce4/notifyd/xfce4-notifyd')


def skip(why):
    print('skipped:', why)
    sys.exit(SKIP)


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            skip(program + ' is not installed')


def load_module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


try:
    import gi
    gi.require_version('Atspi', '2.0')
    from gi.repository import Gio, GLib
except (ImportError, ValueError) as error:
    skip('no Python bindings of GLib or AT-SPI: %s' % error)
if os.geteuid() != 0:
    skip('needs root: without polkit the service lets nobody else change anything')
for _path in (APPLET, LANSCOPED):
    if not os.access(_path, os.X_OK):
        skip(_path + ' is not built')
need('Xvfb', 'openbox', 'dbus-daemon', 'gsettings', 'xdotool', 'ip', 'unshare')
if os.environ.get('LANSCOPE_APPLET_TEST') != 'inside':
    _unshare = ['unshare', '--net', '--mount', '--propagation', 'private']
    if subprocess.run(_unshare + ['true'], stderr=subprocess.DEVNULL).returncode != 0:
        skip('namespaces are not allowed here')
    os.environ['LANSCOPE_APPLET_TEST'] = 'inside'
    os.execvp('unshare', _unshare + [sys.executable] + sys.argv)

scenarios = load_module('scenarios', os.path.join(SOURCE, 'tests', 'golden', 'scenarios.py'))
frames = scenarios.m
sys.path.append(os.path.join(HERE, '..'))
import buses  # noqa: E402
from patience import PATIENCE  # noqa: E402


def wait_for(condition, what, seconds=PATIENCE):
    """Until it is true, and what it was then."""
    end = time.monotonic() + seconds
    context = GLib.MainContext.default()
    while True:
        while context.iteration(False):
            pass
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError('timeout: waited for ' + what)
        time.sleep(0.02)


def stays(condition, seconds):
    """Is it true all that time? For what must not happen."""
    end = time.monotonic() + seconds
    context = GLib.MainContext.default()
    while time.monotonic() < end:
        while context.iteration(False):
            pass
        if not condition():
            return False
        time.sleep(0.02)
    return True


def stop(process, with_signal=signal.SIGTERM):
    if process and process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode if process else None


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# --- what the network says

def arp(mac, ip):
    return scenarios.gratuitous(mac, ip)


def dhcp(mac, hostname, vendor_class=b''):
    options = [frames.option(12, hostname), frames.option(55, bytes((1, 3, 6, 15)))]
    if vendor_class:
        options.append(frames.option(60, vendor_class))
    return scenarios.dhcp_client(mac, 3, *options)


class Wire:
    """A pair of interfaces: what is put into one end comes out at the other, where the service listens."""

    def __init__(self, name='lsap'):
        self.near, self.far = name + '0', name + '1'
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        subprocess.run(['ip', 'link', 'add', self.near, 'type', 'veth', 'peer', 'name', self.far], check=True)
        for interface in (self.near, self.far):
            # They themselves are no devices: IPv6 would speak of its own accord.
            with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % interface, 'w') as f:
                f.write('1')
            subprocess.run(['ip', 'link', 'set', interface, 'up'], check=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((self.far, 0))
        atexit.register(self.socket.close)

    def send(self, *frames_):
        for frame in frames_:
            self.socket.send(frame)

    def play(self, scenario, speed=10):
        """(time, frame) pairs, that much faster than they say."""
        begin = time.monotonic()
        for at, frame in sorted(scenario, key=lambda row: row[0]):
            time.sleep(max(0, begin + at / speed - time.monotonic()))
            self.socket.send(frame)


# --- buses

BUS_CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>%s</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>%s
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow send_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>'''

# Sessions have these; notification services and panels are started by the tests that want them.
SESSION_SERVICES = ('org.a11y.Bus.service', 'org.xfce.Xfconf.service')


class Refused(Exception):
    def __init__(self, name, message):
        super().__init__('%s: %s' % (name, message))
        self.name = name


def bus_call(connection, name, path, interface, member, arguments=None, timeout=PATIENCE):
    try:
        reply = connection.call_sync(name, path, interface, member, arguments, None, Gio.DBusCallFlags.NONE, timeout * 1000, None)
        return reply.unpack()
    except GLib.Error as error:
        name = Gio.DBusError.get_remote_error(error) or 'local'
        raise Refused(name, error.message) from None


def connect(address):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
    connection.set_exit_on_close(False)
    return connection


class Desktop:
    """Everything that is there before the applet is."""

    def __init__(self, size='1280x900', locale=None, dark=False):
        self.folder = tempfile.mkdtemp(prefix='lanscope-applet-')
        os.chmod(self.folder, 0o755)
        atexit.register(shutil.rmtree, self.folder, True)
        self.processes = []
        self.size = size
        self.covered = None  # folder of translations of the machine, which ours hide
        self.environment = self.make_environment(locale)
        if locale:
            self.environment.update(self.stage_locale(locale))
        if dark:
            self.environment['ADW_DEBUG_COLOR_SCHEME'] = 'prefer-dark'
        self.wire = Wire()
        self.start_display()
        self.start_buses()
        os.environ.update(self.environment)
        self.session = connect(self.environment['DBUS_SESSION_BUS_ADDRESS'])
        self.system = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def make_environment(self, locale):
        env = {k: v for k, v in os.environ.items()
               if k.split('_')[0] not in ('DBUS', 'XDG', 'GTK', 'GDK', 'GSETTINGS', 'LC', 'WAYLAND', 'LANGUAGE', 'NOTIFY', 'GIO')}
        for name in ('home', 'run', 'services', 'share', 'system-services'):
            os.makedirs(self.path(name), mode=0o700)
        env.update({
            'HOME': self.path('home'), 'XDG_RUNTIME_DIR': self.path('run'), 'XDG_CONFIG_HOME': self.path('home', '.config'),
            'XDG_DATA_DIRS': self.path('share') + ':/usr/local/share:/usr/share', 'XDG_CURRENT_DESKTOP': 'XFCE',
            'GSETTINGS_BACKEND': 'keyfile', 'GSETTINGS_SCHEMA_DIR': os.path.join(BUILD, 'data'),
            'GDK_BACKEND': 'x11', 'LIBGL_ALWAYS_SOFTWARE': '1', 'GTK_A11Y': 'atspi', 'NO_AT_BRIDGE': '0',
            'LANG': 'C.UTF-8', 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC',
            'G_DEBUG': 'fatal-criticals', 'G_MESSAGES_DEBUG': '', 'GTK_CSD': '1',
        })
        self.stage_files()
        return env

    def stage_files(self):
        """What an installation would have put below /usr/share."""
        icons = self.path('share', 'icons', 'hicolor')
        os.makedirs(os.path.join(icons, 'symbolic'))
        own = os.path.join(SOURCE, 'data', 'applet', 'icons')
        shutil.copytree(os.path.join(own, 'scalable'), os.path.join(icons, 'scalable', 'apps'))
        shutil.copytree(os.path.join(own, 'symbolic'), os.path.join(icons, 'symbolic', 'apps'))
        shutil.copy('/usr/share/icons/hicolor/index.theme', icons)
        applications = self.path('share', 'applications')
        os.makedirs(applications)
        built = os.path.join(BUILD, 'data', 'applet')
        shutil.copy(os.path.join(built, APPLICATION + '.desktop'), applications)
        for service in SESSION_SERVICES:
            path = os.path.join('/usr/share/dbus-1/services', service)
            if os.path.exists(path):
                shutil.copy(path, self.path('services'))
        with open(self.path('services', APPLICATION + '.service'), 'w') as f:
            f.write('[D-BUS Service]\nName=%s\nExec=%s --gapplication-service\n' % (APPLICATION, APPLET))

    def stage_locale(self, locale):
        """The translation where the program looks for it, and the C library's part ("de_DE"). The environment of programs that are to
        speak it."""
        language = locale.split('_')[0]
        environment = {'LANGUAGE': language}
        with open(os.path.join(BUILD, 'config.h')) as f:
            folder = next(line.split('"')[1] for line in f if 'LOCALEDIR' in line)
        if not self.covered:
            self.covered = folder
            while not os.path.isdir(self.covered):
                self.covered = os.path.dirname(self.covered)
            subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', self.covered], check=True)  # in a namespace of our own
        os.makedirs(os.path.join(folder, language, 'LC_MESSAGES'), exist_ok=True)
        subprocess.run(['msgfmt', '-o', os.path.join(folder, language, 'LC_MESSAGES', 'lanscope.mo'),
                        os.path.join(SOURCE, 'po', language + '.po')], check=True)
        if shutil.which('localedef') and os.path.exists('/usr/share/i18n/locales/' + locale):
            os.makedirs(self.path('locales'), exist_ok=True)
            subprocess.run(['localedef', '-i', locale, '-f', 'UTF-8', self.path('locales', locale + '.UTF-8')], check=True)
            environment.update({'LOCPATH': self.path('locales'), 'LC_ALL': locale + '.UTF-8'})
        return environment

    def spawn(self, name, *command, env=None, **options):
        with open(self.path(name + '.log'), 'ab') as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=options.pop('stdin', subprocess.DEVNULL),
                                       env=dict(self.environment, **(env or {})), preexec_fn=die_with_parent, **options)
        self.processes.append(process)
        return process

    def log(self, name):
        try:
            with open(self.path(name + '.log'), errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def start_display(self):
        read, write = os.pipe()
        self.spawn('xvfb', 'Xvfb', '-displayfd', str(write), '-screen', '0', self.size + 'x24', '-nolisten', 'tcp', '-noreset',
                   pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as f:
            number = f.readline().strip()
        if not number:
            raise AssertionError('no display: ' + self.log('xvfb'))
        self.environment['DISPLAY'] = ':' + number
        self.spawn('openbox', 'openbox', '--sm-disable')

    def start_bus(self, kind, services=''):
        path = self.path(kind + '.bus')
        with open(self.path(kind + '.conf'), 'w') as f:
            f.write(BUS_CONFIG % (kind, path, services))
        process = self.spawn(kind + '-bus', 'dbus-daemon', '--config-file=' + self.path(kind + '.conf'), '--nofork', '--nopidfile',
                             '--nosyslog')
        wait_for(lambda: buses.listens(path), 'the %s bus' % kind)
        return process

    def start_buses(self):
        self.environment['DBUS_SYSTEM_BUS_ADDRESS'] = 'unix:path=' + self.path('system.bus')
        self.environment['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=' + self.path('session.bus')
        with open(self.path('system-services', NAME + '.service'), 'w') as f:  # installed, but started by the tests alone
            f.write('[D-BUS Service]\nName=%s\nExec=/bin/false\n' % NAME)
        self.start_system_bus()
        self.session_bus = self.start_bus('session', '<servicedir>%s</servicedir>' % self.path('services'))

    def stop_system_bus(self):
        stop(self.system_bus)
        if os.path.exists(self.path('system.bus')):
            os.unlink(self.path('system.bus'))
        self.system = None

    def start_system_bus(self):
        self.system_bus = self.start_bus('system', '<servicedir>%s</servicedir>' % self.path('system-services'))

    def system_connection(self):
        if not self.system:
            self.system = connect(self.environment['DBUS_SYSTEM_BUS_ADDRESS'])
        return self.system

    def has_owner(self, name):
        return bus_call(self.session, 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'NameHasOwner',
                        GLib.Variant('(s)', (name,)))[0]

    def call(self, name, path, interface, member, arguments=None):
        return bus_call(self.session, name, path, interface, member, arguments)

    def xdotool(self, *arguments):
        return subprocess.run(['xdotool', *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE).stdout

    def windows(self, name='^Lanscope$'):
        return self.xdotool('search', '--onlyvisible', '--name', name).split()

    def picture(self, path):
        subprocess.run(['import', '-window', 'root', path], env=self.environment, check=True, timeout=PATIENCE)

    def find_colour(self, colour):
        """The middle of what has this colour on the screen ("#1A5FB4"); None: nothing has."""
        dump = subprocess.run(['import', '-window', 'root', '-depth', '8', 'ppm:-'], env=self.environment, capture_output=True,
                              timeout=PATIENCE).stdout
        head = re.match(rb'P6\s+(\d+)\s+\d+\s+255\s', dump)
        if not head:
            return None
        wanted, pixels = bytes.fromhex(colour[1:]), dump[head.end():]
        points = [divmod(m.start() // 3, int(head[1])) for m in re.finditer(re.escape(wanted), pixels) if m.start() % 3 == 0]
        if not points:
            return None
        return sum(x for _, x in points) // len(points), sum(y for y, _ in points) // len(points)

    def pixel(self, x, y):
        return subprocess.run(['import', '-window', 'root', '-depth', '8', '-crop', '1x1+%i+%i' % (x, y), 'txt:-'],
                              env=self.environment, capture_output=True, text=True, timeout=PATIENCE).stdout.split('\n')[1:]

    def settings(self, key):
        """A value that was set, as text; None: the default."""
        try:
            keys = GLib.KeyFile()
            keys.load_from_file(self.path('home', '.config', 'glib-2.0', 'settings', 'keyfile'), GLib.KeyFileFlags.NONE)
            return keys.get_value('org/lanscope/Applet', key)
        except GLib.Error:
            return None

    def set(self, key, value):
        subprocess.run(['gsettings', 'set', APPLICATION, key, value], env=self.environment, check=True, timeout=PATIENCE)

    def close(self):
        for process in reversed(self.processes):
            stop(process, signal.SIGKILL)


# Tests have no time: a device says its name at once, and none is known before.
SERVICE_CONFIG = '''[Capture]
Backend=pcap
[Alerts]
SettleSec=1s
LearningPeriodSec=0
'''


class Service:
    """lanscoped on the private system bus. Its database lasts as long as this object."""

    def __init__(self, desktop, *options):
        self.desktop = desktop
        self.database = desktop.path('lanscope-%i.db' % time.monotonic_ns())
        config = desktop.path('lanscoped.conf')
        with open(config, 'w') as f:
            f.write(SERVICE_CONFIG)
        self.command = [LANSCOPED, '--config=' + config, '--rules=' + os.path.join(SOURCE, 'data', 'rules'),
                        '--database=' + self.database]
        self.options = options or ('--interface=' + desktop.wire.near,)
        self.start()

    def start(self):
        self.process = self.desktop.spawn('lanscoped', *self.command, *self.options)
        wait_for(lambda: self.process.poll() is not None or self.answers(), 'the service')
        if self.process.poll() is not None:
            raise AssertionError('lanscoped has ended: ' + self.desktop.log('lanscoped')[-2000:])

    def stop(self, with_signal=signal.SIGTERM):
        return stop(self.process, with_signal)

    def answers(self):
        try:
            return self.get('Version')
        except Refused:
            return None

    def call(self, member, arguments=None, path=ROOT, interface=MANAGER):
        return bus_call(self.desktop.system_connection(), NAME, path, interface, member, arguments)

    def get(self, name, path=ROOT, interface=MANAGER):
        return self.call('Get', GLib.Variant('(ss)', (interface, name)), path, 'org.freedesktop.DBus.Properties')[0]

    def find(self, name):
        try:
            return self.call('FindDevice', GLib.Variant('(s)', (name,)))[0][0]
        except Refused:
            return None

    def device(self, path, name):
        return self.get(name, path, DEVICE)

    def alerts(self, **filter_):
        types = {'Unacknowledged': 'b', 'Kind': 's', 'Limit': 'u'}
        return self.call('ListAlerts', GLib.Variant('(a{sv})', ({k: GLib.Variant(types[k], v) for k, v in filter_.items()},)))[0]

    def exceptions(self):
        return self.call('ListExceptions')[0]


class Applet:
    """The program itself. A critical message of GLib ends it, which close() notices."""

    def __init__(self, desktop, *options, env=None, user=None, wait=True):
        self.desktop = desktop
        prefix = ['setpriv', '--reuid', str(user), '--regid', str(user), '--clear-groups'] if user else []
        self.process = desktop.spawn('applet', *prefix, APPLET, *options, env=env)
        if wait:
            wait_for(lambda: self.process.poll() is not None or desktop.has_owner(APPLICATION), 'the applet')

    def action(self, name, parameter=None):
        """As launchers and shells do it."""
        self.desktop.call(APPLICATION, APPLICATION_PATH, 'org.gtk.Actions', 'Activate',
                          GLib.Variant('(sava{sv})', (name, [parameter] if parameter else [], {})))

    def item(self):
        """The bus name of its tray item."""
        return 'org.kde.StatusNotifierItem-%i-1' % self.process.pid

    def item_property(self, name):
        try:
            return self.desktop.call(self.item(), '/StatusNotifierItem', 'org.freedesktop.DBus.Properties', 'Get',
                                     GLib.Variant('(ss)', ('org.kde.StatusNotifierItem', name)))[0]
        except Refused:
            return None

    def is_connected(self):
        """To the service, as its tray item tells."""
        icon = self.item_property('IconName')
        return icon and icon != APPLICATION + '-absent'

    def menu(self):
        """The visible rows: {label: id}, separators left out; mnemonics and isolates too."""
        path = self.item_property('Menu')
        _, (_, _, children) = self.desktop.call(self.item(), path, 'com.canonical.dbusmenu', 'GetLayout',
                                                GLib.Variant('(iias)', (0, -1, [])))
        rows = {}
        for number, properties, _ in children:
            if properties.get('visible', True) and properties.get('type') != 'separator':
                label = properties.get('label', '').replace('__', '_')
                rows[label.replace('\u2068', '').replace('\u2069', '')] = number
        return rows

    def click_menu(self, label):
        self.desktop.call(self.item(), self.item_property('Menu'), 'com.canonical.dbusmenu', 'Event',
                          GLib.Variant('(isvu)', (self.menu()[label], 'clicked', GLib.Variant('i', 0), 0)))

    def is_responsive(self):
        """Does its main loop answer?"""
        return bool(self.desktop.call(APPLICATION, APPLICATION_PATH, 'org.gtk.Actions', 'List'))

    def memory(self):
        """Resident, in KiB."""
        with open('/proc/%i/status' % self.process.pid) as f:
            return next(int(line.split()[1]) for line in f if line.startswith('VmRSS'))

    def close(self):
        return stop(self.process)


class Notifications:
    """Whatever is said to the notification service, overheard."""

    def __init__(self, desktop):
        self.shown = []   # of each Notify: title, body, replaces, actions, hints
        self.closed = 0
        self.connection = connect(desktop.environment['DBUS_SESSION_BUS_ADDRESS'])
        self.connection.add_filter(self.on_message)
        rules = ["type='method_call',interface='org.freedesktop.Notifications'"]
        bus_call(self.connection, 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.Monitoring',
                 'BecomeMonitor', GLib.Variant('(asu)', (rules, 0)))

    def on_message(self, connection, message, incoming):
        if incoming and message.get_member() == 'Notify':
            _, replaces, icon, title, body, actions, hints, _ = message.get_body().unpack()
            self.shown.append({'replaces': replaces, 'icon': icon, 'title': plain(title), 'body': plain(body), 'actions': actions,
                               'urgency': hints.get('urgency')})
        elif incoming and message.get_member() == 'CloseNotification':
            self.closed += 1
        # A monitor must answer nothing.
        return None if incoming and message.get_message_type() == Gio.DBusMessageType.METHOD_CALL else message

    def titles(self):
        return [row['title'] for row in self.shown]


def plain(text):
    return text.replace('\u2068', '').replace('\u2069', '')


# --- the accessibility tree

class Tree:
    """What a screen reader sees, by AT-SPI, of one program or (None) of all."""

    def __init__(self, program='lanscope-applet'):
        from gi.repository import Atspi
        self.atspi = Atspi
        Atspi.set_timeout(1000, 5000)
        self.program = program

    def root(self):
        desktop = self.atspi.get_desktop(0)
        if not self.program:
            return desktop
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            try:
                if child and child.get_name() == self.program:
                    if self.program == 'lanscope-applet':
                        child.clear_cache()  # GTK 4.8 does not tell of all that changes
                    return child
            except GLib.Error:
                continue
        return None

    def walk(self, node=None, depth=0):
        node = node or self.root()
        if not node or depth > 60:
            return
        yield node
        try:
            children = [node.get_child_at_index(i) for i in range(min(node.get_child_count(), 300))]
        except GLib.Error:
            return
        for child in children:
            if child:
                yield from self.walk(child, depth + 1)

    def text(self, node):
        """Its name; of a label of GTK 4.8, whose name is its type's, what it says."""
        if node.get_role_name() in ('label', 'static'):
            return plain(self.atspi.Text.get_text(node, 0, self.atspi.Text.get_character_count(node)) or '')
        return plain(node.get_name() or '')

    def nodes(self, role=None, name=None, contains=None, showing=True):
        """What matches all that is given."""
        found = []
        for node in self.walk():
            try:
                if role and node.get_role_name() != role:
                    continue
                text = self.text(node)
                if name is not None and text != name or contains is not None and contains not in text:
                    continue
                if showing and not node.get_state_set().contains(self.atspi.StateType.SHOWING):
                    continue
                found.append(node)
            except GLib.Error:
                continue
        return found

    def find(self, role=None, name=None, contains=None):
        return wait_for(lambda: self.nodes(role, name, contains), 'a %s %s' % (role or 'widget', name or contains))[0]

    def has(self, role=None, name=None, contains=None):
        return bool(self.nodes(role, name, contains))

    def click(self, role=None, name=None, contains=None):
        node = self.find(role, name, contains)
        action = node.get_action_iface()
        for i in range(action.get_n_actions()):
            if action.get_action_name(i) in ('click', 'activate', 'press', 'toggle', 'default'):
                return action.do_action(i)
        return action.do_action(0)

    def type(self, text, role='text', name=None):
        node = self.find(role, name)
        node.get_editable_text_iface().set_text_contents(text)

    def dump(self):
        lines = []

        def down(node, depth):
            try:
                lines.append('%s%s %r' % ('  ' * depth, node.get_role_name(), self.text(node)))
                children = [node.get_child_at_index(i) for i in range(min(node.get_child_count(), 60))]
            except GLib.Error:
                return
            for child in children:
                if child and depth < 40:
                    down(child, depth + 1)
        root = self.root()
        if root:
            down(root, 0)
        return '\n'.join(lines)


# --- tests

DESKTOP = None


class TestCase(unittest.TestCase):
    """Each file has one desktop; each test a service of its own and an applet, unless it says otherwise."""

    service_options = ()
    applet_options = ('--background',)  # None: the test starts it
    with_service = True

    def setUp(self):
        self.desktop, self.wire = DESKTOP, DESKTOP.wire
        self.applet = self.service = None
        shutil.rmtree(DESKTOP.path('home', '.config', 'glib-2.0'), True)
        self.addCleanup(self.close)
        if self.with_service:
            self.service = Service(DESKTOP, *self.service_options)
        if self.applet_options is not None:
            self.start_applet(*self.applet_options)
            if self.with_service:
                wait_for(self.applet.is_connected, 'the applet to connect')

    def start_applet(self, *options, **more):
        self.applet = Applet(DESKTOP, *options, **more)
        return self.applet

    def close(self):
        status = self.applet.close() if self.applet else 0
        if self.service:
            self.service.stop()
        wait_for(lambda: not DESKTOP.has_owner(APPLICATION), 'the applet to leave')
        self.assertIn(status, (0, -signal.SIGTERM), DESKTOP.log('applet'))
        self.assertNotIn('CRITICAL', DESKTOP.log('applet'))

    def spawn(self, name, *command, **options):
        """A program beside, for this test only."""
        process = DESKTOP.spawn(name, *command, **options)
        self.addCleanup(stop, process)
        return process

    def new_device(self, mac, ip, hostname, vendor_class=b''):
        """A device that says its name; its object path once the service has told of it."""
        self.wire.send(dhcp(mac, hostname, vendor_class), arp(mac, ip))
        path = wait_for(lambda: self.service.find(mac), 'the device ' + mac)

        def is_told():
            self.wire.send(arp(mac, ip))  # time comes with frames
            return any(alert['Device'] == path for alert in self.service.alerts(Kind='new_device'))
        wait_for(is_told, 'the alert about ' + hostname.decode())
        return path


def main(**desktop_options):
    """What each test file ends with."""
    global DESKTOP
    die_with_parent()
    DESKTOP = Desktop(**desktop_options)
    try:
        program = unittest.main(module='__main__', exit=False, verbosity=2)
        status = 0 if program.result.wasSuccessful() else 1
        if status:
            for name in ('applet', 'lanscoped', 'session-bus', 'xvfb'):
                print('--- %s\n%s' % (name, DESKTOP.log(name)[-4000:]))
    finally:
        DESKTOP.close()
    sys.exit(status)
