// SPDX-License-Identifier: GPL-2.0
/* Files in a directory of its own, and words of a command line: what is in force, where it comes from, what is wrong. */
#include "settings_world.h"

static struct settings *settings;
static char file[PATH_MAX];

static int set_up(void **state)
{
	(void)state;
	mkdir(root, 0700);
	settings = settings_new();
	assert_non_null(settings);
	snprintf(file, sizeof(file), "%s", tree_at(root, "h.conf"));
	settings->file = file;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	settings_free(settings);
	tree_remove(root);
	return 0;
}

static void put(const char *path, const char *text)
{
	tree_put_bytes(root, path, text, strlen(text));
}

static void give(const char *name, const char *text)
{
	char wrong[OPTION_WRONG_LEN];

	assert_true(settings_give(settings, option_find(name), text, wrong));
}

/* What is said, each with its file from the root, and a line feed behind it. */
static const char *said(void)
{
	static char all[1 << 16];
	size_t used = 0;

	*all = '\0';
	for (size_t i = 0; i < settings->n_notes; i++) {
		const char *text = settings->notes[i].text, *from = strstr(text, root);
		size_t before = from ? (size_t)(from - text) : strlen(text);

		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%.*s%s\n",
					 settings->notes[i].mistake ? "" : "(warning) ", (int)before, text,
					 from ? from + strlen(root) + 1 : "");
	}
	return all;
}

static void assert_load(int err, const char *notes)
{
	int got = settings_load(settings);

	assert_string_equal(said(), notes);
	assert_int_equal(got, err);
}

static void assert_from(const char *name, const char *want)
{
	const struct origin *origin = &settings->origins[option_find(name) - run_table];
	char text[ORIGIN_TEXT_LEN];

	origin_text(origin, text, sizeof(text));
	assert_string_equal(strncmp(text, root, strlen(root)) ? text : text + strlen(root) + 1, want);
}

static void test_the_later_the_stronger(void **state)
{
	(void)state;
	put("h.conf", "[run]\ntop = 4\ninterval = 2\nmin-cpu = 7\nrank = cpu\n");
	put("h.conf.d/20.conf", "[run]\nmin-cpu = 9\n");
	put("h.conf.d/10.conf", "# first\n[run]\nmin-cpu = 8\ninterval = 3\n");
	put("h.conf.d/30.conf.bak", "[run]\nmin-cpu = 30\n");
	put("h.conf.d/.40.conf", "[run]\nmin-cpu = 40\n");
	give("top", "5");
	assert_load(0, "");
	assert_int_equal(settings->values.top, 5);
	assert_near(settings->values.interval_s, 3);
	assert_near(settings->values.min_cpu_pct, 9);
	assert_from("top", "command line");
	assert_from("interval", "h.conf.d/10.conf:4");
	assert_from("min-cpu", "h.conf.d/20.conf:2");
	assert_int_equal(settings->n_files, 3);
	assert_from("rank", "h.conf:5");
	assert_from("payback", "default");
}

static void test_a_flag_can_be_turned_off(void **state)
{
	(void)state;
	put("h.conf", "[run]\nstop-damon-stat = yes\nalign-shared = yes\n");
	give("stop-damon-stat", "no");
	assert_load(0, "");
	assert_false(settings->values.stop_damon_stat);
	assert_true(settings->values.align_shared);
}

static void test_alias(void **state)
{
	(void)state;
	put("h.conf", "[run]\nmin-anon = 64\nmin-populated-pct = 90\n");
	give("min-mem", "16");
	assert_load(0, "");
	assert_int_equal(settings->values.min_mem_bytes >> 20, 16);
	assert_int_equal(settings->values.room.max_growth_pct, 10);
	assert_from("min-mem", "command line");
	assert_from("max-growth-pct", "h.conf:3");
}

