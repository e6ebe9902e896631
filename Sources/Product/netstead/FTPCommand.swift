// `netstead ftp`: lists a folder of a file server, gets a file, puts one. Not here: sessions and transfers (FileServer/Client).
import ArgumentParser
import Bytes
import FTP
import FileServer
import Storage
import Synchronization
import Trace
import Transport
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Talks to file servers.
struct FTPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ftp", abstract: "List, get and put files.",
    discussion: """
      Addresses are ftp://user@host/path; without a user it is anonymous. Data goes to standard output, everything else to standard error.

      Examples:
        netstead ftp ls ftp.garnet.test
        netstead ftp get ftp://ftp.garnet.test/notes.txt
        netstead ftp get ftp://ftp.garnet.test/big.bin -o big.bin --resume --explain
        netstead ftp put notes.txt ftp://writer:secret@ftp.garnet.test/notes.txt --active
      """, subcommands: [FTPListCommand.self, FTPGetCommand.self, FTPPutCommand.self])
}

/// What every subcommand understands.
struct FTPOptions: ParsableArguments {
  @Option(name: [.customShort("u"), .customLong("user")], help: ArgumentHelp("Who logs in, when the address does not say it.", valueName: "name:password"))
  var user: String?

  @Flag(help: "Active mode: the server calls this machine for each data connection.")
  var active = false

  @Flag(help: "TLS around control and data connections.")
  var tls = false

  @Flag(name: .customLong("insecure"), help: "Accept any certificate.")
  var acceptsAnything = false

  @Option(help: ArgumentHelp("Give up when connecting, or a reply, takes this long.", valueName: "time"))
  var timeout = TimeSpan(duration: .seconds(30))

  @Flag(name: .customLong("show-secrets"), help: "Show passwords instead of asterisks.")
  var showSecrets = false

  mutating func validate() throws {
    if tls, active { throw ValidationError("Inside TLS data connections are passive: leave out --active or --tls.") }
    if acceptsAnything, !tls { throw ValidationError("--insecure is about certificates: it needs --tls.") }
  }

  /// Logs in where `url` says, does `work`, and shows what was said.
  func run(
    _ url: String, _ messages: MessageOptions, _ colour: ColourOptions, besides json: JSONOption? = nil,
    _ work: (FileClient, FileAddress) async throws -> Void
  ) async throws {
    guard let address = FileAddress(url) else { throw ToolFailure(.usage, "expected an address such as ftp://host/path, found `\(url)`") }
    let (name, password) = try credentials(address)
    var session = ToolSession(messages, colour, timeout: timeout)
    session.talksOnly = true
    session.showsSecrets = showSecrets
    let result: Result<Void, any Error>
    do {
      let client = try await connect(address, session)
      try await client.logIn(user: name, password: password)
      try await work(client, address)
      await client.quit()
      result = .success(())
    } catch { result = .failure(error) }
    try session.finish(besides: json)
    if case .failure(let error) = result { throw ToolFailure(ftp: error) }
  }

  private func credentials(_ address: FileAddress) throws -> (String, String) {
    if let name = address.user { return (name, address.password ?? "") }
    guard let user else { return ("anonymous", "guest@") }
    let words = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2, !words[0].isEmpty else { throw ToolFailure(.usage, "expected name:password, found `\(words.first ?? "")`") }
    return (words[0], words[1])
  }

  private func connect(_ address: FileAddress, _ session: ToolSession) async throws -> FileClient {
    var options = FileClient.Options()
    options.mode = active ? .active : .passive
    options.connectTimeout = timeout.duration
    options.limits.replyTimeout = timeout.duration
    options.trace = session.trace
    if tls { options.tls = TLSClientOptions(serverName: address.host, authorities: TrustedAuthorities.text, acceptsAnything: acceptsAnything) }
    var failure: FileClientFailure?
    for place in try await session.names.addresses(of: address.host, client: session.client) {
      do throws(FileClientFailure) {
        return try await FileClient.connect(to: Endpoint(place, session.names.port(address.port)), over: session.network, options)
      } catch { failure = error }
    }
    throw failure ?? .local("no address for \(address.host)")
  }
}

/// `netstead ftp ls`
struct FTPListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ls", abstract: "List a folder.")

  @Argument(help: "The folder; `ftp://` may be left out.")
  var url: String

  @Flag(name: [.customShort("l"), .customLong("long")], help: "With kinds, sizes and times.")
  var long = false

  @OptionGroup var options: FTPOptions
  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws { try messages.validate(beside: json) }

  func run() async throws {
    try await options.run(url, messages, colour, besides: json) { client, address in
      let items = try await client.list(address.names.isEmpty ? nil : address.path)
      if json.json { return Terminal.say(Self.json(items, of: address)) }
      if !messages.jsonl { for item in items { Terminal.say(Self.line(item, isLong: long)) } }
    }
  }

  private static func kind(_ item: ListingItem) -> String {
    switch item.kind {
    case .file: "file"
    case .folder: "folder"
    case .link: "link"
    case .other: "other"
    }
  }

  private static func line(_ item: ListingItem, isLong: Bool) -> String {
    let name = String(decoding: item.name, as: UTF8.self) + (item.kind == .folder ? "/" : "")
    guard isLong else { return name }
    let size = item.size.map(String.init) ?? ""
    let time = item.modified.map { String($0.timestamp.prefix(19)) } ?? ""
    func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
    return "\(kind(item))\(padded("", 6 - kind(item).count)) \(padded(size, 12)) \(padded(time, 19)) \(name)"
  }

  private static func json(_ items: [ListingItem], of address: FileAddress) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.value("address", address.description)
      writer.array("items") { array in
        for item in items {
          array.object { object in
            object.value("name", String(decoding: item.name, as: UTF8.self))
            object.value("kind", kind(item))
            if let size = item.size { object.value("size", Int(size)) }
            if let time = item.modified { object.value("modified", time.timestamp) }
          }
        }
      }
    }
    return writer.bytes.text
  }
}

