// The File Transfer Protocol, both ends.
