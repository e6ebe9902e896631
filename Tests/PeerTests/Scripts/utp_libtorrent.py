# libtorrent as a peer that speaks uTP only.
#   utp_libtorrent.py seed FOLDER PORT            shares FOLDER/data, says "ready INFOHASH", ends when its input ends
#   utp_libtorrent.py leech FOLDER PORT PEERPORT  fetches what FOLDER/data.torrent names from that peer into FOLDER/got, says "done SHA256"
import hashlib, os, sys, time
import libtorrent as lt

what, folder, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
session = lt.session({
    'listen_interfaces': '127.0.0.1:%d' % port, 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_tcp': False, 'enable_incoming_tcp': False, 'in_enc_policy': 2, 'out_enc_policy': 2, 'allow_multiple_connections_per_ip': True,
    'alert_mask': lt.alert.category_t.all_categories,
})
path = os.path.join(folder, 'data')
torrent = path + '.torrent'
if what == 'seed':
    storage = lt.file_storage()
    lt.add_files(storage, path)
    maker = lt.create_torrent(storage, 32768, lt.create_torrent.v1_only)
    lt.set_piece_hashes(maker, folder)
    with open(torrent, 'wb') as out:
        out.write(lt.bencode(maker.generate()))
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(torrent)
parameters.save_path = folder if what == 'seed' else os.path.join(folder, 'got')
handle = session.add_torrent(parameters)
if what == 'seed':
    while not handle.status().is_seeding:
        time.sleep(0.05)
    print('ready', parameters.ti.info_hash(), flush=True)
    sys.stdin.read()
else:
    handle.connect_peer(('127.0.0.1', int(sys.argv[4])))
    for _ in range(600):
        if handle.status().is_seeding:
            break
        time.sleep(0.1)
        for alert in session.pop_alerts():
            if 'peer' in alert.what():
                print(alert, file=sys.stderr, flush=True)
    data = open(os.path.join(folder, 'got', 'data'), 'rb').read()
    print('done', hashlib.sha256(data).hexdigest(), flush=True)
