// What a web site without files shows: one page that says where the files go and what else runs here.
import Trace
import WebServer
import World

/// The page of a domain without a web site.
enum WelcomePage {
  static func tree(for settings: HostSettings, at now: Instant) -> MemoryTree {
    MemoryTree(["index.html": page(settings)], modified: now)
  }

  private static func page(_ settings: HostSettings) -> String {
    // The domain is letters, digits, dots and hyphens (`SettingsForm.domainName`); the folder's name is whatever the user typed.
    let root = Markup.escaped(settings.webRoot)
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>\(settings.domain)</title>
      <style>
      :root { color-scheme: light dark }
      body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem }
      code { font-size: .95em; padding: .1em .3em; border: 1px solid #8886; border-radius: .3em }
      </style>
      <h1>\(settings.domain) is up</h1>
      <p>Put files into the folder <code>\(root)</code>: they are served here.</p>
      <ul>
      <li>Names: <code>dig @\(settings.addresses[0]) -p \(settings.ports.dns) \(settings.domain)</code></li>
      <li>HTTPS: <a href="https://localhost:\(settings.ports.https)/">https://localhost:\(settings.ports.https)/</a></li>
      <li>Everything that is said, live: <a href="http://localhost:\(settings.ports.console)/">the console</a></li>
      </ul>
      </html>

      """
  }
}
