/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the harnesses of tests/fuzz, one for each parser of what others wrote. A harness gives a parser what it is given, and
 * checks what must hold of all that comes out, so that more is found than crashes. It is linked with libFuzzer, which makes up
 * inputs (make fuzz), and with corpus.c, which gives it those of corpus/ once (make test-fuzz).
 */
#ifndef HOTDAMON_TESTS_FUZZ_H
#define HOTDAMON_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not so ends the program, and the input is kept. */
#define fuzz_check(holds)                                                                                    \
	do {                                                                                                 \
		if (!(holds)) {                                                                              \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds);                  \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/* The input up to its first NUL, malloced, no byte longer than it must be: who reads on is caught. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Cuts the text at the first line "--" in @rest, which is then what follows, or "". Returns what was before, for tests of several files. */
char *fuzz_part(char **rest);

/* A directory of our own, for as long as the program runs; and the same with a name in it, good until the next call. */
const char *fuzz_dir(void);
const char *fuzz_path(const char *name);

/* Makes the file in fuzz_dir(), and the directories above it; or one that is @target. */
void fuzz_put(const char *name, const void *bytes, size_t size);
void fuzz_link(const char *name, const char *target);

/* From now on the terminal is one of UTF-8. */
void fuzz_speak_utf8(void);

/* Whether one shows @text as it stands: UTF-8, no controls but line ends, nothing that hides or turns what is around it. */
bool fuzz_is_shown(const char *text);

#endif
