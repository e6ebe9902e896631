// Names of files at the world's file servers whose transfers go wrong on purpose, in any folder, also where there is no such file.
// Not here: obeying (FileServer/TransferPolicy.swift).
import FTP
import FileServer

/// The policy of the world's file servers.
enum FailFiles {
  static let deeds: [(name: String, deed: TransferPolicy.Deed)] = [
    ("fail-425", .unconnected), ("fail-426", .broken), ("fail-452", .full), ("stall", .stalled),
  ]

  static let policy = TransferPolicy { order in
    switch order.content {
    case .retrieve(let path, _), .store(let path, _), .append(let path): deeds.first { Array($0.name.utf8) == path.name }?.deed
    case .storeUnique, .list: nil
    }
  }
}
