#pragma once

/// Starts a program as a child of the calling thread: it is killed when that thread ends, whatever ends it. Returns its number; below zero:
/// it could not be started. A file that cannot be run makes a child that ends with 126.
int netstead_spawn(const char *file, char *const arguments[], char *const environment[]);

/// Becomes another program, which blocks no signal and does not ignore SIGPIPE. Returns only when that failed: the error number.
int netstead_become(const char *file, char *const arguments[]);
