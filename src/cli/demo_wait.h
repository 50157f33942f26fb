/* Waits of the demo, all of which Ctrl-C ends: from demo_wait_begin on the signals that end a program are blocked, in
 * every thread, and looked for here instead. So there is always time to stop the nodes and to remove what was written.
 *
 * thread: the main one. Order of use: demo_wait_begin before any thread or child, demo_wait, demo_wait_end.
 */
#ifndef CAIRN_CLI_DEMO_WAIT_H
#define CAIRN_CLI_DEMO_WAIT_H

#include <poll.h>
#include <stdbool.h>

#define DEMO_WAIT_MAX 4 /* descriptors at a time */

enum demo_event {
	DEMO_READY,
	DEMO_TIMEOUT,
	DEMO_STOP, /* a signal; it stays, so that each wait from now on ends at once */
};

/* False where the system refuses. */
bool demo_wait_begin(void);
void demo_wait_end(void);

/* What a child calls before it becomes another program, which is to have its signals back. */
void demo_wait_release(void);

/* poll(2), `ms` negative: for ever. */
enum demo_event demo_wait(struct pollfd *fds, unsigned count, int ms);

#endif