/* And so that a terminal does not obey what stands in a file. */
static void test_all_mistakes_at_once(void **state)
{
	(void)state;
	put("h.conf", "top = 1\n"
		      "[run]\n"
		      "topp = 3\n"
		      "interval = soon\n"
		      "colour = red\n"
		      "nonsense\n"
		      "[runn]\n"
		      "what = ever\n"
		      "[run]\n"
		      "min-regions = 2000\n"
		      "max-regions = 1000\n");
	put("h.conf.d/a.conf", "[run]\npid = 1,x\nexclude = nginx\n[rule a\033]\ntop = 3\nmach = comm=a\n");
	assert_load(-EINVAL,
		    "h.conf:1: wants [run] or [rule NAME] before the first setting\n"
		    "h.conf:3: 'topp' is no option; is top meant?\n"
		    "h.conf:4: interval wants a number from 0.1 to 3600, not 'soon'\n"
		    "h.conf:5: 'colour' is no option\n"
		    "h.conf:6: wants NAME = VALUE, [run] or [rule NAME]\n"
		    "h.conf:7: wants [run] or [rule NAME], not [runn]\n"
		    "h.conf.d/a.conf:2: pid wants PID[,PID...], not '1,x'\n"
		    "h.conf.d/a.conf:3: exclude wants KIND=GLOB, with a KIND of unit, cgroup, comm, exe or "
		    "user, not 'nginx'\n"
		    "h.conf.d/a.conf:5: 'top' is no setting of a rule: it belongs to [run]\n"
		    "h.conf.d/a.conf:6: 'mach' is no setting of a rule; is match meant?\n"
		    "h.conf.d/a.conf:4: [rule a?] wants match = KIND=GLOB\n"
		    "h.conf.d/a.conf:4: [rule a?] wants watch = yes, no, only or prefer\n"
		    "h.conf:10: min-regions 2000 is above max-regions 1000\n");
}

/* What is wrong only together, by a value of the file and one of the command line, or a default. */
static void test_wrong_together(void **state)
{
	(void)state;
	put("h.conf", "[run]\naggr-us = 200000\nupdate-us = 150000\n");
	give("sample-us", "300000");
	assert_load(-EINVAL, "h.conf:2: --sample-us 300000 is above aggr-us 200000\n"
			     "h.conf:2: aggr-us 200000 is above update-us 150000\n");
}

static void test_right_together(void **state)
{
	(void)state;
	put("h.conf", "[run]\naggr-us = 200000\n");
	give("sample-us", "150000"); /* above the default of the other */
	assert_load(0, "");
}

static void test_twice(void **state)
{
	(void)state;
	put("h.conf",
	    "[run]\ntop = 4\ntop = 5\nmin-mem = 1\nmin-anon = 2\nexclude = comm=a\nexclude = comm=b\n"
	    "[rule a]\nmatch = comm=c\nmatch = comm=d\nwatch = yes\nwatch = no\n");
	put("h.conf.d/a.conf", "[run]\ntop = 6\n");
	assert_load(0, "(warning) h.conf:3: top stands in line 2 already, which does not count\n"
		       "(warning) h.conf:5: min-mem stands in line 4 already, which does not count\n"
		       "(warning) h.conf:12: watch stands in line 11 already, which does not count\n");
	assert_int_equal(settings->values.top, 6);
	assert_int_equal(settings->values.rules.n, 4);
}

