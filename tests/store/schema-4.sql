-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A database of schema 4 as lanscope 0.1.0 writes it. Never edited: every later lanscope must open it.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE networks (
  id INTEGER PRIMARY KEY,
  interface TEXT NOT NULL,
  vlan INTEGER NOT NULL,
  gateway_mac TEXT,
  gateway_ip TEXT,
  name TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL
) STRICT;

CREATE TABLE network_prefixes (
  network INTEGER NOT NULL REFERENCES networks ON DELETE CASCADE,
  position INTEGER NOT NULL,
  address TEXT NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (network, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  network INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  is_self INTEGER NOT NULL,
  is_gateway INTEGER NOT NULL,
  is_randomized INTEGER NOT NULL,
  is_known INTEGER NOT NULL,
  is_confirmed INTEGER NOT NULL,
  packets_sent INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL,
  packets_received INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL
) STRICT;

CREATE TABLE device_addresses (
  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  family TEXT NOT NULL,
  position INTEGER NOT NULL,
  address TEXT NOT NULL,
  source TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (device, family, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_services (
  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  position INTEGER NOT NULL,
  source TEXT,
  value TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (device, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_evidence (
  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  voice TEXT NOT NULL,
  value TEXT NOT NULL,
  confidence INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (device, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_user (
  device INTEGER PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
  label TEXT,
  notes TEXT,
  type TEXT,
  trusted INTEGER NOT NULL
) STRICT;

CREATE TABLE alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  device INTEGER NOT NULL,
  network INTEGER NOT NULL,
  mac TEXT,
  name TEXT NOT NULL,
  peer TEXT NOT NULL,
  message TEXT NOT NULL,
  details TEXT NOT NULL,
  acknowledged INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'event',
  count INTEGER NOT NULL DEFAULT 1,
  first INTEGER NOT NULL DEFAULT 0,
  last INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE alert_exceptions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT,
  device INTEGER NOT NULL,
  peer TEXT NOT NULL,
  note TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  last_hit INTEGER NOT NULL
) STRICT;

CREATE INDEX alerts_unacknowledged ON alerts (id) WHERE acknowledged = 0;

PRAGMA application_id = 1280525136;

CREATE TABLE traffic (
  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  span TEXT NOT NULL,
  time INTEGER NOT NULL,
  packets_sent INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL,
  packets_received INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  PRIMARY KEY (device, span, time)
) STRICT, WITHOUT ROWID;

CREATE TABLE traffic_peers (
  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  span TEXT NOT NULL,
  time INTEGER NOT NULL,
  address TEXT NOT NULL,
  name TEXT,
  packets_sent INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL,
  packets_received INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  PRIMARY KEY (device, span, time, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE lessons (
  detector TEXT NOT NULL,
  key INTEGER NOT NULL,
  mac TEXT,
  updated INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (detector, key)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;

INSERT INTO meta VALUES ('created', 1690000000000000000), ('created_by', 'lanscope 0.1.0');
INSERT INTO networks VALUES (5, 'eth0', 0, '02:00:00:00:00:01', '192.0.2.1', 'home.example', 1690000000000000000, 1690000100000000000);
INSERT INTO network_prefixes VALUES (5, 0, '192.0.2.0', 24);
INSERT INTO devices VALUES
    (11, 5, 1690000000000000000, 1690000100000000000, 0, 0, 0, 1, 1, 120, 15000, 80, 9000),
    (12, 5, 1690000001000000000, 1690000099000000000, 1, 0, 1, 1, 0, 0, 0, 0, 0);
INSERT INTO device_addresses VALUES
    (11, 'mac', 0, '00:11:22:33:44:55', NULL, 1690000000000000000, 1690000100000000000),
    (11, 'ipv4', 0, '192.0.2.30', 'arp.sender', 1690000000000000000, 1690000100000000000),
    (11, 'ipv6', 0, 'fe80::211:22ff:fe33:4455', 'ndp.source', 1690000000000000000, 1690000100000000000),
    (12, 'mac', 0, '02:00:00:00:00:02', NULL, 1690000001000000000, 1690000099000000000);
INSERT INTO device_services VALUES (11, 0, 'mdns.service', '_ipp._tcp', 1690000000000000000, 1690000100000000000);
INSERT INTO device_evidence VALUES
    (11, 0, 'mdns.hostname', 'self', 'prn.local', 90, 12, 1690000000000000000, 1690000100000000000),
    (11, 1, 'mdns.query', 'asks', '_airplay._tcp.local', 10, 1, 1690000000000000000, 1690000000000000000);
INSERT INTO device_user VALUES (11, 'Printer', 'upstairs', 'printer', 1);
INSERT INTO alerts VALUES (1, 1690000020000000000, 'new_device', 'info', 11, 5, '00:11:22:33:44:55', 'prn', '', 'New device', '{}', 1, 'event', 1, 1690000020000000000, 1690000020000000000);
INSERT INTO alert_exceptions VALUES (1, 'port_scan', 11, '192.0.2.1', 'the print server looks around', 1690000030000000000, 0, 3, 1690000040000000000);
INSERT INTO traffic VALUES
    (11, 'hour', 1690000000000000000 - 1690000000000000000 % 3600000000000, 120, 15000, 80, 9000),
    (11, 'day', 1690000000000000000 - 1690000000000000000 % 86400000000000, 120, 15000, 80, 9000);
INSERT INTO traffic_peers VALUES
    (11, 'hour', 1690000000000000000 - 1690000000000000000 % 3600000000000, '198.51.100.9', 'www.example.com', 100, 14000, 70, 8000),
    (11, 'day', 1690000000000000000 - 1690000000000000000 % 86400000000000, '198.51.100.9', NULL, 100, 14000, 70, 8000);
INSERT INTO lessons VALUES
    ('new_service', -7046029254386353131, '00:1b:a9:00:00:01', 1690000000000000000, ' 1689000000000000000 631 9100'),
    ('unusual_contact', 42, NULL, 1690000001000000000, ' 1689000000000000000 4711');
COMMIT;
