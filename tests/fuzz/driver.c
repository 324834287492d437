/* SPDX-License-Identifier: MIT */
/*
 * Feeds files to a fuzz target where libFuzzer is not linked, so that the corpus is
 * a regression test in every build: driver FILE|DIRECTORY...
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_inputs;

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return 1;
	}
	size_t cap = 1 << 20, len;
	uint8_t *data = malloc(cap);
	if (!data)
		abort();
	len = fread(data, 1, cap, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, len);
	/* Every cut of a short input too: parsers break at ends. */
	for (size_t cut = 0; len <= 512 && cut < len; cut++) {
		uint8_t *part = malloc(cut ? cut : 1);
		if (!part)
			abort();
		for (size_t i = 0; i < cut; i++)
			part[i] = data[i];
		LLVMFuzzerTestOneInput(part, cut);
		free(part);
	}
	free(data);
	n_inputs++;
	return 0;
}

static int run_directory(const char *path)
{
	DIR *d = opendir(path);
	int bad = 0;
	if (!d) {
		perror(path);
		return 1;
	}
	for (struct dirent *e; (e = readdir(d));) {
		char name[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		bad |= run_file(name);
	}
	closedir(d);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			bad |= run_directory(argv[i]);
		else
			bad |= run_file(argv[i]);
	}
	printf("%u inputs\n", n_inputs);
	/* A corpus that is not there would pass silently. */
	return bad || n_inputs == 0;
}
