// Entrances of TLS as a tap reads it: the wire of both directions, and certificates.
import Bytes
import TLS
import Trace

let tlsEntrances: [Entrance] = [
  Entrance("tls-wire") { bytes in
    for direction in [WireReader.Direction.toServer, .toClient] {
      let whole = records([bytes], direction)
      must(records(bytes.pieces, direction) == whole, "the network's cuts change nothing")
      must(whole.reduce(0) { $0 + $1.bytes.count } <= bytes.count, "records are made of what came")
      for record in whole {
        must(record.repeatable.count == record.bytes.count, "zeros take the place of what they hide")
        _ = record.title
      }
    }
    guard let explanation = TLS.explain(bytes) else { return }
    for field in explanation.fields {
      must(field.range.lowerBound >= 0 && field.range.upperBound <= bytes.count, "a field lies in its message")
      mustContainParts(field)
    }
  },
  Entrance("tls-certificate") { bytes in
    guard let certificate = try? Certificate(bytes) else { return }
    must(certificate.names.count <= Limits().valuesMax, "names are bounded")
  },
]

private func records(_ pieces: [Buffer], _ direction: WireReader.Direction) -> [Record] {
  var reader = WireReader()
  return pieces.flatMap { reader.take($0, direction) }
}
