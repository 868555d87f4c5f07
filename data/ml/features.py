# SPDX-License-Identifier: LGPL-2.1-or-later
"""The feature vector of a flow, from features.table: what the training kit computes, and the C that the build makes.

  features.py HEADER     writes the table as C
"""
import math
import os
import sys

COLUMNS = ('duration', 'packets_sent', 'packets_received', 'bytes_sent', 'bytes_received', 'protocol', 'responder_port')
OPERATIONS = {
    'log': lambda a, _: math.log1p(a),
    'mean': lambda a, b: math.log1p(a / b) if b > 0 else 0.0,
    'share': lambda a, b: a / (a + b) if a + b > 0 else 0.0,
    'is': lambda a, n: float(a == n),
    'below': lambda a, n: float(a < n),
}


def read_table(path=os.path.join(os.path.dirname(os.path.abspath(__file__)), 'features.table')):
    """[(name, operation, column, second column or number or None)]"""
    rows = []
    with open(path, encoding='ascii') as f:
        for number, line in enumerate(f, 1):
            words = line.split('#')[0].split()
            if not words:
                continue
            name, operation, column, *with_ = words + [None] * (4 - len(words))
            other = with_[0] if with_ else None
            if operation not in OPERATIONS or column not in COLUMNS or (other in COLUMNS) != (operation in ('mean', 'share')):
                raise ValueError('%s:%d: not understood' % (path, number))
            rows.append((name, operation, column, other if other is None or other in COLUMNS else float(other)))
    return rows


TABLE = read_table()
NAMES = [row[0] for row in TABLE]


def vector(flow):
    """`flow`: a number for each of COLUMNS."""
    return [OPERATIONS[operation](flow[column], flow[other] if other in COLUMNS else other)
            for _, operation, column, other in TABLE]


def header():
    lines = ['/* SPDX-License-Identifier: LGPL-2.1-or-later */', '/* Made of data/ml/features.table. */', '#pragma once', '',
             '#define FLOW_FEATURES %d' % len(TABLE), '', '/* name, operation, column, second column, number */',
             '#define FLOW_FEATURE_TABLE(X) \\']
    for name, operation, column, other in TABLE:
        second = other.upper() if other in COLUMNS else 'NONE'
        number = other if isinstance(other, float) else 0
        lines.append('        X(%s, %s, %s, %s, %d) \\' % (name, operation.upper(), column.upper(), second, number))
    return '\n'.join(lines)[:-2] + '\n\n#define FLOW_FEATURE_NAMES "%s"\n' % ','.join(NAMES)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], 'w', encoding='ascii') as output:
        output.write(header())
