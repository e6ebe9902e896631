// The files that a session sees: a folder on disk or files in memory, behind one face. Everything here may wait for a disk, so it is called on
// the disk's threads. Read next: DiskArea.swift, MemoryArea.swift.
package import Bytes
package import FTP
package import World

/// A tree of files. Paths never lead above its root; links are the implementation's to keep inside.
package protocol FileArea: Sendable {
  /// What is at `path`.
  func facts(of path: TreePath) throws(FileFailure) -> FileFacts
  /// What is in the folder at `path`, sorted by name, at most `itemsMax`.
  func items(in path: TreePath, itemsMax: Int) throws(FileFailure) -> [FileFacts]
  func open(_ path: TreePath) throws(FileFailure) -> AreaFile
  func beginUpload(to path: TreePath, _ place: UploadPlace) throws(FileFailure) -> any AreaUpload
  func makeFolder(_ path: TreePath) throws(FileFailure)
  func removeFolder(_ path: TreePath) throws(FileFailure)
  func removeFile(_ path: TreePath) throws(FileFailure)
  func rename(_ path: TreePath, to target: TreePath) throws(FileFailure)
  func setModified(_ path: TreePath, to time: Instant) throws(FileFailure)
  /// How much room there is for uploads. Unit: bytes.
  func room() throws(FileFailure) -> Int64
}

/// A file that was opened to be sent.
package enum AreaFile: Sendable {
  /// With its length, in bytes.
  case disk(any FileReference, Int64)
  case memory(Buffer)

  var size: Int64 {
    switch self {
    case .disk(_, let size): size
    case .memory(let bytes): Int64(bytes.count)
    }
  }
}

/// Where the bytes of an upload go.
package enum UploadPlace: Sendable, Hashable {
  /// A whole file, seen when it is complete.
  case whole
  /// Into what is there, from this byte on.
  case from(Int64)
  /// Behind what is there.
  case end
}

/// A file that is coming. One at a time may use it.
package protocol AreaUpload: AnyObject, Sendable {
  func append(_ bytes: Buffer) throws(FileFailure)
  /// Everything has come: when this returns, it survives a power cut.
  func keep() throws(FileFailure)
  /// Nothing more will come. What came stays where nothing stood before, so that it can be resumed; what stood there stays as it was.
  func breakOff()
}
