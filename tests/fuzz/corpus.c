// SPDX-License-Identifier: GPL-2.0
/* In place of libFuzzer: gives a harness the empty input, and each of the files that are named, once. */
#include "fuzz.h"

static void give_file(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	size_t size = 0, got;

	fuzz_check(file);
	do {
		data = realloc(data, size + 65536);
		fuzz_check(data);
		got = fread(data + size, 1, 65536, file);
		size += got;
	} while (got);
	fuzz_check(!ferror(file));
	fclose(file);
	data = realloc(data, size ? size : 1); /* who reads on is caught */
	fuzz_check(data);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	LLVMFuzzerTestOneInput(NULL, 0);
	for (int i = 1; i < argc; i++) {
		fprintf(stderr, "%s\n", argv[i]);
		give_file(argv[i]);
	}
	return argc > 1 ? 0 : 1;
}
