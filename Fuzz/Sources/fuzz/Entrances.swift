// Every entrance a stranger's bytes have. A new parser is not finished before it stands here.
import Bytes
import Glibc
import World

/// One entrance: what it does with any bytes.
struct Entrance: Sendable {
  var name: String
  var run: @Sendable (Buffer) -> Void
}

let entrances: [Entrance] = [
  Entrance(name: "address") { bytes in
    guard let address = Address(bytes.text) else { return }
    must(Address(address.description) == address, "an address reads back from its text")
  },
]
