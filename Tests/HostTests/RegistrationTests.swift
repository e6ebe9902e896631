// What a registrar takes and what it does not, each with the sentence that says why; and its pages: nothing of a visitor's becomes markup.
import Bytes
import DNS
import HTTP
import Testing
import World

@testable import Host

@Suite("registrations")
struct RegistrationTests {
  private func read(_ name: String, _ servers: String, _ ds: String = "") throws -> (registration: Registration?, problems: [String]) {
    let zone = try Name("test")
    let form = FormFields([.init("name", name), .init("servers", servers), .init("ds", ds)])
    do throws(Registration.Problems) { return (try Registration(form, zone: zone), []) } catch { return (nil, error.all.map { "\($0.field): \($0.sentence)" }) }
  }

  private static let hash = String(repeating: "ab", count: 32)

  @Test("a form becomes the records of the zone above", arguments: [
    ("jade", "ns1.garnet.test", "", ["jade.test. 3600 NS ns1.garnet.test."]),
    (" Jade.test. ", "ns1.jade.test 198.51.100.11 2001:db8:100::11\r\n\r\nNS2.garnet.test.\r\n", "", [
      "jade.test. 3600 NS ns1.jade.test.", "jade.test. 3600 NS ns2.garnet.test.", "ns1.jade.test. 3600 A 198.51.100.11", "ns1.jade.test. 3600 AAAA 2001:db8:100::11",
    ]),
    ("xn--tda", "ns1.garnet.test", "12345 13 2 \(hash)", ["xn--tda.test. 3600 NS ns1.garnet.test.", "xn--tda.test. 3600 DS 12345 13 2 \(hash)"]),
    ("jade", "ns1.garnet.test", "jade.test. 3600 IN DS 12345 13 2 \(hash)", ["jade.test. 3600 NS ns1.garnet.test.", "jade.test. 3600 DS 12345 13 2 \(hash)"]),
  ] as [(String, String, String, [String])])
  func good(_ name: String, _ servers: String, _ ds: String, _ records: [String]) throws {
    let (registration, problems) = try read(name, servers, ds)
    #expect(problems == [])
    #expect(registration?.records(timeToLive: 3_600).map { "\($0.name) \($0.ttl) \($0.type) \($0.data)" } == records)
  }

  /// A form and how each sentence about it begins.
  struct Wrong: Sendable {
    var name: String
    var servers: String
    var ds: String
    var beginnings: [String]

    init(_ name: String, _ servers: String, _ ds: String, _ beginnings: String...) { (self.name, self.servers, self.ds, self.beginnings) = (name, servers, ds, beginnings) }
  }

  private static let long = String(repeating: "a", count: 64)
  private static let manyServers: String = (1...14).map { "ns\($0).garnet.test" }.joined(separator: "\n")
  private static let manyAddresses: String = "ns1.jade.test " + (1...9).map { "198.51.100.\($0)" }.joined(separator: " ")
  private static let manyHashes: String = (1...9).map { "\($0) 13 2 \(hash)" }.joined(separator: "\n")
  private static let wrong: [Wrong] = [
    Wrong("", "ns1.garnet.test", "", "name: Which name?"),
    Wrong("-jade", "ns1.garnet.test", "", "name: A name is 1 to 63"),
    Wrong("a.b", "ns1.garnet.test", "", "name: A name is 1 to 63"),
    Wrong("jäde", "ns1.garnet.test", "", "name: A name"),
    Wrong(long, "ns1.garnet.test", "", "name: A name is 1 to 63"),
    Wrong("jade", "", "", "servers: Which servers know the name?"),
    Wrong("jade", "ns1", "", "servers: A line begins with"),
    Wrong("jade", "<b>", "", "servers: A line begins with"),
    Wrong("jade", "ns1.jade.test", "", "servers: ns1.jade.test. lies inside jade.test.: nobody can find it"),
    Wrong("jade", "ns1.garnet.test 198.51.100.11", "", "servers: ns1.garnet.test. lies outside jade.test."),
    Wrong("jade", "ns1.jade.test 198.51.100", "", "servers: “198.51.100” is no address"),
    Wrong("jade", "ns1.jade.test 0.0.0.0", "", "servers: “0.0.0.0” is no address"),
    Wrong("jade", "ns1.garnet.test\nns1.garnet.test", "", "servers: The server ns1.garnet.test. stands there twice."),
    Wrong("jade", manyServers, "", "servers: A name has at most 13 servers"),
    Wrong("jade", manyAddresses, "", "servers: A server has at most 8 addresses"),
    Wrong("jade", "ns1.garnet.test", "12345 13 2 ABCD", "ds: A hash of kind 2 has 32 bytes"),
    Wrong("jade", "ns1.garnet.test", "12345 13 9 ABCD", "ds: The kind of hash is 1, 2 or 4"),
    Wrong("jade", "ns1.garnet.test", "what", "ds: A DS record is"),
    Wrong("jade", "ns1.garnet.test", manyHashes, "ds: A name has at most 8"),
    Wrong("jade", "ns1.garnet.test", "1 13 2 \(hash)\n$INCLUDE /etc/passwd", "ds: A DS record is"),
    Wrong("?", "?", "?", "name: A name is", "servers: A line begins", "ds: A DS record"),
  ]

  @Test("what is wrong is said, all of it at once", arguments: wrong)
  func bad(_ wrong: Wrong) throws {
    let (registration, problems) = try read(wrong.name, wrong.servers, wrong.ds)
    #expect(registration == nil && problems.count == wrong.beginnings.count, "\(problems)")
    for (problem, beginning) in zip(problems, wrong.beginnings) { #expect(problem.hasPrefix(beginning), "\(problem)") }
  }

  @Test("nothing of a visitor's becomes markup")
  func escaped() throws {
    let problems = try read("<script>", "<script>alert(1)</script>", "<script>").problems
    let page = RegistrarPages.failure(.unprocessableContent, problems)
    #expect(problems.count == 3 && !page.contains("<script") && page.contains("&lt;script"))
  }
}
