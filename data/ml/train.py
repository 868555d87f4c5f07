#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains a model that rates flows, and writes it as ONNX for lanscoped's Model=.

  train.py OUTPUT.onnx FLOWS...

FLOWS are labelled flows: Zeek's conn.log with a column "label" (IoT-23's conn.log.labeled as it comes), or CSV with a
heading of the columns of features.table and "label". Benign is a label that is "benign", "normal", "0" or "-"; anything
else is not. A fifth of them, chosen by a fixed seed, is kept back; what the model makes of that is printed.

The model is a small network (13 to 16 to 1), trained with numpy; needs python3-numpy and python3-onnx.
"""
import argparse
import csv
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import features  # noqa: E402

BENIGN = {'benign', 'normal', '0', '-', ''}
PROTOCOLS = {'icmp': 1, 'tcp': 6, 'udp': 17}
HIDDEN = 16


def number(text):
    return 0.0 if text in ('-', '', '(empty)') else float(text)


def from_zeek(row):
    """A line of conn.log: bytes are counted from the IP header on, as the table wants them."""
    protocol = PROTOCOLS.get(row['proto'], 0)
    return {
        'duration': number(row['duration']), 'packets_sent': number(row['orig_pkts']), 'packets_received': number(row['resp_pkts']),
        'bytes_sent': number(row['orig_ip_bytes']), 'bytes_received': number(row['resp_ip_bytes']), 'protocol': protocol,
        'responder_port': number(row['id.resp_p']) if protocol in (6, 17) else 0.0,
    }


def read_zeek(lines):
    names = None
    for line in lines:
        line = line.rstrip('\n')
        if line.startswith('#fields'):
            # IoT-23 puts spaces in front of its two last columns, in the heading and in each line.
            names = line.replace('   ', '\t').split('\t')[1:]
        elif names and line and not line.startswith('#'):
            row = dict(zip(names, line.replace('   ', '\t').split('\t')))
            if 'label' in row:
                yield from_zeek(row), row['label']


def read_csv(lines):
    for row in csv.DictReader(lines):
        yield {name: number(row[name]) for name in features.COLUMNS}, row['label']


def read_flows(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        zeek = f.read(1) == '#'
        f.seek(0)
        for flow, label in (read_zeek if zeek else read_csv)(f):
            yield features.vector(flow), float(label.strip().lower() not in BENIGN)


def forward(weights, x):
    w1, b1, w2, b2 = weights
    hidden = np.maximum(x @ w1 + b1, 0)
    return hidden, 1 / (1 + np.exp(-np.clip(hidden @ w2 + b2, -30, 30)))


def fit(x, y, rounds, random):
    """Adam (Kingma and Ba, 2015) on cross entropy; both labels weigh the same, however many there are of each."""
    weights = [random.normal(0, (2 / x.shape[1]) ** 0.5, (x.shape[1], HIDDEN)), np.zeros(HIDDEN),
               random.normal(0, (2 / HIDDEN) ** 0.5, (HIDDEN, 1)), np.zeros(1)]
    mean, square = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    weigh = np.where(y == 1, 0.5 / max(y.mean(), 1e-9), 0.5 / max(1 - y.mean(), 1e-9))
    for step in range(1, rounds + 1):
        rows = random.integers(0, len(x), 512)
        hidden, score = forward(weights, x[rows])
        error = (score - y[rows]) * weigh[rows] / len(rows)
        back = (error @ weights[2].T) * (hidden > 0)
        for i, gradient in enumerate((x[rows].T @ back, back.sum(0), hidden.T @ error, error.sum(0))):
            mean[i] = 0.9 * mean[i] + 0.1 * gradient
            square[i] = 0.999 * square[i] + 0.001 * gradient ** 2
            weights[i] = weights[i] - 0.005 * (mean[i] / (1 - 0.9 ** step)) / (np.sqrt(square[i] / (1 - 0.999 ** step)) + 1e-8)
    return weights


def export(path, weights, centre, scale):
    """Centre and scale become part of the first layer, so that the model takes features as they come."""
    w1, b1, w2, b2 = weights
    arrays = {'w1': w1 / scale[:, None], 'b1': b1 - (centre / scale) @ w1, 'w2': w2, 'b2': b2}
    graph = helper.make_graph(
        [helper.make_node('MatMul', ['features', 'w1'], ['a']), helper.make_node('Add', ['a', 'b1'], ['b']),
         helper.make_node('Relu', ['b'], ['c']), helper.make_node('MatMul', ['c', 'w2'], ['d']),
         helper.make_node('Add', ['d', 'b2'], ['e']), helper.make_node('Sigmoid', ['e'], ['score'])],
        'flows', [helper.make_tensor_value_info('features', TensorProto.FLOAT, ['n', len(features.NAMES)])],
        [helper.make_tensor_value_info('score', TensorProto.FLOAT, ['n', 1])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], producer_name='lanscope')
    model.ir_version = 7
    helper.set_model_props(model, {'lanscope.features': ','.join(features.NAMES)})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('output')
    parser.add_argument('flows', nargs='+')
    parser.add_argument('--rounds', type=int, default=3000, help='batches of 512 (3000)')
    arguments = parser.parse_args()
    rows = [row for path in arguments.flows for row in read_flows(path)]
    if not rows or len({label for _, label in rows}) < 2:
        sys.exit('%d flows: both benign and other ones are needed' % len(rows))
    random = np.random.default_rng(1)
    x, y = np.array([v for v, _ in rows]), np.array([[label] for _, label in rows])
    kept = random.random(len(x)) < 0.2
    centre, scale = x[~kept].mean(0), np.maximum(x[~kept].std(0), 1e-3)
    weights = fit((x[~kept] - centre) / scale, y[~kept], arguments.rounds, random)
    found = forward(weights, (x[kept] - centre) / scale)[1] >= 0.9
    right, told, there = int((found & (y[kept] == 1)).sum()), int(found.sum()), int((y[kept] == 1).sum())
    print('%d flows, %d kept back: of %d suspicious ones %d found; of %d told %d are so (score of 90 %% or more)' %
          (len(x), kept.sum(), there, right, told, right))
    export(arguments.output, weights, centre, scale)
    print('wrote %s' % arguments.output)


if __name__ == '__main__':
    main()
