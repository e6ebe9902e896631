// Messages of BitTorrent explained, field by field, for the console and `--explain`: one entrance for all its dialects.
// Read next: PeerWire/ExplainWire.swift (between peers), UTP/UTPExplain.swift (the transport below), Tracker/ExplainTracker.swift, DHT/ExplainDHT.swift.
public import Bytes
public import Trace
public import World

/// What `bytes` say, as one message of `dialect`; nil: the dialect is none of BitTorrent's.
public func explain(_ bytes: Buffer, as dialect: Dialect) -> Explanation? {
  switch dialect {
  case .bittorrent: WireExplainer(bytes: bytes).explanation()
  case .udpTracker:
    {
      var explainer = TrackerExplainer(bytes: bytes)
      return explainer.explanation()
    }()
  case .dht: DHTExplainer(bytes: bytes).explanation()
  case .utp: explainUTP(bytes)
  default: nil
  }
}
