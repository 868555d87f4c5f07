/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The schema, how an older one becomes the present one, and every statement of the store.
 *
 * The file is meant to be read by people too: names instead of numbers for whatever is enumerated,
 * addresses as text, times in ns since the epoch. Lists keep their order in `position`. Ids are 64 bits,
 * written as SQLite's signed numbers. */

#include "daemon/store-internal.h"

static const char schema_1[] =
        "CREATE TABLE meta ("
        "  name TEXT PRIMARY KEY,"
        "  value ANY NOT NULL"
        ") STRICT, WITHOUT ROWID;"

        "CREATE TABLE networks ("
        "  id INTEGER PRIMARY KEY,"
        "  interface TEXT NOT NULL,"
        "  vlan INTEGER NOT NULL,"
        "  gateway_mac TEXT,"
        "  gateway_ip TEXT,"
        "  name TEXT,"
        "  first_seen INTEGER NOT NULL,"
        "  last_seen INTEGER NOT NULL"
        ") STRICT;"

        "CREATE TABLE network_prefixes ("
        "  network INTEGER NOT NULL REFERENCES networks ON DELETE CASCADE,"
        "  position INTEGER NOT NULL,"
        "  address TEXT NOT NULL,"
        "  length INTEGER NOT NULL,"
        "  PRIMARY KEY (network, position)"
        ") STRICT, WITHOUT ROWID;"

        /* Small on purpose: this row alone is rewritten whenever a device was merely seen. */
        "CREATE TABLE devices ("
        "  id INTEGER PRIMARY KEY,"
        "  network INTEGER NOT NULL," /* 0: none; no reference, a device may be heard before its network is known */
        "  first_seen INTEGER NOT NULL,"
        "  last_seen INTEGER NOT NULL,"
        "  is_self INTEGER NOT NULL,"
        "  is_gateway INTEGER NOT NULL,"
        "  is_randomized INTEGER NOT NULL,"
        "  is_known INTEGER NOT NULL,"
        "  is_confirmed INTEGER NOT NULL,"
        "  packets_sent INTEGER NOT NULL,"
        "  bytes_sent INTEGER NOT NULL,"
        "  packets_received INTEGER NOT NULL,"
        "  bytes_received INTEGER NOT NULL"
        ") STRICT;"

        "CREATE TABLE device_addresses ("
        "  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,"
        "  family TEXT NOT NULL," /* 'mac', 'ipv4', 'ipv6' */
        "  position INTEGER NOT NULL,"
        "  address TEXT NOT NULL,"
        "  source TEXT," /* kind of fact that told; NULL for a MAC */
        "  first_seen INTEGER NOT NULL,"
        "  last_seen INTEGER NOT NULL,"
        "  PRIMARY KEY (device, family, position)"
        ") STRICT, WITHOUT ROWID;"

        "CREATE TABLE device_services ("
        "  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,"
        "  position INTEGER NOT NULL,"
        "  source TEXT," /* kind of fact that told */
        "  value TEXT NOT NULL,"
        "  first_seen INTEGER NOT NULL,"
        "  last_seen INTEGER NOT NULL,"
        "  PRIMARY KEY (device, position)"
        ") STRICT, WITHOUT ROWID;"

        "CREATE TABLE device_evidence ("
        "  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,"
        "  position INTEGER NOT NULL,"
        "  kind TEXT NOT NULL,"
        "  voice TEXT NOT NULL," /* 'self', 'asks', 'serves', 'claims' */
        "  value TEXT NOT NULL,"
        "  confidence INTEGER NOT NULL,"
        "  count INTEGER NOT NULL,"
        "  first_seen INTEGER NOT NULL,"
        "  last_seen INTEGER NOT NULL,"
        "  PRIMARY KEY (device, position)"
        ") STRICT, WITHOUT ROWID;"

        /* A row only where the user set something. */
        "CREATE TABLE device_user ("
        "  device INTEGER PRIMARY KEY REFERENCES devices ON DELETE CASCADE,"
        "  label TEXT,"
        "  notes TEXT,"
        "  type TEXT,"
        "  trusted INTEGER NOT NULL"
        ") STRICT;"

        /* AUTOINCREMENT: the highest id is remembered when its row is gone. An alert outlives its device. */
        "CREATE TABLE alerts ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  time INTEGER NOT NULL,"
        "  kind TEXT NOT NULL,"
        "  severity TEXT NOT NULL,"
        "  device INTEGER NOT NULL,"
        "  network INTEGER NOT NULL,"
        "  mac TEXT,"
        "  name TEXT NOT NULL,"
        "  peer TEXT NOT NULL,"
        "  message TEXT NOT NULL,"
        "  details TEXT NOT NULL,"
        "  acknowledged INTEGER NOT NULL"
        ") STRICT;"
        "CREATE INDEX alerts_unacknowledged ON alerts (id) WHERE acknowledged = 0;"

        "PRAGMA application_id = 1280525136;" /* STORE_APPLICATION_ID */
        "PRAGMA user_version = 1;";

