// The fields of a client subnet option, explained. Not here: reading one as a value (ClientSubnet.swift).
import Trace

extension Explainer {
  /// The parts of a client subnet option whose data stand at `range` (bytes of what is shown); empty when the data are damaged.
  static func subnetFields(_ option: EDNSOption, at range: Range<Int>) -> [Field] {
    guard let subnet = option.clientSubnet, range.count >= ClientSubnet.headerSize else { return [] }
    let start = range.lowerBound
    let source = "RFC 7871 §6"
    let family = option.data[1]
    let names = ["none", "IPv4", "IPv6"]
    var fields = [
      Field(
        "Family", "\(family) (\(names[Int(family) % names.count]))", start..<(start + 2), meaning: "Which kind of address follows.", source: source),
      Field(
        "Source prefix", "\(subnet.sourceLength) bits", (start + 2)..<(start + 3),
        meaning: subnet.sourceLength == 0
          ? "Zero: the client's place shall not be told." : "So much of the client's address is told, the rest is kept back.", source: source),
      Field(
        "Scope prefix", "\(subnet.scopeLength) bits", (start + 3)..<(start + 4),
        meaning: subnet.scopeLength == 0
          ? "In a question always zero. In an answer: it holds for everybody." : "The answer holds for all clients that share so many bits, and is kept for them only.",
        source: "RFC 7871 §7.2.1"),
    ]
    if range.count > ClientSubnet.headerSize, let address = subnet.address {
      fields.append(Field("Address", "\(address)", (start + 4)..<range.upperBound, meaning: "The network the client is in.", source: source))
    }
    return fields
  }
}
