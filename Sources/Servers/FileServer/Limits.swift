// The file server: what is decided.
