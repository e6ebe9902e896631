// Where tests find their files: the repository itself, and the published test vectors beside it.
// Read next: TranscriptPlayer.swift (what lies in Tests/Transcripts), ProgramRunner.swift (programs of other people).
import Glibc

/// The folder that holds Package.swift, without a slash at its end.
package let repositoryRoot: String = {
  // This file is <root>/Tests/TestKit/Places.swift.
  let parts = #filePath.split(separator: "/")
  return "/" + parts.dropLast(3).joined(separator: "/")
}()

/// The path of `name` below `../shared/vectors`; nil, and one printed line, when it is not there.
package func vectors(_ name: String, for test: String = #function) -> String? {
  let path = repositoryRoot + "/../shared/vectors/" + name
  guard access(path, R_OK) == 0 else {
    skipped(test, because: "no ../shared/vectors/\(name)")
    return nil
  }
  return path
}

/// Says in one line that a test did nothing, and why.
package func skipped(_ test: String, because why: String) {
  print("skipped: \(test) (\(why))")
}

/// All bytes of the file at `path`; nil when it cannot be read.
package func contents(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { break }
    bytes += chunk[..<count]
  }
  return ferror(file) == 0 ? bytes : nil
}

/// The names in the folder at `path`, in byte order, without those that begin with a dot; none when there is no such folder.
package func names(in path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}
