// Inside a fresh user, network and mount namespace: brings the world's addresses up and puts the world's resolver in the system's place.
// Not here: how a process gets into the namespace (Reexecution), which settings may forbid it (NamespaceProbe).
import CNetsteadSystem
import World

/// Why the namespace could not be furnished.
package struct NamespaceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was being done.
  package var deed: String
  /// The system's error number.
  package var code: Int32

  package var description: String { "\(deed): \(SystemError.text(code))" }
}

/// Furnishes the namespaces this process is in. Nothing outside them changes.
package enum NamespaceSetup {
  /// Gives the loopback interface every address of the world. Programs that choose no source address then speak as the world's client.
  package static func raiseNetwork(_ world: WorldDescription) throws(NamespaceError) {
    try check("switch the loopback interface on", netstead_loopback_up())
    let addresses = world.hosts.flatMap(\.addresses)
    for address in addresses {
      let bytes = address.bytes
      try check("add address \(address)", netstead_add_address(bytes, bytes.count))
    }
    // All hosts share one interface, where the kernel would answer "from whom?" with the address spoken to: even a server's own.
    // Routes with a preferred source make it the client's. Whoever binds a socket to an address of its own keeps that one.
    let own = world.host(world.client)?.addresses ?? []
    for address in addresses where !own.contains(address) {
      let bytes = address.bytes
      guard let source = own.first(where: { $0.bytes.count == bytes.count }) else { continue }
      try check("set the source of what goes to \(address)", netstead_speak_as(bytes, source.bytes, bytes.count))
    }
  }

  /// Mounts the world's name resolution over the system's. `folder` is where the files to be mounted are kept.
  /// Returns what could not be replaced, as sentences: programs that look there see the host's files.
  package static func replaceNameResolution(_ world: WorldDescription, folder: RuntimeFolder) throws(RuntimeFolderError) -> [String] {
    let resolvers = world.resolver(near: world.host(world.client))?.addresses ?? []
    var complaints: [String] = []
    // glibc reads at most three name servers.
    let lines = resolvers.prefix(3).map { "nameserver \($0)\n" }.joined() + "search \(world.domain)\noptions timeout:5 attempts:2\n"
    complaints += try mount("resolv.conf", lines, over: "/etc/resolv.conf", in: folder)
    // Only files and DNS: systemd's and other modules would ask the host's resolver through a socket.
    let sources = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n"
    complaints += try mount("nsswitch.conf", sources, over: "/etc/nsswitch.conf", in: folder)
    complaints += try mount("hosts", "127.0.0.1 localhost\n::1 localhost\n", over: "/etc/hosts", in: folder)
    // The name service cache remembers the host's world and answers before any file is read.
    if SystemFile.exists("/run/nscd/socket") {
      let code = netstead_hide_folder("/run/nscd")
      if code != 0 { complaints.append("the name service cache could not be hidden (\(SystemError.text(code)))") }
    }
    return complaints
  }

  /// Writes the system's certificate bundle with `authorities` (PEM) added. Returns its path.
  package static func bundle(with authorities: String, folder: RuntimeFolder) throws(RuntimeFolderError) -> String {
    let system = systemBundle.flatMap { SystemFile.text($0, bytesMax: 8_388_608) } ?? ""
    return try folder.write(authorities + "\n" + system, to: "ca-certificates.crt")
  }

  /// Shows `bundle` in the place of the system's, so that programs trust the lab's certificates. Returns complaints.
  package static func trust(bundle: String) -> [String] {
    guard let target = systemBundle else { return [] }
    let code = netstead_mount_over(bundle, target)
    return code == 0 ? [] : ["\(target) could not be replaced (\(SystemError.text(code)))"]
  }

  /// Where the system keeps the authorities its programs trust.
  private static var systemBundle: String? {
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"].first { SystemFile.exists($0) }
  }

  private static func mount(_ name: String, _ text: String, over target: String, in folder: RuntimeFolder) throws(RuntimeFolderError) -> [String] {
    let source = try folder.write(text, to: name)
    let code = netstead_mount_over(source, target)
    return code == 0 ? [] : ["\(target) could not be replaced (\(SystemError.text(code)))"]
  }

  private static func check(_ deed: String, _ code: Int32) throws(NamespaceError) {
    if code != 0 { throw NamespaceError(deed: deed, code: code) }
  }
}
