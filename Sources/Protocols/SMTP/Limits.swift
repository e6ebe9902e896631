// The Simple Mail Transfer Protocol, both ends.
