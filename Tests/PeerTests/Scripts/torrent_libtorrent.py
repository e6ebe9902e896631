# A libtorrent peer for tests: seeds or gets one torrent on loopback until told to stop, or until it has everything.
# usage: torrent_libtorrent.py seed|get TORRENT-OR-MAGNET FOLDER PORT tcp|utp [NODE-PORT]
# With NODE-PORT it has a node of the hash table, which begins at that port; 0: nowhere.
import sys, time
import libtorrent as lt

mode, source, folder, port, carrier = sys.argv[1:6]
node = int(sys.argv[6]) if len(sys.argv) > 6 else None
session = lt.session({
    'listen_interfaces': '127.0.0.1:' + port, 'enable_dht': node is not None, 'dht_bootstrap_nodes': '', 'dht_ignore_dark_internet': False,
    'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False, 'dht_announce_interval': 5, 'min_announce_interval': 1, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'allow_multiple_connections_per_ip': True, 'in_enc_policy': 2, 'out_enc_policy': 2,
    'enable_incoming_tcp': carrier == 'tcp', 'enable_outgoing_tcp': carrier == 'tcp',
    'enable_incoming_utp': carrier == 'utp', 'enable_outgoing_utp': carrier == 'utp',
})
if source.startswith('magnet:'):
    parameters = lt.parse_magnet_uri(source)
else:
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(source)
parameters.save_path = folder
torrent = session.add_torrent(parameters)
if node: session.add_dht_node(('127.0.0.1', node))
end = time.time() + 80
told = False
turn = 0
while time.time() < end:
    if node is not None and turn % 40 == 0: torrent.force_dht_announce()
    turn += 1
    status = torrent.status()
    if status.is_seeding and not told:
        told = True
        print('infohash', status.info_hashes.v1, flush=True)
        print('seeding' if mode == 'seed' else 'whole', flush=True)
        if mode == 'get': break
    time.sleep(0.05)
sys.exit(0 if told else 1)
