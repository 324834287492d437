/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the program under test (LD_PRELOAD): clocks as a test wants them. The
 * file that $TEST_CLOCKS names is shared memory, three 64-bit numbers of this machine.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NSEC 1000000000LL

struct clocks {
	int64_t set; /* nanoseconds by which the wall clock was set */
	int64_t
	    skips;    /* not 0: the main thread does not wait in poll(), time goes on */
	int64_t gone; /* nanoseconds that went by in this way */
};

static struct clocks *clocks;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("TEST_CLOCKS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *p = mmap(NULL, sizeof *clocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	clocks = p == MAP_FAILED ? NULL : p;
}

static int64_t get(const int64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	long r = syscall(SYS_clock_gettime, id, ret);
	if (r != 0 || !clocks)
		return (int)r;
	bool wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
	if (id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID)
		return 0;
	int64_t t = ret->tv_sec * NSEC + ret->tv_nsec + get(&clocks->gone) +
		    (wall ? get(&clocks->set) : 0);
	*ret = (struct timespec){ t / NSEC, t % NSEC };
	return 0;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec t;
	(void)zone;
	int r = clock_gettime(CLOCK_REALTIME, &t);
	*ret = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
	return r;
}

time_t time(time_t *ret)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	bool skips = clocks && timeout > 0 && get(&clocks->skips) &&
		     syscall(SYS_gettid) == getpid();
	int64_t ns = skips ? 0 : timeout * (NSEC / 1000);
	struct timespec limit = { ns / NSEC, ns % NSEC };
	int r = (int)syscall(SYS_ppoll, fds, n, timeout < 0 ? NULL : &limit, NULL, 8);
	if (skips && r == 0)
		__atomic_add_fetch(
		    &clocks->gone, timeout * (NSEC / 1000), __ATOMIC_SEQ_CST);
	return r;
}
