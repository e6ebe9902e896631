// Registries: names both ways, numbers nobody has named.
import DNS
import Testing

@Suite struct RegistryTests {
  @Test("types", arguments: [
    ("A", 1), ("aaaa", 28), ("Cname", 5), ("TYPE65280", 65280), ("type1", 1), ("NSEC3PARAM", 51), ("ANY", 255), ("CAA", 257), ("TYPE0", 0),
    ("OPENPGPKEY", 61), ("TYPE65535", 65535), ("dlv", 32769),
  ])
  func types(_ text: String, _ value: Int) {
    #expect(RecordType(text)?.rawValue == UInt16(value))
    let type = RecordType(rawValue: UInt16(value))
    #expect(RecordType(type.description) == type)
  }

  @Test("what is no type", arguments: ["", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "TYPE100000", "Ä", "IN", "1", "TYPE+1"])
  func noType(_ text: String) { #expect(RecordType(text) == nil) }

  @Test("every number has a name that leads back to it")
  func allNumbers() {
    for value in 0...UInt16.max {
      let type = RecordType(rawValue: value)
      #expect(RecordType(type.description) == type)
      let cls = RecordClass(rawValue: value)
      #expect(RecordClass(cls.description) == cls)
    }
    for value in 0..<UInt16(4096) {
      let code = ResponseCode(rawValue: value)
      #expect(ResponseCode(code.description) == code)
    }
    for value in 0..<UInt8(16) {
      let code = Opcode(rawValue: value)
      #expect(Opcode(code.description) == code)
    }
  }

  @Test("the other registries")
  func others() {
    #expect(RecordClass("in") == .internet && RecordClass("CLASS3") == .chaos && RecordClass("CLASS") == nil)
    #expect(RecordClass(rawValue: 17).description == "CLASS17")
    #expect(ResponseCode("nxdomain") == .noSuchName && ResponseCode(rawValue: 4095).description == "RCODE4095")
    #expect(Opcode("update") == .update && Opcode(rawValue: 9).description == "OPCODE9")
    #expect(OptionCode.cookie.description == "COOKIE" && OptionCode(rawValue: 65001).description == "OPT65001")
    #expect(ExtendedErrorCode.noReachableAuthority.description == "No Reachable Authority")
    #expect(!RecordType.opt.isData && !RecordType.any.isData && RecordType.a.isData && RecordType.caa.isData)
  }
}