static void test_rules(void **state)
{
	const struct rules *rules = &settings->values.rules;

	(void)state;
	put("h.conf",
	    "[run]\nexclude = comm=*\n[rule db]\nwatch = prefer\nmatch = unit=postgres*\n"
	    "match = unit=mariadb\n[run]\nonly = user=www\n[rule no]\nmatch = comm=x\nwatch = no\n");
	put("h.conf.d/a.conf", "[rule db]\nwatch = yes\n[rule no]\nmatch = comm=y\n");
	give("only", "comm=z");
	assert_load(0, "");
	assert_int_equal(rules->n, 7);
	assert_string_equal(rules->rules[1].text, "unit=postgres*");
	assert_string_equal(rules->rules[1].name, "db");
	assert_int_equal(rules->rules[1].effect, RULE_WATCHES);
	assert_int_equal(rules->rules[2].effect, RULE_WATCHES);
	assert_null(rules->rules[3].name);
	assert_int_equal(rules->rules[4].effect, RULE_EXCLUDES);
	assert_string_equal(rules->rules[5].text, "comm=y");
	assert_int_equal(rules->rules[5].effect, RULE_EXCLUDES);
	assert_string_equal(rules->rules[6].text, "comm=z"); /* the last, so the strongest */
	assert_int_equal(settings->rule_origins[5].line, 4);
	assert_int_equal(settings->rule_origins[6].kind, ORIGIN_COMMAND_LINE);
}

static void test_rule_limits(void **state)
{
	const struct rules *rules = &settings->values.rules;

	(void)state;
	put("h.conf", "[rule a]\nmatch = comm=a\nmax-target-huge-mib = 64\n[rule b]\nmax-growth-pct = 0\n"
		      "max-growth-mib = 3\nmatch = comm=b\nwatch = only\n");
	assert_load(0, "");
	assert_int_equal(rules->rules[0].effect, RULE_LIMITS);
	assert_true(rules->rules[0].limits.has_huge && !rules->rules[0].limits.has_growth);
	assert_true(rules->rules[0].limits.max_huge_bytes == 64ULL << 20);
	assert_int_equal(rules->rules[1].effect, RULE_IS_ONLY);
	assert_true(rules->rules[1].limits.has_growth_pct && !rules->rules[1].limits.max_growth_pct);
	assert_true(rules->rules[1].limits.max_growth_bytes == 3ULL << 20);
}

/* Each from where it stands, not from where its section begins. */
static void test_where_limits_come_from(void **state)
{
	const struct policy *policy;

	(void)state;
	put("h.conf", "[rule a]\nmatch = comm=a\nmax-target-huge-mib = 64\nmax-growth-pct = 5\n");
	put("h.conf.d/1.conf", "[rule a]\nmax-target-huge-mib = 32\nmax-target-huge-mib = 16\n");
	assert_load(0, "(warning) h.conf.d/1.conf:3: max-target-huge-mib stands in line 2 already, which "
		       "does not count\n");
	policy = policy_find(settings, "a");
	assert_true(policy->limits.max_huge_bytes == 16ULL << 20);
	assert_int_equal(policy->limit_origins[POLICY_HUGE].line, 3);
	assert_string_equal(policy->limit_origins[POLICY_HUGE].file, tree_at(root, "h.conf.d/1.conf"));
	assert_int_equal(policy->limit_origins[POLICY_GROWTH_PCT].line, 4);
	assert_int_equal(policy->limit_origins[POLICY_GROWTH].kind, ORIGIN_DEFAULT);
}

/* Beside the service a dry run is silent where that one speaks, unless it is told so itself. */
static void test_dry_run_leaves_files_to_the_service(void **state)
{
	(void)state;
	put("h.conf", "[run]\non-event = /bin/true\nmetrics = 127.0.0.1:9435\nmetrics-file = /a/b.prom\n");
	give("dry-run", "yes");
	give("metrics", "127.0.0.1:9436");
	assert_load(0, "");
	assert_true(settings->values.unheld);
	assert_string_equal(settings->values.on_event, "");
	assert_string_equal(settings->values.metrics_file, "");
	assert_string_equal(settings->values.metrics, "127.0.0.1:9436");
	assert_from("on-event", "default");
}

