// Content on its way in, and content that is durable but held by nobody yet.
// Read next: MailStore.swift (`keep` and `deliver`).
package import Bytes
import Mail
import Storage
import Synchronization

/// A message that comes piece by piece. Small ones stay in memory until they are kept; large ones go to the disk as they come.
/// One workflow at a time may use it.
package final class ContentDraft: Sendable {
  private let blobs: any BlobStore
  private let limits: MailboxLimits
  private let state = Mutex(State())

  private struct State: Sendable {
    var structure = StructureReader()
    var memory = Buffer()
    var blob: (any BlobDraft)?
    var count: Int64 = 0

    mutating func note(_ bytes: Buffer, _ limits: MailboxLimits) {
      count += Int64(bytes.count)
      if count <= limits.messageBytesMax { structure.take(bytes) }
    }
  }

  init(_ blobs: any BlobStore, _ limits: MailboxLimits) {
    self.blobs = blobs
    self.limits = limits
  }

  /// Unit: bytes.
  package var count: Int64 { state.withLock { $0.count } }

  /// Adds a piece, if that needs no disk.
  package func take(_ bytes: Buffer) -> Bool {
    state.withLock { state in
      guard state.blob == nil, state.memory.count + bytes.count <= limits.inlineBytesMax else { return false }
      state.note(bytes, limits)
      state.memory.append(bytes)
      return true
    }
  }

  /// Adds a piece. After an error the draft is of no more use.
  package func append(_ bytes: Buffer) async throws(MailboxError) {
    if take(bytes) { return }
    let (count, blob, early) = state.withLock { state in
      state.note(bytes, limits)
      return (state.count, state.blob, state.memory)
    }
    guard count <= limits.messageBytesMax else { throw .tooLarge(allowed: limits.messageBytesMax) }
    try await storing { () async throws(StorageError) in
      if let blob { return try await blob.append(bytes) }
      let blob = try await blobs.draft()
      var all = early
      all.append(bytes)
      try await blob.append(all)
      state.withLock { state in
        state.blob = blob
        state.memory = Buffer()
      }
    }
  }

  package func discard() async {
    let blob = state.withLock { state in
      defer { state = State() }
      return state.blob
    }
    await blob?.discard()
  }

  /// What came, for keeping.
  struct Whole {
    /// Nil: it stands in the blob.
    var inline: Buffer?
    var blob: (any BlobDraft)?
    var count: Int64
    var head: MessageHead
    var structure: MessageStructure
  }

  func take() -> Whole {
    state.withLock { state in
      defer { state = State() }
      let (head, structure) = state.structure.finish()
      return Whole(inline: state.blob == nil ? state.memory : nil, blob: state.blob, count: state.count, head: head, structure: structure)
    }
  }
}

/// Content whose bytes are safe, for `MailStore.deliver`: any number of times, until it is discarded or its last holder is gone.
package final class KeptContent: Sendable {
  package let id: ContentID
  let record: ContentRecord
  /// Unit: bytes, the prefix counted.
  package let size: Int64
  let summary: Summary
  private let isStored: Mutex<Bool>

  init(id: ContentID, record: ContentRecord, size: Int64, summary: Summary, isStored: Bool) {
    self.id = id
    self.record = record
    self.size = size
    self.summary = summary
    self.isStored = Mutex(isStored)
  }

  /// Whether it is in the records, and not only its bytes on the disk.
  var isHeld: Bool { isStored.withLock { $0 } }

  func noteHeld() { isStored.withLock { $0 = true } }

  /// What the blob of a content is called.
  static func blobName(_ id: ContentID) -> BlobName? { BlobName("m-\(id)") }
}
