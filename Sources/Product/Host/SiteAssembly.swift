// A site put together from what the settings say: its users, its areas, its application with the database it remembers in.
// Not here: the settings (SiteAccess.swift), the server (Assembly.swift).
import Accounts
import Bytes
package import Storage
package import WebServer
package import World

/// Where a site's application keeps what it must not forget.
package struct SiteData: Sendable {
  package var records: any RecordStore
  package var blobs: any BlobStore

  package init(records: any RecordStore, blobs: any BlobStore) {
    self.records = records
    self.blobs = blobs
  }

  /// In memory: for scenarios, and for labs that are to forget.
  package static var inMemory: SiteData { SiteData(records: MemoryRecords(), blobs: MemoryBlobs()) }

  /// In a folder of its own below `folder`, which is made if it is not there; its parent must be.
  package static func kept(in folder: String, site: String) throws(StorageError) -> SiteData {
    // A site's name is letters, digits, dots and hyphens (checked by the settings), so it is a folder's name too.
    let own = folder + "/" + site
    try SystemFiles().makeDirectory(folder)
    try SystemFiles().makeDirectory(own)
    return SiteData(records: try SQLiteRecords(path: own + "/records.sqlite"), blobs: try FileBlobs(directory: own + "/blobs"))
  }
}

/// Makes sites.
package enum SiteAssembly {
  /// A site of files, or of an application, with everything that `access` says. `data` is asked for only when something has to be kept.
  package static func site(
    names: [String], files: any FileTree, access: SiteAccess, data: () throws(StorageError) -> SiteData, clock: any WorldClock,
    secrets: any RandomNumberGenerator & Sendable
  ) async throws(StorageError) -> Site {
    var random = OpenedRandom(secrets)
    let users = PasswordBook(Dictionary(access.users.map { ($0.name, $0.hash) }) { first, _ in first }, random: &random)
    var site = Site(names: names, content: .files(files))
    switch access.application {
    case .shop:
      let data = try data()
      let sessions = try await SessionStore.open(in: data.records, random: random)
      site.content = .application(Shop(sessions: sessions, users: users, pictures: data.blobs, clock: clock))
    case .tracker: site.content = .application(Tracker(random: random))
    case .greetings: site.content = .application(Greetings())
    case nil:
      if !access.writable.isEmpty, let tree = files as? DiskTree {
        do throws(FolderError) {
          site.writing = SiteWriting(
            try WritableFolder(tree.folder), areas: access.writable.compactMap { PathArea($0) }, fileBytesMax: Int64(access.fileBytesMax))
        } catch { throw .failed("\(tree.folder.path) cannot be written: \(error)") }
      }
    }
    site.errorPages = access.errorPages
    site.redirects = access.redirects
    let areas = access.protected.compactMap { PathArea($0) }
    let changing = site.writing?.areas ?? []
    if !areas.isEmpty || !changing.isEmpty {
      site.protection = SiteProtection(realm: names.first ?? "this site", users: users, areas: areas, changingAreas: changing)
    }
    return site
  }
}
