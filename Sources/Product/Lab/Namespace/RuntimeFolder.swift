// Where a running lab leaves word of itself, so that other commands find it: $XDG_RUNTIME_DIR/netstead or /tmp/netstead-UID, mode 0700.
import FoundationEssentials
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why the folder cannot be used.
package struct RuntimeFolderError: Error, Sendable, Equatable, CustomStringConvertible {
  package var description: String
}

/// The folder of one user's running lab.
package struct RuntimeFolder: Sendable, Equatable {
  package let path: String

  /// The variable that names the folder to programs in the lab.
  package static let variable = "NETSTEAD_RUNTIME"

  /// The folder of this user. `environment` looks a variable up.
  package init(environment: (String) -> String?) throws(RuntimeFolderError) {
    // Inside the lab everybody is root and the user's number is gone: there the way is handed down.
    if let path = environment(RuntimeFolder.variable) {
      try self.init(path: path)
    } else if let run = environment("XDG_RUNTIME_DIR"), run.hasPrefix("/"), SystemFile.exists(run) {
      try self.init(path: run + "/netstead")
    } else {
      try self.init(path: "/tmp/netstead-\(getuid())")
    }
  }

  /// A folder at `path`, made if it is not there. It must belong to this user alone, since what is in it is believed.
  package init(path: String) throws(RuntimeFolderError) {
    self.path = path
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw RuntimeFolderError(description: "\(path) cannot be made: \(SystemError.text(errno))") }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else {
      throw RuntimeFolderError(description: "\(path) is not a folder of this user")
    }
    if status.st_mode & 0o077 != 0, chmod(path, 0o700) != 0 {
      throw RuntimeFolderError(description: "\(path) can be read by others: \(SystemError.text(errno))")
    }
  }

  /// A folder that nobody else knows of, for a world of one command.
  package static func ofItsOwn(environment: (String) -> String?) throws(RuntimeFolderError) -> RuntimeFolder {
    let place = environment("XDG_RUNTIME_DIR").flatMap { $0.hasPrefix("/") && SystemFile.exists($0) ? $0 : nil } ?? environment("TMPDIR") ?? "/tmp"
    var name = Array("\(place)/netstead-ci-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw RuntimeFolderError(description: "no folder can be made in \(place): \(SystemError.text(errno))") }
    return try RuntimeFolder(path: String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  /// Removes the folder with all that is in it.
  package func removeAll() { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file whole: readers see the one before or this one. Returns its path.
  package func write(_ text: String, to name: String) throws(RuntimeFolderError) -> String {
    let target = path + "/" + name
    let draft = target + ".\(getpid())"
    guard let file = fopen(draft, "w") else { throw RuntimeFolderError(description: "\(draft) cannot be written: \(SystemError.text(errno))") }
    let bytes = Array(text.utf8)
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard fclose(file) == 0, isWritten, rename(draft, target) == 0 else {
      unlink(draft)
      throw RuntimeFolderError(description: "\(target) cannot be written: \(SystemError.text(errno))")
    }
    return target
  }

  /// The text of a file of the folder; nil: there is none.
  package func read(_ name: String) -> String? { SystemFile.text(path + "/" + name, bytesMax: 1_048_576) }

  /// Removes a file; it is no matter if it is not there.
  package func remove(_ name: String) { unlink(path + "/" + name) }
}
