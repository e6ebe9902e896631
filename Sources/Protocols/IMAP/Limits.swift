// The Internet Message Access Protocol, both ends.