/// `netstead ftp get`
struct FTPGetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Get a file.")

  @Argument(help: "The file; `ftp://` may be left out.")
  var url: String

  @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("Where it goes; standard output when not given.", valueName: "file"))
  var output: String?

  @Flag(name: [.customShort("C"), .customLong("resume")], help: "Go on where the file of --output ends.")
  var resumes = false

  @Flag(help: "As text: the server's line ends become this machine's.")
  var text = false

  @OptionGroup var options: FTPOptions
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws {
    if resumes, output == nil { throw ValidationError("--resume needs --output: the file that is to be completed.") }
    if resumes, text { throw ValidationError("--resume counts bytes, which --text changes: leave out one of them.") }
  }

  func run() async throws {
    try await options.run(url, messages, colour) { client, address in
      if address.names.isEmpty { throw ToolFailure(.usage, "expected the address of a file, found `\(url)`") }
      let isText = text || address.type == "a"
      let file = try output.map { try GrowingFile($0, continues: resumes) }
      let reader = Mutex(LineEndReader())
      let isAlone = messages.jsonl
      _ = try await client.get(address.path, from: file?.length ?? 0, type: isText ? .text : .image) { piece in
        let bytes = isText ? reader.withLock { $0.stored(piece) } : piece
        if let file { try file.append(bytes) } else if !isAlone { Terminal.say(bytes) }
      }
      let rest = reader.withLock { $0.rest() }
      if let file { try file.append(rest) } else if !isAlone, !rest.isEmpty { Terminal.say(rest) }
    }
  }
}

/// `netstead ftp put`
struct FTPPutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "put", abstract: "Put a file.")

  @Argument(help: "The file here.")
  var file: String

  @Argument(help: "Where it goes; a folder's address ends with a slash.")
  var url: String

  @Flag(name: [.customShort("C"), .customLong("resume")], help: "Go on where the server's file ends.")
  var resumes = false

  @Flag(name: [.customShort("a"), .customLong("append")], help: "Put it behind what is there.")
  var appends = false

  @Flag(help: "As text: this machine's line ends become the server's.")
  var text = false

  @OptionGroup var options: FTPOptions
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws {
    if [resumes, appends].filter({ $0 }).count > 1 { throw ValidationError("Either --resume or --append, not both.") }
    if resumes, text { throw ValidationError("--resume counts bytes, which --text changes: leave out one of them.") }
  }

  func run() async throws {
    guard let source = SpooledFile(reading: file) else { throw ToolFailure(.usage, "\(file) cannot be read") }
    try await options.run(url, messages, colour) { client, address in
      var path = address.path
      if address.isFolder {
        if !path.isEmpty { path.append(UInt8(ascii: "/")) }
        path.append(String(file.split(separator: "/").last ?? Substring(file)))
      }
      let offset = resumes ? try await client.size(of: path) ?? 0 : 0
      if offset > source.length { throw ToolFailure(.refused, "the server's file is longer than \(file)") }
      try await client.put(
        .file(FileSlice(file: source, offset: offset, length: source.length - offset)), to: path, from: offset, verb: appends ? .appe : .stor,
        type: text || address.type == "a" ? .text : .image)
    }
  }
}

/// A file that content is written to as it comes.
private final class GrowingFile: Sendable {
  private let descriptor: Int32
  private let path: String
  /// How long it was. Unit: bytes.
  let length: Int64

  init(_ path: String, continues: Bool) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (continues ? O_APPEND : O_TRUNC), 0o644)
    guard descriptor >= 0 else { throw ToolFailure(.usage, "\(path) cannot be written") }
    length = continues ? Int64(lseek(descriptor, 0, SEEK_END)) : 0
  }

  deinit { close(descriptor) }

  func append(_ bytes: Buffer) throws {
    let isWritten = bytes.withUnsafeBytes { all in
      var done = 0
      while done < all.count {
        let count = write(descriptor, all.baseAddress.map { $0 + done }, all.count - done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
      }
      return true
    }
    if !isWritten { throw ToolFailure(.usage, "\(path) cannot be written") }
  }
}

extension ToolFailure {
  /// What a failed session means to the caller of the command.
  init(ftp error: any Error) {
    guard let failure = error as? FileClientFailure else {
      self.init(error)
      return
    }
    let status: ExitStatus =
      switch failure {
      case .network(let error): error.status
      case .session(.notFTP): .brokenPeer
      case .session: .unreachable
      case .refused(.auth, _), .refused(.prot, _), .refused(.pbsz, _): .insecure
      case .refused: .refused
      case .login: .unauthenticated
      case .broken: .unreachable
      case .wrongLength: .brokenPeer
      case .local: .usage
      }
    self.init(status, failure.description)
  }
}
