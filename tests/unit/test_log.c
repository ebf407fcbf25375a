// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/log.h"

/* What a line about the process @name is, without the time before it. */
static const char *line_about(const char *name)
{
	static char line[256];
	int out = dup(STDOUT_FILENO);
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_true(out >= 0);
	fflush(stdout);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
	log_info("in: %s", name);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	rewind(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return strstr(line, "in: ") + 4;
}

static void test_names_are_told(void **state)
{
	(void)state;
	assert_string_equal(line_about("redis-server"), "redis-server\n");
	assert_string_equal(line_about("\xc3\xa9t\xc3\xa9"), "\xc3\xa9t\xc3\xa9\n");
}

/* U+009B begins what ESC [ begins, on terminals of UTF-8; the byte 9B on others. */
static void test_no_name_commands_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(line_about("a\x1b[2J\nb"), "a?[2J?b\n");
	assert_string_equal(line_about("a\302\2332Jb"), "a?2Jb\n");
	assert_string_equal(line_about("a\2332Jb\377"), "a?2Jb?\n");
	assert_string_equal(line_about("a\u202egpj.exe\u2028\ufeff"), "a?gpj.exe??\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_told),
		cmocka_unit_test(test_no_name_commands_the_terminal),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
