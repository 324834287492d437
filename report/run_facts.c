/* SPDX-License-Identifier: MIT */
#include "report/run_facts.h"

#include <stdio.h>
#include <time.h>

static const struct obs *of_run(const struct obslog *log, enum obs_kind kind)
{
	const struct obs *o = obslog_first(log, OBS_NO_TARGET);
	while (o && o->kind != kind)
		o = o->next_of_target;
	return o;
}

const struct obs_system *run_system(const struct obslog *log)
{
	const struct obs *o = of_run(log, OBS_SYSTEM);
	return o ? &o->system : NULL;
}

const struct obs_capture *run_capture(const struct obslog *log)
{
	const struct obs *o = of_run(log, OBS_CAPTURE);
	return o ? o->capture : NULL;
}

const struct obs_capabilities *run_capabilities(const struct obslog *log)
{
	const struct obs *o = of_run(log, OBS_CAPABILITIES);
	return o ? &o->capabilities : NULL;
}

/* gmtime_r() fails only for years that no int can hold. */
static struct tm utc(int64_t epoch)
{
	time_t t = (time_t)epoch;
	struct tm tm = { .tm_mday = 1 };
	gmtime_r(&t, &tm);
	return tm;
}

const char *run_started(const struct obslog *log, char buf[RUN_TIME_MAX])
{
	struct tm tm = utc(log->started_wall / NSEC_PER_SEC);
	char seconds[32];
	strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, RUN_TIME_MAX, "%s.%03dZ", seconds,
	    (int)(log->started_wall % NSEC_PER_SEC / NSEC_PER_MSEC));
	return buf;
}

const char *run_day(int64_t epoch, char buf[RUN_TIME_MAX])
{
	struct tm tm = utc(epoch);
	snprintf(buf, RUN_TIME_MAX, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday);
	return buf;
}
