// What `netstead http` sends as content: `--data`, `--form` and `--get`, with curl's conventions; and the jar's file.
import ArgumentParser
import Bytes
import HTTP
import Lab
import WebServer
import World

/// The options that make a request's content, and those that say who asks.
struct HTTPContentOptions: ParsableArguments {
  @Option(name: [.customShort("d"), .customLong("data")], help: ArgumentHelp("A form's text, or @file; makes it a POST; may be repeated.", valueName: "text"))
  var data: [String] = []

  @Option(name: [.customShort("F"), .customLong("form")], help: ArgumentHelp("A part of a form: name=value, or name=@file.", valueName: "part"))
  var parts: [String] = []

  @Flag(name: [.customShort("G"), .customLong("get")], help: "Put --data into the address.")
  var goesIntoAddress = false

  @Option(name: [.customShort("u"), .customLong("user")], help: ArgumentHelp("For Basic authentication.", valueName: "name:password"))
  var user: String?

  @Option(name: .customLong("jar"), help: ArgumentHelp("Cookies to send, and where new ones go.", valueName: "file"))
  var jar: String?

  /// Whether there is content to send.
  var hasContent: Bool { !parts.isEmpty || (!data.isEmpty && !goesIntoAddress) }

  /// Puts content, query and credentials into `ask`.
  func apply(to ask: inout WebClient.Ask) throws {
    if !data.isEmpty, !parts.isEmpty { throw ToolFailure(.usage, "expected --data or --form, found both") }
    let text = try joinedData()
    if goesIntoAddress, !text.isEmpty {
      ask.address.target += (ask.address.target.contains("?") ? "&" : "?") + text.text
    } else if !data.isEmpty {
      ask.body = text
      add(.contentType, "application/x-www-form-urlencoded", to: &ask)
    } else if !parts.isEmpty {
      // Long enough that it stands in no part.
      var random = SystemRandomNumberGenerator()
      let boundary = "netstead-" + (0..<4).map { _ in String(random.next() as UInt64, radix: 36) }.joined()
      ask.body = MultipartWriter.body(try parts.map { try part($0) }, boundary: boundary)
      add(.contentType, MultipartWriter.contentType(boundary: boundary), to: &ask)
    }
    guard let user else { return }
    let words = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2, let credentials = BasicCredentials(user: words[0], password: words[1]) else {
      throw ToolFailure(.usage, "expected name:password, found `\(words.first ?? "")`")
    }
    add(.authorization, credentials.text, to: &ask)
  }

  /// A field the user gave goes before ours.
  private func add(_ name: FieldName, _ value: String, to ask: inout WebClient.Ask) {
    if !ask.fields.contains(where: { $0.name == name }) { ask.fields.append((name, value)) }
  }

  /// What was given, joined by `&`; line ends in files are left out, as curl does.
  private func joinedData() throws -> Buffer {
    var all = Buffer()
    for piece in data {
      if !all.isEmpty { all.append(UInt8(ascii: "&")) }
      if piece.hasPrefix("@") {
        all.append(try Self.file(String(piece.dropFirst())).filter { $0 != 0x0D && $0 != 0x0A && $0 != 0 })
      } else {
        all.append(piece)
      }
    }
    return all
  }

  /// `name=value`, `name=@file`, `name=@file;type=image/png`, `name=<file` for a value read from a file.
  private func part(_ text: String) throws -> FormPart {
    let words = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2, !words[0].isEmpty else { throw ToolFailure(.usage, "expected name=value, found `\(text)`") }
    guard let sign = words[1].first, sign == "@" || sign == "<" else { return FormPart(words[0], Buffer(words[1])) }
    var path = String(words[1].dropFirst())
    var type: String?
    if let mark = path.firstRange(of: ";type=") {
      type = String(path[mark.upperBound...])
      path = String(path[..<mark.lowerBound])
    }
    let content = Buffer(try Self.file(path))
    if sign == "<" { return FormPart(words[0], content, contentType: type) }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return FormPart(words[0], content, fileName: name, contentType: type ?? MediaType.ofFile(named: name))
  }

  /// Largest file that is sent. Unit: bytes. Past it: refused, since a form is put together in memory.
  private static let fileBytesMax = 268_435_456

  private static func file(_ path: String) throws -> [UInt8] {
    guard let bytes = SystemFile.bytes(path, bytesMax: fileBytesMax) else { throw ToolFailure(.usage, "\(path) cannot be read, or is larger than 256 MiB") }
    return bytes
  }

  // MARK: The jar

  /// The cookies of the jar's file; none when there is no file yet. Nil: no jar was asked for.
  func openJar(at now: Instant) throws -> SharedCookieJar? {
    guard let path = jar else { return nil }
    var cookies = CookieJar()
    if SystemFile.exists(path) {
      guard let bytes = SystemFile.bytes(path, bytesMax: 16_777_216) else { throw ToolFailure(.usage, "\(path) cannot be read, or is larger than 16 MiB") }
      cookies.read(Buffer(bytes), at: now)
    }
    return SharedCookieJar(cookies)
  }

  /// Writes the cookies back.
  func close(_ cookies: SharedCookieJar?) throws {
    guard let path = jar, let cookies else { return }
    if !OutputFile.writePrivately(cookies.current.text.array, to: path) { throw ToolFailure(.usage, "\(path) cannot be written") }
  }
}
