#!/usr/bin/env python3
"""How many simulated peers a second of CPU carries: a ring of 100,000 nodes with searches, a swarm of 1,000 peers.

Usage: bench_models.py [--netstead .build/release/netstead] [--rounds 3] [--nodes 100000] [--peers 1000]
Nobody else's program runs the same models, so these are figures of our own, to be compared with those of the last version.
Read next: harness.py.
"""
import argparse
import json
import resource
import statistics
import subprocess

from harness import table


def run(netstead, *words):
    """What the command says as JSON, the CPU seconds it took, and the most memory it held (MiB)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(subprocess.run([netstead, "lab", *map(str, words), "--json"], check=True, stdout=subprocess.PIPE).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return said, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def row(name, figures, unit):
    return [name, f"{statistics.median(figures):,.0f}", f"{min(figures):,.0f}-{max(figures):,.0f}", unit]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--netstead", default=".build/release/netstead")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--peers", type=int, default=1_000)
    given = parser.parse_args()
    raised, searched, passed, memory, peers, blocks = [], [], [], [], [], []
    for seed in range(1, given.rounds + 1):
        _, idle, _ = run(given.netstead, "ring", "--nodes", given.nodes, "--searches", 0, "--seed", seed)
        ring, busy, most = run(given.netstead, "ring", "--nodes", given.nodes, "--searches", given.nodes, "--seed", seed)
        raised.append(given.nodes / max(idle, 1e-3))
        searched.append(given.nodes / max(busy, 1e-3))
        passed.append(ring["events"] / max(busy, 1e-3))
        memory.append(most)
        swarm, took, _ = run(given.netstead, "swarm", "--peers", given.peers, "--seed", seed)
        peers.append(given.peers / max(took, 1e-3))
        blocks.append(swarm["blocks"] / max(took, 1e-3))
    print(table(["what", "median", "range", "unit"], [
        row(f"ring of {given.nodes:,}: nodes raised with their tables", raised, "nodes per CPU second"),
        row(f"ring of {given.nodes:,}: nodes, one search each and upkeep meanwhile", searched, "nodes per CPU second"),
        row("the same: events", passed, "events per CPU second"),
        row("the same: memory", memory, "MiB at most, of all so far"),
        row(f"swarm of {given.peers:,}: peers from nothing to everything", peers, "peers per CPU second"),
        row("the same: blocks", blocks, "blocks per CPU second"),
    ]))


main()
