// One web site: the names it answers to and what stands behind them.
// Not here: choosing among sites (SiteSet), answering a request (SiteResponder, Application). Read next: SiteSet.swift.
package import HTTP

/// A web site as the settings describe it.
package struct Site: Sendable {
  /// What answers.
  package enum Content: Sendable {
    /// Files, and nothing but files.
    case files(any FileTree)
    /// A part of this program.
    case application(any Application)
    /// Another server's answers, kept or passed on.
    case proxy(Proxy)
  }

  /// Host names in lower case, `*.example.test` for every name below `example.test`. IPv6 addresses in brackets.
  package var names: [String]
  package var content: Content
  /// What is served for a folder, the first that is there.
  package var indexNames = ["index.html", "index.htm"]
  /// Files of the tree shown instead of the built-in error pages, by status code.
  package var errorPages: [UInt16: String] = [:]
  /// Parts of this program that answer for exactly one path each, before everything else.
  package var doors: [(path: PathArea, application: any Application)] = []
  /// Pages that moved.
  package var redirects: [SiteRedirect] = []
  /// Areas for users only; nil: everybody may come in everywhere.
  package var protection: SiteProtection?
  /// Where files may be put and removed, for a site of files; nil: nowhere.
  package var writing: SiteWriting?
  /// Fields added to every answer with content.
  package var extraFields: [(name: FieldName, value: String)] = []
  /// Whether a folder without an index shows the names in it. Off unless asked for: it tells strangers what is there.
  package var listsFolders = false
  /// Whether answers say which program made them.
  package var namesServer = true
  package var limits = SiteLimits()

  package init(names: [String], content: Content) {
    self.names = names
    self.content = content
  }
}

/// What one site may use.
package struct SiteLimits: Sendable, Hashable {
  /// Most files known and held open at a time. Unit: files. Past it: the one longest unused is forgotten, and opened again when asked for.
  package var openFilesMax = 1_024
  /// Largest file held in memory whole. Unit: bytes. Past it: the file is sent from the disk's cache each time.
  package var fileInMemoryBytesMax = 65_536
  /// All files held in memory together. Unit: bytes. Past it: the one longest unused is forgotten.
  package var filesInMemoryBytesMax = 67_108_864
  /// How long a file counts as unchanged before the disk is asked again.
  package var freshness = Duration.seconds(1)
  /// Largest answer to a request for several ranges, which is put together in memory. Unit: bytes. Past it: the whole file is sent instead.
  package var severalRangesBytesMax = 8_388_608
  /// Most names shown of one folder. Unit: names. Past it: the page says that there is more.
  package var itemsListedMax = 10_000

  package init() {}
}
