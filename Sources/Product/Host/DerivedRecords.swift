// What a domain's zone says of its services without being told: where clients find them (SRV), with which key they speak (TLSA), names for them.
// Not here: mail's own records (Mail/MailRecords.swift), the zone's beginning (HomeZone.swift).
import Bytes
import DNS
import World

/// The records that follow from the settings.
enum DerivedRecords {
  /// Lines of a master file for the zone of the settings' domain, whose origin is set. `mailName` is the mail server's own name; nil: there is no
  /// mail. `keyHash` is the SHA-256 of the servers' public key; nil: nothing is said of keys. `taken` are the names for which somebody else speaks.
  static func text(_ settings: HostSettings, mailName: String?, keyHash: [UInt8]?, taken: Set<String> = []) -> String {
    var lines: [String] = []
    let ports = settings.ports
    if let mailName {
      // RFC 6186 §3, RFC 8314 §5.1
      for (service, port) in [
        ("submission", ports.submission), ("submissions", ports.submissions), ("imap", ports.imap), ("imaps", ports.imaps), ("pop3", ports.pop3), ("pop3s", ports.pop3s),
      ] { lines.append("_\(service)._tcp SRV 0 1 \(port) \(mailName).") }
    }
    let published = settings.published.isEmpty ? settings.addresses : settings.published
    for (label, isWanted) in [("ftp", settings.files != nil), ("tracker", settings.tracker != nil)] where isWanted && !taken.contains(label) {
      for address in published {
        switch address {
        case .v4: lines.append("\(label) A \(address)")
        case .v6: lines.append("\(label) AAAA \(address)")
        }
      }
    }
    // BEP 34: where the tracker of this name listens.
    if settings.tracker != nil, !taken.contains("tracker") { lines.append("tracker TXT \"BITTORRENT UDP:\(ports.tracker) TCP:\(ports.tracker)\"") }
    if let keyHash {
      // RFC 6698 §2.1, RFC 7671 §5.1: the key itself, whoever signed its certificate.
      let data = "TLSA \\# 35 030101\(Hexadecimal.text(keyHash))"
      var places = ["_\(ports.https)._tcp", "_\(ports.https)._tcp.www"]
      if let mailName {
        places += [ports.smtp, ports.submission, ports.submissions, ports.imap, ports.imaps, ports.pop3, ports.pop3s].map { "_\($0)._tcp.\(mailName)." }
      }
      lines += places.map { "\($0) \(data)" }
    }
    return lines.joined(separator: "\n") + (lines.isEmpty ? "" : "\n")
  }

  /// The names, relative to the domain, for which the user's own records speak.
  static func taken(by records: String, domain: String) -> Set<String> {
    guard let origin = try? Name(domain) else { return [] }
    let read = MasterFileReader.records(Buffer(records), file: "records", origin: origin).records
    return Set(read.compactMap { record in
      let name = "\(record.name)".lowercased()
      return name.hasSuffix(".\(domain).") ? String(name.dropLast(domain.count + 2)) : nil
    })
  }
}
