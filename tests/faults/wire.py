# SPDX-License-Identifier: LGPL-2.1-or-later
"""D-Bus by hand (D-Bus specification 0.41), so that what is wrong with a message can be chosen byte by byte.

A message is what the specification calls a header and a body; `signature` says what the values of the body are: dictionaries are
lists of pairs, a variant is a pair of signature and value.
"""

import socket
import struct

from patience import PATIENCE

CALL, REPLY, ERROR, SIGNAL = 1, 2, 3, 4
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE, UNIX_FDS = range(1, 10)
FIELD_TYPES = {PATH: 'o', INTERFACE: 's', MEMBER: 's', ERROR_NAME: 's', REPLY_SERIAL: 'u', DESTINATION: 's', SENDER: 's',
               SIGNATURE: 'g', UNIX_FDS: 'u'}
FIXED = {'y': 'B', 'b': 'I', 'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd', 'h': 'I'}


def alignment(code):
    if code in '(e{xtd':
        return 8
    return {'y': 1, 'g': 1, 'v': 1, 'n': 2, 'q': 2}.get(code, 4)


def split(signature):
    """The complete types of a signature."""
    types, i = [], 0
    while i < len(signature):
        begin = i
        while signature[i] == 'a':
            i += 1
        if signature[i] in '({':
            depth = 0
            while True:
                depth += (signature[i] in '({') - (signature[i] in ')}')
                i += 1
                if depth == 0:
                    break
        else:
            i += 1
        types.append(signature[begin:i])
    return types


class Writer:
    def __init__(self):
        self.data = bytearray()

    def align(self, n):
        self.data += b'\0' * (-len(self.data) % n)

    def value(self, kind, value):
        code = kind[0]
        if code in FIXED:
            self.align(struct.calcsize(FIXED[code]))
            self.data += struct.pack('<' + FIXED[code], value)
        elif code in 'so':
            text = value if isinstance(value, bytes) else value.encode()
            self.align(4)
            self.data += struct.pack('<I', len(text)) + text + b'\0'
        elif code == 'g':
            self.data += bytes([len(value)]) + value.encode() + b'\0'
        elif code == 'v':
            self.value('g', value[0])
            self.value(value[0], value[1])
        elif code == 'a':
            self.array(kind[1:], value)
        else:  # a struct or an entry of a dictionary
            self.align(8)
            for inner, item in zip(split(kind[1:-1]), value):
                self.value(inner, item)

    def array(self, kind, values):
        self.align(4)
        at = len(self.data)
        self.data += b'\0' * 4
        self.align(alignment(kind[0]))
        begin = len(self.data)
        for item in values:
            self.value(kind, item)
        struct.pack_into('<I', self.data, at, len(self.data) - begin)


class Reader:
    def __init__(self, data, order='<'):
        self.data, self.at, self.order = data, 0, order

    def align(self, n):
        self.at += -self.at % n

    def bytes(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def value(self, kind):
        code = kind[0]
        if code in FIXED:
            n = struct.calcsize(FIXED[code])
            self.align(n)
            return struct.unpack(self.order + FIXED[code], self.bytes(n))[0]
        if code in 'sog':
            n = self.value('y' if code == 'g' else 'u')
            text = self.bytes(n).decode()
            self.at += 1
            return text
        if code == 'v':
            return self.value(self.value('g'))
        if code == 'a':
            end = self.value('u')
            self.align(alignment(kind[1]))
            end += self.at
            values = []
            while self.at < end:
                values.append(self.value(kind[1:]))
            return dict(values) if kind[1] == '{' else values
        self.align(8)
        return tuple(self.value(inner) for inner in split(kind[1:-1]))


def message(kind, serial, fields, signature='', values=(), body=None, flags=0):
    """`body`: bytes instead of values. `fields`: {code: value}."""
    writer = Writer()
    for inner, value in zip(split(signature) if body is None else (), values):
        writer.value(inner, value)
    body = bytes(writer.data) if body is None else body
    if signature:
        fields = {**fields, SIGNATURE: signature}
    head = Writer()
    for code in b'l', kind, flags, 1:
        head.data += code if isinstance(code, bytes) else bytes([code])
    head.value('u', len(body))
    head.value('u', serial)
    head.array('(yv)', [(code, (FIELD_TYPES[code], value)) for code, value in fields.items()])
    head.align(8)
    return bytes(head.data) + body


class Refused(Exception):
    """A D-Bus error; `name` is its name."""

    def __init__(self, name, text):
        super().__init__('%s: %s' % (name, text))
        self.name = name


class Connection:
    """On a bus, without a thread: what comes is read when something is waited for."""

    def __init__(self, address, timeout=PATIENCE):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(address.split('path=')[1].split(',')[0])
        self.socket.sendall(b'\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n')
        self.serial, self.buffer, self.signals, self.fds = 0, b'', [], []
        for _ in range(3):  # DATA, OK, AGREE_UNIX_FD
            while b'\r\n' not in self.buffer:
                self.buffer += self.socket.recv(4096)
            self.buffer = self.buffer.split(b'\r\n', 1)[1]
        self.name = self.call_bus('Hello')[0]

    def send(self, data):
        self.socket.sendall(data)

    def send_call(self, destination, path, interface, member, signature='', values=(), body=None, flags=0):
        self.serial += 1
        fields = {PATH: path, INTERFACE: interface, MEMBER: member, DESTINATION: destination}
        self.send(message(CALL, self.serial, {k: v for k, v in fields.items() if v is not None}, signature, values, body, flags))
        return self.serial

    def read_more(self):
        data, fds, _, _ = socket.recv_fds(self.socket, 1 << 20, 64)
        self.fds += fds
        if not data:
            raise ConnectionError('the bus has closed the connection')
        self.buffer += data

    def receive(self):
        """(type, {field: value}, values) of the next message."""
        while len(self.buffer) < 16:
            self.read_more()
        order = '<' if self.buffer[:1] == b'l' else '>'
        body, _, fields = struct.unpack(order + 'III', self.buffer[4:16])
        size = 16 + fields + -fields % 8 + body
        while len(self.buffer) < size:
            self.read_more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        head = Reader(data[:size - body], order)
        head.at = 12
        found = dict(head.value('a(yv)'))
        reader = Reader(data[size - body:], order)
        return data[1], found, [reader.value(kind) for kind in split(found.get(SIGNATURE, ''))]

    def wait(self, serial):
        """The reply's values; signals that come meanwhile are kept."""
        while True:
            kind, fields, values = self.receive()
            if kind == SIGNAL:
                self.signals.append((fields[MEMBER], fields.get(PATH), values))
            elif fields.get(REPLY_SERIAL) == serial:
                if kind == ERROR:
                    raise Refused(fields[ERROR_NAME], values[0] if values else '')
                return values

    def call(self, destination, path, interface, member, signature='', values=()):
        return self.wait(self.send_call(destination, path, interface, member, signature, values))

    def call_bus(self, member, signature='', values=()):
        return self.call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', member, signature, values)

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()
