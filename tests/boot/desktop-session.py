#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Inside the booted machine, as a user who is logged in: the applet's service page, and MATE's authentication agent, whose dialog is
answered as a person does it. Argument: root's password. One line a check, as container.sh prints them."""

import os
import subprocess
import sys
import time

import gi
gi.require_version('Atspi', '2.0')
from gi.repository import Atspi, Gio, GLib  # noqa: E402

AGENT = '/usr/libexec/polkit-mate-authentication-agent-1'
NAME, PATH = 'org.lanscope.Applet', '/org/lanscope/Applet'
SECONDS = 90  # that a condition may take on a machine that is busy with other things


def wait_for(condition, what):
    end = time.monotonic() + SECONDS
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            print('FAILED: ' + what, flush=True)
            sys.exit(1)
        time.sleep(0.1)


def check(what, condition):
    wait_for(condition, what)
    print('ok: ' + what, flush=True)


def nodes(program, role):
    """Of the accessibility tree; what goes away meanwhile is left out."""
    found, desktop = [], Atspi.get_desktop(0)

    def walk(node, depth=0):
        try:
            if node.get_role_name() == role:
                found.append(node)
            children = [node.get_child_at_index(i) for i in range(min(node.get_child_count(), 300))]
        except GLib.Error:
            return
        for child in children:
            if child and depth < 60:
                walk(child, depth + 1)
    for i in range(desktop.get_child_count()):
        try:
            child = desktop.get_child_at_index(i)
            if child and program in child.get_name():
                child.clear_cache()
                walk(child)
        except GLib.Error:
            continue
    return found


def buttons(program, name):
    result = []
    for node in nodes(program, 'push button'):
        try:
            if name in node.get_name() and node.get_n_actions() > 0:
                result.append(node)
        except GLib.Error:
            continue
    return result


def press(program, name):
    wait_for(lambda: buttons(program, name), 'a button ' + name)[0].do_action(0)


def fields():
    return nodes('polkit-mate', 'password text')


def answer(password):
    wait_for(fields, 'the dialog that asks for a password')
    window = wait_for(lambda: subprocess.run(['xdotool', 'search', '--onlyvisible', '--class', 'polkit'], capture_output=True,
                                             text=True).stdout.split(), 'the window of the dialog')[-1]
    subprocess.run(['xdotool', 'windowfocus', '--sync', window], timeout=30)
    fields()[0].grab_focus()
    subprocess.run(['xdotool', 'type', '--delay', '30', password], check=True, timeout=30)
    subprocess.run(['xdotool', 'key', 'Return'], check=True, timeout=30)


def state():
    return subprocess.run(['systemctl', 'is-active', 'lanscoped.service'], capture_output=True, text=True).stdout.strip()


def main(password):
    read, write = os.pipe()
    children = [subprocess.Popen(['Xvfb', '-displayfd', str(write), '-screen', '0', '1100x800x24', '-nolisten', 'tcp'], pass_fds=[write],
                                 stderr=subprocess.DEVNULL)]
    os.close(write)
    os.environ['DISPLAY'] = ':' + os.fdopen(read).readline().strip()
    subprocess.run(['gsettings', 'set', NAME, 'introduced', 'true'], check=True)
    children.append(subprocess.Popen(['openbox', '--sm-disable'], stderr=subprocess.DEVNULL))
    children.append(subprocess.Popen([AGENT], stderr=subprocess.DEVNULL))
    children.append(subprocess.Popen(['lanscope-applet'], env=dict(os.environ, G_DEBUG='fatal-criticals')))
    session = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    wait_for(lambda: buttons('lanscope-applet', ''), 'the window')
    session.call_sync(NAME, PATH, 'org.gtk.Actions', 'Activate',
                      GLib.Variant('(sava{sv})', ('show-page', [GLib.Variant('s', 'service')], {})), None, 0, -1, None)
    press('lanscope-applet', 'Stop Service')
    wait_for(fields, 'the dialog that asks for a password')
    check('nothing is stopped before the password is given', lambda: state() == 'active')
    press('polkit-mate', 'Cancel')
    check('nor when the dialog is canceled', lambda: not fields() and state() == 'active')
    press('lanscope-applet', 'Stop Service')
    answer(password)
    check('with the password it is stopped', lambda: state() == 'inactive')
    press('lanscope-applet', 'Start Service')
    answer(password)
    check('and started again', lambda: state() == 'active')
    check('which the window shows', lambda: buttons('lanscope-applet', 'Stop Capture'))
    for child in reversed(children):
        child.terminate()


main(sys.argv[1])
