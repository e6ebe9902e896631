// PLAIN and LOGIN: what each line of a client comes to, and both ends together.
import Bytes
import Mail
import TestKit
import Testing
import World

@Suite("SASL")
struct SASLTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var mechanism: SASL.Mechanism
    var initial: Buffer?
    var lines: [Buffer] = []
    /// The challenges in base64, then how it ended.
    var told: [String]
    var testDescription: String { String("\(mechanism) \(initial.map(\.description) ?? "-") \(lines)".prefix(80)) }
  }

  static func base64(_ text: String) -> Buffer { Buffer(Base64.text(text.utf8)) }

  static func told(_ step: SASL.Server.Step) -> String {
    switch step {
    case .challenge(let text): text
    case .credentials(let who): "\(who.actingAs)|\(who.user)|\(who.password)"
    case .failed(.cancelled): "cancelled"
    case .failed(.tooLong): "too long"
    case .failed(.malformed): "malformed"
    }
  }

  @Test("what a client's lines come to", .spec("RFC 4616", "2"), arguments: [
    Case(mechanism: .plain, initial: base64("\0alice\0secret"), told: ["|alice|secret"]),
    Case(mechanism: .plain, initial: nil, lines: [base64("\0alice\0secret")], told: ["", "|alice|secret"]),
    Case(mechanism: .plain, initial: base64("bob\0alice\0secret"), told: ["bob|alice|secret"]),
    Case(mechanism: .plain, initial: base64("\0jürgen\0pässwörd"), told: ["|jürgen|pässwörd"]),
    Case(mechanism: .plain, initial: "=", told: ["malformed"]),
    Case(mechanism: .plain, initial: "", told: ["malformed"]),
    Case(mechanism: .plain, initial: "*", told: ["cancelled"]),
    Case(mechanism: .plain, initial: nil, lines: ["*"], told: ["", "cancelled"]),
    Case(mechanism: .plain, initial: base64("alice"), told: ["malformed"]),
    Case(mechanism: .plain, initial: base64("\0alice"), told: ["malformed"]),
    Case(mechanism: .plain, initial: base64("\0alice\0"), told: ["malformed"]),
    Case(mechanism: .plain, initial: base64("\0\0secret"), told: ["malformed"]),
    Case(mechanism: .plain, initial: base64("\0alice\0sec\0ret"), told: ["malformed"]),
    // Not UTF-8.
    Case(mechanism: .plain, initial: Buffer(Base64.text([0, 0xFF, 0, 0x61])), told: ["malformed"]),
    Case(mechanism: .plain, initial: "AGFsaWNlAHNlY3JldA", told: ["malformed"]),
    Case(mechanism: .plain, initial: "AGFs aWNl", told: ["malformed"]),
    Case(mechanism: .plain, initial: "not base64!", told: ["malformed"]),
    // Bits that belong to no byte.
    Case(mechanism: .plain, initial: "AGEAYR==", told: ["malformed"]),
    Case(mechanism: .plain, initial: Buffer(repeatElement(UInt8(ascii: "A"), count: 12_292)), told: ["too long"]),
    Case(mechanism: .plain, initial: base64("\0alice\0" + String(repeating: "x", count: 4_097)), told: ["malformed"]),
    Case(mechanism: .plain, initial: base64("\0" + String(repeating: "x", count: 1_025) + "\0x"), told: ["malformed"]),
    Case(mechanism: .login, initial: nil, lines: [base64("alice"), base64("secret")], told: ["VXNlcm5hbWU6", "UGFzc3dvcmQ6", "|alice|secret"]),
    Case(mechanism: .login, initial: base64("alice"), lines: [base64("secret")], told: ["UGFzc3dvcmQ6", "|alice|secret"]),
    Case(mechanism: .login, initial: nil, lines: ["*"], told: ["VXNlcm5hbWU6", "cancelled"]),
    Case(mechanism: .login, initial: base64("alice"), lines: ["*"], told: ["UGFzc3dvcmQ6", "cancelled"]),
    Case(mechanism: .login, initial: nil, lines: [""], told: ["VXNlcm5hbWU6", "malformed"]),
    Case(mechanism: .login, initial: base64("al\0ice"), told: ["malformed"]),
    Case(mechanism: .login, initial: base64("alice"), lines: [""], told: ["UGFzc3dvcmQ6", "malformed"]),
  ])
  func server(_ c: Case) {
    var server = SASL.Server(c.mechanism)
    var told = [Self.told(server.begin(initialResponse: c.initial))]
    for line in c.lines { told.append(Self.told(server.take(line))) }
    #expect(told == c.told)
  }

  @Test("names in both cases, the better mechanism first", .spec("RFC 4422", "3.1"))
  func names() {
    #expect(SASL.Mechanism(named: "plain") == .plain)
    #expect(SASL.Mechanism(named: "Login") == .login)
    #expect(SASL.Mechanism(named: "PLAIN2") == nil)
    #expect(SASL.Mechanism(named: "PLAıN") == nil)
    #expect(SASL.Client.choice(among: ["LOGIN", "plain", "SCRAM-SHA-256"]) == .plain)
    #expect(SASL.Client.choice(among: ["LOGIN"]) == .login)
    #expect(SASL.Client.choice(among: ["GSSAPI"]) == nil)
  }

  @Test("both ends together", arguments: SASL.Mechanism.all, [SASL.Credentials(user: "alice", password: "s e=c*ret"), SASL.Credentials(user: "jürgen", password: "*")])
  func together(_ mechanism: SASL.Mechanism, _ credentials: SASL.Credentials) {
    for isAsked in [false, true] {
      var server = SASL.Server(mechanism)
      var client = SASL.Client(mechanism, credentials)
      var step = server.begin(initialResponse: isAsked ? nil : client.initialResponse().map { Buffer($0) })
      var turns = 0
      while case .challenge(let challenge) = step, turns < 4 {
        step = server.take(Buffer(client.answer(to: Buffer(challenge))))
        turns += 1
      }
      #expect(step == .credentials(credentials))
    }
  }

  @Test("a client that is asked too often gives up")
  func tooManyChallenges() {
    var client = SASL.Client(.plain, SASL.Credentials(user: "a", password: "b"))
    #expect(client.initialResponse() != nil)
    #expect(client.answer(to: "") == "*")
  }
}
