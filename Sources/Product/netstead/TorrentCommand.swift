// `netstead torrent`: makes, shows and checks torrents. Getting and seeding: TorrentTransfer.swift. Not here: swarms (Servers/Swarm).
import ArgumentParser
import BitTorrent
import Bytes
import Storage
import Swarm
import Synchronization
import Trace
import World

/// Files in swarms.
struct TorrentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torrent", abstract: "Make, show and check torrents; get files from a swarm, and seed them.",
    discussion: """
      Examples:
        netstead torrent make notes --tracker http://tracker.test:6969/announce
        netstead torrent show notes.torrent
        netstead torrent seed notes.torrent --data . --listen 192.0.2.7:6881
        netstead torrent get notes.torrent --data /tmp
        netstead torrent get 'magnet:?xt=urn:btih:…' --peer 192.0.2.7:6881 --explain
        netstead torrent get 'magnet:?xt=urn:btih:…' --node 192.0.2.7:6881 --listen 192.0.2.8:6881
      """,
    subcommands: [TorrentMakeCommand.self, TorrentShowCommand.self, TorrentCheckCommand.self, TorrentGetCommand.self, TorrentSeedCommand.self])
}

/// What a torrent is named by on the command line.
enum TorrentSource {
  case file(Metainfo)
  case magnet(Magnet)

  /// Largest file that is read. Unit: bytes.
  private static let bytesMax: Int64 = 33_554_432

  init(_ text: String) throws {
    do throws(ReadingFailure) {
      if text.lowercased().hasPrefix("magnet:") {
        self = .magnet(try Magnet(reading: text))
        return
      }
      guard let file = SpooledFile(reading: text), file.length <= Self.bytesMax, let bytes = file.read(at: 0, length: Int(file.length)) else {
        throw ReadingFailure.syntax(SyntaxError(expected: "a torrent file that can be read, or a magnet link", found: text, at: 0, rule: "BEP 3"))
      }
      switch try TorrentFile(reading: bytes) {
      case .metainfo(let metainfo): self = .file(metainfo)
      case .magnet(let magnet): self = .magnet(magnet)
      }
    } catch { throw ToolFailure(.usage, "\(text): \(error)") }
  }

  var infoHash: InfoHash {
    switch self {
    case .file(let metainfo): metainfo.torrent.infoHash
    case .magnet(let magnet): magnet.infoHash
    }
  }

  /// The whole description. Throws: only the hash is known.
  func described() throws -> Metainfo {
    guard case .file(let metainfo) = self else { throw ToolFailure(.usage, "a magnet link says too little for this: a torrent file is needed") }
    return metainfo
  }
}