/* Alerts have a life; exceptions say which are not to be raised. */
static const char schema_2[] =
        "ALTER TABLE alerts ADD COLUMN state TEXT NOT NULL DEFAULT 'event';" /* 'event', 'active', 'resolved' */
        "ALTER TABLE alerts ADD COLUMN count INTEGER NOT NULL DEFAULT 1;"
        "ALTER TABLE alerts ADD COLUMN first INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE alerts ADD COLUMN last INTEGER NOT NULL DEFAULT 0;"
        "UPDATE alerts SET first = time, last = time;"

        "CREATE TABLE alert_exceptions ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  kind TEXT," /* NULL: any */
        "  device INTEGER NOT NULL," /* 0: any */
        "  peer TEXT NOT NULL," /* '': any */
        "  note TEXT NOT NULL,"
        "  created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL," /* 0: never */
        "  hits INTEGER NOT NULL,"
        "  last_hit INTEGER NOT NULL"
        ") STRICT;"

        "PRAGMA user_version = 2;";

/* What devices sent and received, and with whom most, in each hour and in each day (UTC). */
static const char schema_3[] =
        "CREATE TABLE traffic ("
        "  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,"
        "  span TEXT NOT NULL," /* 'hour', 'day' */
        "  time INTEGER NOT NULL," /* at which it begins */
        "  packets_sent INTEGER NOT NULL,"
        "  bytes_sent INTEGER NOT NULL,"
        "  packets_received INTEGER NOT NULL,"
        "  bytes_received INTEGER NOT NULL,"
        "  PRIMARY KEY (device, span, time)"
        ") STRICT, WITHOUT ROWID;"

        "CREATE TABLE traffic_peers ("
        "  device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,"
        "  span TEXT NOT NULL,"
        "  time INTEGER NOT NULL,"
        "  address TEXT NOT NULL,"
        "  name TEXT," /* what it was called then */
        "  packets_sent INTEGER NOT NULL,"
        "  bytes_sent INTEGER NOT NULL,"
        "  packets_received INTEGER NOT NULL,"
        "  bytes_received INTEGER NOT NULL,"
        "  PRIMARY KEY (device, span, time, address)"
        ") STRICT, WITHOUT ROWID;"

        "PRAGMA user_version = 3;";

/* What detectors have learned over days, each in words of its own (engine/detect/lesson.h). */
static const char schema_4[] =
        "CREATE TABLE lessons ("
        "  detector TEXT NOT NULL,"
        "  key INTEGER NOT NULL," /* the detector's own */
        "  mac TEXT," /* of whom; NULL: nobody's in particular */
        "  updated INTEGER NOT NULL,"
        "  text TEXT NOT NULL,"
        "  PRIMARY KEY (detector, key)"
        ") STRICT, WITHOUT ROWID;"

        "PRAGMA user_version = 4;";

/* migrations[n] brings schema n to n + 1, its last statement sets user_version. What was once released is
 * never edited. */
static const char *const migrations[] = {
        schema_1,
        schema_2,
        schema_3,
        schema_4,
};

int store_schema_version(void) {
        return ELEMENTSOF(migrations);
}

