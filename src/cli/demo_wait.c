#include "cli/demo_wait.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/must.h"

static int signal_fd = -1;
static sigset_t before; /* the mask that the program was started with */

bool
demo_wait_begin(void)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &ends, &before) != 0)
		return false;
	signal(SIGPIPE, SIG_IGN); /* a reader who has seen enough ends the output, not the cleaning up */
	signal_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	return signal_fd >= 0;
}

void
demo_wait_end(void)
{
	if (signal_fd >= 0)
		close(signal_fd);
	signal_fd = -1;
}

void
demo_wait_release(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

enum demo_event
demo_wait(struct pollfd *fds, unsigned count, int ms)
{
	struct pollfd all[DEMO_WAIT_MAX + 1] = { { .fd = signal_fd, .events = POLLIN } };
	int ready;

	MUST(count <= DEMO_WAIT_MAX);
	for (unsigned i = 0; i < count; i++)
		all[i + 1] = fds[i];
	do
		ready = poll(all, count + 1, ms);
	while (ready < 0 && errno == EINTR);
	for (unsigned i = 0; i < count; i++)
		fds[i].revents = all[i + 1].revents;
	if (all[0].revents != 0)
		return DEMO_STOP;
	return ready == 0 ? DEMO_TIMEOUT : DEMO_READY;
}
