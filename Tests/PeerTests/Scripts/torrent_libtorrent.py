# A libtorrent peer for tests: seeds or gets one torrent on loopback until told to stop, or until it has everything.
# usage: torrent_libtorrent.py seed|get TORRENT-OR-MAGNET FOLDER PORT tcp|utp [PEER-PORT]
import sys, time
import libtorrent as lt

mode, source, folder, port, carrier = sys.argv[1:6]
session = lt.session({
    'listen_interfaces': '127.0.0.1:' + port, 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
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
if len(sys.argv) > 6: torrent.connect_peer(('127.0.0.1', int(sys.argv[6])))
end = time.time() + 80
told = False
while time.time() < end:
    status = torrent.status()
    if status.is_seeding and not told:
        told = True
        print('infohash', status.info_hashes.v1, flush=True)
        print('seeding' if mode == 'seed' else 'whole', flush=True)
        if mode == 'get': break
    time.sleep(0.05)
sys.exit(0 if told else 1)
