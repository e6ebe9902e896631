// What a part says about its content: Content-Type, Content-Transfer-Encoding, Content-Disposition and the rest.
// Read next: FieldParameters.swift (`name=value` pairs).
public import Bytes

/// The Content fields of one head, as far as they can be understood.
// RFC 2045, RFC 2183, RFC 3282, RFC 2557 §4
public struct ContentFields: Hashable, Sendable {
  /// In lower case.
  public var type: String
  /// In lower case.
  public var subtype: String
  /// Of Content-Type.
  public var parameters: [FieldParameter] = []
  /// In lower case: `7bit`, `base64`; what nobody knows, too.
  public var encoding = "7bit"
  public var id: Buffer?
  public var description: Buffer?
  public var md5: Buffer?
  /// In lower case: `inline`, `attachment`.
  public var disposition: String?
  public var dispositionParameters: [FieldParameter] = []
  public var languages: [Buffer] = []
  public var location: Buffer?

  // RFC 2045 §5.2: what says nothing is text in US-ASCII.
  static let text = ContentFields(type: "text", subtype: "plain")
  // RFC 2046 §5.1.5: in a digest it is a message.
  static let message = ContentFields(type: "message", subtype: "rfc822")

  init(type: String, subtype: String) {
    self.type = type
    self.subtype = subtype
  }

  /// Reads them; what `head` does not say is as in `assumed`.
  init(_ head: MessageHead, assuming assumed: ContentFields, limits: Limits) {
    self = assumed
    if let value = head.value("content-type") {
      let read = FieldParameters(reading: value, limits: limits)
      let words = read.word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      if words.count == 2, !words[0].isEmpty, !words[1].isEmpty {
        (type, subtype) = (String(words[0]), String(words[1]))
        parameters = read.parameters
      } else {
        // RFC 2045 §5.2: so is what makes no sense.
        self = .text
        parameters = read.parameters
      }
    }
    if let value = head.value("content-transfer-encoding") {
      let word = FieldParameters(reading: value, limits: limits).word
      if !word.isEmpty { encoding = word }
    }
    if let value = head.value("content-disposition") {
      let read = FieldParameters(reading: value, limits: limits)
      if !read.word.isEmpty {
        disposition = read.word
        dispositionParameters = read.parameters
      }
    }
    if let value = head.value("content-language") {
      languages = value.array.split(separator: UInt8(ascii: ",")).map { ASCII.trimmed($0) }.filter { !$0.isEmpty }.prefix(limits.parametersMax).map { Buffer($0) }
    }
    id = head.value("content-id")
    description = head.value("content-description")
    md5 = head.value("content-md5")
    location = head.value("content-location")
  }

  /// The value of a parameter of Content-Type, written in lower case.
  public func parameter(_ name: String) -> FieldParameter? { parameters.first { $0.name == name } }

  /// Whether the content is a message.
  // RFC 2046 §5.2.1, RFC 6532 §3.7
  public var isMessage: Bool { type == "message" && (subtype == "rfc822" || subtype == "global") }

  /// Whether the content stands there as it is.
  // RFC 2045 §6.2
  public var isIdentity: Bool { ["7bit", "8bit", "binary"].contains(encoding) }

  /// How its bytes are to be read; nil: no text.
  public var charset: String? { type == "text" ? parameter("charset")?.text.lowercased() ?? "us-ascii" : nil }

  /// What the sender calls the file.
  // RFC 2183 §2.3; the name parameter is what was there before.
  public var fileName: String? { (dispositionParameters.first { $0.name == "filename" } ?? parameter("name"))?.decodedText }

  /// Between the parts of a multipart; nil: there is none that could be.
  func boundary(_ limits: Limits) -> [UInt8]? {
    guard var bytes = parameter("boundary")?.value.array else { return nil }
    // RFC 2046 §5.1.1: a boundary does not end with a blank.
    while let last = bytes.last, last.isBlank { bytes.removeLast() }
    return bytes.isEmpty || bytes.count > limits.boundaryBytesMax ? nil : bytes
  }
}
