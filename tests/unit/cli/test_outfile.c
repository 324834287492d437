/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "cli/outfile.h"
#include "probe/base/arena.h"

struct fixture {
	struct arena arena;
	char dir[64];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	if (!f)
		return -1;
	arena_init(&f->arena, 1 << 20);
	snprintf(f->dir, sizeof f->dir, "/tmp/vp-outfile-XXXXXX");
	*state = f;
	return mkdtemp(f->dir) ? 0 : -1;
}

static const char *in_dir(struct fixture *f, const char *name)
{
	return arena_printf(&f->arena, "%s/%s", f->dir, name);
}

static unsigned count_entries(const struct fixture *f)
{
	DIR *d = opendir(f->dir);
	unsigned n = 0;
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	DIR *d = opendir(f->dir);
	for (const struct dirent *e; d && (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(f->dir);
	arena_deinit(&f->arena);
	free(f);
	return 0;
}

static void expect_content(const char *path, const char *want)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t n = fread(text, 1, sizeof text - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_string_equal(text, want);
}

static void a_file_is_replaced_and_keeps_its_mode(void **state)
{
	struct fixture *f = *state;
	struct input_error error;
	struct stat st;
	const char *path = in_dir(f, "report");
	mode_t mask = umask(027);
	assert_int_equal(outfile_write(path, "first", &f->arena, &error), 0);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(outfile_write(path, "second", &f->arena, &error), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	expect_content(path, "second");
	assert_int_equal(count_entries(f), 1);
}

static void the_target_of_a_link_is_replaced_not_the_link(void **state)
{
	struct fixture *f = *state;
	struct input_error error;
	struct stat st;
	const char *path = in_dir(f, "real"), *alias = in_dir(f, "alias");
	assert_int_equal(outfile_write(path, "old", &f->arena, &error), 0);
	assert_int_equal(symlink(path, alias), 0);
	assert_int_equal(outfile_write(alias, "new", &f->arena, &error), 0);
	assert_int_equal(lstat(alias, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	expect_content(path, "new");
}

static void a_device_stays_a_device_and_tells_that_it_is_full(void **state)
{
	struct fixture *f = *state;
	struct input_error error = { .text = "" };
	struct stat st;
	assert_int_equal(outfile_check("/dev/full", &f->arena, &error), 0);
	assert_int_equal(outfile_write("/dev/full", "x", &f->arena, &error), -1);
	assert_string_equal(error.text,
	    "--output: cannot write \"/dev/full\": No space left on device");
	assert_int_equal(stat("/dev/full", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

static void a_check_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct input_error error = { .text = "" };
	const char *path = in_dir(f, "kept");
	assert_int_equal(outfile_check(path, &f->arena, &error), 0);
	assert_int_equal(count_entries(f), 0);
	assert_int_equal(outfile_write(path, "kept", &f->arena, &error), 0);
	assert_int_equal(outfile_check(path, &f->arena, &error), 0);
	expect_content(path, "kept");
	assert_int_equal(count_entries(f), 1);
}

static void what_cannot_be_written_is_told_before_the_run(void **state)
{
	struct fixture *f = *state;

	static const struct {
		const char *path, *message;
	} rows[] = {
		{ "/nonexistent/report",
		    "--output: cannot write \"/nonexistent/report\": "
		    "No such file or directory" },
		{ "/", "--output: cannot write \"/\": Is a directory" },
		{ "/dev/null/x\n",
		    "--output: cannot write \"/dev/null/x\\x0a\": Not a directory" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct input_error error = { .text = "" };
		assert_int_equal(outfile_check(rows[i].path, &f->arena, &error), -1);
		assert_string_equal(error.text, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_file_is_replaced_and_keeps_its_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_target_of_a_link_is_replaced_not_the_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_device_stays_a_device_and_tells_that_it_is_full, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_check_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_cannot_be_written_is_told_before_the_run, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