int store_migrate(struct store *store, int version) {
        for (; version < store_schema_version(); version++) {
                int rc, r;

                r = store_begin(store, true);
                if (r < 0)
                        return r;
                rc = sqlite3_exec(store->db, migrations[version], NULL, NULL, NULL);
                r = store_end(store, rc == SQLITE_OK ? 0 : store_fail(store, rc));
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Which rows retention takes. ?1 is the time limit, ?2 how many at most. */
#define OLD_ALERTS "SELECT id FROM alerts WHERE acknowledged = 1 AND time < ?1 ORDER BY id LIMIT ?2"
#define OLD_DEVICES                                                                              \
        "SELECT id FROM devices WHERE last_seen < ?1 AND is_self = 0"                            \
        " AND NOT EXISTS (SELECT 1 FROM device_user WHERE device = devices.id)"                  \
        " ORDER BY last_seen LIMIT ?2"
#define OLD_NETWORKS                                                                             \
        "SELECT id FROM networks WHERE last_seen < ?1"                                           \
        " AND NOT EXISTS (SELECT 1 FROM devices WHERE network = networks.id) LIMIT ?2"

/* Times from ?1 on move by ?2, and none is behind ?3, nor a last one before a first. */
#define SHIFTED(time) "MIN(?3, CASE WHEN " time " >= ?1 THEN MAX(0, " time " + ?2) ELSE " time " END)"
#define SHIFT(table)                                                                             \
        "UPDATE " table " SET first_seen = MIN(" SHIFTED("first_seen") ", " SHIFTED("last_seen") ")," \
        " last_seen = " SHIFTED("last_seen") " WHERE last_seen >= MIN(?1, ?3) OR first_seen >= MIN(?1, ?3)"

#define OLD_LESSONS "SELECT detector, key FROM lessons WHERE updated < ?1 LIMIT ?2"

/* Of the rows of ?1 that began before ?2, some. Their tables have no rowid. */
#define OLD_TRAFFIC(table, key) \
        "DELETE FROM " table " WHERE (" key ") IN (SELECT " key " FROM " table " WHERE span = ?1 AND time < ?2 LIMIT ?3)"

const char *const store_sql[_SQL_MAX] = {
        [SQL_BEGIN] = "BEGIN IMMEDIATE",
        [SQL_COMMIT] = "COMMIT",
        [SQL_ROLLBACK] = "ROLLBACK",

        [SQL_META_GET] = "SELECT value FROM meta WHERE name = ?1",
        [SQL_META_PUT] = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",

        [SQL_NETWORK_PUT] = "INSERT INTO networks (id, interface, vlan, gateway_mac, gateway_ip, name, first_seen,"
                            " last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                            " ON CONFLICT (id) DO UPDATE SET interface = ?2, vlan = ?3, gateway_mac = ?4,"
                            " gateway_ip = ?5, name = ?6, first_seen = ?7, last_seen = ?8",
        [SQL_NETWORK_DELETE] = "DELETE FROM networks WHERE id = ?1",
        [SQL_PREFIXES_DELETE] = "DELETE FROM network_prefixes WHERE network = ?1",
        [SQL_PREFIX_INSERT] = "INSERT INTO network_prefixes (network, position, address, length) VALUES (?1, ?2, ?3, ?4)",

        [SQL_DEVICE_UPDATE] = "UPDATE devices SET network = ?2, first_seen = ?3, last_seen = ?4, is_self = ?5,"
                              " is_gateway = ?6, is_randomized = ?7, is_known = ?8, is_confirmed = ?9,"
                              " packets_sent = ?10, bytes_sent = ?11, packets_received = ?12, bytes_received = ?13"
                              " WHERE id = ?1",
        [SQL_DEVICE_INSERT] = "INSERT INTO devices (id, network, first_seen, last_seen, is_self, is_gateway,"
                              " is_randomized, is_known, is_confirmed, packets_sent, bytes_sent, packets_received,"
                              " bytes_received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
                              " ON CONFLICT DO NOTHING",
        [SQL_DEVICE_CHANGE] = "UPDATE devices SET network = ?2, first_seen = ?3, is_self = ?4, is_gateway = ?5,"
                              " is_randomized = ?6, is_known = ?7, is_confirmed = ?8, last_seen = ?9 WHERE id = ?1",
        [SQL_DEVICE_DELETE] = "DELETE FROM devices WHERE id = ?1",
        [SQL_DEVICES_PLAIN] = "SELECT id FROM devices WHERE NOT EXISTS"
                              " (SELECT 1 FROM device_user WHERE device = devices.id)",
        [SQL_ADDRESSES_DELETE] = "DELETE FROM device_addresses WHERE device = ?1 AND family = ?2",
        [SQL_ADDRESS_INSERT] = "INSERT INTO device_addresses (device, family, position, address, source, first_seen,"
                               " last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        [SQL_SERVICES_DELETE] = "DELETE FROM device_services WHERE device = ?1",
        [SQL_SERVICE_INSERT] = "INSERT INTO device_services (device, position, source, value, first_seen, last_seen)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        [SQL_EVIDENCE_DELETE] = "DELETE FROM device_evidence WHERE device = ?1",
        [SQL_EVIDENCE_INSERT] = "INSERT INTO device_evidence (device, position, kind, voice, value, confidence, count,"
                                " first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        [SQL_USER_PUT] = "INSERT INTO device_user (device, label, notes, type, trusted) VALUES (?1, ?2, ?3, ?4, ?5)"
                         " ON CONFLICT (device) DO UPDATE SET label = ?2, notes = ?3, type = ?4, trusted = ?5",
        [SQL_USER_DELETE] = "DELETE FROM device_user WHERE device = ?1",

        [SQL_NETWORKS_LOAD] = "SELECT id, interface, vlan, gateway_mac, gateway_ip, name, first_seen, last_seen"
                              " FROM networks",
        [SQL_PREFIXES_LOAD] = "SELECT address, length FROM network_prefixes WHERE network = ?1 ORDER BY position",
        [SQL_DEVICES_LOAD] = "SELECT id, network, first_seen, last_seen, is_self, is_gateway, is_randomized, is_known,"
                             " is_confirmed, packets_sent, bytes_sent, packets_received, bytes_received,"
                             " device IS NOT NULL, label, notes, type, trusted"
                             " FROM devices LEFT JOIN device_user ON device = id",
        [SQL_ADDRESSES_LOAD] = "SELECT family, address, source, first_seen, last_seen FROM device_addresses"
                               " WHERE device = ?1 ORDER BY family, position",
        [SQL_SERVICES_LOAD] = "SELECT source, value, first_seen, last_seen FROM device_services"
                              " WHERE device = ?1 ORDER BY position",
        [SQL_EVIDENCE_LOAD] = "SELECT kind, voice, value, confidence, count, first_seen, last_seen FROM device_evidence"
                              " WHERE device = ?1 ORDER BY position",

        [SQL_TRAFFIC_ADD] = "INSERT INTO traffic (device, span, time, packets_sent, bytes_sent, packets_received,"
                            " bytes_received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                            " ON CONFLICT (device, span, time) DO UPDATE SET packets_sent = packets_sent + ?4,"
                            " bytes_sent = bytes_sent + ?5, packets_received = packets_received + ?6,"
                            " bytes_received = bytes_received + ?7",
        [SQL_TRAFFIC_MOVE] = "INSERT INTO traffic (device, span, time, packets_sent, bytes_sent, packets_received,"
                             " bytes_received) SELECT ?2, span, time, packets_sent, bytes_sent, packets_received,"
                             " bytes_received FROM traffic WHERE device = ?1"
                             " ON CONFLICT (device, span, time) DO UPDATE SET"
                             " packets_sent = packets_sent + excluded.packets_sent,"
                             " bytes_sent = bytes_sent + excluded.bytes_sent,"
                             " packets_received = packets_received + excluded.packets_received,"
                             " bytes_received = bytes_received + excluded.bytes_received",
        [SQL_TRAFFIC_LIST] = "SELECT device, time, packets_sent, bytes_sent, packets_received, bytes_received"
                             " FROM traffic WHERE device = ?4 AND span = ?1 AND time >= ?2 AND time < ?3 ORDER BY time",
        [SQL_TRAFFIC_LIST_ALL] = "SELECT device, time, packets_sent, bytes_sent, packets_received, bytes_received"
                                 " FROM traffic WHERE span = ?1 AND time >= ?2 AND time < ?3",
        [SQL_SHIFT_NETWORKS] = SHIFT("networks"),
        [SQL_SHIFT_DEVICES] = SHIFT("devices"),
        [SQL_SHIFT_ADDRESSES] = SHIFT("device_addresses"),
        [SQL_SHIFT_SERVICES] = SHIFT("device_services"),
        [SQL_SHIFT_EVIDENCE] = SHIFT("device_evidence"),
        [SQL_DEVICES_NEWEST] = "SELECT max(last_seen) FROM devices",
        [SQL_LESSON_PUT] = "INSERT INTO lessons (detector, key, mac, updated, text) VALUES (?1, ?2, ?3, ?4, ?5)"
                           " ON CONFLICT (detector, key) DO UPDATE SET mac = ?3, updated = ?4, text = ?5",
        [SQL_LESSONS_LOAD] = "SELECT detector, key, mac, text FROM lessons ORDER BY updated",
        [SQL_LESSONS_FORGET] = "DELETE FROM lessons WHERE mac IN (SELECT address FROM device_addresses"
                               " WHERE device = ?1 AND family = 'mac')",
        [SQL_OLD_LESSONS_ANY] = OLD_LESSONS,
        [SQL_OLD_LESSONS_DELETE] = "DELETE FROM lessons WHERE (detector, key) IN (" OLD_LESSONS ")",
        [SQL_COUNT_LESSONS] = "SELECT count(*) FROM lessons",
        [SQL_EXCESS_LESSONS_DELETE] = "DELETE FROM lessons WHERE (detector, key) IN"
                                      " (SELECT detector, key FROM lessons ORDER BY updated LIMIT ?1)",
        [SQL_TRAFFIC_OLD_DELETE] = OLD_TRAFFIC("traffic", "device, span, time"),
        [SQL_TRAFFIC_FIRST] = "SELECT min(time) FROM traffic WHERE span = ?1 HAVING min(time) IS NOT NULL",
        [SQL_PEER_ADD] = "INSERT INTO traffic_peers (device, span, time, address, name, packets_sent, bytes_sent,"
                         " packets_received, bytes_received) VALUES (?1, ?2, ?3, ?8, ?9, ?4, ?5, ?6, ?7)"
                         " ON CONFLICT (device, span, time, address) DO UPDATE SET name = coalesce(?9, name),"
                         " packets_sent = packets_sent + ?4, bytes_sent = bytes_sent + ?5,"
                         " packets_received = packets_received + ?6, bytes_received = bytes_received + ?7",
        [SQL_PEERS_TRIM] = "DELETE FROM traffic_peers WHERE device = ?1 AND span = ?2 AND time = ?3 AND address NOT IN"
                           " (SELECT address FROM traffic_peers WHERE device = ?1 AND span = ?2 AND time = ?3"
                           " ORDER BY bytes_sent + bytes_received DESC, address LIMIT ?4)",
        [SQL_PEERS_MOVE] = "INSERT INTO traffic_peers (device, span, time, address, name, packets_sent, bytes_sent,"
                           " packets_received, bytes_received) SELECT ?2, span, time, address, name, packets_sent,"
                           " bytes_sent, packets_received, bytes_received FROM traffic_peers WHERE device = ?1"
                           " ON CONFLICT (device, span, time, address) DO UPDATE SET"
                           " packets_sent = packets_sent + excluded.packets_sent,"
                           " bytes_sent = bytes_sent + excluded.bytes_sent,"
                           " packets_received = packets_received + excluded.packets_received,"
                           " bytes_received = bytes_received + excluded.bytes_received",
        [SQL_PEERS_LIST] = "SELECT address, max(name), sum(packets_sent), sum(bytes_sent), sum(packets_received),"
                           " sum(bytes_received) FROM traffic_peers WHERE device = ?4 AND span = ?1 AND time >= ?2"
                           " AND time < ?3 GROUP BY address ORDER BY sum(bytes_sent) + sum(bytes_received) DESC LIMIT ?5",
        [SQL_PEERS_LIST_ALL] = "SELECT address, max(name), sum(packets_sent), sum(bytes_sent), sum(packets_received),"
                               " sum(bytes_received) FROM traffic_peers WHERE span = ?1 AND time >= ?2 AND time < ?3"
                               " AND ?4 = 0 GROUP BY address"
                               " ORDER BY sum(bytes_sent) + sum(bytes_received) DESC LIMIT ?5",
        [SQL_PEERS_OLD_DELETE] = OLD_TRAFFIC("traffic_peers", "device, span, time, address"),

        [SQL_ALERT_INSERT] = "INSERT INTO alerts (id, time, kind, severity, device, network, mac, name, peer, message,"
                             " details, acknowledged, state, count, first, last)"
                             " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        [SQL_ALERT_UPDATE] = "UPDATE alerts SET severity = ?2, device = ?3, network = ?4, name = ?5, peer = ?6, message = ?7,"
                             " details = ?8, state = ?9, count = ?10, last = ?11,"
                             " acknowledged = CASE WHEN ?12 THEN 0 ELSE acknowledged END WHERE id = ?1",
        [SQL_ALERTS_RESOLVE] = "UPDATE alerts SET state = 'resolved' WHERE state = 'active'",
        [SQL_ALERTS_LIST] = "SELECT id, time, kind, severity, device, network, mac, name, peer, message, details,"
                            " acknowledged, state, count, first, last FROM alerts WHERE time >= ?1 ORDER BY id DESC",
        [SQL_ALERT_GET] = "SELECT id, time, kind, severity, device, network, mac, name, peer, message, details,"
                          " acknowledged, state, count, first, last FROM alerts WHERE time >= ?1 AND id = ?2",
        [SQL_ALERT_EXISTS] = "SELECT acknowledged FROM alerts WHERE id = ?1",
        [SQL_ALERT_ACKNOWLEDGE] = "UPDATE alerts SET acknowledged = 1 WHERE id = ?1 AND acknowledged = 0",
        [SQL_ALERTS_UNACKNOWLEDGED] = "SELECT id FROM alerts WHERE acknowledged = 0 ORDER BY id",
        [SQL_ALERTS_ACKNOWLEDGE_ALL] = "UPDATE alerts SET acknowledged = 1 WHERE acknowledged = 0",
        [SQL_ALERTS_MOVE] = "UPDATE alerts SET device = ?2 WHERE device = ?1",
        [SQL_ALERTS_COUNT_UNACKNOWLEDGED] = "SELECT count(*) FROM alerts WHERE acknowledged = 0",
        [SQL_ALERTS_LAST] = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'alerts'",

        [SQL_EXCEPTION_INSERT] = "INSERT INTO alert_exceptions (id, kind, device, peer, note, created, expires, hits,"
                                 " last_hit) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        [SQL_EXCEPTION_DELETE] = "DELETE FROM alert_exceptions WHERE id = ?1",
        [SQL_EXCEPTION_HITS] = "UPDATE alert_exceptions SET hits = ?2, last_hit = ?3 WHERE id = ?1",
        [SQL_EXCEPTIONS_LIST] = "SELECT id, kind, device, peer, note, created, expires, hits, last_hit"
                                " FROM alert_exceptions ORDER BY id",
        [SQL_EXCEPTIONS_LAST] = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'alert_exceptions'",
        [SQL_EXCEPTIONS_MOVE] = "UPDATE alert_exceptions SET device = ?2 WHERE device = ?1",

        [SQL_COUNT_NETWORKS] = "SELECT count(*) FROM networks",
        [SQL_COUNT_DEVICES] = "SELECT count(*) FROM devices",
        [SQL_COUNT_ALERTS] = "SELECT count(*) FROM alerts",
        [SQL_COUNT_TRAFFIC] = "SELECT count(*) FROM traffic",
        [SQL_COUNT_PEERS] = "SELECT count(*) FROM traffic_peers",
        [SQL_PAGE_COUNT] = "PRAGMA page_count",
        [SQL_PAGE_SIZE] = "PRAGMA page_size",
        [SQL_FREE_PAGES] = "PRAGMA freelist_count",

        [SQL_OLD_ALERTS_ANY] = OLD_ALERTS,
        [SQL_OLD_ALERTS_DELETE] = "DELETE FROM alerts WHERE id IN (" OLD_ALERTS ")",
        [SQL_EXCESS_ALERTS_DELETE] = "DELETE FROM alerts WHERE id IN"
                                     " (SELECT id FROM alerts ORDER BY acknowledged DESC, id LIMIT ?1)",
        [SQL_OLD_DEVICES_ANY] = OLD_DEVICES,
        [SQL_OLD_DEVICES_DELETE] = "DELETE FROM devices WHERE id IN (" OLD_DEVICES ")",
        [SQL_OLD_NETWORKS_ANY] = OLD_NETWORKS,
        [SQL_OLD_NETWORKS_DELETE] = "DELETE FROM networks WHERE id IN (" OLD_NETWORKS ")",
        [SQL_VACUUM_STEP] = "PRAGMA incremental_vacuum(256)",
};
