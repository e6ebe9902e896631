// A node of the DHT on the network.
