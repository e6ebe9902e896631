// Captures as tshark sees them: every packet dissected, nothing malformed, checksums right. Without tshark these tests say so and pass.
import Bytes
import Foundation
import Testing
import Trace
import World

@Suite struct PacketCaptureTests {
  static let tshark = "/usr/bin/tshark"
  static let isTsharkHere: Bool = {
    let isHere = FileManager.default.isExecutableFile(atPath: tshark)
    if !isHere { print("skipped: no \(tshark) on this machine, captures are only compared by structure") }
    return isHere
  }()

  /// What tshark prints about `capture`.
  private func dissect(_ capture: Buffer, _ arguments: [String]) throws -> [String] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-\(UUID().uuidString).pcapng")
    try Data(capture.array).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.tshark)
    process.arguments = ["-r", file.path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// What tshark finds worth a warning or an error.
  private func complaints(_ capture: Buffer) throws -> [String] {
    try dissect(capture, ["-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message", "-Y", "(_ws.expert.severity >= 6291456 || _ws.malformed) && !dns.retransmit_request"])
  }

  @Test(.enabled(if: isTsharkHere), arguments: [false, true])
  func dissectsDNSAndHTTP(isVersion6: Bool) throws {
    let store = TraceStore()
    func address(_ v4: Address, _ low: UInt64) -> Address { isVersion6 ? .v6(0x2001_0db8_0000_0000, low) : v4 }
    let pc = address(Sample.client.address, 10)
    Sample.recordLookup(in: store, client: Endpoint(pc, 40_000), server: Endpoint(address(Sample.server.address, 1), 53))
    let web = Endpoint(address(Address(198, 51, 100, 80), 80), 80)
    for round in 0..<3 { Sample.recordPage(in: store, client: Endpoint(pc, 41_000 + UInt16(round)), server: web, from: 2_000 + Int64(round) * 7) }
    let capture = PacketCapture(names: Sample.names, explain: Sample.explain).file(of: store)
    let found = try complaints(capture)
    #expect(found == [])
    let dns = try dissect(capture, ["-Y", "dns", "-T", "fields", "-e", "dns.qry.name", "-e", "dns.flags.response", "-e", "frame.comment"])
    #expect(dns.count == 3)
    #expect(dns.last == "www.garnet.test\t1\tanswer www.garnet.test A")
    #expect(dns.filter { $0.hasSuffix("(lost on the way)") }.count == 1)
    let http = try dissect(capture, ["-Y", "http", "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code", "-e", "http.content_length"])
    #expect(http.count == 6)
    #expect(http.contains("\t200\t5400"))
    // Every checksum that there is, is right (1: good).
    for field in ["ip.checksum.status", "udp.checksum.status", "tcp.checksum.status"] {
      let states = Set(try dissect(capture, ["-T", "fields", "-e", field])).subtracting([""])
      #expect(states == (isVersion6 && field.hasPrefix("ip.") ? [] : ["1"]))
    }
    // Each connection once: handshake, request, response in segments, two FINs, one ACK.
    let streams = Set(try dissect(capture, ["-Y", "tcp", "-T", "fields", "-e", "tcp.stream"]))
    #expect(streams.count == 3)
    #expect(try dissect(capture, ["-Y", "tcp.analysis.flags"]) == [])
  }

  @Test(.enabled(if: isTsharkHere)) func namesAndSecretsComeFirst() throws {
    let store = TraceStore()
    Sample.recordLookup(in: store)
    store.keep(tlsSecret: "CLIENT_RANDOM \(String(repeating: "ab", count: 32)) \(String(repeating: "cd", count: 48))")
    let capture = PacketCapture(names: Sample.names).file(of: store)
    let shown = try dissect(capture, ["-N", "n", "-T", "fields", "-e", "ip.src_host"])
    #expect(shown.first == "pc" || shown.first == "203.0.113.10")
    let found = try complaints(capture)
    #expect(found == [])
  }

  @Test(.enabled(if: isTsharkHere)) func messagesThatWereCut() throws {
    let store = TraceStore(limits: .init(bytesPerEventMax: 2_000))
    let web = Endpoint(Address(198, 51, 100, 80), 80)
    let id = store.open(Sample.info("www", .server, .tcp, .http, local: web), at: Sample.at(0))
    store.record(.received, in: id, at: Sample.at(1), Sample.request)
    let head = Buffer("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n")
    store.record(.sent, in: id, at: Sample.at(2), head)
    store.record(.sent, in: id, at: Sample.at(3), Buffer(Array(repeating: 0x61, count: 4_000)), length: 300_000)
    store.record(.received, in: id, at: Sample.at(9), Sample.request)
    let capture = PacketCapture().file(of: store)
    #expect(try dissect(capture, ["-Y", "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || _ws.malformed"]) == [])
    let lengths = try dissect(capture, ["-T", "fields", "-e", "frame.len", "-e", "frame.cap_len", "-e", "tcp.len"]).map {
      $0.split(separator: "\t").compactMap { Int($0) }
    }
    #expect(lengths.contains { $0[0] > $0[1] })
    // Every byte of the body has its place, whether it was kept or not.
    #expect(lengths.reduce(0) { $0 + $1[2] } == 300_000 + head.count + 2 * Sample.request.count)
    #expect(lengths.reduce(0) { $0 + $1[1] } < 6_000)
  }

  @Test(.enabled(if: isTsharkHere)) func resetAndConnectionInsideTLS() throws {
    let store = TraceStore()
    let web = Endpoint(Address(198, 51, 100, 80), 443)
    let id = store.open(Sample.info("www", .server, .tcp, .http, local: web, encrypted: true), at: Sample.at(0))
    // One TLS record of application data, content unreadable.
    let record = Buffer([0x17, 3, 3, 0, 32] + Array(repeating: UInt8(7), count: 32))
    store.record(.wireReceived, in: id, at: Sample.at(1), record)
    store.record(.received, in: id, at: Sample.at(1), "GET / HTTP/1.1\r\n\r\n")
    store.record(.closed, in: id, at: Sample.at(2), text: Ending.resetByPeer.rawValue)
    let capture = PacketCapture().file(of: store)
    #expect(try dissect(capture, ["-Y", "tls", "-T", "fields", "-e", "tls.record.length"]) == ["32"])
    #expect(try dissect(capture, ["-Y", "tcp.flags.reset == 1"]).count == 1)
    #expect(try dissect(capture, ["-T", "fields", "-e", "tcp.len"]) == ["0", "0", "0", "37", "0"])
  }

  /// The capture must show the right side ending a connection, as the reason that the carriers give says.
  @Test(.enabled(if: isTsharkHere), arguments: Ending.allCases, [ConversationInfo.Role.server, .client])
  func endings(_ ending: Ending, _ role: ConversationInfo.Role) throws {
    let store = TraceStore()
    let web = Endpoint(Address(198, 51, 100, 80), 80)
    let (local, remote) = role == .server ? (web, Sample.client) : (Sample.client, web)
    let id = store.open(Sample.info("host", role, .tcp, .http, local: local, remote: remote), at: Sample.at(0))
    store.record(.closed, in: id, at: Sample.at(2), text: ending.rawValue)
    let last = try dissect(PacketCapture().file(of: store), [
      "-Y", "tcp.flags.reset == 1 || tcp.flags.fin == 1", "-T", "fields", "-e", "ip.src", "-e", "tcp.flags.reset",
    ]).map { $0.split(separator: "\t").map(String.init) }
    let first = ending.isByPeer ? remote.address : local.address
    switch ending.farewell {
    case .nothing: #expect(last.isEmpty)
    case .reset: #expect(last.count == 1 && last[0][0] == first.description && ["1", "True"].contains(last[0][1]))
    case .finish: #expect(last.count == 2 && last[0][0] == first.description && ["0", "False"].contains(last[0][1]))
    }
  }

  @Test func blocksAreWhole() {
    let store = TraceStore()
    Sample.recordLookup(in: store)
    store.keep(tlsSecret: "X")
    var file = PacketCapture(names: Sample.names, explain: Sample.explain).file(of: store)
    var types: [UInt32] = []
    func little(_ buffer: Buffer, _ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(buffer[at: offset + $1] ?? 0) << (8 * UInt32($1)) } }
    while !file.isEmpty {
      let length = Int(little(file, 4))
      #expect(length % 4 == 0 && length >= 12 && length <= file.count)
      guard let block = file.take(length) else { break }
      #expect(little(block, length - 4) == UInt32(length))
      types.append(little(block, 0))
    }
    #expect(types == [0x0A0D_0D0A, 1, 4, 10, 6, 6, 6])
  }
}
