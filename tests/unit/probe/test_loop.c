/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "probe/engine/pacer.h"
#include "probe/loop/loop.h"

struct fixture {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_io *io;
	unsigned calls;
	bool inside;
};

static void end_loop(void *arg)
{
	struct fixture *f = arg;
	assert_false(f->inside);
	f->calls++;
	loop_end(f->loop);
}

static void zero_delay_fires_in_a_later_iteration(void **state)
{
	(void)state;
	struct fixture f = { .loop = loop_new() };
	f.inside = true;
	f.timer = loop_timer_start(f.loop, 0, end_loop, &f);
	f.inside = false;
	loop_run(f.loop);
	assert_int_equal(f.calls, 1);
	loop_timer_stop(f.timer);
	loop_free(f.loop);
}

static void must_not_be_called(void *arg)
{
	(void)arg;
	fail_msg("a stopped handle called back");
}

static void stopped_timer_stays_silent(void **state)
{
	(void)state;
	struct fixture f = { .loop = loop_new() };
	struct loop_timer *dead = loop_timer_start(f.loop, 0, must_not_be_called, NULL);
	loop_timer_stop(dead);
	f.timer = loop_timer_start(f.loop, 5 * NSEC_PER_MSEC, end_loop, &f);
	loop_run(f.loop);
	loop_timer_stop(f.timer);
	loop_timer_stop(NULL);
	loop_free(f.loop);
}

/* Both descriptors are readable in one batch; whoever runs first stops the other. */
struct pair {
	struct loop_io *io[2];
	unsigned calls;
};

static void stop_the_other(void *arg, int fd, unsigned events)
{
	struct pair *p = arg;
	char byte;
	(void)events;
	p->calls++;
	assert_int_equal(read(fd, &byte, 1), 1);
	loop_io_stop(p->io[0]);
	loop_io_stop(p->io[1]);
	p->io[0] = p->io[1] = NULL;
}

static void stop_holds_within_one_batch(void **state)
{
	(void)state;
	struct fixture f = { .loop = loop_new() };
	struct pair p = { .calls = 0 };
	int a[2], b[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	p.io[0] = loop_io_start(f.loop, a[0], LOOP_READ, stop_the_other, &p);
	p.io[1] = loop_io_start(f.loop, b[0], LOOP_READ, stop_the_other, &p);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	f.timer = loop_timer_start(f.loop, 20 * NSEC_PER_MSEC, end_loop, &f);
	loop_run(f.loop);
	assert_int_equal(p.calls, 1);
	loop_timer_stop(f.timer);
	loop_free(f.loop);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

/* The number of a closed descriptor is reused at once inside the callback. */
struct reuse {
	struct fixture *f;
	struct loop_io *old, *new;
	int peer;
	unsigned got;
};

static void on_new(void *arg, int fd, unsigned events)
{
	struct reuse *r = arg;
	(void)events;
	char byte;
	assert_int_equal(read(fd, &byte, 1), 1);
	r->got++;
	loop_io_stop(r->new);
	r->new = NULL;
	loop_end(r->f->loop);
}

static void replace(void *arg, int fd, unsigned events)
{
	struct reuse *r = arg;
	int pair[2];
	(void)events;
	loop_io_stop(r->old);
	close(fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pair[0], fd);
	r->new = loop_io_start(r->f->loop, pair[0], LOOP_READ, on_new, r);
	r->peer = pair[1];
	assert_int_equal(write(pair[1], "y", 1), 1);
}

static void reused_descriptor_is_watched(void **state)
{
	(void)state;
	struct fixture f = { .loop = loop_new() };
	struct reuse r = { .f = &f };
	int a[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	r.old = loop_io_start(f.loop, a[0], LOOP_READ, replace, &r);
	assert_int_equal(write(a[1], "x", 1), 1);
	f.timer = loop_timer_start(f.loop, 2 * NSEC_PER_SEC, end_loop, &f);
	loop_run(f.loop);
	assert_int_equal(r.got, 1);
	loop_timer_stop(f.timer);
	loop_io_stop(r.new);
	loop_free(f.loop);
	close(a[0]), close(a[1]), close(r.peer);
}

enum {
	N_ENTRIES = 500
};

struct paced {
	struct fixture f;
	struct pacer pacer;
	struct pacer_entry entries[N_ENTRIES];
	unsigned started, first_batch;
	unsigned room;
};

static bool has_room(void *arg, const struct pacer_entry *entry)
{
	const struct paced *p = arg;
	(void)entry;
	return p->room > p->started;
}

static void start_entry(void *arg, struct pacer_entry *entry)
{
	struct paced *p = arg;
	assert_ptr_equal(entry->owner, &p->entries[p->started]);
	p->started++;
	if (p->started == N_ENTRIES)
		loop_end(p->f.loop);
}

static void note_first_batch(void *arg)
{
	struct paced *p = arg;
	p->first_batch = p->started;
}

static void paced_setup(struct paced *p, unsigned room)
{
	p->f.loop = loop_new();
	p->room = room;
	p->pacer =
	    (struct pacer){ .may_start = has_room, .start = start_entry, .arg = p };
	assert_true(pacer_init(&p->pacer, p->f.loop));
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		p->entries[i].owner = &p->entries[i];
		pacer_add(&p->pacer, &p->entries[i]);
	}
	assert_int_equal(p->started, 0);
}

static void pacer_starts_all_in_order_but_not_at_once(void **state)
{
	(void)state;
	static struct paced p;
	paced_setup(&p, N_ENTRIES);
	struct loop_timer *t = loop_timer_start(p.f.loop, 0, note_first_batch, &p);
	loop_run(p.f.loop);
	assert_int_equal(p.started, N_ENTRIES);
	assert_true(p.first_batch <= 64);
	loop_timer_stop(t);
	pacer_deinit(&p.pacer);
	loop_free(p.f.loop);
}

static void pacer_waits_for_room(void **state)
{
	(void)state;
	static struct paced p;
	paced_setup(&p, 10);
	struct loop_timer *t =
	    loop_timer_start(p.f.loop, 30 * NSEC_PER_MSEC, end_loop, &p.f);
	loop_run(p.f.loop);
	assert_int_equal(p.started, 10);
	p.room = N_ENTRIES;
	pacer_remove(&p.pacer, &p.entries[N_ENTRIES - 1]);
	pacer_kick(&p.pacer);
	loop_timer_again(t, 200 * NSEC_PER_MSEC);
	loop_run(p.f.loop);
	assert_int_equal(p.started, N_ENTRIES - 1);
	loop_timer_stop(t);
	pacer_deinit(&p.pacer);
	loop_free(p.f.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_delay_fires_in_a_later_iteration),
		cmocka_unit_test(stopped_timer_stays_silent),
		cmocka_unit_test(stop_holds_within_one_batch),
		cmocka_unit_test(reused_descriptor_is_watched),
		cmocka_unit_test(pacer_starts_all_in_order_but_not_at_once),
		cmocka_unit_test(pacer_waits_for_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
