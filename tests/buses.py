# SPDX-License-Identifier: LGPL-2.1-or-later
"""Buses of a test's own."""

import os
import socket
import subprocess

from patience import wait_ready

CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
<allow send_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>'''


def listens(path):
    """Whether somebody listens at the socket, which is there a moment before."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path)
        except OSError:
            return False
    return True


def start_private(folder, **options):
    """A system bus in `folder` on which everybody may do everything: its process and its address."""
    path, config = os.path.join(folder, 'bus'), os.path.join(folder, 'bus.conf')
    address = 'unix:path=' + path
    with open(config, 'w') as f:
        f.write(CONFIG % address)
    process = subprocess.Popen(['dbus-daemon', '--nofork', '--nopidfile', '--nosyslog', '--config-file=' + config], **options)
    if not wait_ready(process, lambda: listens(path)):
        raise AssertionError('the bus does not start')
    return process, address
