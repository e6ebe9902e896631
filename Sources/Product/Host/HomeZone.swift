// The zone that a hosted domain gets without being told anything: SOA, NS, the addresses of the domain, of `www` and of its name server.
import Bytes
package import DNS
package import NameServer
package import World

/// Makes the zone of a hosted domain.
package enum HomeZone {
  /// Why a zone cannot be served.
  package enum Failure: Error, CustomStringConvertible {
    case domain(SyntaxError)
    case records([MasterFileProblem])
    case zone(ZoneErrors)

    package var description: String {
      switch self {
      case .domain(let error): "\(error)"
      case .records(let problems): problems.map(\.description).joined(separator: "\n")
      case .zone(let errors): "\(errors)"
      }
    }
  }

  /// The zone's master file. `records` are the user's own, and may name anything the generated ones do not.
  package static func text(domain: String, addresses: [Address], serial: UInt32, records: String, sites: [String] = []) -> String {
    var lines = [
      "$ORIGIN \(domain).", "$TTL 300",
      "@ SOA ns1 hostmaster (\(serial) 3600 600 1209600 300)", "@ NS ns1",
    ]
    // A site of a name below the domain is found at the same addresses.
    let below = sites.filter { $0.hasSuffix("." + domain) }.map { String($0.dropLast(domain.count + 1)) }.filter { $0 != "ns1" && $0 != "www" }
    for owner in ["@", "ns1", "www"] + below {
      for address in addresses {
        switch address {
        case .v4: lines.append("\(owner) A \(address)")
        case .v6: lines.append("\(owner) AAAA \(address)")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n" + records + "\n"
  }

  /// Reads a master file as a zone.
  package static func zone(origin: String, file: String, text: String) throws(Failure) -> Zone {
    let name: Name
    do { name = try Name(origin) } catch { throw .domain(error) }
    let outcome = MasterFileReader.records(Buffer(text), file: file, origin: name)
    if !outcome.problems.isEmpty { throw .records(outcome.problems) }
    do { return try Zone(apex: name, records: outcome.records) } catch { throw .zone(error) }
  }
}
