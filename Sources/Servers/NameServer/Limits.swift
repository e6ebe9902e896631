// Every bound of the name server: what an answer, a resolution and the cache may cost.
// Not here: the bounds of messages and connections (DNS/Limits.swift).

/// What the name server spends on one question, and keeps.
package struct Limits: Sendable, Hashable {
  /// Largest message sent over UDP, also to those who take more, and what we tell others that we take.
  ///
  /// Unit: bytes. RFC 6891 §6.2.5 leaves it to us; 1,232 pass everywhere without fragments. Past it: the answer is truncated.
  package var datagramMax = 1_232

  /// Most CNAME and DNAME records followed for one question.
  ///
  /// Unit: steps. RFC 1034 §5.2.2 asks for some bound. Past it: an authority answers with what it has, a resolver fails.
  package var chainMax = 11

  /// Most EDNS options in one query.
  ///
  /// Unit: options. Past it: FORMERR.
  package var optionsMax = 32

  // Zones that change

  /// Most records of a zone that changes. Unit: records. Past it: an update is refused.
  package var zoneRecordsMax = 1_000_000

  /// Most records that one update changes. Unit: records. Past it: the update is refused.
  package var stepRecordsMax = 4_096

  /// Most updates of one zone that wait. Unit: updates. Past it: SERVFAIL at once.
  package var updatesWaitingMax = 1_000

  /// Most updates that share one wait for the disk. Unit: updates.
  package var updateBatchMax = 256

  /// Most steps kept for incremental transfers. Unit: steps. Past it: the oldest go, and who needs them gets the whole zone.
  package var journalStepsMax = 1_000

  /// Most transfers out at a time. Unit: transfers. Past it: REFUSED, and a secondary asks again.
  package var transfersMax = 16

  /// How often a secondary is told of one version (RFC 1996 §3.6). Unit: attempts. Past it: it finds out by itself.
  package var notifyAttemptsMax = 5

  /// Most notifications that wait for an answer of one secondary. Unit: notifications, each with a port of its own. Past it: the newest version is told of when
  /// one of them has ended.
  package var notifiesPerPeerMax = 4

  /// First wait for a secondary's answer; each further one is twice as long.
  package var notifyWait = Duration.seconds(3)

  /// Shortest pause between two looks at a primary, whatever its SOA record says. Unit: seconds.
  package var refreshMin: UInt32 = 1

  /// Pause between two attempts to get a first copy.
  package var firstCopyWait = Duration.seconds(5)

  // Rates

  /// Most networks and kinds of answers whose rates are known. Unit: accounts, of 32 bytes. Past it: the one longest untouched beside it gives way,
  /// and begins anew with a full balance.
  package var ratesMax = 65_536

  // The cache

  /// Most entries of the cache. Unit: entries. Past it: what nobody asked for lately goes.
  package var cacheEntriesMax = 200_000

  /// Most memory of the cache, estimated. Unit: bytes. Past it: what nobody asked for lately goes.
  package var cacheBytesMax = 67_108_864

  /// Largest set the cache keeps. Unit: bytes. Past it: it is passed on, not kept.
  package var setBytesMax = 8_192

  /// Most records of one set the cache keeps. Unit: records. Past it: it is passed on, not kept.
  package var setRecordsMax = 100

  /// Longest time anything is kept. Unit: seconds. RFC 8767 §4 suggests days. Past it: the TTL is lowered to this.
  package var lifetimeMax: UInt32 = 86_400

  /// Longest time it is kept that something does not exist. Unit: seconds. RFC 2308 §5 allows hours. Past it: lowered to this.
  package var negativeLifetimeMax: UInt32 = 3_600

  /// How long records are kept beyond their time, for when nobody who knows better answers. Unit: seconds. RFC 8767 §5 suggests 1 to 3 days.
  /// Zero: not at all.
  package var staleSecondsMax: UInt32 = 0

  /// The time to live of such records, and how long nobody is asked again. Unit: seconds. RFC 8767 §4 and §5 suggest 30.
  package var staleLifetime: UInt32 = 30

  /// How long is tried to find out better where there are such records. RFC 8767 §5 suggests 1.8 s. Past it: they are the answer.
  package var staleAnswerTimeMax = Duration.milliseconds(1_800)

  /// How long a first failure is remembered. Unit: seconds. RFC 9520 §3.2 asks for 1 to 300. Each further one doubles it.
  package var failureSecondsMin = 5

  /// Longest time a failure is remembered. Unit: seconds. RFC 9520 §3.2 asks for at most 300.
  package var failureSecondsMax = 300

  // The resolver, for one question of a client. Reaching any of these ends in SERVFAIL with the limit's name.

  /// Most queries sent. Unit: queries.
  package var upstreamQueriesMax = 100

  /// Most queries sent to find what one name and type says. Unit: queries.
  package var fetchQueriesMax = 50

  /// Most bytes received. Unit: bytes.
  package var upstreamBytesMax = 100_000

  /// How deep looking up the addresses of servers may go. Unit: questions inside one another. Past it: that server is left out.
  package var nestingMax = 7

  /// Longest time. Past it: the client is told so.
  package var resolutionTimeMax = Duration.seconds(10)

  /// Longest wait for one answer over UDP. Past it: the next server, or the same again.
  package var exchangeTimeMax = Duration.milliseconds(1_500)

  /// Shortest wait for one answer over UDP, however near the server seems.
  package var exchangeTimeMin = Duration.milliseconds(300)

  /// First wait for a server never asked before.
  package var exchangeTimeFirst = Duration.milliseconds(750)

  /// Longest exchange over TCP, connecting included. Past it: the next server.
  package var streamTimeMax = Duration.seconds(2)

  /// Most server names kept of one delegation. Unit: names. Past it: the rest is ignored.
  package var delegationServersMax = 13

  /// Most addresses kept of one server name. Unit: addresses. Past it: the rest is ignored.
  package var serverAddressesMax = 20

  /// Most look-ups of server addresses. Unit: look-ups. Past it: servers without known addresses are left out.
  package var serverLookupsMax = 10

  /// Most server names that lead nowhere. Unit: names. Past it: no more are looked up (NXNSAttack).
  package var deadServersMax = 5

  /// Most delegations followed downwards. Unit: delegations. The tree of ip6.arpa is 34 deep.
  package var referralsMax = 40

  /// Most queries for one delegation. Unit: queries.
  package var sendsMax = 32

  /// Most queries for one delegation to the same server. Unit: queries.
  package var sendsPerServerMax = 4

  /// Most queries with a shortened name for one name (RFC 9156 §2.3 suggests 10). Unit: queries. Past it: the whole name is shown.
  package var minimisedQueriesMax = 10

  /// How many of them add one label only (RFC 9156 §2.3 suggests 4). Unit: queries.
  package var minimisedSingleLabelsMax = 4

  // The resolver as a whole

  /// Most questions being resolved at a time. Unit: questions. Past it: SERVFAIL at once.
  package var recursionsMax = 2_048

  /// Most questions of one client address being resolved at a time. Unit: questions. Past it: SERVFAIL at once.
  package var recursionsPerClientMax = 1_000

  /// Most clients that wait for the same question. Unit: clients. Past it: SERVFAIL at once.
  package var waitersMax = 10

  /// How old a question over UDP may be when its answer is there. Past it: the client has long asked again, nothing is sent (DNSBomb).
  package var datagramAnswerTimeMax = Duration.milliseconds(1_900)

  /// Most servers whose round-trip times are remembered. Unit: addresses.
  package var serversKnownMax = 10_000

  /// Most domains under which a watch for tunnels counts names. Unit: domains and clients. Past it: those not asked for lately are forgotten.
  package var watchedDomainsMax = 4_096

  /// Most steps told of one resolution. Unit: steps. Past it: the rest is not told.
  package var stepsMax = 200

  package init() {}
}
