// What a scenario may say of a fetch besides its URL, as values and as words.
// Not here: fetching (Running/PageDeeds.swift), the other deeds (ScenarioReader.swift).
import Settings
package import Transport

extension Scenario {
  /// How a page is got, a form is sent.
  package struct Fetching: Sendable, Equatable {
    /// `with "Accept-Language: de"`: field lines to send.
    package var fields: [String] = []
    /// `method HEAD`
    package var method = "GET"
    /// `again`, `again by date`, `again by tag`: only if it has changed since the host's last answer for this URL.
    package var validators: Validators?
    /// `as ada secret`: shown when the site asks who is there, and from then on at once.
    package var credentials: Credentials?
    /// `with cookies`, `with cookies apart`: what the host remembers of former answers.
    package var cookies: Cookies?
    /// `through proxy`: the host to ask instead of the site's.
    package var proxy: String?
    /// `from http://www.home.test/page.html`: where the link or the form stands; nil: the user typed the address.
    package var page: String?
    /// `unchecked`: whatever certificate the site shows.
    package var isUnchecked = false
    /// `at least 1.3`, `at most 1.2`: the versions of TLS that are offered.
    package var versions = TLSVersion.spoken
    /// What `posts` sends.
    package var form: Form?

    package enum Validators: String, Sendable, Equatable, CaseIterable { case all, date, tag }

    package struct Credentials: Sendable, Equatable {
      package var user: String
      package var password: String
    }

    package enum Cookies: Sendable, Equatable {
      /// One memory for all sites.
      case together
      /// A memory for each site whose page is shown, also for what others put on it.
      case apart
    }

    package struct Form: Sendable, Equatable {
      /// `a=1&b=2`
      package var text: String
      /// `in parts`: as multipart/form-data instead of one line.
      package var isInParts = false
    }

    package init() {}
  }
}

extension ScenarioReader {
  /// What follows the URL of a fetch.
  mutating func readFetching(_ line: inout ScenarioLine, posting form: String? = nil) throws(ScenarioError) -> Scenario.Fetching {
    var how = Scenario.Fetching()
    how.form = form.map { Scenario.Fetching.Form(text: $0) }
    while !line.isEmpty {
      if line.take(if: "with") {
        if line.take(if: "cookies") {
          how.cookies = line.take(if: "apart") ? .apart : .together
        } else {
          how.fields.append(try readField(&line))
        }
      } else if form == nil, line.take(if: "method") {
        how.method = try readMethod(&line)
      } else if line.take(if: "again") {
        how.validators = .all
        if line.take(if: "by") { how.validators = try line.take(.choice(standIn: Scenario.Fetching.Validators.all)) }
      } else if line.take(if: "as") {
        let user = try line.take("a user's name").text
        how.credentials = Scenario.Fetching.Credentials(user: user, password: try line.take("a password").text)
      } else if line.take(if: "through") {
        how.proxy = try host(&line)
      } else if line.take(if: "from") {
        how.page = try readURL(&line)
      } else if line.take(if: "unchecked") {
        how.isUnchecked = true
      } else if line.take(if: "at") {
        try readVersions(&line, &how.versions)
      } else if form != nil, line.take(if: "in") {
        guard line.take(if: "parts") else { throw line.failure("`parts`") }
        how.form?.isInParts = true
      } else {
        throw line.failure(form == nil ? "with, method, again, as, through, from, unchecked, at least or at most" : "with, in parts, as, through, from, unchecked, at least or at most")
      }
    }
    return how
  }

  /// `least VERSION` or `most VERSION`
  private func readVersions(_ line: inout ScenarioLine, _ versions: inout ClosedRange<TLSVersion>) throws(ScenarioError) {
    if line.take(if: "least") {
      let oldest = try line.take(.tlsVersion)
      versions = oldest...max(oldest, versions.upperBound)
    } else if line.take(if: "most") {
      let newest = try line.take(.tlsVersion)
      versions = min(newest, versions.lowerBound)...newest
    } else {
      throw line.failure("`least` or `most`")
    }
  }

  /// A URL, which must have a scheme that there are pages for.
  func readURL(_ line: inout ScenarioLine) throws(ScenarioError) -> String {
    let url = try line.take("a URL")
    guard url.text.hasPrefix("http://") || url.text.hasPrefix("https://") else {
      throw line.failure(at: url, "expected a URL that begins with http:// or https://, found `\(url.text)`")
    }
    return url.text
  }

  func readField(_ line: inout ScenarioLine) throws(ScenarioError) -> String {
    let field = try line.take("a field such as \"Accept: */*\"")
    guard field.text.split(separator: ":", maxSplits: 1).count == 2, field.text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw line.failure(at: field, "expected a field such as \"Accept: */*\", found `\(field.text)`")
    }
    return field.text
  }

  private func readMethod(_ line: inout ScenarioLine) throws(ScenarioError) -> String {
    let method = try line.take("a method")
    guard ["GET", "HEAD", "OPTIONS", "DELETE"].contains(method.text) else {
      throw line.failure(at: method, "expected GET, HEAD, OPTIONS or DELETE, found `\(method.text)`")
    }
    return method.text
  }
}
