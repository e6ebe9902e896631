// The master-file reader on 1,901 published zone files, and what is written of them read again.
import Bytes
import DNS
import Foundation
import Testing
import World

@Suite struct ZoneVectorTests {
  @Test("every zone of the Ferret set is read whole, and its text is read back")
  func ferret() throws {
    // The package stands beside the shared vectors: Tests/DNSTests/this file.
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.deletingLastPathComponent().appendingPathComponent("shared/vectors/dns/ferret")
    guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      print("skipped: no vectors at \(folder.path)")
      return
    }
    var count = 0
    for file in files.filter({ $0.hasSuffix(".zone") }).sorted() {
      let text = Buffer(try Data(contentsOf: folder.appendingPathComponent(file)))
      let (records, problems) = MasterFileReader.records(text, file: file, origin: .root)
      #expect(problems.isEmpty, "\(problems)")
      let apex = try #require(records.first)
      #expect(apex.type == .soa)
      count += records.count
      let again = MasterFileReader.records(Buffer(MasterFileText.text(of: records, origin: apex.name)), file: file, origin: .root)
      #expect(again.records == records && again.problems.isEmpty)
      let message = Message(id: 1, answers: records)
      #expect(try Message(reading: message.wire()) == message)
    }
    #expect(count == 8742)
  }
}
