// The lessons about files, as the YAML that `netstead lab lesson F1 --print` prints. A test runs each of them to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lessons F1 and F2.
enum FileLessons {
  static let connections = #"""
    schema: 1
    id: F1
    version: 1
    title: Two connections
    chapter: FTP
    minutes: 15
    text: |
      FTP talks on one connection and carries files on others. Commands and replies are lines that a person could type; a file is nothing but its bytes,
      and its end is the end of its connection. Count connections, and look who ends them. Then a disk gets full, and somebody goes on where it broke off.
    world:
      hosts: [pc, resolver, ftp.garnet.test]
      draw: {user: word, password: word, first: word, second: word, size: 30000..36000, small: 300..900, middle: 3000..4000, upload: 60000..64000, kept: 10000..20000, name: word}
      files:
        ftp.garnet.test:
          /{first}.txt: {size: "{small}"}
          /{second}.txt: {size: "{middle}"}
          /long.txt: {size: "{size}"}
      members:
        ftp.garnet.test: {user: "{user}", password: "{password}"}
      rooms: {ftp.garnet.test: 91000}
    steps:
      - do: 'pc visits ftp.garnet.test "list; get {first}.txt; get {second}.txt; get long.txt" as {user} {password}'
        text: One session with a listing and three files. Follow the lines first, then look at what passes beside them.
      - do: 'pc visits ftp.garnet.test "get no-{first}.txt" as {user} {password}'
        at: 10s
        text: A file that is not there.
    faults:
      - id: full
        title: The disk is full
        text: A file is put that does not fit. The server finds that out in the middle.
        steps:
          - {do: 'pc visits ftp.garnet.test "put {name}.txt {upload}" as {user} {password}', at: 20s}
          - {do: 'pc visits ftp.garnet.test "say TYPE I; say SIZE {name}.txt" as {user} {password}', at: 24s}
    guards:
      - id: resume
        title: Go on where it ended
        text: As much as fits is put. Later something else is deleted, and the rest is sent; what is there already does not pass again.
        against: full
        steps:
          - {do: 'pc visits ftp.garnet.test "put {name}.txt {kept}" as {user} {password}', at: 20s}
          - {do: 'pc visits ftp.garnet.test "say DELE long.txt; put {name}.txt {upload} from {kept}; say SIZE {name}.txt" as {user} {password}', at: 24s}
    questions:
      - id: guess
        ask: "Before the run: how many connections does one session with a listing and three files take, all together?"
        kind: predict
        key: count(tcp.connection where opened < 9s and (protocol == "ftp" or protocol == "ftp-data"))
        read: ftp.transfer where opened < 9s
      - id: named
        ask: With which code is the user's name answered?
        kind: number
        key: (ftp.command where verb == "USER")[0].code
      - id: welcome
        ask: And with which one the password?
        kind: number
        key: (ftp.command where verb == "PASS")[0].code
      - id: password
        ask: What can be read on the way behind the word PASS?
        kind: text
        key: (ftp.command where verb == "PASS")[0].argument
      - id: replies
        ask: "Which codes answer the first RETR, one after the other?"
        kind: order
        key: '(ftp.reply where command.verb == "RETR" and command.argument == draw["first"] + ".txt").code'
        read: (ftp.command where verb == "RETR")[0]
      - id: port
        ask: At which port does the server wait for the connection on which {second}.txt comes?
        kind: number
        key: '(ftp.transfer where command.argument == draw["second"] + ".txt")[0].port'
        read: ftp.reply where code == 229 and time < 9s
      - id: opener
        ask: Who opens that connection?
        kind: choice
        options: [pc, ftp.garnet.test]
        key: '(ftp.transfer where command.argument == draw["second"] + ".txt")[0].opener'
      - id: closer
        ask: Who ends it?
        kind: choice
        options: [pc, ftp.garnet.test]
        key: '(ftp.transfer where command.argument == draw["second"] + ".txt")[0].closer'
      - id: bytes
        ask: How many bytes pass on it?
        kind: number
        key: '(ftp.transfer where command.argument == draw["second"] + ".txt")[0].bytes'
      - id: all
        ask: How many bytes does the session carry on connections of their own, the listing included?
        kind: number
        key: sum((ftp.transfer where opened < 9s).bytes)
        read: ftp.transfer where opened < 9s
      - id: talk
        ask: How many commands does the client say in the first session?
        kind: number
        key: count(ftp.command where time < 9s)
        read: ftp.command where time < 9s
      - id: missing
        ask: Which code says that a file is not there?
        kind: number
        key: '(ftp.command where verb == "RETR" and time > 9s)[0].code'
      - id: full
        ask: With a full disk, which code does the upload end with?
        kind: number
        run: full
        key: '(ftp.command where verb == "STOR")[0].code'
      - id: left
        ask: Asked for the size of what came, which code does the server answer with?
        kind: number
        run: full
        key: last(ftp.command where verb == "SIZE").code
      - id: noted
        ask: Which code answers the command that says how much is there?
        kind: number
        run: resume
        key: (ftp.command where verb == "REST")[0].code
      - id: rest
        ask: How many bytes pass when the upload goes on?
        kind: number
        run: resume
        key: 'last(ftp.transfer where command.verb == "STOR").bytes'
      - id: whole
        ask: And how many does the file have in the end?
        kind: number
        run: resume
        key: number(last(ftp.command where verb == "SIZE").reply)
        read: last(ftp.command where verb == "SIZE")
    """#

  static let directions = #"""
    schema: 1
    id: F2
    version: 1
    title: Who calls whom
    chapter: FTP
    minutes: 15
    text: |
      Somebody has to open the connection for a file, and has to know where. Either the client says where it waits and the server calls, or the server
      says where it waits and the client calls. Both write an address and a port into a line, as six numbers. What if the address is wrong, or somebody else's?
    world:
      hosts: [pc, rogue, resolver, ftp.garnet.test]
      draw: {file: word, size: 500..5000, user: word, password: word, high: 40..200, low: 0..255, home: 2..250}
      files:
        ftp.garnet.test:
          /{file}.txt: {size: "{size}"}
      members:
        ftp.garnet.test: {user: "{user}", password: "{password}"}
    steps:
      - do: 'pc visits ftp.garnet.test "get {file}.txt" by PASV as {user} {password}'
        text: Passive. Look for the six numbers in a reply.
      - do: 'pc visits ftp.garnet.test "get {file}.txt" actively by PASV as {user} {password}'
        at: 4s
        text: Active. Now a command has the six numbers.
      - do: 'pc visits ftp.garnet.test "get {file}.txt" as {user} {password}'
        at: 8s
        text: The newer way. What does its reply leave out?
    faults:
      - id: nat
        title: Behind a box that rewrites addresses
        text: At home pc has another address than the one the server sees. It says the one it knows, and waits there.
        steps:
          - {do: 'pc visits ftp.garnet.test "say PORT 10,0,0,{home},{high},{low}; say RETR {file}.txt" as {user} {password}', at: 12s}
      - id: closed
        title: Nobody may call in
        text: The address is right, but what stands before pc lets nobody in.
        steps:
          - {do: 'pc visits ftp.garnet.test "say PORT 203,0,113,10,{high},{low}; say RETR {file}.txt" as {user} {password}', at: 12s}
      - id: bounce
        title: Somebody else's address
        text: rogue wants the server to call pc for it. A server that did would be a way to reach whoever trusts it, and to hide who asked.
        steps:
          - {do: 'rogue visits ftp.garnet.test "say PORT 203,0,113,10,{high},{low}; say RETR {file}.txt"', at: 12s}
    guards:
      - id: epsv
        title: The client calls, and the reply has no address
        text: Whatever pc's address is called outside, it can call the server at the one it has called already.
        against: nat
        steps:
          - {do: 'pc visits ftp.garnet.test "say PORT 10,0,0,{home},{high},{low}; say RETR {file}.txt; get {file}.txt" as {user} {password}', at: 12s}
    questions:
      - id: numbers
        ask: "Copy the text of the reply to PASV, without its code."
        kind: text
        key: (ftp.reply where code == 227)[0].text
      - id: passive
        ask: Which port do the last two numbers in it mean?
        kind: number
        key: (ftp.reply where code == 227)[0].port
        hint: The fifth times 256, and the sixth.
      - id: address
        ask: And which address do the other four mean?
        kind: text
        key: (ftp.reply where code == 227)[0].address
      - id: caller
        ask: Who opens the connection for the file then?
        kind: choice
        options: [pc, ftp.garnet.test]
        key: (ftp.transfer where opened < 3s)[0].opener
      - id: command
        ask: Which command has the numbers in active mode? Copy the whole line.
        kind: text
        key: '(ftp.command where verb == "PORT")[0].verb + " " + (ftp.command where verb == "PORT")[0].argument'
        read: (ftp.command where verb == "PORT")[0]
      - id: active
        ask: At which port does pc wait?
        kind: number
        key: (ftp.transfer where opened > 3s and opened < 7s)[0].port
        read: (ftp.command where verb == "PORT")[0]
      - id: server
        ask: Who opens the connection for the file in active mode?
        kind: choice
        options: [pc, ftp.garnet.test]
        key: (ftp.transfer where opened > 3s and opened < 7s)[0].opener
      - id: extended
        ask: Which port does the reply to EPSV name?
        kind: number
        key: (ftp.reply where code == 229)[0].port
      - id: opened
        ask: How many of the three connections for the file does the client open?
        kind: number
        key: count(ftp.transfer where opener == "pc")
        read: ftp.transfer
      - id: tap
        ask: What does somebody on the way read behind the second PASS?
        kind: text
        key: (ftp.command where verb == "PASS")[1].argument
      - id: home
        ask: Behind the box, which address does pc tell the server?
        kind: text
        run: nat
        key: '"10.0.0." + text(draw["home"])'
        read: last(ftp.command where verb == "PORT")
      - id: nat
        ask: Which code does the PORT with that address get?
        kind: number
        run: nat
        key: last(ftp.command where verb == "PORT").code
      - id: nofile
        ask: And the RETR behind it?
        kind: number
        run: nat
        key: last(ftp.command where verb == "RETR").code
      - id: closed
        ask: With the right address and a closed door, which code does PORT get?
        kind: number
        run: closed
        key: last(ftp.command where verb == "PORT").code
      - id: late
        ask: And the RETR?
        kind: number
        run: closed
        key: last(ftp.command where verb == "RETR").code
      - id: bounced
        ask: How many packets does the server send to pc because of rogue?
        kind: number
        run: bounce
        key: count(tcp.packet where from == "ftp.garnet.test" and to == "pc" and time > 11s)
        read: last(ftp.command where verb == "PORT" and from == "rogue")
      - id: refused
        ask: Which code does rogue's PORT get?
        kind: number
        run: bounce
        key: 'last(ftp.command where verb == "PORT" and from == "rogue").code'
      - id: epsv
        ask: With EPSV, which code does the RETR end with?
        kind: number
        run: epsv
        key: last(ftp.command where verb == "RETR").code
    """#
}
