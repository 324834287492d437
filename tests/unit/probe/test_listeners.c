/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/host/listeners.h"
#include "tests/unit/test.h"

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue ...\n"
#define REST                                                                           \
	" 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"

static void listening_sockets_of_the_port_are_found(void **state)
{
	(void)state;

	static const struct {
		const char *text;
		bool v6;
		const char *addresses;
	} rows[] = {
		{ HEAD, false, "" },
		{ HEAD "   0: 00000000:74B4 00000000:0000 0A" REST, false, "0.0.0.0 " },
		{ HEAD "   0: 00000000:74B5 00000000:0000 0A" REST, false, "" },
		{ HEAD "   0: 00000000:74B4 00000000:0000 01" REST, false, "" },
		{ HEAD "   0: 0100007F:74B4 00000000:0000 0A" REST
		       "  12: 0401140A:74B4 00000000:0000 0A" REST
		       "  13: 0100007F:74B4 00000000:0000 0A" REST,
		    false, "127.0.0.1 10.20.1.4 " },
		{ HEAD "   0: 00000000000000000000000000000000:74B4 "
		       "00000000000000000000000000000000:0000 0A" REST,
		    true, ":: " },
		{ HEAD "   0: B80D0120000001000000000004000000:74B4 "
		       "00000000000000000000000000000000:0000 0A" REST,
		    true, "2001:db8:1::4 " },
		/* A cut line, the wrong list, and no sense at all. */
		{ HEAD "   0: 00000000:74B4 00000000:0000 0A", false, "" },
		{ HEAD "   0: 00000000:74B4 00000000:0000 0A" REST, true, "" },
		{ "\n\n: : :\n 0: xyz:74B4 0:0 0A\n", false, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct listeners l = { .n = 0 };
		char all[256] = "", one[ADDR_TEXT_MAX];
		listeners_parse(rows[i].text, rows[i].v6, 29876, &l);
		for (size_t k = 0; k < l.n; k++) {
			strcat(all, addr_format(&l.at[k], one));
			strcat(all, " ");
		}
		assert_string_equal(all, rows[i].addresses);
	}
}

static void addresses_beyond_the_bound_are_left_out(void **state)
{
	(void)state;
	struct listeners l = { .n = 0 };
	for (unsigned i = 0; i < 2 * OBS_MAX_LISTENERS; i++) {
		char text[256];
		snprintf(text, sizeof text, "0: %02X00007F:74B4 00000000:0000 0A" REST,
		    i + 1);
		listeners_parse(text, false, 29876, &l);
	}
	assert_int_equal(l.n, OBS_MAX_LISTENERS);
}

static void the_kernel_is_asked(void **state)
{
	(void)state;
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	struct listeners l;
	char text[ADDR_TEXT_MAX];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(listeners_read(ntohs(at.sin_port), &l), 0);
	assert_int_equal(l.n, 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(listeners_read(ntohs(at.sin_port), &l), 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(addr_format(&l.at[0], text), "127.0.0.1");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listening_sockets_of_the_port_are_found),
		cmocka_unit_test(addresses_beyond_the_bound_are_left_out),
		cmocka_unit_test(the_kernel_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
