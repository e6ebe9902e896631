// A child that ends with us, which posix_spawn cannot ask the kernel for; and becoming another program.
// Read next: Lab/Namespace/Program.swift, which waits for the child and passes signals on.
#define _GNU_SOURCE
#include "CNetsteadSystem.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

int netstead_spawn(const char *file, char *const arguments[], char *const environment[]) {
  sigset_t all, before;
  sigfillset(&all);
  // No handler of ours may run in the child before it has its own actions.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    struct sigaction standard = {.sa_handler = SIG_DFL}, old;
    for (int number = 1; number < NSIG; number++) {
      // What we ignore for ourselves must not be ignored by the child; a hang-up that was ignored when we came stays so.
      if (number == SIGHUP && sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue;
      sigaction(number, &standard, NULL);
    }
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
#endif
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(file, arguments, environment);
    _exit(126);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return child;
}

int netstead_become(const char *file, char *const arguments[]) {
  struct sigaction standard = {.sa_handler = SIG_DFL}, ignoring;
  sigset_t none, before;
  sigemptyset(&none);
  // What we ignore for ourselves, and what the threads of our runtime block, would hold for the other program, too.
  sigaction(SIGPIPE, &standard, &ignoring);
  pthread_sigmask(SIG_SETMASK, &none, &before);
  execv(file, arguments);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  sigaction(SIGPIPE, &ignoring, NULL);
  return error;
}
