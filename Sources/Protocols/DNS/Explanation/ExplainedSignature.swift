// The fields of a TSIG record's data, explained. Not here: reading one as a value (Signatures/TransactionSignature.swift).
import Bytes
import Trace
import World

extension Explainer {
  /// Adds the pieces of a TSIG record's data.
  mutating func explainSignature(_ children: inout [Field]) throws(SyntaxError) {
    let source = TransactionSignature.rule
    children.append(try name("Algorithm", "How the code is made.", source).field)
    children.append(try field("Time signed", source, { (r) throws(SyntaxError) in
      UInt64(try r.uint16("the time signed", source)) << 32 | UInt64(try r.uint32("the time signed", source))
    }) { (Explainer.time($0), "When it was signed: a copy sent again later is not taken.") }.field)
    children.append(try field("Fudge", source, { (r) throws(SyntaxError) in try r.uint16("the fudge", source) }) {
      ("\($0) s", "So far the clocks of both ends may lie apart.")
    }.field)
    try explainBytes("MAC", "The code over the message, which only those who know the key can make.", &children)
    children.append(try field("Original identifier", source, { (r) throws(SyntaxError) in try r.uint16("the original identifier", source) }) {
      ("\($0)", "The message's identifier when it was signed.")
    }.field)
    let error = try field("Error", "RFC 8945 §3", { (r) throws(SyntaxError) in ResponseCode(rawValue: try r.uint16("the error", source)) }) {
      ($0.signatureName, Explainer.signatureError($0))
    }
    children.append(error.field)
    try explainBytes("Other data", error.value == .badTime ? "The server's time, in seconds since 1970." : "Only the error BADTIME has any.", &children)
  }

  /// A length of two bytes and so many bytes.
  private mutating func explainBytes(_ title: String, _ meaning: String, _ children: inout [Field]) throws(SyntaxError) {
    let source = TransactionSignature.rule
    let size = try field("\(title) size", source, { (r) throws(SyntaxError) in try r.uint16("the size of \(title)", source) }) {
      ("\($0) bytes", "How many bytes follow.")
    }
    children.append(size.field)
    guard size.value > 0 else { return }
    children.append(try field(title, source, { (r) throws(SyntaxError) in try r.take(Int(size.value), title, source) }) { (Hexadecimal.text($0), meaning) }.field)
  }

  /// `1767225600 (2026-01-01 00:00:00)`.
  private static func time(_ seconds: UInt64) -> String {
    let date = CivilDate(dayNumber: Int64(seconds / 86_400))
    func two(_ value: some BinaryInteger) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let time = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map { two($0) }.joined(separator: ":")
    return "\(seconds) (\(date.year)-\(two(date.month))-\(two(date.day)) \(time))"
  }

  private static func signatureError(_ code: ResponseCode) -> String {
    switch code {
    case .noError: "None."
    case .badSignature: "The code is wrong: another secret, or the message was changed."
    case .badKey: "The server does not know the key."
    case .badTime: "The clocks differ too much."
    case .badTruncation: "Too little of the code was sent."
    default: "See the registry for \(code)."
    }
  }
}

extension ResponseCode {
  /// What the code is called in a TSIG record, where 16 is not BADVERS.
  // RFC 8945 §3
  public var signatureName: String { self == .badSignature ? "BADSIG" : description }
}
