// Settings read again while the host runs: what takes effect at once, and what a restart is needed for.
// Not here: doing it (HomeHost.swift). Read next: HostSettings.swift.
import Synchronization
import World

extension HostSettings {
  /// `new` as far as it can hold while a host of these settings runs, and the keys that hold after a restart only.
  func adopting(_ new: HostSettings) -> (settings: HostSettings, later: [String]) {
    var next = new
    var later: [String] = []
    func keep<Value: Equatable>(_ key: String, _ path: WritableKeyPath<HostSettings, Value>) {
      guard self[keyPath: path] != next[keyPath: path] else { return }
      next[keyPath: path] = self[keyPath: path]
      if !later.contains(key) { later.append(key) }
    }
    keep("domain", \.domain)
    keep("listen", \.addresses)
    keep("data", \.dataDirectory)
    keep("loops", \.loops)
    keep("ports", \.ports)
    keep("torrents", \.torrents)
    keep("tracker", \.tracker)
    keep("onion", \.onion)
    keep("dns: rate-limit and cookies", \.guards)
    keep("trace", \.isTraced)
    keep("trace", \.traceBytesMax)
    // A service that is not there cannot be changed; one that is there is not taken away from those who use it.
    if forwardProxy == nil || new.forwardProxy == nil { keep("forward-proxy", \.forwardProxy) } else { keep("forward-proxy: port", \.forwardProxyPort) }
    if mail == nil || new.mail == nil { keep("mail", \.mail) } else {
      keep("mail: name", \.mailSettings.name)
      keep("mail: message-size", \.mailSettings.messageBytesMax)
      keep("mail: quota", \.mailSettings.quotaBytes)
      keep("mail: smart-host", \.mailSettings.smartHost)
    }
    if files == nil || new.files == nil { keep("ftp", \.files) } else {
      keep("ftp: passive-ports", \.passivePorts)
      keep("ftp: passive-address", \.passiveAddress)
      keep("ftp: tls", \.fileSecurity)
    }
    for proxy in new.reverseProxies {
      guard let old = reverseProxies.first(where: { $0.names.first == proxy.names.first }), old.cache != proxy.cache, (old.cache?.diskBytesMax ?? 0) > 0, proxy.cache != nil
      else { continue }
      later.append("reverse-proxy \(proxy.names[0]): cache")
    }
    return (next, later)
  }

  /// Whether the domain's own site is told the same.
  func hasSameSite(as other: HostSettings) -> Bool {
    webRoot == other.webRoot && (webRootProblem == nil) == (other.webRootProblem == nil) && listsFolders == other.listsFolders && site == other.site
  }

  /// The same with `learned` as the addresses published, where they change and there are any.
  func publishing(_ learned: [Address]) -> HostSettings {
    var settings = self
    if dynamic != nil, !learned.isEmpty { settings.published = learned } else if published.isEmpty { settings.published = addresses }
    return settings
  }

  private var forwardProxyPort: Int {
    get { forwardProxy?.port ?? 0 }
    set { forwardProxy?.port = newValue }
  }

  private var mailSettings: MailSettings {
    get { mail ?? MailSettings() }
    set { mail = newValue }
  }

  private var passivePorts: ClosedRange<UInt16>? {
    get { files?.passivePorts }
    set { files?.passivePorts = newValue }
  }

  private var passiveAddress: Address? {
    get { files?.passiveAddress }
    set { files?.passiveAddress = newValue }
  }

  private var fileSecurity: FileServing.Security? {
    get { files?.security }
    set { if let newValue { files?.security = newValue } }
  }
}

/// Work that is done one piece after the other, in the order in which it came.
final class WorkLine: Sendable {
  private let last = Mutex<Task<Void, Never>?>(nil)

  /// Does `work` when everything that came before is done.
  func run<Value: Sendable, Failure: Error>(_ work: @escaping @Sendable () async throws(Failure) -> Value) async throws(Failure) -> Value {
    let task = last.withLock { last -> Task<Result<Value, Failure>, Never> in
      let before = last
      let task = Task { () -> Result<Value, Failure> in
        await before?.value
        do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
      }
      last = Task { _ = await task.value }
      return task
    }
    return try await task.value.get()
  }
}
