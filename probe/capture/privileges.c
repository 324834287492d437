/* SPDX-License-Identifier: MIT */
#include "probe/capture/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint32_t files_of_others =
    1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER;

int privileges_drop(void)
{
	struct __user_cap_header_struct head = { .version =
						     _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	if (syscall(SYS_capget, &head, now) < 0)
		return -errno;
	if (geteuid() == 0) {
		kept[0].permitted = now[0].permitted & files_of_others;
		kept[0].effective = now[0].effective & files_of_others;
	}
	/* Ambient capabilities go with the permitted ones. */
	return syscall(SYS_capset, &head, kept) < 0 ? -errno : 0;
}