/// `netstead torrent make`
struct TorrentMakeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "make", abstract: "Make a torrent of a file or a folder; its magnet link is told.")

  @Argument(help: "The file or folder; hidden files are left out.")
  var path: String

  @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("Where the torrent goes; NAME.torrent when not given.", valueName: "file"))
  var output: String?

  @Option(name: [.customShort("t"), .customLong("tracker")], help: ArgumentHelp("A tracker's address; several are tried in this order.", valueName: "url"))
  var trackers: [String] = []

  @Option(name: .customLong("piece-length"), help: ArgumentHelp("A power of two from 16384; chosen by the size when not given.", valueName: "bytes"))
  var pieceLength: Int?

  @Option(help: "A remark.")
  var comment: String?

  @Flag(name: .customLong("private"), help: "Peers come from the trackers alone.")
  var isPrivate = false

  @OptionGroup(title: "Output") var json: JSONOption

  mutating func validate() throws {
    if let pieceLength, pieceLength < 16_384 || pieceLength > 67_108_864 || pieceLength & (pieceLength - 1) != 0 {
      throw ValidationError("--piece-length: expected a power of two from 16384 to 67108864, found \(pieceLength).")
    }
    for tracker in trackers where !["http://", "https://", "udp://"].contains(where: { tracker.lowercased().hasPrefix($0) }) {
      throw ValidationError("--tracker: expected an address such as http://tracker.test:6969/announce or udp://tracker.test:6969, found `\(tracker)`.")
    }
  }

  func run() async throws {
    let (torrent, isPrivate) = (try Self.torrent(of: path, pieceLength: pieceLength, isPrivate: isPrivate), isPrivate)
    var metainfo = Metainfo(torrent, trackers: trackers.map { [$0] })
    metainfo.comment = comment
    metainfo.creator = "Netstead"
    let target = output ?? "\(torrent.name).torrent"
    guard OutputFile.write(metainfo.encoded.array, to: target) else { throw ToolFailure(.usage, "\(target) cannot be written") }
    if target == "-" { return }
    if json.json { return Terminal.say(TorrentText.json(metainfo)) }
    Terminal.say(metainfo.magnet.description)
    Terminal.talk("\(target): \(torrent.sizes.count) pieces of \(torrent.sizes.pieceLength) bytes\(isPrivate ? ", private" : "")")
  }

  /// Most files of one torrent.
  private static let filesMax = 100_000

  /// Reads everything once.
  private static func torrent(of path: String, pieceLength: Int?, isPrivate: Bool) throws -> Torrent {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    let name = String(trimmed.split(separator: "/").last ?? "")
    guard !name.isEmpty, name != ".", name != ".." else { throw ToolFailure(.usage, "expected a file or folder with a name, found `\(path)`") }
    if let file = SpooledFile(reading: String(trimmed)) {
      guard let maker = TorrentMaker(name: name, length: Int(file.length), pieceLength: pieceLength) else { throw ToolFailure(.usage, "\(path) is too long") }
      return try finish(maker, isPrivate, [(file, file.length)])
    }
    guard let folder = try? ServedFolder(path: String(trimmed)) else { throw ToolFailure(.usage, "\(path) cannot be read") }
    var files: [(file: Torrent.File, open: OpenFile)] = []
    try collect(folder, [], into: &files)
    if files.isEmpty { throw ToolFailure(.usage, "\(path) has no files") }
    guard let maker = TorrentMaker(name: name, files: files.map(\.file), pieceLength: pieceLength) else { throw ToolFailure(.usage, "\(path) is too long") }
    return try finish(maker, isPrivate, files.map { ($0.open, Int64($0.file.length)) })
  }

  private static func collect(_ folder: ServedFolder, _ path: [String], into files: inout [(file: Torrent.File, open: OpenFile)]) throws {
    for item in try folder.items(in: Array(path.joined(separator: "/").utf8), itemsMax: filesMax) {
      guard let name = String(validating: item.name, as: UTF8.self) else { throw ToolFailure(.usage, "a name in \(path.joined(separator: "/")) is no UTF-8") }
      if item.status.kind == .folder {
        try collect(folder, path + [name], into: &files)
      } else if let file = try? folder.open(Array((path + [name]).joined(separator: "/").utf8)) {
        guard files.count < filesMax else { throw ToolFailure(.usage, "more than \(filesMax) files") }
        files.append((Torrent.File(path: path + [name], length: Int(file.status.size)), file))
      }
    }
  }

  private static func finish(_ maker: TorrentMaker, _ isPrivate: Bool, _ files: [(any FileReference, Int64)]) throws -> Torrent {
    var maker = maker
    maker.isPrivate = isPrivate
    for (file, length) in files {
      var place: Int64 = 0
      while place < length {
        guard let bytes = file.read(at: place, length: Int(min(1_048_576, length - place))), !bytes.isEmpty else { throw ToolFailure(.usage, "a file became shorter while it was read") }
        maker.add(bytes)
        place += Int64(bytes.count)
      }
    }
    do throws(ReadingFailure) { return try maker.finish() } catch { throw ToolFailure(.usage, "\(error)") }
  }
}

/// `netstead torrent show`
struct TorrentShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show what a torrent file or a magnet link says.")

  @Argument(help: "The torrent file or magnet link.")
  var torrent: String

  @OptionGroup(title: "Output") var json: JSONOption

  func run() async throws {
    switch try TorrentSource(torrent) {
    case .file(let metainfo): Terminal.say(json.json ? TorrentText.json(metainfo) : TorrentText.lines(metainfo))
    case .magnet(let magnet): Terminal.say(json.json ? TorrentText.json(magnet) : TorrentText.lines(magnet))
    }
  }
}

