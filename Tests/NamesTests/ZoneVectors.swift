// The test vectors of RFC 9498, appendix D: two zones, each with a delegation and a set of three records, and one revocation.
@testable import Names
import Bytes
import Testing

/// One vector of RFC 9498 §D.2.
struct ZoneVector: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var kind: ZoneKind
  var secret: String
  var identifier: String
  var zTLD: String
  var label: String
  var nonce: String
  var key: String
  var query: String
  var records: String
  var block: String
}

extension String {
  /// The bytes written in hexadecimal, room between them left out.
  var unhexed: [UInt8] { Hexadecimal.bytes(utf8.filter { $0 > 0x20 }) ?? [] }
}

let zoneVectors: [ZoneVector] = [
  ZoneVector(
    testDescription: "pkey-delegation", kind: .pkey, secret: "50d7b652a4efeadff37396909785e5952171a02178c8e7d450fa907925fafd98",
    identifier: "00010000677c477d2d93097c85b195c6f96d84ff61f5982c2c4fe02d5a11fedfb0c2901f", zTLD: "000G0037FH3QTBCK15Y8BCCNRVWPV17ZC7TSGB1C9ZG2TPGHZVFV1GMG3W",
    label: "testdelegation", nonce: "e90a0061001cee8c10e2598000000001",
    key: "864e7138eae7fd91a30136899c132b23acebdb2cef43cb19f6bf55b67db9b3b3",
    query: """
      4adc67c5ecee9f76986abd71c2224a3dce2e917026c9a09dfd44cef3d20f55a27332725a6c8afbbbb0f7ec9af1cc4264
      1299406b04fd9b5b5791f86c4b08d5f4
      """,
    records: "001cee8c10e25980002000010001000021e3b30ff93bc6d35ac8c6e0e13afdff794cb7b44bbbc748d259d0a0284dbe84",
    block: """
      000000a000010000182bb636eda79f795711bc2708adbb242a60446ad3c30803121d03d348b7ceb60ad10bc13b403b5b
      256126b2145a6f60c514f951ffa766f7a3fd4bac4a4e1990055cb87e8d1bfd19aa09a429f729e9f5c6eec2470acee222
      0759e9e36c886f35001cee8c10e259800c1eda5cc094a1c7a888649d25faeebd60dae6073d57d8ae8d455f4f1392c074
      e26ac669bdeec23462b962952cc6e9eb
      """),
  ZoneVector(
    testDescription: "pkey-records", kind: .pkey, secret: "50d7b652a4efeadff37396909785e5952171a02178c8e7d450fa907925fafd98",
    identifier: "00010000677c477d2d93097c85b195c6f96d84ff61f5982c2c4fe02d5a11fedfb0c2901f", zTLD: "000G0037FH3QTBCK15Y8BCCNRVWPV17ZC7TSGB1C9ZG2TPGHZVFV1GMG3W",
    label: "天下無敵", nonce: "ee9633c1001cee8c10e2598000000001",
    key: "fb3ab5de23bddae1997aaf7b92c2d27151408b77af7a41ac79057c4df5383d01",
    query: """
      aff0ad6a44097368429ac476dfa1f34bee4c36e7476d07aa6463ff20915b1005c0991def91fc3e10909f8702c0be4043
      6778c711f2ca47d55cf0b54d235da977
      """,
    records: """
      001cee8c10e25980001000000000001c000000000000000000000000deadbeef003ff2aa5408db400006000000010001
      e6849be7a7b00028bb13ff371940000b00040000001048656c6c6f20576f726c64000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000
      """,
    block: """
      000000f000010000a51296df757ee275ca118d4f07fa7aae5508bcf512aa41121429d4a0de9d057e085bd65fd4851051
      bace2a452afc8a7e4f6b2c1f74f02035d9641acdbaa466e000ced6f2d23b631c8e8a0b38e2bae79a22cad81d4c50d225
      358ebc17ac0f899e001cee8c10e25980d8c28d2fd6967d1ab72253f21098b814a410be1f5998de03f58f7e7cdb7f08a6
      1651be4d0b6f8a61df1530440bd747dcf0d7104f6b8d24c2ac9bc13d9c6fe8290525d2a6d0f8844267a1570e8e294dc9
      3a319fcfc03ea27017d6fda347b4a79497d7f6b1422d4edd821c19934e96c1aa87765725d494c764b155dc6d13269174
      """),
  ZoneVector(
    testDescription: "edkey-delegation", kind: .edkey, secret: "5af7020ee19160328832352bbc6a68a8d71a7cbe1b929969a7c66d415a0d8f65",
    identifier: "000100143cf4b924032022f0dc50581453b85d93b047b63d446c5845cb48445ddb96688f", zTLD: "000G051WYJWJ80S04BRDRM2R2H9VGQCKP13VCFA4DHC4BJT88HEXQ5K8HW",
    label: "testdelegation", nonce: "98132ea86859d35c88bfd317fa991bcb001cee8c10e25980",
    key: "85c429a9567aa633411a9691e9094c45281672be586034aae4a2a2cc716159e2",
    query: """
      abaabac0e124945975988395aac0241e5559c41c4074e2557b9fe6d154b614fbcdd47fc7f51d786dc2e0b1ece76037c0
      a1578c384ec61d445636a94e880329e9
      """,
    records: "001cee8c10e25980002000010001000021e3b30ff93bc6d35ac8c6e0e13afdff794cb7b44bbbc748d259d0a0284dbe84",
    block: """
      000000b0000100149bf233198c6d53bbdbac495cabd91049a684af3f4051bacab0dcf21c8cf27a1a9f56a886ea739d59
      17508f9b755639f3a9acfaededca7fbfa794b192e08bf9ed4c7ec8594c9f7b4e19774ff838ec387a8f3423daac449f59
      db4e83943f907200001cee8c10e25980577cc6c95a14e70409f20b0167e636d010807c4f00372d698c826bd92bc22bd6
      bb45e5277c01881d6a436068e4ddf1c6b7d1416fafa6697c25edd9eae99167c3
      """),
  ZoneVector(
    testDescription: "edkey-records", kind: .edkey, secret: "5af7020ee19160328832352bbc6a68a8d71a7cbe1b929969a7c66d415a0d8f65",
    identifier: "000100143cf4b924032022f0dc50581453b85d93b047b63d446c5845cb48445ddb96688f", zTLD: "000G051WYJWJ80S04BRDRM2R2H9VGQCKP13VCFA4DHC4BJT88HEXQ5K8HW",
    label: "天下無敵", nonce: "bb0d3f0fbd22427750da5d691216e6c9001cee8c10e25980",
    key: "3df805bd6687aa14209628c244b1119188c3925637a41e5d76496c2945dc377b",
    query: """
      baf82177eec081e074a7da47ffc6487758fb0df01a6c7fbb52fc8a31bef029af74aa0dc15ab8e2fa7a54b4f5f637f615
      8fa7f03c3fcebe78d3f9d640aac0d1ed
      """,
    records: """
      001cee8c10e25980001000000000001c000000000000000000000000deadbeef003ff2aa5408db400006000000010001
      e6849be7a7b00028bb13ff371940000b00040000001048656c6c6f20576f726c64000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000000
      """,
    block: """
      000001000001001474f90068f167695352a8a6c2eb984898c53acca0980470c6c81264cbdd78ad11756d2c157ad2ea4f
      c0b1b91c0803794461d3def20dd1636cfedc0389c549d1436cc35b4e1bf8895a646bd9a6f46b83481d9c0e91d4e1bebb
      6a83526fb7252a06001cee8c10e259804eb35a50d40fe1a429c7f4b267a059de4e2c8a89a5ed53d3d4925859d2949f7f
      30d8a20caa96f88145052d1cda0412498ff25ff2816ef0ce61fe699bfac72c15dc830ea9b036171ccfcabbdda8de3c86
      ede29570d0174b82820948a928b7f00efb401c10fe80bbbb0276331bf7f51b8d74579c1414f22d501ad25ae249f5bbf2
      a6c37259d175e440b29439c60519cbb1
      """),
]
