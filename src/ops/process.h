/* What a process asks of the system: descriptors, another user, a word to systemd. */
#ifndef CAIRN_OPS_PROCESS_H
#define CAIRN_OPS_PROCESS_H

#include <stdint.h>

#include "base/str.h"

/* Raises the limit of descriptors as far as it goes; returns what holds now. */
uint64_t process_descriptors(void);

/* Cores that this process may use. */
unsigned process_cores(void);

/* Becomes another user, with its groups, for good. Of what root may, CAP_NET_BIND_SERVICE is kept, and where `tproxy`
 * CAP_NET_RAW, by this thread and those that it starts. 0, or -1 with *why. */
int process_become(struct str user, bool tproxy, const char **why);

/* "READY=1" and the like to $NOTIFY_SOCKET, where there is one (sd_notify(3)). */
void process_notify(const char *state);

#endif
