// What an authority takes back: its list of revoked certificates (RFC 5280 §5), and where a certificate says that the list is.
// Written here, since X509 knows no such lists. Not here: questions about one certificate (OCSP), which public authorities give up.
import Crypto
import SwiftASN1
package import World
import X509

extension CertificateAuthority {
  /// Where the list is.
  // RFC 5280 §4.2.1.13: points, each with a full name, which is an address on the web.
  static func distributionPoint(_ address: String) throws -> Certificate.Extension {
    func tag(_ number: UInt) -> ASN1Identifier { ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific) }
    var points = DER.Serializer()
    points.appendConstructedNode(identifier: .sequence) { points in
      points.appendConstructedNode(identifier: .sequence) { point in
        point.appendConstructedNode(identifier: tag(0)) { name in
          name.appendConstructedNode(identifier: tag(0)) { full in
            full.appendPrimitiveNode(identifier: tag(6)) { $0.append(contentsOf: address.utf8) }
          }
        }
      }
    }
    return Certificate.Extension(oid: [2, 5, 29, 31], critical: false, value: points.serializedBytes[...])
  }

  /// The list that says of `identities`, all issued here, that they are revoked: DER, for `application/pkix-crl`.
  package func revocationList(of identities: [TLSIdentity], at now: Instant) throws(CertificateError) -> [UInt8] {
    do {
      var body = DER.Serializer()
      try body.appendConstructedNode(identifier: .sequence) { list in
        // RFC 5280 §5.1.2.1: 1 means version 2.
        try list.serialize(1)
        try writeAlgorithm(into: &list)
        try list.serialize(certificate.subject)
        try list.serialize(Self.time(now))
        try list.serialize(Self.time(now + Self.leafLifetime))
        try list.appendConstructedNode(identifier: .sequence) { entries in
          for identity in identities {
            let serial = try Certificate(pemEncoded: identity.chain).serialNumber
            try entries.appendConstructedNode(identifier: .sequence) { entry in
              try entry.serialize(serial.bytes)
              try entry.serialize(Self.time(now))
            }
          }
        }
        try list.appendConstructedNode(identifier: ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)) { tagged in
          try tagged.appendConstructedNode(identifier: .sequence) { extensions in
            let own = SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
            try extensions.serialize(Certificate.Extension(AuthorityKeyIdentifier(keyIdentifier: own), critical: false))
            // RFC 5280 §5.2.3: the list's number, here always 1.
            try extensions.serialize(Certificate.Extension(oid: [2, 5, 29, 20], critical: false, value: [0x02, 0x01, 0x01]))
          }
        }
      }
      let signature = try key.sign(bytes: body.serializedBytes, signatureAlgorithm: signsBySeed ? .ed25519 : .ecdsaWithSHA256)
      var whole = DER.Serializer()
      try whole.appendConstructedNode(identifier: .sequence) { list in
        list.serializeRawBytes(body.serializedBytes)
        try writeAlgorithm(into: &list)
        try list.serialize(ASN1BitString(bytes: signature.rawRepresentation[...]))
      }
      return whole.serializedBytes
    } catch { throw .notMade("\(error)") }
  }

  /// RFC 5758 §3.2, RFC 8410 §3: ecdsa-with-SHA256 or Ed25519, which have no parameters.
  private func writeAlgorithm(into list: inout DER.Serializer) throws {
    let name: ASN1ObjectIdentifier = signsBySeed ? [1, 3, 101, 112] : [1, 2, 840, 10045, 4, 3, 2]
    try list.appendConstructedNode(identifier: .sequence) { try $0.serialize(name) }
  }

  // RFC 5280 §5.1.2.4: in this form until 2049.
  private static func time(_ instant: Instant) throws -> UTCTime {
    let (day, second) = instant.secondsSince1970.quotientAndRemainder(dividingBy: 86_400)
    let date = CivilDate(dayNumber: day)
    return try UTCTime(
      year: date.year, month: date.month, day: date.day, hours: Int(second) / 3_600, minutes: Int(second) / 60 % 60, seconds: Int(second) % 60)
  }
}
