#include "ops/ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "net/listener.h"
#include "net/udp.h"

static void
complain(const char *setting, const union addr *at, int err)
{
	char text[ADDR_TEXT_SIZE];
	struct str where = str_of(text, addr_text_port(at, text));
	const char *hint = err == -EADDRINUSE ? "; stop what listens there, or choose another port"
			   : err == -EACCES   ? "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
			   : err == -EPERM    ? "; divert: tproxy needs CAP_NET_RAW: start as root, or let systemd give it "
						"(AmbientCapabilities=CAP_NET_RAW); divert: redirect needs none"
					      : "";

	fprintf(stderr, "cairn: %s: %.*s: %s%s\n", setting, STR_FMT(where), strerror(-err), hint);
}

/* Binds, and listens at once: as long as none listens, all that bind a port get it (SO_REUSEADDR). Who connects before
 * anybody is served waits. */
static int
claim(const union addr *at, unsigned how)
{
	int fd = listener_bind(at, how);
	int err;

	if (fd < 0 || listen(fd, SOMAXCONN) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* With SO_REUSEPORT from the start a port that another cairn of the same user holds would be shared without a word: so
 * it is claimed without. */
static int
bind_first(const union addr *at, unsigned how, union addr *bound)
{
	int fd = claim(at, how);

	if (fd < 0)
		return fd;
	listener_bound(fd, bound);
	listener_share(fd);
	return fd;
}

static bool
bind_listener(struct ports *p, const struct conf *conf, unsigned workers, unsigned i)
{
	const struct conf_listener *l = &conf->listeners[i];
	unsigned how = conf_is_tproxy(l) ? LISTENER_TRANSPARENT : 0;
	char setting[64];

	for (unsigned w = 0; w < workers; w++) {
		int fd = w == 0 ? bind_first(&l->at, how, &p->bound[i])
				: listener_bind(&p->bound[i], how | LISTENER_SHARED);

		if (fd < 0) {
			snprintf(setting, sizeof setting, "listeners[%u].address", i);
			complain(setting, &l->at, fd);
			return false;
		}
		p->fds[w * conf->listener_count + i] = fd;
		p->count++;
	}
	return true;
}

static bool
bind_admin(struct ports *p, const struct conf *conf)
{
	union addr at;

	MUST(addr_parse(conf->admin.address, &at)); /* checked with the configuration */
	p->admin = claim(&at, 0);
	if (p->admin == -EADDRINUSE && !conf->admin.asked_for) {
		MUST(addr_parse(STR("127.0.0.1:0"), &at));
		p->admin = claim(&at, 0);
	}
	if (p->admin < 0) {
		complain("admin.address", &at, p->admin);
		return false;
	}
	listener_bound(p->admin, &p->admin_bound);
	return true;
}

/* Of each worker one, on the same port; the first is bound alone, so that a port that is taken is found out. */
static bool
bind_udp(int *fds, union addr *bound, const char *setting, struct str address, unsigned workers)
{
	union addr at;

	if (address.n == 0)
		return true;
	MUST(addr_parse(address, &at)); /* checked with the configuration */
	for (unsigned w = 0; w < workers; w++) {
		fds[w] = udp_bind(w == 0 ? &at : bound, w > 0);
		if (fds[w] < 0) {
			complain(setting, &at, fds[w]);
			return false;
		}
		if (w == 0) {
			listener_bound(fds[0], bound);
			listener_share(fds[0]);
		}
	}
	return true;
}

static void
forget(struct ports *p)
{
	memset(p->fds, -1, sizeof p->fds);
	memset(p->icp, -1, sizeof p->icp);
	memset(p->htcp, -1, sizeof p->htcp);
	p->admin = -1;
}

bool
ports_bind(struct ports *p, const struct conf *conf, unsigned workers)
{
	bool fine = true;

	memset(p, 0, sizeof *p);
	forget(p);
	for (unsigned i = 0; i < conf->listener_count; i++)
		fine = bind_listener(p, conf, workers, i) && fine;
	fine = bind_admin(p, conf) && fine;
	fine = bind_udp(p->icp, &p->icp_bound, "neighbours.icp", conf->neighbours.icp, workers) && fine;
	fine = bind_udp(p->htcp, &p->htcp_bound, "neighbours.htcp", conf->neighbours.htcp, workers) && fine;
	if (!fine)
		ports_close(p);
	return fine;
}

static void
close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void
ports_close(struct ports *p)
{
	close_all(p->fds, sizeof p->fds / sizeof p->fds[0]);
	close_all(p->icp, sizeof p->icp / sizeof p->icp[0]);
	close_all(p->htcp, sizeof p->htcp / sizeof p->htcp[0]);
	close_all(&p->admin, 1);
	forget(p);
}