/// `netstead torrent check`
struct TorrentCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "check", abstract: "Compare files with what a torrent says of them.")

  @Argument(help: "The torrent file.")
  var torrent: String

  @Option(name: [.customShort("d"), .customLong("data")], help: ArgumentHelp("The folder the files are in.", valueName: "folder"))
  var data = "."

  @OptionGroup(title: "Output") var json: JSONOption

  func run() async throws {
    let content = try TorrentSource(torrent).described().torrent
    let threads = try DiskThreads(count: 2)
    let files: FolderFiles
    do { files = FolderFiles(try WritableFolder(ServedFolder(path: data)), torrent: content, isReadOnly: true) } catch {
      throw ToolFailure(.usage, "\(data) cannot be read")
    }
    let store = PieceStore(content, files: files) { threads.perform($0) }
    let right = await store.check(Array(0..<content.sizes.count))
    if json.json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.value("schema", 1)
        writer.value("infohash", content.infoHash.hex)
        writer.value("pieces", content.sizes.count)
        writer.value("right", right.count)
        writer.value("whole", right.count == content.sizes.count)
      }
      Terminal.say(writer.bytes.text)
    } else {
      Terminal.say("\(content.name): \(right.count) of \(content.sizes.count) pieces are right")
    }
    if right.count < content.sizes.count { throw ToolFailure(.refused) }
  }
}

/// Torrents as text.
enum TorrentText {
  static func lines(_ metainfo: Metainfo) -> String {
    let torrent = metainfo.torrent
    var lines = [
      "name      \(shown(torrent.name))", "infohash  \(torrent.infoHash)", "size      \(torrent.sizes.totalLength) bytes",
      "pieces    \(torrent.sizes.count) of \(torrent.sizes.pieceLength) bytes",
    ]
    if torrent.isPrivate { lines.append("private   peers come from the trackers alone") }
    if torrent.isHybrid { lines.append("hybrid    version 2 describes the same files") }
    for (tier, urls) in metainfo.trackers.enumerated() { for url in urls { lines.append("tracker   \(shown(url))\(metainfo.trackers.count > 1 ? "  (tier \(tier + 1))" : "")") } }
    for seed in metainfo.webSeeds { lines.append("web seed  \(shown(seed))") }
    for node in metainfo.nodes { lines.append("node      \(node)") }
    if let comment = metainfo.comment { lines.append("comment   \(shown(comment))") }
    if let creator = metainfo.creator { lines.append("made by   \(shown(creator))") }
    if let created = metainfo.created { lines.append("made at   \(created.timestamp.prefix(19))Z") }
    if !torrent.isSingleFile { for file in torrent.files where !file.attributes.contains(.padding) { lines.append("file      \(shown(file.path.joined(separator: "/")))  \(file.length)") } }
    lines.append("magnet    \(metainfo.magnet)")
    return lines.joined(separator: "\n")
  }

  static func lines(_ magnet: Magnet) -> String {
    var lines = ["infohash  \(magnet.infoHash)"]
    if let name = magnet.name { lines.insert("name      \(shown(name))", at: 0) }
    lines += magnet.trackers.map { "tracker   \(shown($0))" } + magnet.webSeeds.map { "web seed  \(shown($0))" } + magnet.peers.map { "peer      \($0)" }
    return lines.joined(separator: "\n")
  }

  static func json(_ metainfo: Metainfo) -> String {
    let torrent = metainfo.torrent
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.value("name", torrent.name)
      writer.value("infohash", torrent.infoHash.hex)
      writer.value("length", torrent.sizes.totalLength)
      writer.value("pieceLength", torrent.sizes.pieceLength)
      writer.value("pieces", torrent.sizes.count)
      writer.value("private", torrent.isPrivate)
      writer.value("hybrid", torrent.isHybrid)
      writer.value("magnet", metainfo.magnet.description)
      writer.array("trackers") { array in for url in metainfo.trackers.flatMap(\.self) { array.value(nil, url) } }
      writer.array("files") { array in
        for file in torrent.files where !file.attributes.contains(.padding) {
          array.object { object in
            object.value("path", file.path.joined(separator: "/"))
            object.value("length", file.length)
          }
        }
      }
    }
    return writer.bytes.text
  }

  static func json(_ magnet: Magnet) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      if let name = magnet.name { writer.value("name", name) }
      writer.value("infohash", magnet.infoHash.hex)
      writer.value("magnet", magnet.description)
      writer.array("trackers") { array in for url in magnet.trackers { array.value(nil, url) } }
      writer.array("peers") { array in for peer in magnet.peers { array.value(nil, peer.description) } }
    }
    return writer.bytes.text
  }

  /// What a stranger wrote, without anything a terminal would obey.
  static func shown(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control || $0.properties.generalCategory == .format ? "\u{FFFD}" : $0 }))
  }
}
