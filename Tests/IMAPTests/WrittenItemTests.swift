// Items that are kept as they are written, and contents of two pieces: they leave as the same things written anew and read whole do.
import Bytes
import Mail
import Testing
import World

@testable import IMAP

@Suite("items kept as they are written")
struct WrittenItemTests {
  /// A file that is bytes.
  private final class BytesFile: FileReference {
    let bytes: Buffer
    let descriptor: Int32 = -1
    init(_ bytes: Buffer) { self.bytes = bytes }
    func read(at offset: Int64, length: Int) -> Buffer? { bytes[Int(offset)..<(Int(offset) + length)] }
  }

  /// All that is sent for one item.
  private func sent(_ item: FetchedItem) -> String {
    var writer = FetchWriter(number: 7)
    writer.add(item, isRecent: false)
    writer.end()
    return writer.parts.map { part in
      switch part {
      case .bytes(let bytes): bytes.text
      case .file(let slice): slice.file.read(at: slice.offset, length: Int(slice.length))?.text ?? ""
      }
    }.joined()
  }

  @Test("an envelope and a structure are told alike, written before or now")
  func written() {
    let message: Buffer = "From: a@b.test\r\nSubject: \"x\"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n"
    let structure = MessageStructure(reading: message)
    let envelope = Envelope(MessageEnvelope(MessageHead(reading: message)))
    let body = BodyStructure(structure)
    #expect(sent(.envelope(envelope)) == sent(.written(.envelope, envelope.written)))
    #expect(sent(.body(body)) == sent(.written(.body, body.written(isExtended: false))))
    #expect(sent(.bodyStructure(body)) == sent(.written(.bodyStructure, body.written(isExtended: true))))
    #expect(sent(.body(body)) != sent(.bodyStructure(body)))
  }

  @Test("a content of two pieces is cut like one")
  func joined() {
    let whole = "0123456789abcdefghij"
    let file = BytesFile(Buffer("...6789abcdefghij..."))
    let content = Content.joined("012345", FileSlice(file: file, offset: 3, length: 14))
    #expect(content.count == 20)
    for offset in 0..<22 as Range<UInt32> {
      for count in 1..<22 as Range<UInt32> {
        let request = SectionRequest(Section(), partial: .init(offset: offset, count: count))
        #expect(sent(.section(request, content)) == sent(.section(request, .bytes(Buffer(whole)))), "<\(offset).\(count)>")
      }
    }
    #expect(sent(.section(SectionRequest(Section()), content)) == sent(.section(SectionRequest(Section()), .bytes(Buffer(whole)))))
  }
}
