/* Binding all ports before anything runs, so that what is taken is said at once, and root is needed for no longer than
 * that.
 */
#ifndef CAIRN_OPS_PORTS_H
#define CAIRN_OPS_PORTS_H

#include "proxy/conf.h"
#include "proxy/worker.h"

struct ports {
	int fds[WORKER_LISTENERS_MAX * 256]; /* of worker w and listener i: [w * listener_count + i] */
	union addr bound[WORKER_LISTENERS_MAX];
	unsigned count;
	int icp[256], htcp[256]; /* of each worker; -1: not answered */
	union addr icp_bound, htcp_bound;
	int admin;
	union addr admin_bound;
};

/* For so many workers. Prints each port that cannot be had to standard error; false where there is one. */
bool ports_bind(struct ports *p, const struct conf *conf, unsigned workers);
void ports_close(struct ports *p);

#endif
