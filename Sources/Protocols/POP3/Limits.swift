// The Post Office Protocol, both ends.
