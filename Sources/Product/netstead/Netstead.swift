import ArgumentParser
@main struct Netstead: ParsableCommand {}
