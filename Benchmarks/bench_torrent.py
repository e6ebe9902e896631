#!/usr/bin/env python3
# Ours against libtorrent: each gets 1 GiB over TCP from the same seed, alternating, and each seeds 1 GiB to the same leech. Told are the time, and the
# CPU time of the side under test for each MiB, both the median of the rounds.
# usage: bench_torrent.py [--rounds N] [--mib N] [--over tcp|utp] [--netstead PATH]
# Needs python3-libtorrent for /usr/bin/python3, and a release build: swift build -c release --product netstead.
import argparse, hashlib, os, resource, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

PEER = r'''
import sys, time, os
import libtorrent as lt
mode, source, folder, port, carrier, peer = sys.argv[1:7]
session = lt.session({
    'listen_interfaces': '127.0.0.1:' + port, 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'allow_multiple_connections_per_ip': True, 'in_enc_policy': 2, 'out_enc_policy': 2,
    'enable_incoming_tcp': carrier == 'tcp', 'enable_outgoing_tcp': carrier == 'tcp',
    'enable_incoming_utp': carrier == 'utp', 'enable_outgoing_utp': carrier == 'utp', 'mixed_mode_algorithm': 0})
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(source)
parameters.save_path = folder
if mode == 'seed': parameters.flags |= lt.torrent_flags.seed_mode
torrent = session.add_torrent(parameters)
if mode == 'seed':
    # Before, it turns away whoever calls.
    while not torrent.status().is_seeding: time.sleep(0.01)
    print('seeding', flush=True)
    while True: time.sleep(1)
while True:
    if peer != '0' and torrent.status().num_peers == 0: torrent.connect_peer(('127.0.0.1', int(peer)))
    if torrent.status().is_seeding: break
    time.sleep(0.02)
'''

def free_port():
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(('127.0.0.1', 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue

def cpu(pid):
    fields = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix='bench-torrent-', dir=options.dir)
        self.full, self.torrent = self.folder + '/full', self.folder + '/data.torrent'
        os.mkdir(self.full)
        with open(self.full + '/data.bin', 'wb') as file:
            for _ in range(options.mib): file.write(os.urandom(1 << 20))
        subprocess.run([options.netstead, 'torrent', 'make', self.full + '/data.bin', '-o', self.torrent, '--piece-length', '1048576'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        open(self.folder + '/peer.py', 'w').write(PEER)

    def ours(self, mode, folder, port, peer):
        command = [self.options.netstead, 'torrent', mode, self.torrent, '--data', folder, '--over', self.options.over, '--no-trackers', '--listen', f'127.0.0.1:{port}']
        return command + (['--peer', f'127.0.0.1:{peer}'] if peer else [])

    def theirs(self, mode, folder, port, peer):
        return ['/usr/bin/python3', self.folder + '/peer.py', mode, self.torrent, folder, str(port), self.options.over, str(peer)]

    def run(self, seed, leech, measured):
        """Seconds, and CPU seconds of the measured side."""
        empty = self.folder + '/empty'
        os.mkdir(empty)
        port = free_port()
        seeding = subprocess.Popen(seed('seed', self.full, port, 0), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while 'seeding' not in seeding.stdout.readline(): pass
        before = cpu(seeding.pid)
        start, children = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(leech('get', empty, free_port(), port), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds, after = time.time() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime if measured == 'get' else cpu(seeding.pid) - before
        seeding.send_signal(signal.SIGKILL)
        seeding.wait()
        same = subprocess.run(['cmp', '-s', self.full + '/data.bin', empty + '/data.bin']).returncode == 0
        shutil.rmtree(empty)
        if not same: sys.exit('what came is not what was sent')
        return seconds, used

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--mib', type=int, default=1024)
    parser.add_argument('--over', choices=['tcp', 'utp'], default='tcp')
    parser.add_argument('--netstead', default='.build/release/netstead')
    parser.add_argument('--dir', default='/dev/shm')
    bench = Bench(parser.parse_args())
    options = bench.options
    try:
        for what, cases in [
            ('get', {'netstead': (bench.theirs, bench.ours), 'libtorrent': (bench.theirs, bench.theirs)}),
            ('seed', {'netstead': (bench.ours, bench.theirs), 'libtorrent': (bench.theirs, bench.theirs)}),
        ]:
            results = {name: [] for name in cases}
            for _ in range(options.rounds):
                for name, (seed, leech) in cases.items(): results[name].append(bench.run(seed, leech, what))
            for name, runs in results.items():
                seconds, used = (statistics.median(run[index] for run in runs) for index in (0, 1))
                print(f'{what:5} {options.over}  {name:11} {options.mib / seconds:7.0f} MiB/s  {used * 1e6 / options.mib:7.0f} us CPU per MiB  ({options.rounds} rounds)', flush=True)
    finally:
        shutil.rmtree(bench.folder)

main()