/* What was made at the start is there, and what was not is not, whatever a reload finds. */
static void test_anew_stays_held(void **state)
{
	struct settings *anew;

	(void)state;
	put("h.conf", "[run]\non-event = /bin/true\n");
	assert_load(0, "");
	put("h.conf", "[run]\non-event = /bin/true\ndry-run = yes\n");
	assert_int_equal(settings_load_anew(settings, &anew), 0);
	assert_false(anew->values.unheld);
	assert_string_equal(anew->values.on_event, "/bin/true");
	settings_free(anew);
}

static void test_anew_stays_unheld(void **state)
{
	struct settings *anew;

	(void)state;
	put("h.conf", "[run]\ntop = 4\n");
	give("dry-run", "yes");
	assert_load(0, "");
	put("h.conf", "[run]\nstate-dir = /run/x\n");
	assert_int_equal(settings_load_anew(settings, &anew), 0);
	assert_true(anew->values.unheld);
	settings_free(anew);
}

static void test_wrong_rule_limits(void **state)
{
	(void)state;
	put("h.conf", "[rule a]\nmatch = comm=a\nwatch = yes\nmax-target-huge-mib = 1\nmax-growth = 1\n");
	assert_load(
		-EINVAL,
		"h.conf:4: max-target-huge-mib wants 0 or a whole number from 2 to 17592186044415, not '1'\n"
		"h.conf:5: 'max-growth' is no setting of a rule; is max-growth-pct meant?\n");
}

static void test_pids(void **state)
{
	(void)state;
	put("h.conf", "[run]\npids = 1,2\npids = 3\n");
	assert_load(0, "");
	assert_int_equal(settings->values.n_pids, 3);
}

static void test_pids_of_the_command_line(void **state)
{
	(void)state;
	put("h.conf", "[run]\npids = 1,2\n");
	give("pid", "7");
	give("pid", "8");
	assert_load(0, "");
	assert_int_equal(settings->values.n_pids, 2);
	assert_int_equal(settings->values.pids[0], 7);
}

static void test_too_many_rules_together(void **state)
{
	char text[4096] = "[run]\n";

	(void)state;
	for (int i = 0; i < RULES_MAX; i++)
		strcat(text, "exclude = comm=a\n");
	put("h.conf", text);
	give("only", "comm=b");
	assert_load(-EINVAL, "--only wants no more than 64 rules in all, not 'comm=b'\n");
}

static void test_missing_default_is_fine(void **state)
{
	(void)state;
	if (!access(SETTINGS_FILE, F_OK) || !access(SETTINGS_FILE ".d", F_OK))
		skip(); /* of the machine that this runs on */
	settings->file = NULL;
	assert_load(0, "");
	assert_int_equal(settings->values.top, 3);
}

static void test_missing_file(void **state)
{
	(void)state;
	assert_load(-EINVAL, "h.conf: No such file or directory: it is not read\n");
}

static void test_missing_directory(void **state)
{
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s", tree_at(root, "no/h.conf"));
	settings->file = path;
	assert_int_equal(settings_load(settings), -EINVAL);
	assert_contains(said(), "no: No such file or directory: it is not read");
}

static void test_not_to_be_believed(void **state)
{
	(void)state;
	put("h.conf", "[run]\n");
	put("h.conf.d/a.conf", "[run]\ntop = 4\n");
	put("h.conf.d/b.conf", "[run]\ntop = 5\n");
	put("h.conf.d/e.conf", "[run]\ntop = 6\n");
	assert_int_equal(chmod(tree_at(root, "h.conf.d/a.conf"), 0664), 0);
	assert_int_equal(chmod(tree_at(root, "h.conf.d/b.conf"), 0646), 0);
	assert_int_equal(symlink("e.conf", tree_at(root, "h.conf.d/c.conf")), 0);
	assert_int_equal(mkfifo(tree_at(root, "h.conf.d/d.conf"), 0600), 0);
	assert_load(-EINVAL, "h.conf.d/a.conf: others can write it: it is not read\n"
			     "h.conf.d/b.conf: others can write it: it is not read\n"
			     "h.conf.d/c.conf: wants a regular file, no link: it is not read\n"
			     "h.conf.d/d.conf: wants a regular file, no link: it is not read\n");
}

