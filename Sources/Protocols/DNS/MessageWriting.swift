// Writes a whole message within a size, and decides what is left out when it does not fit.
// Not here: the bytes of each part (MessageWriter.swift, RecordDataWire.swift).
public import Bytes

extension Message {
  /// The message as bytes, at most `maximumSize` of them. Past that: what `write(to:)` says.
  public func wire(maximumSize: Int = Limits.Format.messageMax, compression: MessageWriter.Compression = .ignoringCase) -> Buffer {
    var buffer = Buffer()
    write(into: &buffer, maximumSize: maximumSize, compression: compression)
    return buffer
  }

  /// Appends the message to `buffer`, at most `maximumSize` bytes. Past that: what `write(to:)` says.
  public func write(
    into buffer: inout Buffer, maximumSize: Int = Limits.Format.messageMax, compression: MessageWriter.Compression = .ignoringCase
  ) {
    let size = Swift.max(Limits.Format.headerSize, Swift.min(maximumSize, Limits.Format.messageMax))
    withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { memory in
      var writer = MessageWriter(into: memory, compression: compression)
      write(to: &writer)
      buffer.append(UnsafeRawBufferPointer(rebasing: memory[..<writer.count]))
    }
  }

  /// Writes the message into all the memory of a fresh writer.
  ///
  /// When it does not fit: additional records are left out, whole sets of them and from the end, unless they are addresses that a
  /// referral cannot do without. When it still does not fit: TC is set and only the question and the OPT record are written.
  public func write(to writer: inout MessageWriter) {
    writeHeader(to: &writer)
    for question in questions { question.write(to: &writer) }
    if writer.isOverfull {
      // Not even the questions fit: the header alone still carries the identifier and TC.
      writer.rewind(to: Limits.Format.headerSize)
      writer.overwrite(at: 4, with: 0)
      return writeTruncated(from: writer.count, to: &writer)
    }
    let afterQuestions = writer.count
    for record in answers { record.write(to: &writer) }
    for record in authorities { record.write(to: &writer) }
    let additionalCount = writer.isOverfull ? nil : writeAdditionals(to: &writer)
    if let additionalCount {
      writer.overwrite(at: 10, with: UInt16(clamping: additionalCount))
    } else {
      writeTruncated(from: afterQuestions, to: &writer)
    }
  }

  private func writeHeader(to writer: inout MessageWriter) {
    writer.append(id)
    writer.append(flags.rawValue)
    writer.append(UInt16(clamping: questions.count))
    writer.append(UInt16(clamping: answers.count))
    writer.append(UInt16(clamping: authorities.count))
    writer.append(UInt16(0))
  }

  /// Writes additional records and the OPT record, as many as fit; nil: the answer is not complete without what did not fit.
  private func writeAdditionals(to writer: inout MessageWriter) -> Int? {
    // RFC 8945 §5.1 and RFC 2931 §3: a signature over the message comes last, after the OPT record.
    let isSigned = additionals.last.map { $0.type == .tsig || $0.type == .sig } ?? false
    let plain = isSigned ? additionals.dropLast() : additionals[...]
    let start = writer.count
    for record in plain { record.write(to: &writer) }
    edns?.write(to: &writer)
    if isSigned { additionals.last?.write(to: &writer) }
    if !writer.isOverfull { return additionals.count + (edns == nil ? 0 : 1) }
    if isSigned { return nil }
    return writeFittingAdditionals(from: start, to: &writer)
  }

  private func writeFittingAdditionals(from start: Int, to writer: inout MessageWriter) -> Int? {
    writer.rewind(to: start)
    let reserved = edns?.wireCount ?? 0
    var written = 0
    var index = 0
    while index < additionals.count {
      // RFC 2181 §9: a set of records is given whole or not at all.
      let first = additionals[index]
      let next = additionals[index...].firstIndex { $0.name != first.name || $0.type != first.type } ?? additionals.count
      let before = writer.count
      for record in additionals[index..<next] { record.write(to: &writer) }
      if writer.isOverfull || writer.capacity - writer.count < reserved {
        writer.rewind(to: before)
        if additionals[index...].contains(where: isNeeded) { return nil }
        break
      }
      written += next - index
      index = next
    }
    edns?.write(to: &writer)
    return writer.isOverfull ? nil : written + (edns == nil ? 0 : 1)
  }

  /// RFC 9471 §3.1: whether `record` is the address of a server that a referral names below the cut itself.
  private func isNeeded(_ record: ResourceRecord) -> Bool {
    guard answers.isEmpty, !flags.isAuthoritative, record.data.address != nil else { return false }
    return authorities.contains { $0.type == .ns && $0.data.target == record.name && record.name.isSubdomain(of: $0.name) }
  }

  /// RFC 2181 §9: what is left of a message that does not fit: TC, the question, and what both ends must know of each other.
  private func writeTruncated(from offset: Int, to writer: inout MessageWriter) {
    writer.rewind(to: offset)
    var truncated = flags
    truncated.isTruncated = true
    writer.overwrite(at: 2, with: truncated.rawValue)
    writer.overwrite(at: 6, with: 0)
    writer.overwrite(at: 8, with: 0)
    edns?.write(to: &writer)
    if writer.isOverfull {
      writer.rewind(to: offset)
      writer.overwrite(at: 10, with: 0)
    } else {
      writer.overwrite(at: 10, with: edns == nil ? 0 : 1)
    }
  }
}

extension Question {
  /// RFC 1035 §4.1.2.
  func write(to writer: inout MessageWriter) {
    writer.append(owner: name)
    writer.append(type.rawValue)
    writer.append(self.class.rawValue)
  }
}

extension ResourceRecord {
  /// RFC 1035 §4.1.3.
  public func write(to writer: inout MessageWriter) {
    writer.append(owner: name)
    writer.append(type.rawValue)
    writer.append(self.class.rawValue)
    writer.append(ttl)
    let length = writer.count
    writer.append(UInt16(0))
    data.write(to: &writer)
    writer.overwrite(at: length, with: UInt16(clamping: writer.count - length - 2))
  }
}

extension EDNS {
  /// RFC 6891 §6.1.2, §6.1.3.
  func write(to writer: inout MessageWriter) {
    writer.append(UInt8(0))
    writer.append(RecordType.opt.rawValue)
    writer.append(payloadSize)
    writer.append(extendedResponse)
    writer.append(version)
    writer.append(flags)
    writer.append(UInt16(clamping: wireCount - 11))
    for option in options {
      writer.append(option.code.rawValue)
      writer.append(UInt16(clamping: option.data.count))
      writer.append(bytes: option.data)
    }
  }
}
