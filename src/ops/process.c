#include "ops/process.h"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

uint64_t
process_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 1024;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) != 0 && getrlimit(RLIMIT_NOFILE, &r) != 0)
			return 1024;
	}
	return r.rlim_cur;
}

unsigned
process_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Of what root may, only this, as far as it was there. */
static bool
reduce_to(const cap_value_t *kept, int count)
{
	cap_t had = cap_get_proc(), now = cap_init();
	bool fine = had != NULL && now != NULL;

	for (int i = 0; i < count && fine; i++) {
		cap_flag_value_t there;

		fine = cap_get_flag(had, kept[i], CAP_PERMITTED, &there) == 0 &&
		       cap_set_flag(now, CAP_PERMITTED, 1, &kept[i], there) == 0 &&
		       cap_set_flag(now, CAP_EFFECTIVE, 1, &kept[i], there) == 0;
	}
	fine = fine && cap_set_proc(now) == 0;
	cap_free(had);
	cap_free(now);
	return fine;
}

/* Ports below 1024 may be bound later, too; and sockets may speak from addresses of clients where that is wanted. */
static bool
reduce(bool tproxy)
{
	static const cap_value_t kept[] = { CAP_NET_BIND_SERVICE, CAP_NET_RAW };

	return reduce_to(kept, tproxy ? 2 : 1);
}

int
process_become(struct str user, bool tproxy, const char **why)
{
	char name[256];
	struct passwd *pw;

	if (user.n == 0)
		return 0;
	snprintf(name, sizeof name, "%.*s", STR_FMT(user));
	pw = getpwnam(name);
	if (pw == NULL) {
		*why = "there is no such user";
		return -1;
	}
	if (geteuid() != 0) {
		*why = "only root can become another user; leave node.user out, or start as root";
		return geteuid() == pw->pw_uid ? 0 : -1;
	}
	if (prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) != 0 || initgroups(name, pw->pw_gid) != 0 ||
	    setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0 || (pw->pw_uid != 0 && !reduce(tproxy))) {
		*why = "the system refused";
		return -1;
	}
	return 0;
}

void
process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path == NULL ? 0 : strlen(path);
	int fd;

	if (n == 0 || n >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, n);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		fprintf(stderr, "cairn: systemd does not listen at %s\n", path);
	close(fd);
}
