#!/usr/bin/env python3
# libtorrent as a peer of our tracker and of our node of the hash table. On loopback only.
#   tracker TORRENT SEED LEECH          one session seeds, one leeches; they have the torrent's tracker and nothing else
#   dht TORRENT SEED LEECH PORT         the same with the node at PORT and nothing else
#   node OWN PORT INFOHASH              a node at OWN that knows the one at PORT looks for peers until it has some, and prints them
import sys
import time

import libtorrent as lt


def session(has_dht, port=0):
    return lt.session({
        'listen_interfaces': '127.0.0.1:%d' % port,
        'enable_dht': has_dht, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'allow_multiple_connections_per_ip': True, 'dht_bootstrap_nodes': '',
        'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False, 'dht_ignore_dark_internet': False,
        # Or it would scrape nobody on loopback.
        'ssrf_mitigation': False,
        'dht_announce_interval': 5, 'min_announce_interval': 1, 'alert_mask': lt.alert.category_t.all_categories,
    })


def add(one, torrent, folder):
    wanted = lt.add_torrent_params()
    wanted.ti = lt.torrent_info(torrent)
    wanted.save_path = folder
    return one.add_torrent(wanted)


def wait(seconds, is_so):
    end = time.time() + seconds
    while time.time() < end:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def pair(torrent, seed, leech, node=None):
    first, second = session(node is not None), session(node is not None)
    for one in (first, second):
        if node is not None:
            one.add_dht_node(('127.0.0.1', node))
    one, two = add(first, torrent, seed), add(second, torrent, leech)
    if not wait(30, lambda: one.status().is_seeding):
        sys.exit('the seed is none: %s' % one.status().state)
    for turn in range(12):
        if node is not None:
            one.force_dht_announce()
            two.force_dht_announce()
        else:
            two.force_reannounce()
        if wait(6, lambda: two.status().is_seeding):
            print('ok after turn %d' % turn)
            # So that the file is on the disk.
            two.flush_cache()
            time.sleep(0.5)
            if node is None:
                two.scrape_tracker()
                if not wait(20, lambda: any(isinstance(alert, lt.scrape_reply_alert) for alert in second.pop_alerts())):
                    sys.exit('the tracker was not scraped')
            return
    for alert in first.pop_alerts() + second.pop_alerts():
        if 'dht' in alert.what() or 'tracker' in alert.what() or 'error' in alert.what():
            print(alert.what(), alert.message()[:200])
    sys.exit('nothing arrived: %s, %d peers' % (two.status().state, two.status().num_peers))


def node(own, port, info_hash):
    one = session(True, own)
    one.add_dht_node(('127.0.0.1', port))
    wanted = lt.sha1_hash(bytes.fromhex(info_hash))
    for _ in range(60):
        one.dht_get_peers(wanted)
        time.sleep(1)
        for alert in one.pop_alerts():
            if isinstance(alert, lt.dht_get_peers_reply_alert) and alert.num_peers() > 0:
                print(' '.join('%s:%d' % peer for peer in alert.peers()))
                return
    sys.exit('no peers found')


command, rest = sys.argv[1], sys.argv[2:]
if command == 'tracker':
    pair(*rest)
elif command == 'dht':
    pair(rest[0], rest[1], rest[2], int(rest[3]))
else:
    node(int(rest[0]), int(rest[1]), rest[2])