static void test_another_users(void **state)
{
	(void)state;
	put("h.conf", "[run]\ntop = 4\n");
	if (chown(file, 12345, 12345))
		skip(); /* only root can give it away */
	assert_load(-EINVAL, "h.conf: another user's: it is not read\n");
}

static void test_directory_of_others(void **state)
{
	(void)state;
	put("h.conf", "[run]\n");
	put("h.conf.d/a.conf", "[run]\ntop = 4\n");
	assert_int_equal(chmod(tree_at(root, "h.conf.d"), 0777), 0);
	assert_int_equal(settings_load(settings), -EINVAL);
	assert_contains(said(), "h.conf.d: ");
	assert_contains(said(), "others can write it: it is not read");
}

static void test_too_long(void **state)
{
	char *text = malloc(SETTINGS_FILE_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', SETTINGS_FILE_MAX + 1);
	tree_put_bytes(root, "h.conf", text, SETTINGS_FILE_MAX);
	tree_put_bytes(root, "h.conf.d/a.conf", text, SETTINGS_FILE_MAX + 1);
	free(text);
	assert_load(-EINVAL, "h.conf.d/a.conf: wants at most 1048576 bytes, and has 1048577\n");
}

/* Of very many mistakes the first are told, and how many there are. */
static void test_countless_mistakes(void **state)
{
	char *text = malloc(SETTINGS_FILE_MAX);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < SETTINGS_FILE_MAX; i += 2)
		memcpy(text + i, "x\n", 2);
	tree_put_bytes(root, "h.conf", text, SETTINGS_FILE_MAX);
	free(text);
	assert_int_equal(settings_load(settings), -EINVAL);
	assert_int_equal(settings->n_notes, SETTINGS_NOTES_MAX);
	assert_int_equal(settings->n_untold, SETTINGS_FILE_MAX / 2 - SETTINGS_NOTES_MAX);
}

/* As a reload does it: the same words, and the file as it is by then. */
static void test_anew(void **state)
{
	struct settings *anew;

	(void)state;
	put("h.conf", "[run]\ntop = 4\ninterval = 2\n");
	give("interval", "3");
	assert_load(0, "");
	put("h.conf", "[run]\ntop = 7\nexclude = comm=a\n");
	assert_int_equal(settings_load_anew(settings, &anew), 0);
	settings_free(settings);
	settings = anew;
	assert_int_equal(settings->values.top, 7);
	assert_int_equal(settings->values.rules.n, 1);
	assert_near(settings->values.interval_s, 3);
	put("h.conf", "[run]\ntop = 0\n");
	assert_int_equal(settings_load_anew(settings, &anew), -EINVAL);
	settings_free(settings);
	settings = anew;
	assert_string_equal(said(), "h.conf:2: top wants a whole number from 1 to 256, not '0'\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_later_the_stronger),
		TEST(test_a_flag_can_be_turned_off),
		TEST(test_alias),
		TEST(test_all_mistakes_at_once),
		TEST(test_wrong_together),
		TEST(test_right_together),
		TEST(test_twice),
		TEST(test_rules),
		TEST(test_rule_limits),
		TEST(test_where_limits_come_from),
		TEST(test_dry_run_leaves_files_to_the_service),
		TEST(test_anew_stays_held),
		TEST(test_anew_stays_unheld),
		TEST(test_wrong_rule_limits),
		TEST(test_pids),
		TEST(test_pids_of_the_command_line),
		TEST(test_too_many_rules_together),
		TEST(test_missing_default_is_fine),
		TEST(test_missing_file),
		TEST(test_missing_directory),
		TEST(test_not_to_be_believed),
		TEST(test_another_users),
		TEST(test_directory_of_others),
		TEST(test_too_long),
		TEST(test_countless_mistakes),
		TEST(test_anew),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
