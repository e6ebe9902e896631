// A world's file servers: the production server over files in memory, so that a run can be repeated and a disk can be full.
// Not here: what a world's file says about them (World/WorldReader.swift), serving files (Servers/FileServer).
import Accounts
import Bytes
import FileServer
import Host
import Transport
import World

/// Raises a world's file servers.
enum RaisedFiles {
  static func start(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means)
    async throws(RaisedWorld.Failure)
  {
    for described in world.files where described.host == host.name {
      let clock = assembly.network.clock
      let area = MemoryArea(bytesMax: Int64(described.room), clock: clock)
      // Clients ask for a file's size before they fetch it.
      for file in means.failures == nil ? [] : FailFiles.deeds { area.add(file.name, "This file fails on purpose.\n", modified: clock.now) }
      for file in described.content { area.add(file.path, Buffer(file.body), modified: clock.now.advanced(by: .zero - file.age)) }
      var chance = means.chance.derived("files of \(host.name)")
      let users = described.users.map { ($0.name, FileAccount(area: area, mayWrite: $0.mayWrite)) }
      let book = PasswordBook(Dictionary(described.users.map { ($0.name, $0.hash) }) { first, _ in first }, random: &chance)
      let accounts = FileAccounts(
        users: Dictionary(users) { first, _ in first }, book: book, anonymous: described.isOpen ? FileAccount(area: area, mayWrite: false) : nil)
      var setting = FileServerSetting(greeting: "\(world.domainName(of: host)) FTP server")
      if means.failures != nil { setting.policy = FailFiles.policy }
      if let certificates = means.certificates {
        do {
          let names = [world.domainName(of: host)] + means.plan.addresses(of: host).map(\.description)
          setting.tls = TLSServerOptions(identities: [try certificates.issue(for: names, at: clock.now)])
        } catch { throw .certificates("\(error)") }
      }
      do throws(NetworkError) {
        let network = assembly.network
        for endpoint in means.plan.endpoints(of: host, port: 21) {
          // Memory keeps nobody waiting.
          try await assembly.serveFiles(accounts, setting, at: endpoint, disk: { work in network.start { work() } }, chance: chance.derived("\(endpoint)"))
        }
      } catch { throw .service(host: host.name, error) }
    }
  }
}
