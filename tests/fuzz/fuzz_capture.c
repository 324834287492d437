/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checks/flow/flow_book.h"
#include "checks/judge/judge.h"
#include "probe/base/arena.h"
#include "probe/capture/capture_file.h"
#include "probe/flow/engine.h"

/* A whole file, pcap or pcapng, up to the verdicts. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
	struct flow_engine *engine;
	struct flow_book *book;
};

static void take_flow(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	const struct reading *r = arg;
	flow_book_add(r->book, flow, begin);
}

static void take_packet(void *arg, const struct packet *p, nsec_t at)
{
	const struct reading *r = arg;
	flow_engine_packet(r->engine, p, at);
}

static void read_file(const char *path)
{
	char err[CAPTURE_ERROR_MAX];
	struct arena arena;
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
	struct capture_file *c = capture_file_open(path, err);
	if (!c)
		return;
	arena_init(&arena, (size_t)64 << 20);
	struct reading r = { .book = flow_book_new(NULL, &arena) };
	r.engine = flow_engine_new(take_flow, &r);
	while (capture_file_read(c, 64, take_packet, &r) == CAPTURE_MORE)
		;
	flow_engine_end(r.engine);
	struct obs_capture whole = { .source = "fuzz" };
	flow_engine_count(r.engine, &whole);
	capture_file_dropped(c, &whole.dropped);
	flow_book_finish(r.book, &whole, 0, NSEC_PER_SEC, &plan, &log);
	judge_run(&plan, &log, &arena, &verdicts);
	flow_engine_free(r.engine);
	capture_file_close(c);
	arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("capture", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	lseek(fd, 0, SEEK_SET);
	read_file(path);
	close(fd);
	return 0;
}
