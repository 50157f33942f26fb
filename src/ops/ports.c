#include "ops/ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "net/listener.h"

static void
complain(const char *setting, const union addr *at, int err)
{
	char text[ADDR_TEXT_SIZE];
	struct str where = str_of(text, addr_text_port(at, text));
	const char *hint = err == -EADDRINUSE ? "; stop what listens there, or choose another port"
			   : err == -EACCES   ? "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
					      : "";

	fprintf(stderr, "cairn: %s: %.*s: %s%s\n", setting, STR_FMT(where), strerror(-err), hint);
}

/* Binds, and listens at once: as long as none listens, all that bind a port get it (SO_REUSEADDR). Who connects before
 * anybody is served waits. */
static int
claim(const union addr *at)
{
	int fd = listener_bind(at, false);
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
bind_first(const union addr *at, union addr *bound)
{
	int fd = claim(at);

	if (fd < 0)
		return fd;
	listener_bound(fd, bound);
	listener_share(fd);
	return fd;
}

static bool
bind_listener(struct ports *p, const struct conf *conf, unsigned workers, unsigned i)
{
	char setting[64];

	for (unsigned w = 0; w < workers; w++) {
		int fd = w == 0 ? bind_first(&conf->listeners[i].at, &p->bound[i]) : listener_bind(&p->bound[i], true);

		if (fd < 0) {
			snprintf(setting, sizeof setting, "listeners[%u].address", i);
			complain(setting, &conf->listeners[i].at, fd);
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
	p->admin = claim(&at);
	if (p->admin == -EADDRINUSE && !conf->admin.asked_for) {
		MUST(addr_parse(STR("127.0.0.1:0"), &at));
		p->admin = claim(&at);
	}
	if (p->admin < 0) {
		complain("admin.address", &at, p->admin);
		return false;
	}
	listener_bound(p->admin, &p->admin_bound);
	return true;
}

bool
ports_bind(struct ports *p, const struct conf *conf, unsigned workers)
{
	bool fine = true;

	memset(p, 0, sizeof *p);
	memset(p->fds, -1, sizeof p->fds);
	p->admin = -1;
	for (unsigned i = 0; i < conf->listener_count; i++)
		fine = bind_listener(p, conf, workers, i) && fine;
	fine = bind_admin(p, conf) && fine;
	if (!fine)
		ports_close(p);
	return fine;
}

void
ports_close(struct ports *p)
{
	for (size_t i = 0; i < sizeof p->fds / sizeof p->fds[0]; i++)
		if (p->fds[i] >= 0)
			close(p->fds[i]);
	if (p->admin >= 0)
		close(p->admin);
	memset(p->fds, -1, sizeof p->fds);
	p->admin = -1;
}
