// libFuzzer reads every counter of the program after each execution; a program of twenty modules has some hundred thousand of them, and an
// entrance is about two. Here only the counters named in FUZZ_RANGES ("first-end,first-end", in the order they lie in the program) are
// told to it. FUZZ_PLACES names a file for the place of code that each counter counts, from which ../../focus.py finds the modules.
#include "CFuzzer.h"
#include <stdio.h>
#include <stdlib.h>

// The linker (--wrap) leads the instrumented code's calls here, and these to libFuzzer.
void __real___sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end);
void __real___sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end);
extern char __executable_start;

static int next_range(const char **text, unsigned long *first, unsigned long *end) {
  int length;
  if (*text == NULL || sscanf(*text, "%lu-%lu%n", first, end, &length) != 2) return 0;
  *text += length;
  if (**text == ',') (*text)++;
  return 1;
}

// Every object file tells of the same counters: those of the whole program. They are told on once.
void __wrap___sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end) {
  static int is_done;
  const char *ranges = getenv("FUZZ_RANGES");
  unsigned long first, last;
  if (is_done++) return;
  if (ranges == NULL) __real___sanitizer_cov_8bit_counters_init(start, end);
  while (next_range(&ranges, &first, &last)) __real___sanitizer_cov_8bit_counters_init(start + first, start + last);
}

// Two words a counter: the place of its code, and flags.
void __wrap___sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end) {
  static int is_done;
  const char *ranges = getenv("FUZZ_RANGES"), *places = getenv("FUZZ_PLACES");
  unsigned long first, last;
  if (is_done++) return;
  FILE *file = places == NULL ? NULL : fopen(places, "w");
  if (file != NULL) {
    for (const uintptr_t *place = start; place < end; place += 2) fprintf(file, "%lx\n", place[0] - (uintptr_t)&__executable_start);
    fclose(file);
  }
  if (ranges == NULL) __real___sanitizer_cov_pcs_init(start, end);
  while (next_range(&ranges, &first, &last)) __real___sanitizer_cov_pcs_init(start + 2 * first, start + 2 * last);
}
