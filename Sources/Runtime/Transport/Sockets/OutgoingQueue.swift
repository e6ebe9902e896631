// What a connection still has to send behind a file that is too long to send at once: bytes and stretches of files, in order.
// Read next: SocketCarrier.swift `pump`, which empties it.
import CNetsteadSystem
import Glibc
import NIOCore
import World

/// The bounds and the patience of one connection.
public struct StreamLimits: Sendable, Hashable {
  /// How long a TLS handshake may take. Unit: time. Past it: the connection is closed.
  public var handshakeTimeout: Duration = .seconds(10)
  /// How long a peer that is sent something may take nothing of it. Past it: the connection is closed.
  public var stallTimeout: Duration = .seconds(30)
  /// How long the peer is read from after our last byte. Past it: the connection is closed.
  public var lingerTime: Duration = .seconds(2)
  /// Most bytes read and thrown away after our last byte. Unit: bytes. Past it: the connection is closed.
  public var lingerBytesMax: Int = 65_536
  /// Up to this length a file is read into memory rather than given to sendfile; inside TLS the size of each piece. Unit: bytes.
  public var filePieceBytes: Int = 65_536
  /// Longest stretch given to one sendfile. Unit: bytes. Its file is looked at before, lest it became shorter.
  public var fileRegionBytes: Int = 4_194_304
  /// Most bytes read from files for one connection before others on the loop get their turn. Unit: bytes.
  public var pumpBytes: Int = 1_048_576

  public init() {}
}

/// Bytes and stretches of files, first in first out.
struct OutgoingQueue {
  private enum Item {
    case bytes(ByteBuffer)
    case file(FileSlice)
  }

  /// What is to be done next.
  enum Step {
    case bytes(ByteBuffer)
    /// Send this stretch by sendfile; `more` of the same file follows when it has left.
    case region(FileSlice, more: Bool)
    /// Read this stretch and send it.
    case piece(FileSlice)
    /// A stretch is under way.
    case wait
  }

  private var items = CircularBuffer<Item>(initialCapacity: 0)
  private var isStarted = false
  /// Unit: bytes.
  private(set) var bytes = 0
  var regionIsUnderWay = false

  var isEmpty: Bool { items.isEmpty }

  mutating func append(_ buffer: ByteBuffer) {
    bytes += buffer.readableBytes
    items.append(.bytes(buffer))
  }

  mutating func append(_ slice: FileSlice) {
    bytes += Int(slice.length)
    items.append(.file(slice))
  }

  /// The next step; nil when nothing is left. Bytes and regions are taken out, pieces when `pieceTaken` says so.
  mutating func next(regionMax: Int, pieceMax: Int, inPieces: Bool) -> Step? {
    if regionIsUnderWay { return .wait }
    while let first = items.first {
      switch first {
      case .bytes(let buffer):
        items.removeFirst()
        bytes -= buffer.readableBytes
        return .bytes(buffer)
      case .file(let slice):
        guard slice.length > 0 else {
          items.removeFirst()
          continue
        }
        var part = slice
        if inPieces {
          part.length = min(slice.length, Int64(pieceMax))
          return .piece(part)
        }
        part.length = min(slice.length, Int64(regionMax))
        take(part, of: slice)
        return .region(part, more: part.length < slice.length)
      }
    }
    return nil
  }

  mutating func pieceTaken(_ piece: FileSlice) {
    if case .file(let slice) = items.first { take(piece, of: slice) }
  }

  private mutating func take(_ part: FileSlice, of slice: FileSlice) {
    bytes -= Int(part.length)
    if part.length == slice.length {
      items.removeFirst()
    } else {
      items[items.startIndex] = .file(FileSlice(file: slice.file, offset: slice.offset + part.length, length: slice.length - part.length))
    }
  }
}

extension FileSlice {
  /// This stretch for sendfile; nil when the file does not reach so far any more: sendfile would then never finish.
  var forSendfile: FileRegion? {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0, Int64(status.st_size) >= offset + length else { return nil }
    let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: file.descriptor)
    return FileRegion(fileHandle: handle, readerIndex: Int(offset), endIndex: Int(offset + length))
  }

  /// Gives the descriptor back to the file it belongs to.
  func doneWithSendfile(_ region: FileRegion) { _ = try? region.fileHandle.takeDescriptorOwnership() }
}
