// Which protocol explains which message.
import BitTorrent
import DNS
import FTP
import HTTP
import Host
import IMAP
import Lab
import POP3
import SMTP
import Sockets
import TLS
import Trace
import World

/// Explains a message of any protocol this program speaks; nil: there is nothing to explain.
let explainAnything: ExplainMessage = { dialect, info, kind, bytes in
  if kind.isWire { return TLS.explain(bytes) }
  return switch dialect {
  case .dns: DNS.explain(bytes, framing: info.carrier == .tcp ? .lengthPrefixed : .bare)
  case .http: HTTP.explain(bytes)
  case .smtp: SMTP.explain(bytes)
  case .pop3: POP3.explain(bytes)
  case .imap: IMAP.explain(bytes)
  case .ftp, .ftpData: FTP.explain(bytes, as: dialect, from: kind == .sent ? info.role : info.role == .server ? .client : .server)
  case .ring, .swarmModel: ModelLine.explain(bytes, as: dialect)
  case .dht: explainNodes(bytes)
  case .bittorrent, .udpTracker, .utp: BitTorrent.explain(bytes, as: dialect)
  default: Sockets.explain(bytes, as: dialect)
  }
}
