// What somebody on the way does to a greeting of TLS, and when a scenario needs certificates.
import Bytes

/// An offer of TLS 1.3 struck out.
enum LoweredOffer {
  /// `bytes` with 1.2 in place of 1.3 wherever they look like the list of a ClientHello; nil: nowhere.
  // RFC 8446 §4.2.1: extension 43, its length, the list's length, then versions of two bytes each.
  static func lowered(_ bytes: Buffer) -> Buffer? {
    var changed: Buffer?
    guard bytes[at: 0] == 22, bytes[at: 5] == 1 else { return nil }
    for place in 0..<bytes.count where bytes[at: place] == 0 && bytes[at: place + 1] == 43 && bytes[at: place + 2] == 0 {
      guard let length = bytes[at: place + 3], let list = bytes[at: place + 4], length == list + 1, list % 2 == 0 else { continue }
      for version in stride(from: place + 5, to: place + 5 + Int(list), by: 2) where bytes[at: version] == 3 && bytes[at: version + 1] == 4 {
        var copy = changed ?? Buffer(bytes.array)
        copy.overwrite(at: version, with: UInt16(0x0303))
        changed = copy
      }
    }
    return changed
  }
}

extension Scenario {
  /// Whether somebody asks for a page inside TLS.
  var asksInsideTLS: Bool {
    steps.contains { step in
      switch step.deed {
      case .get(_, let url, _), .load(_, let url, _, _), .choose(_, let url), .play(_, let url, _): url.hasPrefix("https://")
      default: false
      }
    }
  }
}
