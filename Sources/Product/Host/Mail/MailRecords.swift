// What a domain with mail says about it in its zone: where its mail goes, who may send for it, with which keys it signs, and what becomes of the rest.
// Not here: the rest of the zone (HomeZone.swift).
package import Mail

/// The records of a domain's mail.
package enum MailRecords {
  /// Lines of a master file for the zone of `domain`, whose origin is set: `name` is the mail server's own name, found at the same addresses as
  /// the domain when it stands below it. `keys` are the texts of the signing keys by selector; `policy` is what others are asked to do
  /// with mail that is not the domain's own, nil: nothing is said.
  package static func text(
    domain: String, name: String, preference: Int = 10, keys: [(selector: String, text: String)], policy: AuthorPolicy.Request? = nil
  ) -> String {
    var lines = ["@ MX \(preference) \(name).", #"@ TXT "v=spf1 mx -all""#]
    // RFC 9989 §4.7. Nobody is asked for reports: there is nothing here that reads them.
    if let policy { lines.append(#"_dmarc TXT "v=DMARC1; p=\#(policy.rawValue)""#) }
    if name != domain { lines.append(#"\#(name). TXT "v=spf1 a -all""#) }
    for key in keys {
      // RFC 1035 §3.3: a string has at most 255 bytes; RFC 6376 §3.6.2.2: they are joined again.
      lines.append("\(key.selector)._domainkey TXT " + key.text.strings(of: 255).map { "\"\($0)\"" }.joined(separator: " "))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension String {
  /// Cut into pieces of at most `length` ASCII characters.
  fileprivate func strings(of length: Int) -> [Substring] {
    var pieces: [Substring] = []
    var rest = self[...]
    while !rest.isEmpty {
      pieces.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return pieces
  }
}
